import assert from 'node:assert/strict'
import test from 'node:test'

import { Random } from '@millrace/testkit'

import { NackGenerator } from './nack-generator.ts'

const BASE = 131_072

/** A generator that has seen `BASE` at 0 ms, and `BASE + gap + 1` at 0 ms. */
function withGap(gap: number, options = {}): NackGenerator {
  const nacks = new NackGenerator(options)
  nacks.note(BASE, 0)
  nacks.note(BASE + gap + 1, 0)
  return nacks
}

test('packets in order: nothing is asked for', () => {
  const nacks = new NackGenerator()
  for (let i = 0; i < 100; i++) assert.equal(nacks.note(BASE + i, i), true)
  assert.deepEqual([nacks.due(1000), nacks.deadlineMs, nacks.missing], [[], undefined, 0])
})

test('a gap is asked for after a short delay', () => {
  const nacks = withGap(3)
  assert.equal(nacks.deadlineMs, 10)
  assert.deepEqual(nacks.due(9), [])
  assert.deepEqual(nacks.due(10), [BASE + 1, BASE + 2, BASE + 3])
  assert.equal(nacks.requested, 3)
})

test('packets that are only out of order are not asked for', () => {
  const nacks = withGap(2)
  assert.equal(nacks.note(BASE + 2, 3), true)
  assert.equal(nacks.note(BASE + 1, 4), true)
  assert.deepEqual([nacks.due(10), nacks.deadlineMs, nacks.recovered], [[], undefined, 2])
})

test('asked again each round trip, at least 20 ms apart', () => {
  const times = (rttMs: number | undefined): number[] => {
    const nacks = withGap(1)
    if (rttMs !== undefined) nacks.setRtt(rttMs)
    const asked: number[] = []
    for (let nowMs = 0; nowMs < 300; nowMs++) if (nacks.due(nowMs).length > 0) asked.push(nowMs)
    return asked
  }
  assert.deepEqual(times(5), [10, 30, 50, 70, 90, 110, 130, 150, 170, 190, 210, 230, 250, 270, 290])
  assert.deepEqual(times(80), [10, 90, 170, 250])
  assert.deepEqual(times(undefined), [10, 110, 210])
  assert.deepEqual(times(60_000), [10])
})

test('a packet is given up after 15 requests, or after a second', () => {
  const given = (rttMs: number): number[] => {
    const nacks = withGap(1)
    nacks.setRtt(rttMs)
    let tries = 0
    let nowMs = 0
    for (; nacks.deadlineMs !== undefined; nowMs = nacks.deadlineMs ?? nowMs) tries += nacks.due(nowMs).length
    return [tries, nowMs, nacks.abandoned, nacks.missing]
  }
  assert.deepEqual(given(20), [15, 310, 1, 0])
  assert.deepEqual(given(400), [3, 1000, 1, 0])
})

test('repeated packets, and those that were given up, were not waited for', () => {
  const nacks = withGap(1)
  assert.equal(nacks.note(BASE, 1), false)
  nacks.due(2000)
  assert.equal(nacks.abandoned, 1)
  assert.equal(nacks.note(BASE + 1, 2000), false)
  assert.equal(nacks.recovered, 0)
})

test('more missing than the bound: all is given up, and a key frame wanted, once', () => {
  const nacks = withGap(10, { maxMissing: 12 })
  assert.equal(nacks.takeOverflow(), false)
  nacks.note(BASE + 15, 5)
  assert.deepEqual([nacks.missing, nacks.deadlineMs, nacks.abandoned], [0, undefined, 13])
  assert.equal(nacks.takeOverflow(), true)
  assert.equal(nacks.takeOverflow(), false)
  assert.deepEqual(nacks.due(1000), [])
})

test('a jump over half the range costs no more than the bound', () => {
  const nacks = withGap(32_767)
  assert.deepEqual([nacks.missing, nacks.takeOverflow()], [0, true])
  nacks.note(BASE + 32_770, 1)
  assert.equal(nacks.missing, 1)
})

test('over a lossy path all between the first and the last packet comes; what is asked for is in rising order', () => {
  const random = new Random(5)
  const nacks = new NackGenerator()
  nacks.setRtt(20)
  const arriving: { atMs: number; sequence: number }[] = []
  const received: number[] = []
  for (let nowMs = 0; nowMs < 4000; nowMs++) {
    if (nowMs < 2000 && random.int(100) >= 15) arriving.push({ atMs: nowMs + random.int(30), sequence: BASE + nowMs })
    const asked = nacks.due(nowMs)
    assert.deepEqual(
      asked,
      asked.toSorted((a, b) => a - b),
    )
    for (const sequence of asked) if (random.int(100) >= 15) arriving.push({ atMs: nowMs + 20, sequence })
    for (const packet of arriving.splice(0)) {
      if (packet.atMs > nowMs) arriving.push(packet)
      else if (nacks.note(packet.sequence, nowMs)) received.push(packet.sequence)
    }
    assert.ok(nacks.missing <= 666)
  }
  assert.equal(nacks.missing, 0)
  assert.equal(received.length, new Set(received).size)
  assert.equal(received.length, Math.max(...received) - Math.min(...received) + 1)
  assert.ok(nacks.recovered > 200)
})
