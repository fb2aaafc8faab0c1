import type { SystemRates } from '../stats/system-samples.ts'
import { parseCpuTimes, parseFields, parseSelfStat, readProc } from '../stats/proc.ts'

/** `data` of `/api/v1/rusages`. SRS: seconds are whole; page faults and switches are those of getrusage(2). */
export function rusages(): object {
  const usage = process.resourceUsage()
  return {
    ok: true,
    sample_time: Date.now(),
    ru_utime: Math.floor(usage.userCPUTime / 1e6),
    ru_stime: Math.floor(usage.systemCPUTime / 1e6),
    ru_maxrss: usage.maxRSS,
    ru_ixrss: usage.sharedMemorySize,
    ru_idrss: usage.unsharedDataSize,
    ru_isrss: usage.unsharedStackSize,
    ru_minflt: usage.minorPageFault,
    ru_majflt: usage.majorPageFault,
    ru_nswap: usage.swappedOut,
    ru_inblock: usage.fsRead,
    ru_oublock: usage.fsWrite,
    ru_msgsnd: usage.ipcSent,
    ru_msgrcv: usage.ipcReceived,
    ru_nsignals: usage.signalsCount,
    ru_nvcsw: usage.voluntaryContextSwitches,
    ru_nivcsw: usage.involuntaryContextSwitches,
  }
}

/** `data` of `/api/v1/self_proc_stats`. */
export function selfProcStats({ selfCpu }: SystemRates): object {
  const stat = parseSelfStat(readProc('self/stat'))
  return { ok: stat !== undefined, sample_time: Date.now(), percent: selfCpu, ...stat }
}

/** `data` of `/api/v1/system_proc_stats`. */
export function systemProcStats({ systemCpu }: SystemRates): object {
  const times = parseCpuTimes(readProc('stat'))
  return { ok: times !== undefined, sample_time: Date.now(), percent: systemCpu, ...times }
}

/** Memory of the machine, in kB. */
export interface MemoryInfo {
  readonly ok: boolean
  /** Shares of 1. */
  readonly percentRam: number
  readonly percentSwap: number
  readonly active: number
  readonly inUse: number
  readonly total: number
  readonly free: number
  readonly buffers: number
  readonly cached: number
  readonly swapTotal: number
  readonly swapFree: number
}

export function memoryInfo(): MemoryInfo {
  const fields = parseFields(readProc('meminfo'))
  const of = (name: string): number => fields.get(name) ?? 0
  const [total, free, buffers, cached] = [of('MemTotal'), of('MemFree'), of('Buffers'), of('Cached')]
  const [swapTotal, swapFree] = [of('SwapTotal'), of('SwapFree')]
  const inUse = total - free - buffers - cached
  return {
    ok: total > 0,
    percentRam: total > 0 ? inUse / total : 0,
    percentSwap: swapTotal > 0 ? (swapTotal - swapFree) / swapTotal : 0,
    active: total - free,
    inUse,
    total,
    free,
    buffers,
    cached,
    swapTotal,
    swapFree,
  }
}

/** `data` of `/api/v1/meminfos`. */
export function meminfos(): object {
  const memory = memoryInfo()
  return {
    ok: memory.ok,
    sample_time: Date.now(),
    percent_ram: memory.percentRam,
    percent_swap: memory.percentSwap,
    MemActive: memory.active,
    RealInUse: memory.inUse,
    NotInUse: memory.total - memory.inUse,
    MemTotal: memory.total,
    MemFree: memory.free,
    Buffers: memory.buffers,
    Cached: memory.cached,
    SwapTotal: memory.swapTotal,
    SwapFree: memory.swapFree,
  }
}
