import assert from 'node:assert/strict'
import test from 'node:test'

import { rescale } from '@millrace/core'
import type { Frame, Track } from '@millrace/media'
import { audioTrack, Random, videoTrack } from '@millrace/testkit'

import { Timeline } from './timeline.ts'

/** A publisher's frame and when it arrives; its ticks are of the publisher's clock. */
interface Arrival {
  frame: Frame
  atMs: number
}

/** How a publisher deviates from a steady one. */
interface Habits {
  /** What its clock shows at the start. */
  startMs: number
  /** Longest delay on the way; frames of one track stay in order. */
  jitterMs?: number
  /** Added to its clock, at a time of the wall. */
  clock?: (wallMs: number) => number
  /** Whether audio is sent at that time. */
  hasAudio?: (wallMs: number) => boolean
  /** How much faster the audio's clock runs. */
  audioRate?: number
  /** Whether some frames repeat their predecessor's time or step back a little. */
  untidy?: boolean
}

const LENGTH_MS = 60_000
const video = videoTrack({ timescale: 90_000 })
const audio = audioTrack({ codec: 'opus', timescale: 48_000 })

function frames(track: Track, everyMs: number, random: Random, habits: Habits): Arrival[] {
  const { startMs, jitterMs = 0, clock = () => 0, hasAudio = () => true, audioRate = 1, untidy = false } = habits
  const arrivals: Arrival[] = []
  let lastAtMs = 0
  for (let n = 0; n * everyMs < LENGTH_MS; n++) {
    const wallMs = n * everyMs
    if (track.kind === 'audio' && !hasAudio(wallMs)) continue
    const rate = track.kind === 'audio' ? audioRate : 1
    const slip = untidy && random.int(20) === 0 ? -random.int(3 * everyMs) : 0
    const dtsTicks = rescale(startMs + wallMs * rate + slip + clock(wallMs), 1000, track.timescale)
    const leadTicks =
      track.kind === 'video' ? rescale(random.int(untidy ? 200 : 120) - (untidy ? 60 : 0), 1000, 90_000) : 0
    lastAtMs = Math.max(lastAtMs, wallMs + random.int(jitterMs + 1))
    const payload = new Uint8Array(0)
    arrivals.push({ atMs: lastAtMs, frame: { track, dtsTicks, ptsTicks: dtsTicks + leadTicks, key: true, payload } })
  }
  return arrivals
}

const arrivalsOf = (random: Random, habits: Habits): Arrival[] =>
  [...frames(video, 40, random, habits), ...frames(audio, 20, random, habits)].toSorted((a, b) => a.atMs - b.atMs)

/** Follows what a timeline makes of each track, and holds what must hold for any input. */
class Observer {
  readonly timeline = new Timeline()
  /** Last repaired decoding time of each track, in ticks. */
  readonly dtsTicks = new Map<number, number>()
  /** By how much the last frame of each track was moved, in milliseconds; not of one that had to be moved past another. */
  readonly shiftMs = new Map<number, number>()

  take({ frame, atMs }: Arrival): void {
    const { nonMonotonic } = this.timeline.repairs
    const placed = this.timeline.place(frame, atMs)
    const { id, timescale } = frame.track
    assert.ok(Number.isSafeInteger(placed.dtsTicks) && Number.isSafeInteger(placed.ptsTicks))
    assert.ok(placed.dtsTicks > (this.dtsTicks.get(id) ?? -1), `dts ${placed.dtsTicks} after ${this.dtsTicks.get(id)}`)
    assert.ok(placed.ptsTicks >= placed.dtsTicks)
    this.dtsTicks.set(id, placed.dtsTicks)
    if (this.timeline.repairs.nonMonotonic === nonMonotonic)
      this.shiftMs.set(id, rescale(placed.dtsTicks - frame.dtsTicks, timescale, 1000))
  }

  get apartMs(): number {
    return Math.abs((this.shiftMs.get(video.id) ?? 0) - (this.shiftMs.get(audio.id) ?? 0))
  }

  /** Distance of the tracks on the timeline. */
  get lagMs(): number {
    return Math.abs(this.#ms(video) - this.#ms(audio))
  }

  #ms({ id, timescale }: Track): number {
    return rescale(this.dtsTicks.get(id) ?? 0, timescale, 1000)
  }
}

const START_MS = [0, 1, -500, 2 ** 31, 3_600_000, -(2 ** 31)] as const
const seeds = Array.from({ length: 12 }, (_, seed) => ({ seed, startMs: START_MS[seed % START_MS.length] as number }))

test('whatever its clock shows, a steady publisher keeps picture and sound in step and is not repaired', () => {
  for (const { seed, startMs } of seeds) {
    const observer = new Observer()
    for (const arrival of arrivalsOf(new Random(seed), { startMs, jitterMs: 300 })) {
      observer.take(arrival)
      if (observer.shiftMs.size === 2) assert.ok(observer.apartMs <= 2, `seed ${seed}: ${observer.apartMs} ms apart`)
    }
    assert.equal(observer.timeline.repairs.jumps, 0)
    assert.ok(Math.abs(observer.timeline.headMs - LENGTH_MS) < 500)
  }
})

test('times that repeat, step back or precede decoding are put right frame by frame', () => {
  for (const { seed, startMs } of seeds) {
    const observer = new Observer()
    for (const arrival of arrivalsOf(new Random(seed), { startMs, jitterMs: 300, untidy: true })) observer.take(arrival)
    assert.equal(observer.timeline.repairs.jumps, 0)
    assert.ok(observer.timeline.repairs.nonMonotonic > 0 && observer.timeline.repairs.ptsBeforeDts > 0)
    assert.ok(observer.apartMs <= 2)
  }
})

test('after the clock was set, by whatever, both tracks go on in step and with the wall clock', () => {
  for (const { seed, startMs } of seeds) {
    const random = new Random(1000 + seed)
    const byMs = (random.int(2) === 0 ? -1 : 1) * (10_000 + random.int(2 ** 31))
    const observer = new Observer()
    for (const arrival of arrivalsOf(random, { startMs, jitterMs: 100, clock: (ms) => (ms < 30_000 ? 0 : byMs) })) {
      observer.take(arrival)
      if (arrival.atMs > 30_200) assert.ok(observer.apartMs <= 2, `seed ${seed}: ${observer.apartMs} ms apart`)
    }
    assert.equal(observer.timeline.repairs.jumps, 2)
    assert.ok(Math.abs(observer.timeline.headMs - LENGTH_MS) < 500, `${observer.timeline.headMs}`)
  }
})

test('a track that was silent comes back in step when its clock went on', () => {
  const observer = new Observer()
  const hasAudio = (ms: number): boolean => ms < 5000 || ms > 50_000
  for (const arrival of arrivalsOf(new Random(1), { startMs: 0, hasAudio })) observer.take(arrival)
  assert.equal(observer.timeline.repairs.jumps, 0)
  assert.ok(observer.apartMs <= 2)
})

test('a track that was silent and whose clock stood still is brought back to the others', () => {
  const observer = new Observer()
  const arrivals = arrivalsOf(new Random(1), { startMs: 0, hasAudio: (ms) => ms < 5000 || ms > 45_000 })
  for (const { frame, atMs } of arrivals) {
    const late = frame.track.kind === 'audio' && atMs > 45_000 ? rescale(40_000, 1000, 48_000) : 0
    observer.take({ atMs, frame: { ...frame, dtsTicks: frame.dtsTicks - late, ptsTicks: frame.ptsTicks - late } })
  }
  assert.equal(observer.timeline.repairs.jumps, 1)
  assert.ok(observer.lagMs < 1000, `${observer.lagMs} ms`)
})

test('a track that the network held back catches up by itself', () => {
  const observer = new Observer()
  const arrivals = arrivalsOf(new Random(1), { startMs: 0 }).map(({ frame, atMs }) => ({
    frame,
    atMs: frame.track.kind === 'audio' && atMs > 10_000 && atMs < 34_000 ? 33_600 + atMs / 100 : atMs,
  }))
  for (const arrival of arrivals.toSorted((a, b) => a.atMs - b.atMs)) observer.take(arrival)
  assert.equal(observer.timeline.repairs.jumps, 0)
  assert.ok(observer.apartMs <= 2)
})

test('clocks that drift apart are brought together again before a player gives up', () => {
  const observer = new Observer()
  let furthestMs = 0
  for (const arrival of arrivalsOf(new Random(1), { startMs: 0, audioRate: 2 })) {
    observer.take(arrival)
    furthestMs = Math.max(furthestMs, observer.lagMs)
  }
  assert.ok(observer.timeline.repairs.jumps >= 1)
  assert.ok(furthestMs < 19_000, `${furthestMs} ms`)
})

test('publishers that replace each other never step back, whatever their clocks show', () => {
  const random = new Random(5)
  const observer = new Observer()
  let nowMs = 0
  for (let round = 0; round < 50; round++) {
    observer.timeline.restart()
    const arrivals = arrivalsOf(random, { startMs: random.int(2 ** 32) - 2 ** 31, jitterMs: 1500, untidy: true })
    const stay = random.int(200)
    for (const { frame, atMs } of arrivals.slice(0, stay)) observer.take({ frame, atMs: nowMs + atMs })
    nowMs += (arrivals[stay]?.atMs ?? 0) + random.int(2) * random.int(20_000)
  }
  assert.equal(observer.timeline.repairs.jumps, 0)
})
