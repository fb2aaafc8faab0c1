import assert from 'node:assert/strict'
import test from 'node:test'

import { AvClock, type TrackClock } from './av-clock.ts'

const VIDEO_BASE = 3_000_000
const AUDIO_BASE = 900_000

/** Frames of one track of a sender whose frame at `mediaMs` has been captured at the wall clock's 1,000,000 + `mediaMs`. */
class Sender {
  readonly #clock: TrackClock
  readonly #ticksPerMs: number
  readonly #base: number

  constructor(clock: TrackClock, ticksPerMs: number, base: number) {
    this.#clock = clock
    this.#ticksPerMs = ticksPerMs
    this.#base = base
  }

  /** When it is presented, in milliseconds. */
  frame(mediaMs: number, arrivedMs: number): number {
    return this.#clock.ticks(this.#base + mediaMs * this.#ticksPerMs, arrivedMs) / this.#ticksPerMs
  }

  /** @param slowMs how much its wall clock is slow */
  report(mediaMs: number, slowMs = 0): void {
    this.#clock.report({ timestamp: this.#base + mediaMs * this.#ticksPerMs, wallMs: 1_000_000 + mediaMs - slowMs })
  }
}

function senders(clock = new AvClock()): { video: Sender; audio: Sender } {
  return {
    video: new Sender(clock.open('video', 90_000), 90, VIDEO_BASE),
    audio: new Sender(clock.open('audio', 48_000), 48, AUDIO_BASE),
  }
}

test('without reports tracks begin when their first packets came, and keep their pace', () => {
  const { video, audio } = senders()
  assert.equal(audio.frame(0, 5000), 0)
  assert.equal(video.frame(0, 5080), 80)
  assert.equal(audio.frame(20, 5090), 20, 'what comes later is not presented later')
  assert.equal(video.frame(33, 5100), 113)
})

test('with reports of both, the video moves to where it belongs beside the audio, and never backwards', () => {
  const { video, audio } = senders()
  audio.frame(0, 1000)
  let last = video.frame(0, 1080)
  assert.equal(last, 80, 'it came 80 ms late')
  audio.report(0)
  for (let mediaMs = 20; mediaMs <= 400; mediaMs += 20) {
    assert.equal(audio.frame(mediaMs, 1000 + mediaMs), mediaMs, 'the audio is left as it is')
    if (mediaMs === 100) video.report(90)
    const time = video.frame(mediaMs, 1080 + mediaMs)
    assert.ok(time > last)
    last = time
  }
  assert.equal(last, 400)
})

test('a track whose place is told late moves there fast, however old it is', () => {
  const { video, audio } = senders(new AvClock({ graceMs: 500 }))
  audio.frame(0, 1000)
  video.frame(0, 1080)
  for (let mediaMs = 100; mediaMs <= 1000; mediaMs += 100) {
    audio.frame(mediaMs, 1000 + mediaMs)
    assert.equal(video.frame(mediaMs, 1080 + mediaMs), mediaMs + 80)
  }
  // as long as only its own place is told it has nowhere to go
  video.report(1000)
  assert.equal(video.frame(1050, 2130), 1130)
  audio.report(1000)
  assert.equal(video.frame(1150, 2230), 1180)
  assert.equal(video.frame(1250, 2330), 1250)
})

test('after its grace a track is corrected slowly', () => {
  const { video, audio } = senders(new AvClock({ graceMs: 500 }))
  audio.frame(0, 1000)
  video.frame(0, 1080)
  audio.report(0)
  video.report(0)
  for (let mediaMs = 100; mediaMs <= 1000; mediaMs += 100) video.frame(mediaMs, 1080 + mediaMs)
  assert.equal(video.frame(1100, 2180), 1100)
  video.report(1100, 80)
  assert.equal(video.frame(1200, 2280), 1195)
  assert.equal(video.frame(1300, 2380), 1290)
})

test('a report of another clock is not believed', () => {
  const { video, audio } = senders()
  audio.frame(0, 1000)
  video.frame(0, 1000)
  audio.report(0)
  video.report(20_000)
  assert.equal(video.frame(1000, 2000), 1000)
})

test('a track whose timestamps jump goes on as its packets come', () => {
  const { video, audio } = senders()
  audio.frame(0, 1000)
  video.frame(0, 1000)
  audio.report(0)
  video.report(0)
  assert.equal(video.frame(900_000, 1040), 40)
  assert.equal(video.frame(900_040, 1080), 80)
  assert.equal(video.frame(33, 1120), 120)
})

test('a pause of the publisher, with its timestamps, is no jump', () => {
  const { video } = senders()
  video.frame(0, 1000)
  assert.equal(video.frame(60_000, 61_000), 60_000)
})

test('frames in decoding order, presented in another, keep their distances', () => {
  const { video } = senders()
  assert.deepEqual(
    [0, 120, 40, 80, 240, 160].map((mediaMs, i) => video.frame(mediaMs, 1000 + 40 * i)),
    [0, 120, 40, 80, 240, 160],
  )
})

test('a track that has ended is no longer followed', () => {
  const clock = new AvClock()
  const gone = clock.open('audio', 48_000)
  gone.ticks(0, 0)
  gone.report({ timestamp: 0, wallMs: 0 })
  clock.close(gone)
  const { video } = senders(clock)
  video.frame(0, 100)
  video.report(0)
  assert.equal(video.frame(40, 140), 140)
})
