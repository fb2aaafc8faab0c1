import { readFile } from 'node:fs/promises'

/** Clock ticks a second that /proc counts in. @see proc(5) */
const TICKS_PER_SECOND = 100

/** What /proc says about a process and the machine at one moment. */
export interface ProcessSample {
  readonly atMs: number
  /** Used by the process so far, of all its threads, user and system. */
  readonly cpuSeconds: number
  readonly residentMb: number
  readonly machine: { readonly busy: number; readonly steal: number; readonly all: number }
}

/** Looks at a process. Rejects when there is none. Linux only. */
export async function sampleProcess(pid: number): Promise<ProcessSample> {
  const [stat, status, machine] = await Promise.all(
    [`/proc/${pid}/stat`, `/proc/${pid}/status`, '/proc/stat'].map((file) => readFile(file, 'utf8')),
  )
  const fields = (stat ?? '').slice((stat ?? '').lastIndexOf(')') + 2).split(' ')
  return {
    atMs: performance.now(),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    residentMb: Number(/^VmRSS:\s+(\d+)/m.exec(status ?? '')?.[1]) / 1024,
    machine: machineTicks(machine ?? ''),
  }
}

function machineTicks(stat: string): ProcessSample['machine'] {
  // user nice system idle iowait irq softirq steal
  const ticks = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '').split(' ').slice(0, 8).map(Number)
  const all = ticks.reduce((sum, value) => sum + value, 0)
  const [idle = 0, wait = 0, steal = 0] = [ticks[3], ticks[4], ticks[7]]
  return { busy: all - idle - wait - steal, steal, all }
}
