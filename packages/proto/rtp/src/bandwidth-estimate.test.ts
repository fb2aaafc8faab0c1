import assert from 'node:assert/strict'
import test from 'node:test'

import { Random } from '@millrace/testkit'

import { BandwidthEstimate, type BandwidthOptions } from './bandwidth-estimate.ts'
import { readRtcp, writeRtcp } from './rtcp/compound.ts'
import { TwccRecorder } from './twcc-recorder.ts'
import { TwccSender } from './twcc-sender.ts'

interface Path {
  /** Of the bottleneck at a time. */
  capacityBps: (nowMs: number) => number
  lossPercent?: number
  jitterMs?: number
  /** What the sender has to send; as much as is estimated if not given. */
  offeredBps?: number
  /** What is sent whatever the estimate. */
  fixedBps?: number
  /** Whole frames at once, with a key frame of eight times the size every two seconds. */
  frames?: boolean
  options?: Partial<BandwidthOptions>
}

const TICK_MS = 5
const FRAME_MS = 40
const GOP_FRAMES = 50
const PACKET_BYTES = 1200
const DELAY_MS = 20
const MAX_QUEUE_MS = 400

/** Sends over a bottleneck with a queue, seconds long; returns the estimate at each full second. */
function run(path: Path, seconds: number): number[] {
  const random = new Random(1)
  const sender = new TwccSender()
  const recorder = new TwccRecorder()
  const estimate = new BandwidthEstimate(path.options)
  const estimates: number[] = []
  const flying: { sequence: number; arrivesMs: number }[] = []
  const returning: { bytes: Uint8Array; arrivesMs: number }[] = []
  let budgetBytes = 0
  let freeAtMs = 0
  for (let nowMs = 0; nowMs <= seconds * 1000; nowMs += TICK_MS) {
    if (nowMs % 1000 === 0) estimates.push(estimate.bps)
    budgetBytes += bytesDue(
      path.fixedBps ?? Math.min(estimate.bps, path.offeredBps ?? Infinity),
      nowMs,
      path.frames ?? false,
    )
    for (; budgetBytes >= PACKET_BYTES; budgetBytes -= PACKET_BYTES) {
      const sequence = sender.next(PACKET_BYTES, nowMs)
      const startMs = Math.max(nowMs, freeAtMs)
      if (startMs - nowMs > MAX_QUEUE_MS || random.int(1000) < (path.lossPercent ?? 0) * 10) continue
      freeAtMs = startMs + (PACKET_BYTES * 8000) / path.capacityBps(nowMs)
      flying.push({ sequence, arrivesMs: freeAtMs + DELAY_MS + random.next() * (path.jitterMs ?? 0) })
    }
    for (const packet of flying.splice(0)) {
      if (packet.arrivesMs > nowMs) flying.push(packet)
      else recorder.note(packet.sequence, packet.arrivesMs + 77_000)
    }
    const feedback = recorder.feedback(nowMs + 77_000, 1, 2)
    if (feedback.length > 0) returning.push({ bytes: writeRtcp(feedback), arrivesMs: nowMs + DELAY_MS })
    while ((returning[0]?.arrivesMs ?? Infinity) <= nowMs) {
      for (const packet of readRtcp(returning.shift()?.bytes ?? new Uint8Array(0))) {
        if (packet.type === 'twcc') estimate.feedback(sender.feedback(packet), nowMs)
      }
    }
  }
  return estimates
}

/** What is sent in the tick at this time to make the rate. */
function bytesDue(bps: number, nowMs: number, frames: boolean): number {
  if (!frames) return (bps * TICK_MS) / 8000
  const frame = nowMs / FRAME_MS
  if (!Number.isInteger(frame)) return 0
  const share = frame % GOP_FRAMES === 0 ? 8 : (GOP_FRAMES - 8) / (GOP_FRAMES - 1)
  return ((bps * FRAME_MS) / 8000) * share
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

test('an estimate begins with the given rate, and stays in its bounds', () => {
  const estimate = new BandwidthEstimate({ startBps: 300_000, minBps: 100_000, maxBps: 500_000 })
  assert.equal(estimate.bps, 300_000)
  estimate.remb(5)
  assert.equal(estimate.bps, 100_000)
  estimate.remb(9e20)
  assert.equal(estimate.bps, 500_000)
  assert.equal(estimate.throughputBps, undefined)
})

test('over a wide path the estimate grows', () => {
  const estimates = run({ capacityBps: () => 1e8 }, 20)
  assert.ok((estimates.at(-1) ?? 0) > 3_000_000, estimates.join(' '))
})

test('over a bottleneck the estimate settles under it, from above and from below', () => {
  for (const startBps of [300_000, 1_000_000, 3_000_000]) {
    const estimates = run({ capacityBps: () => 1_000_000, options: { startBps } }, 60)
    const settled = mean(estimates.slice(30))
    assert.ok(settled > 700_000 && settled < 1_050_000, `${startBps}: ${estimates.join(' ')}`)
  }
})

test('video in frames, its key frames filling the queue, does not draw the estimate far under the bottleneck', () => {
  for (const jitterMs of [0, 20]) {
    const estimates = run({ capacityBps: () => 2_000_000, frames: true, jitterMs }, 60)
    const settled = mean(estimates.slice(30))
    assert.ok(settled > 1_300_000 && settled < 2_200_000, `${settled}: ${estimates.join(' ')}`)
  }
})

test('a sender that does not slow down is told what gets through', () => {
  const estimates = run({ capacityBps: () => 1_000_000, fixedBps: 3_000_000 }, 20)
  assert.ok(mean(estimates.slice(5)) > 700_000 && mean(estimates.slice(5)) < 1_050_000, estimates.join(' '))
})

test('when a bottleneck narrows the estimate follows within seconds, and comes back when it widens', () => {
  const capacityBps = (nowMs: number): number => (nowMs >= 20_000 && nowMs < 40_000 ? 500_000 : 2_000_000)
  const estimates = run({ capacityBps, options: { startBps: 1_500_000 } }, 80)
  assert.ok(Math.max(...estimates.slice(25, 40)) < 700_000, estimates.join(' '))
  assert.ok((estimates.at(-1) ?? 0) > 1_200_000, estimates.join(' '))
})

test('jitter and a little loss do not hold the estimate down', () => {
  const estimates = run({ capacityBps: () => 1e8, lossPercent: 1, jitterMs: 15 }, 20)
  assert.ok((estimates.at(-1) ?? 0) > 2_000_000, estimates.join(' '))
})

test('heavy loss brings the estimate down', () => {
  const estimates = run({ capacityBps: () => 1e8, lossPercent: 25 }, 20)
  assert.ok((estimates.at(-1) ?? Infinity) < 300_000, estimates.join(' '))
})

test('a sender with little to send is not held to that', () => {
  const estimates = run({ capacityBps: () => 1e8, offeredBps: 200_000, options: { startBps: 400_000 } }, 20)
  assert.ok((estimates.at(-1) ?? 0) > 1_000_000, estimates.join(' '))
})

test("a player's own estimate counts alone until transport-wide feedback comes, then the lesser of both", () => {
  const estimate = new BandwidthEstimate({ startBps: 1_000_000 })
  estimate.remb(3_000_000)
  assert.equal(estimate.bps, 3_000_000)
  estimate.feedback([{ bytes: 1200, sentMs: 0, arrivedMs: 5 }], 10)
  assert.equal(estimate.bps, 1_000_000)
  estimate.remb(700_000)
  assert.equal(estimate.bps, 700_000)
})

test('loss in receiver reports lowers the estimate of a player without other feedback, and it recovers', () => {
  const estimate = new BandwidthEstimate({ startBps: 1_000_000 })
  estimate.report(51, 0)
  assert.equal(estimate.bps, Math.round(1_000_000 * (1 - 51 / 512)))
  estimate.report(13, 1000)
  assert.equal(estimate.bps, Math.round(1_000_000 * (1 - 51 / 512)))
  for (let nowMs = 2000; nowMs < 10_000; nowMs += 1000) estimate.report(0, nowMs)
  assert.equal(estimate.bps, 1_000_000)
})

test('feedback that tells nothing new changes nothing', () => {
  const estimate = new BandwidthEstimate()
  estimate.feedback([], 1000)
  estimate.feedback([], 100_000)
  assert.equal(estimate.bps, 1_000_000)
})
