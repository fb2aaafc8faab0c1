package main

import (
	"encoding/json"
	"io"
	"sort"
	"time"
)

// result is what the generator prints. Only players that should play are counted; frozen ones are not.
type result struct {
	Players        int            `json:"players"`
	Playing        int            `json:"playing"`
	Failed         int            `json:"failed"`  // never showed a coded frame
	Dropped        int            `json:"dropped"` // played, then ended
	Stalled        int            `json:"stalled"` // had no data for longer than -stall within the window
	Failures       map[string]int `json:"failures"`
	Seconds        float64        `json:"seconds"`
	Bytes          int64          `json:"bytes"`
	MegabitsPerS   float64        `json:"megabitsPerSecond"`
	MediaRateMin   float64        `json:"mediaRateMin"` // media time over wall time of the slowest player
	MediaRateP50   float64        `json:"mediaRateP50"`
	FirstFrameP50  float64        `json:"firstFrameMsP50"`
	FirstFrameP99  float64        `json:"firstFrameMsP99"`
	GeneratorCPU   float64        `json:"generatorCpuPercent"`
	ServerCPU      float64        `json:"serverCpuPercent"`
	ServerPerGbit  float64        `json:"serverCpuSecondsPerGbit"`
	ServerRSS      float64        `json:"serverRssMb"`
	ServerRSSBegin float64        `json:"serverRssMbAtBegin"`
	ServerPeakRSS  float64        `json:"serverPeakRssMb"`
	CoreBusy       []float64      `json:"coreBusyPercent"`
	Steal          float64        `json:"stealPercent"`
}

func (g *generator) report(out io.Writer) {
	from, to := g.from, g.to
	seconds := to.at.Sub(from.at).Seconds()
	r := result{Players: *flagN, Failures: map[string]int{}, Seconds: seconds}
	var rates, firsts []float64
	for _, p := range g.players {
		if p.frozen {
			continue
		}
		if p.failure != "" {
			r.Failures[p.failure]++
		}
		if p.firstFrame == 0 {
			r.Failed++
			continue
		}
		r.Playing++
		if p.stage == dead {
			r.Dropped++
		}
		if gap := to.at.Sub(p.lastData); gap > p.maxGap {
			p.maxGap = gap
		}
		if p.maxGap > *flagStall {
			r.Stalled++
		}
		r.Bytes += p.bytes - p.atWindow.bytes
		rates = append(rates, float64(int32(p.mediaMs-p.atWindow.mediaMs))/1000/seconds)
		firsts = append(firsts, float64(p.firstFrame)/float64(time.Millisecond))
	}
	r.MegabitsPerS = float64(r.Bytes) * 8 / 1e6 / seconds
	r.MediaRateMin, r.MediaRateP50 = quantile(rates, 0), quantile(rates, 0.5)
	r.FirstFrameP50, r.FirstFrameP99 = quantile(firsts, 0.5), quantile(firsts, 0.99)
	r.GeneratorCPU = (to.ownCPU - from.ownCPU) / seconds * 100
	r.ServerCPU = (to.serverCPU - from.serverCPU) / seconds * 100
	if r.Bytes > 0 {
		r.ServerPerGbit = (to.serverCPU - from.serverCPU) / (float64(r.Bytes) * 8 / 1e9)
	}
	r.ServerRSS, r.ServerRSSBegin, r.ServerPeakRSS = to.rssMB, from.rssMB, to.peakMB
	r.CoreBusy, r.Steal = busy(from, to)
	json.NewEncoder(out).Encode(r)
}

func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sort.Float64s(values)
	return values[int(q*float64(len(values)-1))]
}
