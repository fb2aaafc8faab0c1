package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// As OBS sends.
	publishChunkSize = 4096
	publishTick      = 4 * time.Millisecond
	// Media that the server hasn't taken yet.
	maxUnsentBytes = 4 << 20
)

// clip is what all publishers send, over and over.
type clip struct {
	tags     []clipTag
	duration time.Duration
}

type clipTag struct {
	at     time.Duration
	kind   byte
	config bool // decoder configuration, which is sent once
	body   []byte
}

// publication is how far one publisher has come.
type publication struct {
	streamID uint32
	begun    time.Time // zero until the server has accepted it
	loops    int
	next     int
}

// readClip takes audio and video of an FLV file (Adobe FLV §E.4).
func readClip(path string) (*clip, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(data) < flvFileHeader || string(data[:3]) != "FLV" {
		return nil, fmt.Errorf("%s is no FLV file", path)
	}
	c := &clip{}
	for rest := data[flvFileHeader:]; len(rest) >= flvTagHeader; {
		end := flvTagHeader + int(be24(rest[1:]))
		if len(rest) < end+flvTagTrailer {
			break
		}
		body := rest[flvTagHeader:end:end]
		if kind := rest[0] & 0x1f; (kind == msgAudio || kind == msgVideo) && len(body) > 2 {
			at := time.Duration(uint32(rest[7])<<24|be24(rest[4:])) * time.Millisecond
			c.tags = append(c.tags, clipTag{at: at, kind: kind, config: body[1] == 0, body: body})
			if at > c.duration {
				c.duration = at
			}
		}
		rest = rest[end+flvTagTrailer:]
	}
	if len(c.tags) < 2 || c.duration == 0 {
		return nil, fmt.Errorf("%s has too little media", path)
	}
	// the last frame lasts as long as one on average: near enough for a clip of many
	c.duration += c.duration / time.Duration(len(c.tags)/2)
	return c, nil
}

// publish runs until it is ended; it returns an error when a publisher is refused, ends, or can't get rid of its media.
func (g *generator) publish() error {
	g.began = time.Now()
	events := make([]syscall.EpollEvent, 512)
	told := false
	for {
		g.startDue(time.Now())
		g.wait(events, publishTick)
		now := time.Now()
		running := 0
		for _, p := range g.players {
			p.publishDue(now)
			if p.stage == dead {
				return fmt.Errorf("publisher %d: %s", p.id, p.failure)
			}
			if !p.publication.begun.IsZero() {
				running++
			} else if now.Sub(p.started) > *flagFirst {
				return fmt.Errorf("publisher %d: not accepted in time", p.id)
			}
		}
		if running == *flagN && !told {
			told = true
			fmt.Printf("publishing %d\n", running)
		}
	}
}

// askToPublish does so on the message stream that the answer to createStream names.
func (p *player) askToPublish(result []byte) {
	p.publication.streamID = messageStream(result)
	name := p.generator.target.stream + strconv.Itoa(int(p.id))
	ask := appendString(appendString(append(command("publish", 0), 5), name), "live")
	p.send(message(8, msgCommandAMF0, p.publication.streamID, ask))
}

func (p *player) onPublishStatus(text string, now time.Time) {
	switch {
	case strings.Contains(text, "NetStream.Publish.Start"):
		p.send(message(2, msgSetChunkSize, 0, binary.BigEndian.AppendUint32(nil, publishChunkSize)))
		p.publication.begun = now
	case strings.Contains(text, "NetStream.Publish."):
		p.die("rtmp: the server refuses", now)
	}
}

// publishDue sends the frames whose time has come, each in a write of its own as an encoder does.
func (p *player) publishDue(now time.Time) {
	c, state := p.generator.clip, &p.publication
	if state.begun.IsZero() {
		return
	}
	for p.stage != dead {
		tag := &c.tags[state.next]
		at := time.Duration(state.loops)*c.duration + tag.at
		if now.Sub(state.begun) < at {
			break
		}
		if !tag.config || state.loops == 0 {
			p.send(mediaMessage(tag.kind, uint32(at/time.Millisecond), state.streamID, tag.body))
		}
		if state.next++; state.next == len(c.tags) {
			state.next = 0
			state.loops++
		}
	}
	if len(p.out) > maxUnsentBytes {
		p.die("the server takes too little", now)
	}
}

// mediaMessage cuts audio or video into chunks, the first with a whole header (RTMP §5.3.1).
func mediaMessage(kind byte, timestamp, streamID uint32, body []byte) []byte {
	id, n := kind-4, len(body)
	stamp := min(int64(timestamp), 0xffffff)
	out := make([]byte, 0, 16+n+n/publishChunkSize*5)
	out = append(out, id, byte(stamp>>16), byte(stamp>>8), byte(stamp), byte(n>>16), byte(n>>8), byte(n), kind)
	out = binary.LittleEndian.AppendUint32(out, streamID)
	var extended []byte
	if stamp == 0xffffff {
		extended = binary.BigEndian.AppendUint32(nil, timestamp)
	}
	out = append(out, extended...)
	for len(body) > publishChunkSize {
		out = append(append(append(out, body[:publishChunkSize]...), 0xc0|id), extended...)
		body = body[publishChunkSize:]
	}
	return append(out, body...)
}

// messageStream is the last number of the answer to createStream.
func messageStream(result []byte) uint32 {
	if at := len(result) - 9; at >= 0 && result[at] == 0 {
		return uint32(math.Float64frombits(binary.BigEndian.Uint64(result[at+1:])))
	}
	return 1
}
