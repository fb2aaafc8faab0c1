package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const maxHeadBytes = 16384

func (p *player) readHead(data []byte, now time.Time) {
	p.head = append(p.head, data...)
	end := bytes.Index(p.head, []byte("\r\n\r\n"))
	if end < 0 {
		if len(p.head) > maxHeadBytes {
			p.die("http: head too long", now)
		}
		return
	}
	head := strings.ToLower(string(p.head[:end+2]))
	status, fields, _ := strings.Cut(head, "\r\n")
	if words := strings.Fields(status); len(words) < 2 || words[1] != "200" {
		p.die("http: "+status, now)
		return
	}
	p.chunked.on = strings.Contains("\r\n"+fields, "\r\ntransfer-encoding: chunked\r\n")
	body := p.head[end+4:]
	p.head = nil
	p.stage = streaming
	p.readBody(body, now)
}

// chunkedReader undoes the chunked transfer coding (RFC 9112 §7.1).
type chunkedReader struct {
	on     bool
	left   int64 // bytes of the chunk, or of the line break behind it, still to come
	inData bool
	line   []byte // the size line as far as it has come
}

func (p *player) readBody(data []byte, now time.Time) {
	if !p.chunked.on {
		p.readTags(data, now)
		return
	}
	c := &p.chunked
	for len(data) > 0 && p.stage != dead {
		if c.left > 0 {
			part := data[:min(int64(len(data)), c.left)]
			data = data[len(part):]
			c.left -= int64(len(part))
			if c.inData {
				p.readTags(part, now)
				if c.left == 0 {
					c.inData, c.left = false, 2
				}
			}
			continue
		}
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			c.line = append(c.line, data...)
			return
		}
		line, _, _ := strings.Cut(strings.TrimSpace(string(append(c.line, data[:end]...))), ";")
		c.line, data = c.line[:0], data[end+1:]
		size, err := strconv.ParseInt(line, 16, 64)
		if err != nil || size == 0 {
			p.die("http: end of the body, or a bad chunk size", now)
			return
		}
		c.inData, c.left = true, size
	}
}

// flvReader walks tags by their headers (Adobe FLV §E.4).
type flvReader struct {
	begun  bool // the file header has passed
	header []byte
	left   int64 // bytes of the tag's payload and its PreviousTagSize still to come
	video  []byte
	peek   int // bytes of the payload still wanted in `video`
}

const (
	flvFileHeader = 9 + 4
	flvTagHeader  = 11
	flvTagTrailer = 4
)

func (p *player) readTags(data []byte, now time.Time) {
	f := &p.flv
	for len(data) > 0 && p.stage != dead {
		if f.left > 0 {
			part := data[:min(int64(len(data)), f.left)]
			data = data[len(part):]
			f.left -= int64(len(part))
			if f.peek > 0 {
				taken := min(int64(len(part)), int64(f.peek))
				f.video = append(f.video, part[:taken]...)
				if f.peek -= int(taken); f.peek == 0 {
					p.onVideo(f.video[0], f.video[1], now)
				}
			}
			continue
		}
		need := flvTagHeader
		if !f.begun {
			need = flvFileHeader
		}
		taken := min(int64(len(data)), int64(need-len(f.header)))
		f.header = append(f.header, data[:taken]...)
		data = data[taken:]
		if len(f.header) == need {
			p.onFlvHeader(f.header, now)
			f.header = f.header[:0]
		}
	}
}

func (p *player) onFlvHeader(h []byte, now time.Time) {
	f := &p.flv
	if !f.begun {
		f.begun = true
		if string(h[:3]) != "FLV" {
			p.die("flv: no signature", now)
		}
		return
	}
	kind := h[0] & 0x1f
	if kind != 8 && kind != 9 && kind != 18 {
		p.die(fmt.Sprintf("flv: tag type %d", kind), now)
		return
	}
	size := be24(h[1:])
	if kind != 18 {
		p.mediaMs = uint32(h[7])<<24 | be24(h[4:])
	}
	f.left = int64(size) + flvTagTrailer
	f.video, f.peek = f.video[:0], 0
	if kind == 9 && size >= 2 {
		f.peek = 2
	}
}

func be24(b []byte) uint32 { return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]) }
func be32(b []byte) uint32 { return be24(b)<<8 | uint32(b[3]) }

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}
