// flvload plays one live stream many times over HTTP-FLV or RTMP, or publishes many, and costs far less CPU than a
// server does.
//
// One thread, raw non-blocking sockets, Linux only. A player sits in epoll until its first coded video frame; from
// then on its socket is swept every -sweep milliseconds with one large read, so the steady cost is about one read a
// player and sweep. FLV tags and RTMP chunks are walked by their headers; media bytes are only counted.
//
// At the end one line of JSON (see report.go) goes to standard output. With -publish it runs until it is ended.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var (
	flagURL     = flag.String("url", "", "http://127.0.0.1:8080/live/a.flv or rtmp://127.0.0.1/live/a; loopback only")
	flagN       = flag.Int("players", 100, "players")
	flagFrozen  = flag.Int("frozen", 0, "players, beside the others, that read nothing more after their first frame")
	flagPublish = flag.String("publish", "", "FLV file that the players publish over and over in real time, as NAME0, NAME1 … of the RTMP url's NAME")
	flagWindow  = flag.Duration("window", 20*time.Second, "length of the measured window")
	flagRamp    = flag.Float64("ramp", 200, "new players a second")
	flagSettle  = flag.Duration("settle", 3*time.Second, "time between the last player's start and the window")
	flagSweep   = flag.Duration("sweep", 100*time.Millisecond, "time between sweeps over the playing sockets")
	flagStall   = flag.Duration("stall", 2*time.Second, "time without data that makes a stall")
	flagFirst   = flag.Duration("first", 15*time.Second, "time to the first coded frame after which a player has failed")
	flagPID     = flag.Int("pid", 0, "process id of the server, whose CPU and memory are reported")
)

// What to play, the same for every player.
type target struct {
	address syscall.SockaddrInet4
	request []byte // HTTP-FLV: the whole request head
	app     string // RTMP: application, stream name with its query, and tcUrl
	stream  string
	tcURL   string
	rtmp    bool
}

func parseTarget(raw string) (target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return target{}, err
	}
	t := target{rtmp: u.Scheme == "rtmp"}
	port := u.Port()
	switch u.Scheme {
	case "http":
		if port == "" {
			port = "80"
		}
		t.request = []byte("GET " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host + "\r\nUser-Agent: flvload\r\nAccept: */*\r\n\r\n")
	case "rtmp":
		if port == "" {
			port = "1935"
		}
		app, stream, found := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
		if !found {
			return target{}, fmt.Errorf("an rtmp url needs /app/stream")
		}
		if u.RawQuery != "" {
			stream += "?" + u.RawQuery
		}
		t.app, t.stream, t.tcURL = app, stream, "rtmp://"+u.Host+"/"+app
	default:
		return target{}, fmt.Errorf("http or rtmp only")
	}
	ip := net.ParseIP(u.Hostname()).To4()
	if ip == nil || !ip.IsLoopback() {
		return target{}, fmt.Errorf("only an IPv4 loopback address is accepted")
	}
	copy(t.address.Addr[:], ip)
	t.address.Port, err = strconv.Atoi(port)
	return t, err
}

func main() {
	flag.Parse()
	runtime.GOMAXPROCS(1)
	runtime.LockOSThread()
	t, err := parseTarget(*flagURL)
	if err != nil {
		fmt.Fprintln(os.Stderr, "flvload: -url:", err)
		os.Exit(2)
	}
	if err := raiseFileLimit(uint64(*flagN + *flagFrozen + 100)); err != nil {
		fmt.Fprintln(os.Stderr, "flvload: ulimit -n:", err)
		os.Exit(2)
	}
	g, err := newGenerator(t)
	if err != nil {
		fmt.Fprintln(os.Stderr, "flvload: epoll:", err)
		os.Exit(1)
	}
	if *flagPublish != "" {
		if g.clip, err = readClip(*flagPublish); err == nil {
			err = g.publish()
		}
		fmt.Fprintln(os.Stderr, "flvload:", err)
		os.Exit(1)
	}
	g.run()
	g.report(os.Stdout)
}

func raiseFileLimit(want uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur >= want {
		return err
	}
	limit.Cur = want
	if limit.Max < want {
		limit.Max = want
	}
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}
