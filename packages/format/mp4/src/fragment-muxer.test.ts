import assert from 'node:assert/strict'
import test from 'node:test'
import { concatBytes } from '@millrace/bytes'
import { avcConfigOf, readAvcConfig, writeAacConfig, writeAvcConfig } from '@millrace/codecs'
import type { Frame, Track } from '@millrace/media'
import { audioTrack, frameAt, videoTrack } from '@millrace/testkit'
import { findBox, readBoxes, requireBox } from './box.ts'
import { readDecodeTime } from './boxes/track-fragment.ts'
import { readTrackRun } from './boxes/track-run.ts'
import type { RunSample } from './boxes/track-run.ts'
import { mp4Carries } from './describe.ts'
import { FragmentMuxer } from './fragment-muxer.ts'
import type { NextTimes } from './fragment-muxer.ts'
import { writeInitSegment, writeSegmentType } from './init-segment.ts'

const SPS = Uint8Array.from(Buffer.from('67640028acd940780227e5c04400000fa40003a9803c60c658', 'hex'))
const config = writeAvcConfig(avcConfigOf([SPS], [Uint8Array.of(0x68, 0xeb)]))
const video = videoTrack({ config })
const audio = audioTrack({ config: writeAacConfig(2, 48_000, 2), sampleRate: 48_000 })

const picture = (dtsTicks: number, change: Partial<Frame> = {}): Frame => {
  return { ...frameAt(video, dtsTicks, { key: dtsTicks === 0 }), ...change }
}

/** The runs of a fragment as `start: duration/composition …`. */
function runsOf(muxer: FragmentMuxer, frames: readonly Frame[], next?: NextTimes): string[] {
  const boxes = readBoxes(muxer.fragment(frames, next))
  return readBoxes(requireBox(boxes, 'moof'))
    .filter(({ type }) => type === 'traf')
    .map(({ body }) => {
      const parts = readBoxes(body)
      const { samples } = readTrackRun(requireBox(parts, 'trun'), { durationTicks: 0, sizeBytes: 0, flags: 0 }, 1000)
      const told = samples.map(
        ({ durationTicks, compositionTicks }: RunSample) => `${durationTicks}/${compositionTicks}`,
      )
      return `${readDecodeTime(requireBox(parts, 'tfdt'))}: ${told.join(' ')}`
    })
}

test('a fragment is a moof with a run for each track, and their bytes behind it', () => {
  const muxer = new FragmentMuxer([video, audio])
  const frames = [
    picture(0),
    frameAt(audio, 0, { bytes: 3 }),
    picture(40, { key: false }),
    frameAt(audio, 21, { bytes: 4 }),
  ]
  const bytes = muxer.fragment(frames)
  const [moof, mdat] = readBoxes(bytes)
  assert.deepEqual([moof?.type, mdat?.type], ['moof', 'mdat'])
  const payloads = [0, 2, 1, 3].map((i) => frames[i]?.payload ?? new Uint8Array(0))
  assert.deepEqual(mdat?.body, concatBytes(payloads))
  const [sequence, first, second] = readBoxes(moof?.body ?? bytes)
  assert.deepEqual(sequence?.body, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1))
  const run = (traf: Uint8Array = bytes) =>
    readTrackRun(requireBox(readBoxes(traf), 'trun'), { durationTicks: 0, sizeBytes: 0, flags: 0 }, 10)
  const dataAt = 8 + (moof?.body.length ?? 0) + 8
  assert.deepEqual([run(first?.body).dataOffset, run(second?.body).dataOffset], [dataAt, dataAt + 20])
  assert.deepEqual(
    run(first?.body).samples.map(({ sizeBytes, flags }) => [sizeBytes, flags]),
    [
      [10, 0x02000000],
      [10, 0x01010000],
    ],
  )
})

test('chunks are the same without a copy of the media', () => {
  const frames = [picture(0), frameAt(audio, 0), picture(40)]
  const chunks = new FragmentMuxer([video, audio]).fragmentChunks(frames)
  assert.deepEqual(concatBytes(chunks), new FragmentMuxer([video, audio]).fragment(frames))
  assert.deepEqual(
    chunks.slice(1).map((chunk) => frames.findIndex(({ payload }) => payload === chunk)),
    [0, 2, 1],
  )
})

test('sequence numbers rise', () => {
  const muxer = new FragmentMuxer([video])
  const numbers = [0, 40, 80].map((dtsTicks) => {
    const [moof] = readBoxes(muxer.fragment([picture(dtsTicks)]))
    return readBoxes(moof?.body ?? new Uint8Array(0))[0]?.body[7]
  })
  assert.deepEqual(numbers, [1, 2, 3])
})

test('the last frame lasts until the next, where that is known', () => {
  const next = new Map([
    [1, 95],
    [2, 50],
  ])
  const frames = [picture(0), picture(40), frameAt(audio, 0), frameAt(audio, 21)]
  assert.deepEqual(runsOf(new FragmentMuxer([video, audio]), frames, next), ['0: 40/0 55/0', '0: 21/0 29/0'])
})

test('it lasts as long as the one before, or as the codec says, where that is unknown', () => {
  const muxer = new FragmentMuxer([video, audio])
  assert.deepEqual(runsOf(muxer, [picture(0), picture(50), frameAt(audio, 0), frameAt(audio, 30)]), [
    '0: 50/0 50/0',
    '0: 30/0 21/0',
  ])
  assert.deepEqual(runsOf(muxer, [picture(50), frameAt(audio, 7)]), ['50: 40/0', '7: 21/0'])
})

test('an end that all tracks share lets sound last longer, but never less than its codec says', () => {
  const end = new Map([
    [1, 60],
    [2, 60],
  ])
  const muxer = new FragmentMuxer([video, audio])
  assert.deepEqual(runsOf(muxer, [picture(0), frameAt(audio, 0)], end), ['0: 60/0', '0: 60/0'])
  assert.deepEqual(runsOf(muxer, [picture(40), frameAt(audio, 50)], end), ['40: 20/0', '50: 21/0'])
})

test('composition times are kept, also where decoding times fall or are negative', () => {
  const frames = [
    picture(-40, { ptsTicks: 40 }),
    picture(0, { ptsTicks: 120 }),
    picture(100, { ptsTicks: 110 }),
    picture(90, { ptsTicks: 90 }),
    picture(140),
  ]
  assert.deepEqual(runsOf(new FragmentMuxer([video]), frames), ['0: 0/40 100/120 0/10 40/-10 40/0'])
})

test('decoding times have 64 bits', () => {
  const at = 2 ** 40
  assert.deepEqual(runsOf(new FragmentMuxer([video]), [picture(at), picture(at + 40)]), [`${at}: 40/0 40/0`])
})

test('frames of other tracks are left out, and nothing at all is no fragment', () => {
  const muxer = new FragmentMuxer([audio, videoTrack({ config: Uint8Array.of(1) })])
  assert.deepEqual(muxer.tracks, [audio])
  assert.deepEqual(runsOf(muxer, [picture(0), frameAt(audio, 5)]), ['5: 21/0'])
  assert.equal(muxer.fragment([picture(0)]).length, 0)
  assert.equal(muxer.fragment([]).length, 0)
})

test('times that a fragment cannot tell are refused', () => {
  const muxer = new FragmentMuxer([video])
  assert.throws(() => muxer.fragment([picture(0), picture(2 ** 31)]), { code: 'MP4_TIME_RANGE' })
  assert.throws(() => muxer.fragment([picture(0, { ptsTicks: 2 ** 31 })]), { code: 'MP4_TIME_RANGE' })
  assert.throws(() => muxer.fragment([picture(0)], new Map([[1, 2 ** 32]])), { code: 'MP4_TIME_RANGE' })
})

test('an init segment has a track for each, its configuration, and defaults for fragments', () => {
  const boxes = readBoxes(new FragmentMuxer([video, audio]).initSegment())
  assert.deepEqual(
    boxes.map(({ type }) => type),
    ['ftyp', 'moov'],
  )
  const movie = readBoxes(requireBox(boxes, 'moov'))
  assert.deepEqual(
    movie.map(({ type }) => type),
    ['mvhd', 'trak', 'trak', 'mvex'],
  )
  const defaults = readBoxes(requireBox(movie, 'mvex')).map(({ body }) => Buffer.from(body).toString('hex').slice(8))
  assert.deepEqual(defaults, [`0000000100000001${'0'.repeat(16)}01010000`, `0000000200000001${'0'.repeat(16)}02000000`])
  assert.equal(findBox(readBoxes(writeSegmentType()), 'styp')?.length, 16)
})

test('configurations that cannot be read have no place', () => {
  const bad: Track[] = [
    videoTrack({ config: Uint8Array.of(1) }),
    videoTrack({ config: writeAvcConfig({ ...readAvcConfig(config), lengthSize: 2 }) }),
    videoTrack({ codec: 'hevc', config: Uint8Array.of(1) }),
    videoTrack({ codec: 'av1', config: Uint8Array.of(1) }),
    videoTrack({ codec: 'vp9', config: new Uint8Array(0) }),
    audioTrack({ config: new Uint8Array(0) }),
    audioTrack({ codec: 'opus', config: new Uint8Array(9) }),
  ]
  for (const track of bad) {
    assert.equal(mp4Carries(track), false, track.codec)
    assert.throws(() => writeInitSegment([track]), track.codec)
  }
  for (const codec of ['mp3', 'pcma', 'pcmu'] as const) assert.ok(mp4Carries(audioTrack({ codec })))
  assert.ok(mp4Carries(videoTrack({ codec: 'vp8', config: new Uint8Array(0) })))
})
