import assert from 'node:assert/strict'
import test from 'node:test'

import { concatBytes } from '@millrace/bytes'
import { writeAacConfig } from '@millrace/codecs'
import type { Frame } from '@millrace/media'
import { audioTrack, mutations, onlyCoded } from '@millrace/testkit'

import { TsMuxer } from './muxer.ts'
import { TsFrames } from './ts-frames.ts'

const track = audioTrack({ id: 2, timescale: 90_000, sampleRate: 48_000, config: writeAacConfig(2, 48_000, 2) })

/** A segment of sound whose first frame is at `fromTicks`. */
function segment(fromTicks: number): Uint8Array {
  const muxer = new TsMuxer({ audioGroupMs: 100 })
  muxer.setTracks([track])
  const frames = Array.from({ length: 20 }, (_, i): Frame => {
    const ticks = fromTicks + i * 1920
    return { track, dtsTicks: ticks, ptsTicks: ticks, key: true, payload: new Uint8Array(50).fill(i) }
  })
  return concatBytes([muxer.tables(), ...frames.flatMap((frame) => muxer.encode(frame)), ...muxer.flush()])
}

test('frames of a segment are told apart, at their times, also where the clock of the format begins again', () => {
  for (const fromTicks of [0, 2 ** 33 - 10 * 1920]) {
    const frames = new TsFrames().read(segment(fromTicks))
    assert.deepEqual(
      frames.map(({ payload }) => [payload.length, payload[0]]),
      Array.from({ length: 20 }, (_, i) => [50, i]),
    )
    const [first] = frames
    assert.deepEqual(
      frames.map(({ dtsTicks }) => dtsTicks - first!.dtsTicks),
      Array.from({ length: 20 }, (_, i) => i * 1920),
    )
  }
})

test('a track stays the same from segment to segment', () => {
  const reader = new TsFrames()
  const tracks = new Set([0, 40_000].flatMap((ticks) => reader.read(segment(ticks)).map((frame) => frame.track)))
  assert.equal(tracks.size, 1)
})

test('damaged segments give only coded errors', () => {
  for (const bytes of mutations(segment(0), 200)) onlyCoded(() => new TsFrames().read(bytes))
})
