import assert from 'node:assert/strict'
import test from 'node:test'

import { ProtocolError } from '@millrace/core'
import { mutations, onlyCoded } from '@millrace/testkit'

import { hostCandidates, readCandidate, writeCandidate } from './candidates.ts'

test('our candidates are written, UDP before TCP, in the order of addresses', () => {
  const candidates = hostCandidates([
    { transport: 'udp', address: '192.0.2.1', port: 8000 },
    { transport: 'tcp', address: '192.0.2.1', port: 8000 },
    { transport: 'udp', address: '2001:db8::1', port: 8000 },
    { transport: 'udp', address: '192.0.2.1', port: 8000 },
    { transport: 'udp', address: '192.0.2.1', port: 9000 },
    { transport: 'tcp', address: 'live.example.com', port: 8000 },
  ])
  assert.deepEqual(candidates.map(writeCandidate), [
    '1 1 udp 2130706431 192.0.2.1 8000 typ host generation 0',
    '2 1 tcp 2124414975 192.0.2.1 8000 typ host tcptype passive generation 0',
    '3 1 udp 2130706175 2001:db8::1 8000 typ host generation 0',
    '1 1 udp 2130705919 192.0.2.1 9000 typ host generation 0',
    '4 1 tcp 2124414719 live.example.com 8000 typ host tcptype passive generation 0',
  ])
  for (const candidate of candidates) assert.deepEqual(readCandidate(writeCandidate(candidate)), candidate)
})

test('candidates of browsers and others are read', () => {
  const chromium = 'candidate:4207307585 1 tcp 1518214911 192.0.2.2 9 typ host tcptype active generation 0 network-id 1'
  assert.deepEqual(readCandidate(chromium), {
    foundation: '4207307585',
    component: 1,
    transport: 'tcp',
    priority: 1_518_214_911,
    address: '192.0.2.2',
    port: 9,
    type: 'host',
    tcpType: 'active',
  })
  const relayed = 'a=candidate:abc 1 UDP 41885439 198.51.100.7 5000 typ relay raddr 192.0.2.2 rport 6000'
  assert.deepEqual([readCandidate(relayed).transport, readCandidate(relayed).type], ['udp', 'relay'])
  const hidden = '1 1 udp 2113937151 1c2f4f0a-3b1a-4a5c-9f5e-0a1b2c3d4e5f.local 54400 typ host'
  assert.match(readCandidate(hidden).address, /\.local$/)
})

for (const line of [
  '',
  'candidate:1 1 udp 1 192.0.2.1 70000 typ host',
  'candidate:1 1 sctp 1 192.0.2.1 7000 typ host',
  'candidate:1 1 udp 1 192.0.2.1 7000 typ guest',
  'candidate:1 1 udp 4294967296 192.0.2.1 7000 typ host',
  `candidate:1 1 udp 1 ${'a'.repeat(300)} 7000 typ host`,
]) {
  test(`${JSON.stringify(line.slice(0, 60))} is no candidate`, () => {
    assert.throws(() => readCandidate(line), { code: 'ICE_CANDIDATE' })
  })
}

test('no line makes it throw anything else', () => {
  const line = Buffer.from('candidate:1 1 tcp 1518214911 192.0.2.2 9 typ host tcptype active generation 0')
  for (const mutant of mutations(line, 5000)) {
    const error = onlyCoded(() => readCandidate(Buffer.from(mutant).toString('latin1')))
    assert.ok(error === undefined || error instanceof ProtocolError)
  }
})
