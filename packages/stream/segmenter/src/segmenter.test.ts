import assert from 'node:assert/strict'
import test from 'node:test'
import type { Frame, Track } from '@millrace/media'
import { audioTrack, videoTrack } from '@millrace/testkit'
import { Segmenter, steadyDuration90k } from './segmenter.ts'
import type { SegmenterOptions, SegmentStart } from './segmenter.ts'

const video = videoTrack()
const audio = audioTrack()
const WALL_MS = 1_700_000_000_000

interface Segment extends SegmentStart {
  readonly frames: Frame[]
  durationMs: number | null
}

/** A segmenter and the segments it cut; wall time runs along with the timestamps. */
function cutter(tracks: readonly Track[], options: SegmenterOptions = {}) {
  const segments: Segment[] = []
  const last = (): Segment => segments.at(-1) as Segment
  const segmenter = new Segmenter(
    {
      open: (start) => segments.push({ ...start, frames: [], durationMs: null }),
      frame: (frame) => last().frames.push(frame),
      close: ({ duration90k }) => (last().durationMs = duration90k / 90),
    },
    options,
  )
  segmenter.setTracks(tracks)
  const push = (track: Track, dtsTicks: number, key: boolean, wallMs = WALL_MS + dtsTicks): void =>
    segmenter.push({ track, dtsTicks, ptsTicks: dtsTicks, key, payload: new Uint8Array(100) }, wallMs)
  return { segmenter, segments, push }
}

/** 25 frames a second of video with a key frame each `gopMs`, and audio each 20 ms. */
function feed(
  push: ReturnType<typeof cutter>['push'],
  fromMs: number,
  toMs: number,
  gopMs: number,
  tracks = [video, audio] as Track[],
) {
  for (let ms = fromMs; ms < toMs; ms += 20) {
    for (const track of tracks) {
      if (track.kind === 'audio') push(track, ms, true)
      else if ((ms - fromMs) % 40 === 0) push(track, ms, (ms - fromMs) % gopMs === 0)
    }
  }
}

const durations = (segments: Segment[]): (number | null)[] => segments.map((segment) => segment.durationMs)

test('segments end at the first key frame that reaches the target, the first one earlier', () => {
  const { segments, push } = cutter([video, audio])
  feed(push, 0, 8000, 1000)
  assert.deepEqual(durations(segments), [1000, 2000, 2000, 2000, null])
  for (const { frames } of segments) assert.ok(frames[0]?.key && frames[0].track === video)
  assert.deepEqual(
    segments.map(({ discontinuity }) => discontinuity),
    [true, false, false, false, false],
  )
})

test('every frame from the first key frame on, and the audio just before it, is in exactly one segment, in order', () => {
  const { segmenter, segments, push } = cutter([video, audio])
  push(audio, 0, true)
  push(video, 0, false)
  feed(push, 40, 5000, 1000)
  segmenter.end()
  const frames = segments.flatMap((segment) => segment.frames)
  assert.equal(frames.length, 1 + 4960 / 20 + 4960 / 40)
  assert.deepEqual([frames[0]?.track, frames[1]?.track, frames[1]?.dtsTicks], [audio, video, 40])
})

test('a key frame that is a little early counts', () => {
  const { segments, push } = cutter([video], { firstTargetMs: 2000 })
  for (const ms of [0, 1960, 3925, 5880]) push(video, ms, true)
  assert.deepEqual(durations(segments), [1960, 1965, 1955, null])
})

test('without key frames a segment ends at the longest duration', () => {
  const { segments, push } = cutter([video, audio], { maxMs: 4000 })
  feed(push, 0, 12_001, 100_000)
  assert.deepEqual(durations(segments), [4000, 4000, 4000, null])
})

test('a stream that never has a key frame is cut nevertheless', () => {
  const { segments, push } = cutter([video], { maxMs: 4000 })
  for (let ms = 0; ms <= 12_000; ms += 40) push(video, ms, false)
  assert.deepEqual(durations(segments), [4000, 4000, null])
})

test('a segment ends when it is too large', () => {
  const { segments, push } = cutter([video], { maxBytes: 1000 })
  for (let ms = 0; ms < 1000; ms += 40) push(video, ms, ms === 0)
  assert.deepEqual(durations(segments), [400, 400, null])
})

test('audio alone is cut by duration', () => {
  const { segments, push } = cutter([audio])
  for (let i = 0; i < 300; i++) push(audio, Math.round((i * 1024_000) / 44_100), true)
  assert.deepEqual(durations(segments), [418, 1904, 1904, 1904, null])
})

test('audio waits for announced video, but not for ever', () => {
  const late = cutter([video, audio])
  feed(late.push, 0, 3000, 0, [audio])
  feed(late.push, 3000, 4000, 1000)
  assert.equal(late.segments.length, 1)
  assert.equal(late.segments[0]?.start90k, 3000 * 90)
  assert.equal(late.segments[0]?.frames[0]?.dtsTicks, 2500)

  const absent = cutter([video, audio])
  feed(absent.push, 0, 8000, 0, [audio])
  assert.equal(absent.segments[0]?.start90k, 5020 * 90)
})

test('when video stops, audio takes over the cuts', () => {
  const { segments, push } = cutter([video, audio])
  feed(push, 0, 4000, 2000)
  feed(push, 4000, 12_000, 0, [audio])
  assert.deepEqual(durations(segments), [2000, 6980, 1900, null])
})

test('a changed configuration begins a segment with a discontinuity at its key frame', () => {
  const { segmenter, segments, push } = cutter([video, audio])
  const changed = { ...video, config: Uint8Array.of(9) }
  feed(push, 0, 1000, 2000)
  segmenter.setTracks([changed, audio])
  push(audio, 1000, true)
  push(changed, 1000, false)
  push(changed, 1040, true)
  assert.deepEqual(durations(segments), [1040, null])
  assert.equal(segments[1]?.discontinuity, true)
  assert.deepEqual(segments[1]?.tracks, [changed, audio])
  assert.ok(segments[0]?.frames.every(({ track }) => track !== changed))
})

test('the same configuration sent again changes nothing', () => {
  const { segmenter, segments, push } = cutter([video, audio], { firstTargetMs: 2000 })
  feed(push, 0, 1000, 2000)
  const copy = { ...video, config: Uint8Array.from(video.config) }
  segmenter.setTracks([{ ...audio }, copy])
  feed(push, 1000, 1400, 4000, [copy])
  assert.equal(segments.length, 1)
  assert.equal(segments[0]?.frames.length, 50 + 25 + 10)
})

test('a track that comes later joins at the next key frame; one that goes is dropped at once', () => {
  const joining = cutter([video])
  feed(joining.push, 0, 400, 1000, [video])
  joining.segmenter.setTracks([video, audio])
  joining.push(audio, 400, true)
  joining.push(video, 400, true)
  joining.push(audio, 420, true)
  assert.deepEqual(durations(joining.segments), [400, null])
  assert.deepEqual(
    joining.segments[1]?.frames.map(({ track }) => track.kind),
    ['video', 'audio'],
  )

  const leaving = cutter([video, audio])
  feed(leaving.push, 0, 400, 1000)
  leaving.segmenter.setTracks([audio])
  leaving.push(audio, 400, true)
  assert.deepEqual(leaving.segments[1]?.tracks, [audio])
  assert.equal(leaving.segments[1]?.discontinuity, true)
})

test('timestamps that jump forward or back begin a discontinuity, and a duration never spans the jump', () => {
  for (const toMs of [100_000, 0]) {
    const { segments, push } = cutter([video, audio])
    feed(push, 20_000, 23_000, 1000)
    feed(push, toMs, toMs + 3000, 1000)
    assert.deepEqual(durations(segments), [1000, 2000, 2000, null])
    assert.deepEqual(
      segments.map(({ discontinuity }) => discontinuity),
      [true, false, true, false],
    )
  }
})

test('after the end of a publish the next one begins a discontinuity, and again with a short segment', () => {
  const { segmenter, segments, push } = cutter([video, audio])
  feed(push, 0, 3400, 1000)
  segmenter.end()
  segmenter.end()
  feed(push, 0, 3400, 1000)
  assert.deepEqual(durations(segments), [1000, 2000, 400, 1000, 2000, null])
  assert.equal(segments[3]?.discontinuity, true)
})

test('wall times run along the timestamps until they have drifted apart', () => {
  const { segments, push } = cutter([video], { firstTargetMs: 2000 })
  push(video, 0, true, WALL_MS)
  push(video, 2000, true, WALL_MS + 2150)
  push(video, 4000, true, WALL_MS + 3900)
  push(video, 6000, true, WALL_MS + 7500)
  push(video, 8000, true, WALL_MS + 9400)
  assert.deepEqual(
    segments.map(({ wallMs }) => wallMs - WALL_MS),
    [0, 2000, 4000, 7500, 9500],
  )
})

test('the steady duration is the first multiple of the group that reaches the target', () => {
  const steadyMs = (groupMs: number): number => steadyDuration90k(groupMs * 90, 2000) / 90
  assert.deepEqual(
    [500, 700, 1000, 1500, 1960, 2000, 10_000, 0].map(steadyMs),
    [2000, 2100, 2000, 3000, 1960, 2000, 10_000, 2000],
  )
})

test('segments need not wait for key frames, and their length may be asked for each time', () => {
  let targetMs = 400
  const { segments, push } = cutter([video], { targetMs: () => targetMs, waitKeyFrame: false, firstTargetMs: Infinity })
  for (let at = 0; at < 4000; at += 40) {
    if (at === 1000) targetMs = 1000
    push(video, at, at === 0)
  }
  assert.deepEqual(
    segments.map(({ start90k }) => start90k / 90),
    [0, 320, 640, 960, 1280, 2200, 3120],
  )
})
