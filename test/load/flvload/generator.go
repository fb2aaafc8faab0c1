package main

import (
	"syscall"
	"time"
)

// generator owns every player and the event loop.
type generator struct {
	target   target
	clip     *clip // what is published; nil when players play
	epoll    int
	players  []*player
	swept    []*player // players that have shown their first frame
	buffer   []byte    // one read buffer for all
	began    time.Time
	last     time.Time // start of the last player
	from, to sample    // both ends of the measured window
}

func newGenerator(t target) (*generator, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	return &generator{target: t, epoll: epoll, buffer: make([]byte, 1<<20)}, err
}

// run starts the players, waits until each plays or has failed, and measures one window.
func (g *generator) run() {
	g.began = time.Now()
	nextSweep := g.began.Add(*flagSweep)
	events := make([]syscall.EpollEvent, 512)
	for {
		now := time.Now()
		g.startDue(now)
		g.wait(events, nextSweep.Sub(now))
		now = time.Now()
		if now.Before(nextSweep) {
			continue
		}
		if nextSweep = nextSweep.Add(*flagSweep); nextSweep.Before(now) {
			nextSweep = now.Add(*flagSweep / 4)
		}
		g.sweep(now)
		if g.from.at.IsZero() && g.settled(now) {
			g.from = takeSample(*flagPID)
			for _, p := range g.players {
				p.beginWindow()
			}
		}
		if !g.from.at.IsZero() && now.Sub(g.from.at) >= *flagWindow {
			g.to = takeSample(*flagPID)
			return
		}
	}
}

func (g *generator) startDue(now time.Time) {
	total := *flagN + *flagFrozen
	due := int(now.Sub(g.began).Seconds()*(*flagRamp)) + 1
	for len(g.players) < total && len(g.players) < due {
		g.start(len(g.players) >= *flagN)
		g.last = now
	}
}

func (g *generator) start(frozen bool) {
	now := time.Now()
	p := &player{generator: g, id: int32(len(g.players)), fd: -1, frozen: frozen, started: now, lastData: now}
	g.players = append(g.players, p)
	p.connect()
}

func (g *generator) wait(events []syscall.EpollEvent, timeout time.Duration) {
	if len(g.players) < *flagN+*flagFrozen && timeout > 2*time.Millisecond {
		timeout = 2 * time.Millisecond
	}
	if timeout < 0 {
		timeout = 0
	}
	n, err := syscall.EpollWait(g.epoll, events, int(timeout/time.Millisecond))
	if err != nil {
		return // EINTR
	}
	now := time.Now()
	for _, event := range events[:n] {
		g.players[event.Fd].onEvent(event.Events, now)
	}
}

// sweep reads what has come for every playing socket, and fails players that wait too long for a frame.
func (g *generator) sweep(now time.Time) {
	for _, p := range g.swept {
		if p.stage != dead && !p.frozen {
			p.flush()
			p.read(now)
		}
	}
	if !g.from.at.IsZero() {
		return
	}
	for _, p := range g.players {
		if !p.playing && p.stage != dead && now.Sub(p.started) > *flagFirst {
			p.die("no coded frame in time", now)
		}
	}
}

// settled tells whether all players have started, each plays or has failed, and the settling time is over.
func (g *generator) settled(now time.Time) bool {
	if len(g.players) < *flagN+*flagFrozen || now.Sub(g.last) < *flagSettle {
		return false
	}
	for _, p := range g.players {
		if !p.playing && p.stage != dead {
			return false
		}
	}
	return true
}
