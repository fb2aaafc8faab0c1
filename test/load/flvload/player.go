package main

import (
	"syscall"
	"time"
)

type stage uint8

const (
	connecting stage = iota
	httpHead         // waiting for the end of the response head
	handshake        // waiting for S0, S1 and S2
	streaming
	dead
)

// A frozen player keeps its kernel's receive buffer small, so that the server feels it soon.
const frozenReceiveBuffer = 4096

// player is one connection. Its parsers are in flv.go and rtmp.go.
type player struct {
	generator *generator
	fd        int
	id        int32
	stage     stage
	playing   bool // has shown a coded frame, and is swept
	frozen    bool
	out       []byte // output that the socket has not taken yet
	head      []byte // HTTP head or RTMP handshake as far as it has come
	failure   string

	started    time.Time
	firstFrame time.Duration // to the first coded frame, which is not the decoder configuration
	lastData   time.Time
	maxGap     time.Duration // longest time without data in the window
	bytes      int64         // read from the socket
	frames     int64         // coded video frames
	mediaMs    uint32        // timestamp of the newest audio or video
	atWindow   struct {
		bytes, frames int64
		mediaMs       uint32
	}

	chunked chunkedReader
	flv     flvReader
	rtmp    *rtmpReader

	publication publication
}

func (p *player) beginWindow() {
	p.atWindow.bytes, p.atWindow.frames, p.atWindow.mediaMs = p.bytes, p.frames, p.mediaMs
	p.maxGap = 0
}

func (p *player) connect() {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		p.die("socket: "+err.Error(), p.started)
		return
	}
	p.fd = fd
	if p.frozen {
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, frozenReceiveBuffer)
	}
	syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	if err := syscall.Connect(fd, &p.generator.target.address); err != nil && err != syscall.EINPROGRESS {
		p.die("connect: "+err.Error(), p.started)
		return
	}
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLOUT, Fd: p.id}
	if err := syscall.EpollCtl(p.generator.epoll, syscall.EPOLL_CTL_ADD, fd, &event); err != nil {
		p.die("epoll: "+err.Error(), p.started)
	}
}

func (p *player) die(why string, now time.Time) {
	if p.stage == dead {
		return
	}
	p.stage, p.failure = dead, why
	if p.fd >= 0 {
		syscall.Close(p.fd)
		p.fd = -1
	}
}

func (p *player) onEvent(events uint32, now time.Time) {
	if p.stage == dead {
		return
	}
	if p.stage == connecting {
		p.onConnected(events, now)
		return
	}
	if events&syscall.EPOLLOUT != 0 {
		p.flush()
		if len(p.out) == 0 {
			p.watch(syscall.EPOLLIN)
		}
	}
	if events&(syscall.EPOLLIN|syscall.EPOLLHUP|syscall.EPOLLERR) != 0 {
		p.read(now)
	}
	if p.stage != dead && p.firstFrame != 0 {
		syscall.EpollCtl(p.generator.epoll, syscall.EPOLL_CTL_DEL, p.fd, nil)
		p.playing = true
		p.generator.swept = append(p.generator.swept, p)
	}
}

func (p *player) onConnected(events uint32, now time.Time) {
	if events&(syscall.EPOLLERR|syscall.EPOLLHUP) != 0 {
		code, _ := syscall.GetsockoptInt(p.fd, syscall.SOL_SOCKET, syscall.SO_ERROR)
		p.die("connect: "+syscall.Errno(code).Error(), now)
		return
	}
	if events&syscall.EPOLLOUT == 0 {
		return
	}
	p.watch(syscall.EPOLLIN)
	if p.generator.target.rtmp {
		p.stage = handshake
		p.send(clientHello())
	} else {
		p.stage = httpHead
		p.send(p.generator.target.request)
	}
}

func (p *player) watch(events uint32) {
	event := syscall.EpollEvent{Events: events, Fd: p.id}
	syscall.EpollCtl(p.generator.epoll, syscall.EPOLL_CTL_MOD, p.fd, &event)
}

func (p *player) send(data []byte) {
	p.out = append(p.out, data...)
	p.flush()
	if len(p.out) > 0 && !p.playing {
		p.watch(syscall.EPOLLIN | syscall.EPOLLOUT)
	}
}

func (p *player) flush() {
	if len(p.out) == 0 {
		return
	}
	if n, err := syscall.Write(p.fd, p.out); err == nil {
		p.out = p.out[n:]
	}
}

func (p *player) read(now time.Time) {
	buffer := p.generator.buffer
	for p.stage != dead {
		n, err := syscall.Read(p.fd, buffer)
		switch {
		case n > 0:
			if gap := now.Sub(p.lastData); gap > p.maxGap {
				p.maxGap = gap
			}
			p.lastData = now
			p.bytes += int64(n)
			p.feed(buffer[:n], now)
			if n < len(buffer) {
				return
			}
		case err == syscall.EAGAIN || err == syscall.EINTR:
			return
		case err != nil:
			p.die("read: "+err.Error(), now)
		default:
			p.die("closed by the server", now)
		}
	}
}

func (p *player) feed(data []byte, now time.Time) {
	switch p.stage {
	case httpHead:
		p.readHead(data, now)
	case handshake:
		p.readHandshake(data, now)
	case streaming:
		if p.rtmp != nil {
			p.readChunks(data, now)
		} else {
			p.readBody(data, now)
		}
	}
}

// onVideo sees the first two bytes of each video payload: of an FLV tag or an RTMP message.
func (p *player) onVideo(b0, b1 byte, now time.Time) {
	coded := b1 == 1 // AVCPacketType 1: NAL units
	if b0&0x80 != 0 {
		packetType := b0 & 0x0f // Enhanced RTMP: CodedFrames, CodedFramesX
		coded = packetType == 1 || packetType == 3
	}
	if !coded {
		return
	}
	p.frames++
	if p.firstFrame == 0 {
		p.firstFrame = now.Sub(p.started) + 1
	}
}
