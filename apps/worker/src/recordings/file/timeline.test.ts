import assert from 'node:assert/strict'
import test from 'node:test'

import type { Frame, Track } from '@millrace/media'
import { audioTrack, frameAt, videoTrack } from '@millrace/testkit'

import { Timeline } from './timeline.ts'

const video = videoTrack({ timescale: 90_000 })
const audio = audioTrack({ timescale: 48_000, sampleRate: 48_000 })

/** `seconds` of 25 fps video and 48 kHz audio from `fromS` on. */
function part(fromS: number, seconds: number, tracks: readonly Track[] = [video, audio]): Frame[] {
  return tracks
    .flatMap((track) => {
      const step = track.kind === 'video' ? track.timescale / 25 : (track.timescale * 1024) / 48_000
      const count = Math.floor((seconds * track.timescale) / step)
      return Array.from({ length: count }, (_, i) => frameAt(track, Math.round(fromS * track.timescale + i * step)))
    })
    .toSorted((a, b) => seconds_(a) - seconds_(b))
}
const seconds_ = (frame: Frame): number => frame.dtsTicks / frame.track.timescale
const of = (frames: readonly Frame[], id: number): Frame[] => frames.filter(({ track }) => track.id === id)

test('a recording begins at zero, and segments of one take keep their distances', () => {
  const timeline = new Timeline()
  const out = [...timeline.join(part(1000, 4), false), ...timeline.join(part(1004, 4), true)]
  const pictures = of(out, 1)
  assert.equal(pictures.length, 200)
  assert.deepEqual(
    pictures.map(({ dtsTicks }) => dtsTicks),
    pictures.map((_, i) => i * 3600),
  )
  assert.equal(timeline.endUs, 8_000_000)
})

test('a part that does not continue begins where the one before ends, and sound stays with its picture', () => {
  const timeline = new Timeline()
  const out = timeline.join(part(5000, 2), false)
  // another take, with other clocks: sound begins 100 ms after the picture
  const otherVideo = videoTrack({ timescale: 1000 })
  const otherAudio = audioTrack({ timescale: 1000 })
  const next = [...part(7, 2, [otherVideo]), ...part(7.1, 2, [otherAudio])]
  const joined = timeline.join(next, false)
  out.push(...joined)
  for (const id of [1, 2]) {
    const dts = of(out, id).map(({ dtsTicks }) => dtsTicks)
    assert.ok(dts.every((ticks, i) => i === 0 || ticks > dts[i - 1]!))
  }
  assert.equal(seconds_(of(joined, 1)[0]!), 2)
  assert.ok(Math.abs(seconds_(of(joined, 2)[0]!) - 2.1) < 0.001)
  assert.ok(out.every(({ track }) => track.timescale === (track.id === 1 ? 90_000 : 48_000)))
})

test('a hundred parts drift by less than a millisecond between sound and picture', () => {
  const timeline = new Timeline()
  const coarse = audioTrack({ timescale: 44_100 })
  let worst = 0
  for (let i = 0; i < 100; i++) {
    const frames = [frameAt(video, i * 777_777 + 13), frameAt(coarse, Math.round((i * 777_777 + 13) * 0.49))]
    const [picture, sound] = timeline.join(frames, false)
    worst = Math.max(worst, Math.abs(seconds_(picture!) - seconds_(sound!)))
  }
  assert.ok(worst < 0.001, `${worst}`)
})

test('timestamps that jump without being announced make no hole and no step back', () => {
  const timeline = new Timeline()
  timeline.join(part(10, 2), false)
  const [after] = timeline.join(part(500, 2), true)
  assert.equal(seconds_(after!), 2)
  const [back] = timeline.join(part(3, 2), true)
  assert.equal(seconds_(back!), 4)
})

test('pictures are never shown before they are decoded, and their order is kept', () => {
  const timeline = new Timeline()
  const frames = [0, 1, 2].map((i) => ({ ...frameAt(video, 9000 + i * 3600), ptsTicks: 9000 + [2, 4, 3][i]! * 3600 }))
  const out = timeline.join(frames, false)
  assert.deepEqual(
    out.map(({ dtsTicks, ptsTicks }) => [dtsTicks, ptsTicks]),
    [
      [0, 7200],
      [3600, 14_400],
      [7200, 10_800],
    ],
  )
})

test('a segment without frames moves nothing', () => {
  const timeline = new Timeline()
  assert.deepEqual(timeline.join([], false), [])
  assert.equal(timeline.endUs, 0)
})
