package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// sample is what /proc says at one moment.
type sample struct {
	at        time.Time
	ownCPU    float64 // seconds
	serverCPU float64 // seconds
	rssMB     float64
	peakMB    float64
	cores     []core
}

// core holds clock ticks since boot (proc(5), /proc/stat).
type core struct{ busy, steal, all float64 }

const ticksPerSecond = 100

func takeSample(pid int) sample {
	s := sample{at: time.Now(), cores: readCores()}
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	s.ownCPU = float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
	if pid == 0 {
		return s
	}
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if at := strings.LastIndexByte(string(stat), ')'); at >= 0 {
		fields := strings.Fields(string(stat[at+1:]))
		s.serverCPU = (number(fields[11]) + number(fields[12])) / ticksPerSecond // utime, stime
	}
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for _, line := range strings.Split(string(status), "\n") {
		fields := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "VmRSS:"):
			s.rssMB = number(fields[1]) / 1024
		case strings.HasPrefix(line, "VmHWM:"):
			s.peakMB = number(fields[1]) / 1024
		}
	}
	return s
}

func readCores() (cores []core) {
	stat, _ := os.ReadFile("/proc/stat")
	for _, line := range strings.Split(string(stat), "\n") {
		f := strings.Fields(line)
		if len(f) < 9 || !strings.HasPrefix(f[0], "cpu") || f[0] == "cpu" {
			continue
		}
		var c core
		for i, text := range f[1:9] { // user nice system idle iowait irq softirq steal
			ticks := number(text)
			c.all += ticks
			switch i {
			case 3, 4:
			case 7:
				c.steal = ticks
			default:
				c.busy += ticks
			}
		}
		cores = append(cores, c)
	}
	return cores
}

// busy is the load of each core between two samples, and the share the hypervisor took from all, in percent.
func busy(from, to sample) (percent []float64, steal float64) {
	var stolen, all float64
	for i := range to.cores {
		ticks := to.cores[i].all - from.cores[i].all
		percent = append(percent, (to.cores[i].busy-from.cores[i].busy)/ticks*100)
		stolen += to.cores[i].steal - from.cores[i].steal
		all += ticks
	}
	return percent, stolen / all * 100
}

func number(text string) float64 {
	v, _ := strconv.ParseFloat(text, 64)
	return v
}
