package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"
)

const (
	handshakeBytes   = 1536
	defaultChunkSize = 128
)

// Message types (RTMP §5.4, §7.1).
const (
	msgSetChunkSize = 1
	msgAcknowledge  = 3
	msgUserControl  = 4
	msgWindowSize   = 5
	msgAudio        = 8
	msgVideo        = 9
	msgDataAMF0     = 18
	msgCommandAMF0  = 20
)

// rtmpReader walks chunks by their headers and plays the client's part of connect, createStream and play.
type rtmpReader struct {
	streams   map[uint32]*chunkStream
	chunkSize uint32
	header    []byte // the chunk header as far as it has come
	left      int64  // payload of the current chunk still to come
	current   *chunkStream
	commands  int // answered by _result so far
	window    uint32
	acked     int64
}

type chunkStream struct {
	timestamp, delta uint32
	length, got      uint32
	kind             byte
	extended         bool
	body             []byte // captured for control messages and commands; of video the first two bytes
}

func clientHello() []byte {
	hello := make([]byte, 1+handshakeBytes)
	hello[0] = 3
	for i := 9; i < len(hello); i++ {
		hello[i] = byte(i * 7)
	}
	return hello
}

func (p *player) readHandshake(data []byte, now time.Time) {
	p.head = append(p.head, data...)
	if len(p.head) < 1+2*handshakeBytes {
		return
	}
	rest := p.head[1+2*handshakeBytes:]
	p.rtmp = &rtmpReader{streams: map[uint32]*chunkStream{}, chunkSize: defaultChunkSize}
	p.stage = streaming
	echo := append([]byte(nil), p.head[1:1+handshakeBytes]...)
	p.send(append(echo, message(3, msgCommandAMF0, 0, connectCommand(p.generator.target))...))
	p.head = nil
	p.readChunks(rest, now)
}

func (p *player) readChunks(data []byte, now time.Time) {
	r := p.rtmp
	for len(data) > 0 && p.stage != dead {
		if r.left == 0 {
			r.header = append(r.header, data[0])
			data = data[1:]
			if p.readChunkHeader(now) {
				r.header = r.header[:0]
				if r.left == 0 {
					p.onMessage(r.current, now)
				}
			}
			continue
		}
		part := data[:min(int64(len(data)), r.left)]
		data = data[len(part):]
		p.onPayload(r.current, part, now)
		r.left -= int64(len(part))
		if r.current.got == r.current.length {
			p.onMessage(r.current, now)
		}
	}
}

func (p *player) onPayload(c *chunkStream, part []byte, now time.Time) {
	c.got += uint32(len(part))
	switch c.kind {
	case msgAudio, msgDataAMF0:
	case msgVideo:
		if missing := 2 - len(c.body); missing > 0 {
			c.body = append(c.body, part[:min(int64(len(part)), int64(missing))]...)
			if len(c.body) == 2 {
				p.onVideo(c.body[0], c.body[1], now)
			}
		}
	default:
		c.body = append(c.body, part...)
	}
}

// readChunkHeader tells whether r.header is a whole chunk header; if so it has been taken in (RTMP §5.3.1).
func (p *player) readChunkHeader(now time.Time) bool {
	r := p.rtmp
	h := r.header
	format, id, basic := h[0]>>6, uint32(h[0]&0x3f), 1
	if id < 2 {
		basic = 2 + int(id)
		if len(h) < basic {
			return false
		}
		if id == 0 {
			id = uint32(h[1]) + 64
		} else {
			id = uint32(h[1]) + uint32(h[2])<<8 + 64
		}
	}
	size := basic + [4]int{11, 7, 3, 0}[format]
	if len(h) < size {
		return false
	}
	c := r.streams[id]
	if c == nil {
		if format > 1 {
			p.die(fmt.Sprintf("rtmp: new chunk stream %d begins with format %d", id, format), now)
			return false
		}
		c = &chunkStream{}
		r.streams[id] = c
	}
	m := h[basic:]
	time, extended := c.delta, c.extended
	if format < 3 {
		time = be24(m)
		extended = time == 0xffffff
	}
	if extended {
		if len(h) < size+4 {
			return false
		}
		time = be32(h[size:])
	}
	c.extended = extended
	c.begin(format, m, time)
	r.current = c
	r.left = min(int64(c.length-c.got), int64(r.chunkSize))
	return true
}

func (c *chunkStream) begin(format byte, m []byte, time uint32) {
	first := c.got == 0
	switch {
	case format == 0:
		c.timestamp, c.delta = time, 0
	case format < 3:
		c.delta = time
		fallthrough
	default:
		if first {
			c.timestamp += c.delta
		}
	}
	if format < 2 {
		c.length, c.kind = be24(m[3:]), m[6]
	}
	if first {
		c.body = c.body[:0]
	}
}

func (p *player) onMessage(c *chunkStream, now time.Time) {
	r := p.rtmp
	c.got = 0
	switch c.kind {
	case msgAudio, msgVideo:
		p.mediaMs = c.timestamp
	case msgSetChunkSize:
		if len(c.body) >= 4 {
			r.chunkSize = be32(c.body) & 0x7fffffff
		}
	case msgWindowSize:
		if len(c.body) >= 4 {
			r.window = be32(c.body)
		}
	case msgUserControl:
		if len(c.body) >= 6 && c.body[1] == 6 { // ping request
			p.send(message(2, msgUserControl, 0, append([]byte{0, 7}, c.body[2:6]...)))
		}
	case msgCommandAMF0:
		p.onCommand(c.body, now)
	}
	if r.window > 0 && p.bytes-r.acked >= int64(r.window)/2 {
		r.acked = p.bytes
		p.send(message(2, msgAcknowledge, 0, binary.BigEndian.AppendUint32(nil, uint32(p.bytes))))
	}
}

func (p *player) onCommand(body []byte, now time.Time) {
	if len(body) < 3 || body[0] != 2 {
		return
	}
	text := string(body[3:])
	switch {
	case strings.HasPrefix(text, "_error"):
		p.die("rtmp: _error", now)
	case strings.HasPrefix(text, "_result"):
		p.rtmp.commands++
		switch p.rtmp.commands {
		case 1:
			p.send(message(3, msgCommandAMF0, 0, command("createStream", 2)))
		case 2:
			if p.generator.clip != nil {
				p.askToPublish(body)
			} else {
				p.play(body)
			}
		}
	case strings.HasPrefix(text, "onStatus") && p.generator.clip != nil:
		p.onPublishStatus(text, now)
	case strings.HasPrefix(text, "onStatus"):
		for _, code := range []string{"StreamNotFound", "BadName", "Failed"} {
			if strings.Contains(text, "NetStream.Play."+code) {
				p.die("rtmp: NetStream.Play."+code, now)
			}
		}
	}
}

// play asks for the stream on the message stream that the answer to createStream names.
func (p *player) play(result []byte) {
	id := messageStream(result)
	play := appendString(append(command("play", 0), 5), p.generator.target.stream)
	p.send(message(8, msgCommandAMF0, id, play))
	bufferLength := binary.BigEndian.AppendUint32([]byte{0, 3}, id)
	p.send(message(2, msgUserControl, 0, binary.BigEndian.AppendUint32(bufferLength, 1000)))
}

func connectCommand(t target) []byte {
	b := append(command("connect", 1), 3)
	b = appendString(appendKey(b, "app"), t.app)
	b = appendString(appendKey(b, "flashVer"), "LNX 9,0,124,2")
	b = appendString(appendKey(b, "tcUrl"), t.tcURL)
	b = append(appendKey(b, "fpad"), 1, 0)
	b = appendNumber(appendKey(b, "capabilities"), 15)
	b = appendNumber(appendKey(b, "audioCodecs"), 4071)
	b = appendNumber(appendKey(b, "videoCodecs"), 252)
	b = appendNumber(appendKey(b, "videoFunction"), 1)
	return append(b, 0, 0, 9)
}

// command begins an AMF0 command; createStream and play have a null object.
func command(name string, transaction float64) []byte {
	return appendNumber(appendString(nil, name), transaction)
}

func appendNumber(b []byte, v float64) []byte {
	return binary.BigEndian.AppendUint64(append(b, 0), math.Float64bits(v))
}

func appendString(b []byte, s string) []byte { return appendKey(append(b, 2), s) }

func appendKey(b []byte, s string) []byte {
	return append(append(b, byte(len(s)>>8), byte(len(s))), s...)
}

// message cuts one message into chunks of the default size.
func message(chunkStreamID, kind byte, streamID uint32, body []byte) []byte {
	n := len(body)
	out := []byte{chunkStreamID, 0, 0, 0, byte(n >> 16), byte(n >> 8), byte(n), kind}
	out = binary.LittleEndian.AppendUint32(out, streamID)
	for len(body) > defaultChunkSize {
		out = append(append(out, body[:defaultChunkSize]...), 0xc0|chunkStreamID)
		body = body[defaultChunkSize:]
	}
	return append(out, body...)
}
