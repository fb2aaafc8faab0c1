import { parseCpuTimes, parseDiskBusyMs, parseFields, parseSelfStat, readProc, type CpuTimes } from './proc.ts'

const SAMPLE_MS = 3000

/** Shares are of 1, for self of one processor. */
export interface SystemRates {
  readonly selfCpu: number
  readonly systemCpu: number
  readonly diskReadKBps: number
  readonly diskWriteKBps: number
  readonly diskBusy: number
}

interface Sample {
  readonly atMs: number
  readonly selfTicks: number
  readonly busyTicks: number
  readonly totalTicks: number
  readonly pagedInKB: number
  readonly pagedOutKB: number
  readonly diskBusyMs: number
}

/** A clock tick of `/proc`, on every system there is. @see sysconf(3), `_SC_CLK_TCK` */
const TICKS_PER_SECOND = 100
const NOTHING: SystemRates = { selfCpu: 0, systemCpu: 0, diskReadKBps: 0, diskWriteKBps: 0, diskBusy: 0 }

/** How busy this process and its machine are: the mean of the last seconds. All 0 where there is no `/proc`. */
export class SystemSamples {
  readonly #disks: readonly string[]
  readonly #timer: NodeJS.Timeout
  #last: Sample
  #rates = NOTHING

  /** @param disks devices, as `sda`, of which it is measured how busy they are */
  constructor(disks: readonly string[] = []) {
    this.#disks = disks
    this.#last = this.#sample()
    this.#timer = setInterval(() => this.#take(), SAMPLE_MS).unref()
  }

  get rates(): SystemRates {
    return this.#rates
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #take(): void {
    const before = this.#last
    const now = this.#sample()
    const ms = now.atMs - before.atMs
    if (ms <= 0) return
    this.#last = now
    const since = (name: keyof Sample): number => Math.max(0, now[name] - before[name])
    this.#rates = {
      selfCpu: (since('selfTicks') * 1000) / TICKS_PER_SECOND / ms,
      systemCpu: since('totalTicks') > 0 ? since('busyTicks') / since('totalTicks') : 0,
      diskReadKBps: Math.round((since('pagedInKB') * 1000) / ms),
      diskWriteKBps: Math.round((since('pagedOutKB') * 1000) / ms),
      diskBusy: Math.min(1, since('diskBusyMs') / ms / Math.max(1, this.#disks.length)),
    }
  }

  #sample(): Sample {
    const self = parseSelfStat(readProc('self/stat'))
    const cpu = parseCpuTimes(readProc('stat'))
    const paging = parseFields(readProc('vmstat'))
    const totalTicks = cpu ? sum(cpu) : 0
    return {
      atMs: performance.now(),
      selfTicks: self ? self.utime + self.stime : 0,
      busyTicks: totalTicks - (cpu ? cpu.idle + cpu.iowait : 0),
      totalTicks,
      pagedInKB: paging.get('pgpgin') ?? 0,
      pagedOutKB: paging.get('pgpgout') ?? 0,
      diskBusyMs: this.#disks.length > 0 ? parseDiskBusyMs(readProc('diskstats'), this.#disks) : 0,
    }
  }
}

/** Time of guests is part of `user`. */
function sum({ guest: _guest, ...times }: CpuTimes): number {
  return Object.values(times).reduce((total, ticks) => total + ticks, 0)
}
