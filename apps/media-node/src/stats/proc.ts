import { readFileSync } from 'node:fs'

/** Numbers of `/proc/self/stat`, from the fourth on, in the order of proc(5). */
const SELF_NUMBERS = [
  'ppid',
  'pgrp',
  'session',
  'tty_nr',
  'tpgid',
  'flags',
  'minflt',
  'cminflt',
  'majflt',
  'cmajflt',
  'utime',
  'stime',
  'cutime',
  'cstime',
  'priority',
  'nice',
  'num_threads',
  'itrealvalue',
  'starttime',
  'vsize',
  'rss',
  'rsslim',
  'startcode',
  'endcode',
  'startstack',
  'kstkesp',
  'kstkeip',
  'signal',
  'blocked',
  'sigignore',
  'sigcatch',
  'wchan',
  'nswap',
  'cnswap',
  'exit_signal',
  'processor',
  'rt_priority',
  'policy',
  'delayacct_blkio_ticks',
  'guest_time',
  'cguest_time',
] as const

const CPU_NUMBERS = ['user', 'nice', 'sys', 'idle', 'iowait', 'irq', 'softirq', 'steal', 'guest'] as const

type Numbers<Name extends string> = Record<Name, number>

/** This process. Times are in clock ticks, memory in bytes, `rss` in pages. `comm` has its parentheses. @see proc(5) */
export type SelfStat = { pid: number; comm: string; state: string } & Numbers<(typeof SELF_NUMBERS)[number]>
/** Clock ticks that all processors together have spent. @see proc(5) */
export type CpuTimes = Numbers<(typeof CPU_NUMBERS)[number]>

/** A file of `/proc`; empty where there is none, as on systems other than Linux. */
export function readProc(name: string): string {
  try {
    return readFileSync(`/proc/${name}`, 'utf8')
  } catch {
    return ''
  }
}

/** Takes `/proc/self/stat` apart; undefined for what is none. The name of a program may have blanks and parentheses. */
export function parseSelfStat(text: string): SelfStat | undefined {
  const [, pid, comm, state, rest] = /^(\d+) (\(.*\)) (\S) (.*)/s.exec(text) ?? []
  if (pid === undefined || comm === undefined || state === undefined || rest === undefined) return undefined
  return { pid: Number(pid), comm, state, ...named(SELF_NUMBERS, rest) }
}

/** Takes the first line of `/proc/stat` apart. */
export function parseCpuTimes(text: string): CpuTimes | undefined {
  const line = /^cpu +(.*)$/m.exec(text)?.[1]
  return line === undefined ? undefined : named(CPU_NUMBERS, line)
}

/** The numbers of lines `name value` or `name: value kB`, of `/proc/meminfo` and `/proc/vmstat`. */
export function parseFields(text: string): ReadonlyMap<string, number> {
  const fields = new Map<string, number>()
  for (const [, name = '', value] of text.matchAll(/^([\w()]+):?\s+(\d+)/gm)) fields.set(name, Number(value))
  return fields
}

/** Milliseconds that the named devices of `/proc/diskstats` have been busy, together. */
export function parseDiskBusyMs(text: string, devices: readonly string[]): number {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/))
  const busy = lines.filter(([, , device = '']) => devices.includes(device)).map((columns) => Number(columns[12]) || 0)
  return busy.reduce((sum, each) => sum + each, 0)
}

/** Bytes that went over an interface. */
export interface InterfaceBytes {
  readonly name: string
  readonly received: number
  readonly sent: number
}

/** Takes `/proc/net/dev` apart. */
export function parseInterfaces(text: string): readonly InterfaceBytes[] {
  return [...text.matchAll(/^\s*([^\s:]+):\s*(\d+)(?:\s+\d+){7}\s+(\d+)/gm)].map(([, name = '', received, sent]) => ({
    name,
    received: Number(received),
    sent: Number(sent),
  }))
}

/** Sockets of the machine. */
export interface SocketCounts {
  readonly tcp: number
  readonly tcpTimeWait: number
  readonly tcpEstablished: number
  readonly udp: number
}

/** Takes `/proc/net/sockstat` and `/proc/net/snmp` apart. */
export function parseSockets(sockstat: string, snmp: string): SocketCounts {
  const count = (line: string, name: string): number =>
    Number(new RegExp(`^${line}:.*\\b${name} (\\d+)`, 'm').exec(sockstat)?.[1] ?? 0)
  const [names = [], values = []] = [...snmp.matchAll(/^Tcp: (.*)$/gm)].map(([, line = '']) => line.split(' '))
  return {
    tcp: count('TCP', 'alloc'),
    tcpTimeWait: count('TCP', 'tw'),
    tcpEstablished: Number(values[names.indexOf('CurrEstab')] ?? 0),
    udp: count('UDP', 'inuse'),
  }
}

/** As SRS writes them: what is unsigned in the kernel may be negative. */
function named<const Names extends readonly string[]>(names: Names, text: string): Numbers<Names[number]> {
  const values = text.trim().split(/\s+/)
  const entries = names.map((name, i) => [name, signed(values[i])] as const)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries forgets the names
  return Object.fromEntries(entries) as Numbers<Names[number]>
}

function signed(text = '0'): number {
  return /^-?\d{1,20}$/.test(text) ? Number(BigInt.asIntN(64, BigInt(text))) : 0
}
