import assert from 'node:assert/strict'
import test from 'node:test'

import { listedSegments, mediaPlaylist, variantOf } from './playlist.ts'
import type { ArchivePart, ArchiveSegment, TakeRow } from './segments.ts'

const take = (id: string, change: Partial<TakeRow> = {}): TakeRow => ({
  id,
  projectId: 'prj_1',
  streamId: 'str_1',
  sessionId: 'ses_1',
  nodeId: 'node_1',
  storageId: 'sto_1',
  format: 'fmp4',
  epoch: 1,
  openedAt: new Date(0),
  tracks: [],
  closedAt: new Date(0),
  segments: null,
  pendingSegments: 0,
  pendingBytes: 0,
  createdAt: new Date(0),
  updatedAt: new Date(0),
  ...change,
})

const segment = (takeId: string, seq: number, change: Partial<ArchiveSegment> = {}): ArchiveSegment => ({
  takeId,
  seq,
  init: 0,
  startsAtMs: seq * 4000,
  durationMs: 4000,
  bytes: 1000,
  discontinuity: false,
  lost: false,
  ...change,
})

const part = (takes: TakeRow[], segments: ArchiveSegment[]): ArchivePart => ({
  takes: new Map(takes.map((one) => [one.id, one])),
  segments,
})

const marks = (of: ArchivePart, growing = false): string[] =>
  listedSegments(of, growing).map(({ segment: { takeId, seq }, discontinuity }) => {
    return `${takeId}${seq}${discontinuity ? '!' : ''}`
  })

test('players begin anew after a loss, with other tracks, in another take, and where timestamps break', () => {
  const takes = [take('a'), take('b', { epoch: 2 })]
  const segments = [
    segment('a', 0),
    segment('a', 1),
    segment('a', 2, { lost: true }),
    segment('a', 3),
    segment('a', 4, { init: 1 }),
    segment('a', 5, { init: 1, discontinuity: true }),
    segment('b', 0, { startsAtMs: 60_000 }),
  ]
  assert.deepEqual(marks(part(takes, segments)), ['a0', 'a1', 'a3!', 'a4!', 'a5!', 'b0!'])
})

test('what a former publisher sent late, and what has another format, is left out', () => {
  const takes = [take('a'), take('b', { epoch: 2 }), take('c', { epoch: 3, format: 'ts' })]
  const segments = [segment('a', 0), segment('b', 0, { startsAtMs: 4000 }), segment('a', 1), segment('c', 0)]
  assert.deepEqual(marks(part(takes, segments)), ['a0', 'b0!'])
})

test('a playlist that grows does not pass a hole that may still be filled', () => {
  const segments = [segment('a', 0), segment('a', 2)]
  assert.deepEqual(marks(part([take('a', { closedAt: null })], segments), true), ['a0'])
  assert.deepEqual(marks(part([take('a')], segments), true), ['a0', 'a2!'])
})

test('a playlist tells the wall clock where it is not what players count by themselves', () => {
  const segments = [segment('a', 0), segment('a', 1), segment('a', 2, { startsAtMs: 8200 })]
  const listed = listedSegments(part([take('a')], segments), false)
  const playlist = mediaPlaylist(listed, { kind: 'vod', segmentS: 2 }, (storage, key) => `${storage}/${key}`)
  assert.deepEqual(
    playlist.segments.map(({ wallMs }) => wallMs),
    [0, null, 8200],
  )
  assert.equal(playlist.targetDurationS, 4)
  assert.equal(playlist.segments[1]?.uri, 'sto_1/streams/str_1/a/1.m4s')
  assert.equal(playlist.segments[1]?.mapUri, 'sto_1/streams/str_1/a/init-0.mp4')
})

test('codecs are told when all of them are known', () => {
  const tracks = (codec?: string): TakeRow['tracks'] => [
    {
      init: 0,
      bandwidth: null,
      tracks: [
        { kind: 'video', codec: 'h264', codec_string: 'avc1.64001f', width: 1280, height: 720, fps: 25 },
        { kind: 'audio', codec: 'aac', ...(codec !== undefined && { codec_string: codec }) },
      ],
    },
  ]
  const rates = { peakBps: 2000.5, averageBps: 1000 }
  assert.deepEqual(variantOf([take('a', { tracks: tracks('mp4a.40.2') })], rates, 'media.m3u8'), {
    uri: 'media.m3u8',
    bandwidthBps: 2001,
    averageBandwidthBps: 1000,
    codecs: ['avc1.64001f', 'mp4a.40.2'],
    width: 1280,
    height: 720,
    frameRate: 25,
  })
  assert.deepEqual(variantOf([take('a', { tracks: tracks() })], rates, 'media.m3u8').codecs, [])
})
