import assert from 'node:assert/strict'
import test from 'node:test'

import { mutations } from '@millrace/testkit'

import {
  parseCpuTimes,
  parseDiskBusyMs,
  parseFields,
  parseInterfaces,
  parseSelfStat,
  parseSockets,
  readProc,
} from './proc.ts'

const SELF =
  '27264 (a (b) c) R 27262 27262 12049 0 -1 4194304 125 1 2 3 4 5 6 7 20 0 11 0 1657180 3133440 387 18446744073709551615 94890702958592 94890702978473 140726343149984 0 0 0 0 0 0 0 0 0 17 1 0 0 8 9 10 94890702994480 94890702996096\n'

test('the process is read, whatever its name', () => {
  const stat = parseSelfStat(SELF)
  assert.deepEqual(
    [stat?.pid, stat?.comm, stat?.state, stat?.ppid, stat?.tpgid, stat?.utime, stat?.stime, stat?.num_threads],
    [27_264, '(a (b) c)', 'R', 27_262, -1, 4, 5, 11],
  )
  assert.deepEqual([stat?.rss, stat?.rsslim, stat?.processor, stat?.cguest_time], [387, -1, 1, 10])
  assert.equal(parseSelfStat(''), undefined)
})

test('processor times are those of the machine, and what an older kernel does not count is 0', () => {
  const text = 'cpu  1275023 17548 498219 1455565 17109 0 24867 1225\ncpu0 1 2 3 4 5 6 7 8 9 10\n'
  assert.deepEqual(parseCpuTimes(text), {
    user: 1_275_023,
    nice: 17_548,
    sys: 498_219,
    idle: 1_455_565,
    iowait: 17_109,
    irq: 0,
    softirq: 24_867,
    steal: 1225,
    guest: 0,
  })
  assert.equal(parseCpuTimes('intr 5'), undefined)
})

test('fields, disks, interfaces and sockets', () => {
  const fields = parseFields('MemTotal:       16314212 kB\nActive(anon):   7 kB\npgpgin 5\n')
  assert.deepEqual(
    ['MemTotal', 'Active(anon)', 'pgpgin'].map((name) => fields.get(name)),
    [16_314_212, 7, 5],
  )
  const disks = ' 254 0 vda 866555 91137 33889730 3239272 3562061 1145637 242555320 1333579 0 474688 4909549 1 2\n'
  assert.equal(parseDiskBusyMs(`${disks}${disks.replace('vda', 'vdb')}`, ['vda']), 474_688)
  assert.equal(parseDiskBusyMs(disks, ['none']), 0)
  const dev =
    'Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n    lo: 100 2 0 7638 0 0 0 0 101 2 0 0 0 0 0 0\n  eth0:5366099249 144089 0 0 0 0 0 0 12326713 93110 0 0 0 0 0 0\n'
  assert.deepEqual(parseInterfaces(dev), [
    { name: 'lo', received: 100, sent: 101 },
    { name: 'eth0', received: 5_366_099_249, sent: 12_326_713 },
  ])
  const sockstat =
    'sockets: used 213\nTCP: inuse 42 orphan 0 tw 82 alloc 43 mem 0\nUDP: inuse 3 mem 0\nUDPLITE: inuse 0\n'
  assert.deepEqual(parseSockets(sockstat, 'Tcp: RtoMin CurrEstab InSegs\nTcp: 200 30 83149063\n'), {
    tcp: 43,
    tcpTimeWait: 82,
    tcpEstablished: 30,
    udp: 3,
  })
})

test('anything else gives numbers all the same', () => {
  for (const bytes of mutations(new TextEncoder().encode(SELF), 300, 3)) {
    const text = new TextDecoder().decode(bytes)
    const values = Object.values(parseSelfStat(text) ?? {}).filter((value) => typeof value === 'number')
    assert.ok(values.every(Number.isFinite), text)
  }
  assert.deepEqual(parseSockets('', ''), { tcp: 0, tcpTimeWait: 0, tcpEstablished: 0, udp: 0 })
  assert.deepEqual(parseInterfaces('x'), [])
})

test('a file that is not there is empty, one that is there is read', { skip: process.platform !== 'linux' }, () => {
  assert.equal(readProc('none'), '')
  assert.equal(parseSelfStat(readProc('self/stat'))?.pid, process.pid)
})
