import assert from 'node:assert/strict'
import test from 'node:test'

import { concatBytes } from '@millrace/bytes'
import type { Frame } from '@millrace/media'
import { FragmentMuxer, writeSegmentType } from '@millrace/mp4'
import { TsMuxer } from '@millrace/mpegts'
import { mutations, onlyCoded } from '@millrace/testkit'

import { testScope } from '../../../../../test/support/scope.ts'
import { cut, encode } from '../archive.test-support.ts'
import { SegmentFrames, type StoredSegment } from './segment-frames.ts'

const shape = (frames: readonly Frame[]) =>
  frames
    .map(({ track, dtsTicks, ptsTicks, key, payload }) => [track.id, dtsTicks, ptsTicks, key, payload.length])
    .toSorted(([a], [b]) => Number(a) - Number(b))

/** One second of real media in both formats. */
async function segmentsOf(t: test.TestContext): Promise<{ frames: Frame[]; fmp4: StoredSegment; ts: StoredSegment }> {
  const frames = cut(await encode(testScope(t), { video: 'libx264', audio: 'aac', seconds: 2 }), 1000)[0]!
  const tracks = [...new Set(frames.map(({ track }) => track))]
  const fragments = new FragmentMuxer(tracks)
  const stream = new TsMuxer()
  stream.setTracks(tracks)
  const packets = [stream.tables(), ...frames.flatMap((frame) => stream.encode(frame)), ...stream.flush()]
  return {
    frames,
    fmp4: {
      format: 'fmp4',
      initKey: 'init-0.mp4',
      init: fragments.initSegment(),
      bytes: concatBytes([writeSegmentType(), fragments.fragment(frames)]),
    },
    ts: { format: 'ts', initKey: '', init: undefined, bytes: concatBytes(packets) },
  }
}

test('segments of both formats have the frames that went into them, of the same tracks', async (t) => {
  const { frames, fmp4, ts } = await segmentsOf(t)
  const reader = new SegmentFrames()
  const first = reader.read(fmp4)
  assert.deepEqual(shape(first), shape(frames))
  assert.equal(reader.read(fmp4)[0]!.track, first[0]!.track)
  const fromTs = reader.read(ts)
  assert.equal(fromTs.length, frames.length)
  const video = (of: readonly Frame[]): Frame[] => of.filter(({ track }) => track.kind === 'video')
  assert.deepEqual(
    video(fromTs).map(({ key, payload }) => [key, payload.length]),
    video(frames).map(({ key, payload }) => [key, payload.length]),
  )
  assert.equal(reader.read(ts)[0]!.track, fromTs[0]!.track)
})

test('after a segment that can’t be read the next one can', async (t) => {
  const { frames, fmp4 } = await segmentsOf(t)
  const reader = new SegmentFrames()
  assert.throws(() => reader.read({ ...fmp4, bytes: fmp4.bytes.subarray(0, -1) }), { code: 'MP4_CUT' })
  assert.throws(() => reader.read({ ...fmp4, init: undefined }), { code: 'MP4_NO_TRACKS' })
  assert.equal(reader.read(fmp4).length, frames.length)
})

test('damaged segments give only coded errors', async (t) => {
  const { fmp4, ts } = await segmentsOf(t)
  for (const segment of [fmp4, ts]) {
    const short = segment.bytes.subarray(0, 6000)
    for (const bytes of mutations(short, 400)) onlyCoded(() => new SegmentFrames().read({ ...segment, bytes }))
    for (let end = 0; end < short.length; end += 97) {
      onlyCoded(() => new SegmentFrames().read({ ...segment, bytes: short.subarray(0, end) }))
    }
  }
  for (const init of mutations(fmp4.init!, 400)) onlyCoded(() => new SegmentFrames().read({ ...fmp4, init }))
})
