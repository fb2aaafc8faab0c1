import assert from 'node:assert/strict'
import test from 'node:test'

import { Reception } from './reception.ts'
import type { SenderReport } from './rtcp/sender-report.ts'

const BASE = 131_072

const senderReport = (seconds: number, fraction: number): SenderReport => ({
  type: 'sr',
  ssrc: 1,
  ntp: { seconds, fraction },
  rtpTimestamp: 90_000,
  packets: 0,
  octets: 0,
  reports: [],
})

test('nothing is reported before the first packet', () => {
  const reception = new Reception(1, 90_000)
  assert.equal(reception.report(0), null)
  assert.deepEqual([reception.received, reception.lost, reception.jitterMs], [0, 0, 0])
})

test('loss is reported as a fraction since the last report, and in all', () => {
  const reception = new Reception(7, 90_000)
  for (let i = 0; i < 100; i++) if (i % 4 !== 1) reception.note(BASE + i, 0, 0)
  const first = reception.report(0)
  assert.deepEqual([first?.ssrc, first?.fractionLost, first?.cumulativeLost], [7, 64, 25])
  assert.deepEqual([reception.received, reception.lost], [75, 25])
  for (let i = 100; i < 200; i++) reception.note(BASE + i, 0, 0)
  const second = reception.report(0)
  assert.deepEqual([second?.fractionLost, second?.cumulativeLost], [0, 25])
  assert.deepEqual([reception.report(0)?.fractionLost], [0])
})

test('all lost but the newest is just under 256/256', () => {
  const reception = new Reception(1, 90_000)
  reception.note(BASE, 0, 0)
  reception.report(0)
  reception.note(BASE + 10_000, 0, 0)
  assert.equal(reception.report(0)?.fractionLost, 255)
})

test('duplicates make the cumulative loss negative, but no fraction', () => {
  const reception = new Reception(1, 90_000)
  for (let i = 0; i < 10; i++) for (let copy = 0; copy < 3; copy++) reception.note(BASE + i, 0, 0)
  const report = reception.report(0)
  assert.deepEqual([report?.fractionLost, report?.cumulativeLost, reception.lost], [0, -20, 0])
})

test('the highest sequence number counts the wraps since the first packet', () => {
  const reception = new Reception(1, 90_000)
  reception.note(BASE + 65_535, 0, 0)
  assert.equal(reception.report(0)?.highestSequence, 65_535)
  reception.note(BASE + 65_536, 0, 0)
  reception.note(BASE + 65_534, 0, 0)
  assert.equal(reception.report(0)?.highestSequence, 0x1_0000)
})

test('a steady stream has no jitter, also over a wrap of its timestamps', () => {
  const reception = new Reception(1, 90_000)
  for (let i = 0; i < 100; i++) reception.note(BASE + i, (2 ** 32 - 30_000 + i * 1800) % 2 ** 32, i * 20)
  assert.deepEqual([reception.jitterMs, reception.report(0)?.jitter], [0, 0])
})

test('jitter nears the mean deviation of the transit time', () => {
  const reception = new Reception(1, 90_000)
  for (let i = 0; i < 300; i++) reception.note(BASE + i, i * 1800, i * 20 + (i % 2) * 8)
  assert.ok(Math.abs(reception.jitterMs - 8) < 0.01)
  assert.equal(reception.report(0)?.jitter, 719)
})

test('packets that come late, by reordering or again, are no jitter', () => {
  const reception = new Reception(1, 90_000)
  for (let i = 0; i < 100; i++) {
    if (i !== 50) reception.note(BASE + i, i * 1800, i * 20)
    if (i === 70) reception.note(BASE + 50, 50 * 1800, i * 20)
  }
  assert.deepEqual([reception.jitterMs, reception.lost, reception.received], [0, 0, 100])
})

test('the last sender report and the time since are echoed', () => {
  const reception = new Reception(1, 90_000)
  reception.note(BASE, 0, 0)
  assert.deepEqual([reception.report(500)?.lastSenderReport, reception.report(500)?.delaySinceLastSenderReport], [0, 0])
  assert.equal(reception.senderClock, null)
  reception.noteSenderReport(senderReport(0x1122_3344, 0x5566_7788), 1000)
  const report = reception.report(2500)
  assert.deepEqual([report?.lastSenderReport, report?.delaySinceLastSenderReport], [0x3344_5566, 98_304])
  assert.deepEqual(reception.senderClock, {
    ntp: { seconds: 0x1122_3344, fraction: 0x5566_7788 },
    rtpTimestamp: 90_000,
    receivedMs: 1000,
  })
})
