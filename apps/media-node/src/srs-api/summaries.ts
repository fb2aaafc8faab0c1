import os from 'node:os'

import { parseInterfaces, parseSockets, readProc, type InterfaceBytes } from '../stats/proc.ts'
import type { SummaryFigures } from '../stats/statistics.ts'
import { memoryInfo } from './system.ts'
import { SRS_VERSION } from './transport.ts'

/**
 * `data` of `/api/v1/summaries`, and of a heartbeat's `summaries`.
 *
 * SRS: what has no rate is of now, not of some seconds ago.
 */
export function summaries(figures: SummaryFigures): object {
  return { ok: true, now_ms: Date.now(), self: self(figures), system: system(figures) }
}

function self({ rates }: SummaryFigures): object {
  const { maxRSS } = process.resourceUsage()
  const { total } = memoryInfo()
  return {
    version: SRS_VERSION.text,
    pid: process.pid,
    ppid: process.ppid,
    argv: process.argv.join(' '),
    cwd: process.cwd(),
    mem_kbyte: maxRSS,
    mem_percent: total > 0 ? maxRSS / total : 0,
    cpu_percent: rates.selfCpu,
    srs_uptime: Math.floor(process.uptime()),
  }
}

function system({ rates, receivedBytes, sentBytes, clients }: SummaryFigures): object {
  const memory = memoryInfo()
  const [uptime = 0, idle = 0] = readProc('uptime').split(' ').map(Number)
  const [load1 = 0, load5 = 0, load15 = 0] = os.loadavg()
  const network = networkBytes(parseInterfaces(readProc('net/dev')))
  const sockets = parseSockets(readProc('net/sockstat'), readProc('net/snmp'))
  const nowMs = Date.now()
  return {
    cpu_percent: rates.systemCpu,
    disk_read_KBps: rates.diskReadKBps,
    disk_write_KBps: rates.diskWriteKBps,
    disk_busy_percent: rates.diskBusy,
    mem_ram_kbyte: memory.total,
    mem_ram_percent: memory.percentRam,
    mem_swap_kbyte: memory.swapTotal,
    mem_swap_percent: memory.percentSwap,
    cpus: os.cpus().length,
    cpus_online: os.availableParallelism(),
    uptime,
    ilde_time: idle,
    load_1m: load1,
    load_5m: load5,
    load_15m: load15,
    net_sample_time: nowMs,
    net_recv_bytes: network.outer.received,
    net_send_bytes: network.outer.sent,
    net_recvi_bytes: network.inner.received,
    net_sendi_bytes: network.inner.sent,
    srs_sample_time: nowMs,
    srs_recv_bytes: receivedBytes,
    srs_send_bytes: sentBytes,
    conn_sys: sockets.tcp + sockets.tcpTimeWait,
    conn_sys_et: sockets.tcpEstablished,
    conn_sys_tw: sockets.tcpTimeWait,
    conn_sys_udp: sockets.udp,
    conn_srs: clients,
  }
}

type Bytes = Omit<InterfaceBytes, 'name'>

/** Interfaces with a public address, and all others. */
function networkBytes(interfaces: readonly InterfaceBytes[]): { outer: Bytes; inner: Bytes } {
  const addresses = os.networkInterfaces()
  const isPublic = ({ name }: InterfaceBytes): boolean =>
    (addresses[name] ?? []).some(({ family, address }) => family === 'IPv4' && !PRIVATE.test(address))
  const sum = (of: readonly InterfaceBytes[]): Bytes => ({
    received: of.reduce((total, { received }) => total + received, 0),
    sent: of.reduce((total, { sent }) => total + sent, 0),
  })
  return { outer: sum(interfaces.filter(isPublic)), inner: sum(interfaces.filter((each) => !isPublic(each))) }
}

/** @see RFC 1918, RFC 3927, and the loopback network */
const PRIVATE = /^(10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01]))\./
