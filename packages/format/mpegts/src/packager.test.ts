import assert from 'node:assert/strict'
import test from 'node:test'

import { concatBytes } from '@millrace/bytes'
import { joinNalus, writeAacConfig, writeAvcConfig } from '@millrace/codecs'
import type { Frame, StreamInfo, Track } from '@millrace/media'
import { audioTrack, videoTrack } from '@millrace/testkit'

import { TsDemuxer } from './demuxer.ts'
import { createTsPackager } from './packager.ts'

const sets = { sps: [Uint8Array.of(0x67, 0x64, 0, 0x1f, 1)], pps: [Uint8Array.of(0x68, 2)] }
const avc = { profile: 100, compatibility: 0, level: 31, lengthSize: 4, ...sets, extension: new Uint8Array(0) } as const
const video = videoTrack({ timescale: 90_000, config: writeAvcConfig(avc) })
const audio = audioTrack({ timescale: 48_000, config: writeAacConfig(2, 48_000, 2) })
const info = (...tracks: Track[]): StreamInfo => ({ tracks, metadata: null })

function picture(dtsTicks: number, key: boolean): Frame {
  return { track: video, dtsTicks, ptsTicks: dtsTicks, key, payload: joinNalus([Uint8Array.of(key ? 0x65 : 0x41, 3)]) }
}

function sound(dtsTicks: number): Frame {
  return { track: audio, dtsTicks, ptsTicks: dtsTicks, key: true, payload: Uint8Array.of(0x21, 0x10) }
}

/** What a player finds that begins with these bytes. */
function demux(parts: readonly Uint8Array[]) {
  const found: string[] = []
  const demuxer = new TsDemuxer({
    program: ({ streams }) => found.push(`tables of ${streams.length}`),
    pes: ({ randomAccess }) => found.push(randomAccess ? 'key' : 'frame'),
  })
  demuxer.push(concatBytes(parts))
  demuxer.flush()
  assert.equal(demuxer.stats.lost, 0)
  return found
}

test('a player who begins at a key frame has the tables before it, and each pair in step with the last', () => {
  const packager = createTsPackager()
  packager.prepare?.(info(video))
  packager.encode(picture(0, true))
  packager.encode(picture(3600, false))
  const joined = [...packager.encode(picture(7200, true)), ...packager.encode(picture(10_800, false))]
  const found = demux([...packager.init(info(video), 80), ...joined])
  assert.equal(found[0], 'tables of 1')
  assert.deepEqual(
    found.filter((what) => !what.startsWith('tables')),
    ['key', 'frame'],
  )
})

test('sound alone has tables for who begins, and again after two seconds', () => {
  const packager = createTsPackager()
  packager.prepare?.(info(audio))
  const parts = Array.from({ length: 200 }, (_, i) => packager.encode(sound(i * 1024))).flat()
  const tables = parts.filter((part) => part.length === 376 && part[1] === 0x40 && part[2] === 0)
  assert.equal(tables.length, 3)
  assert.equal(demux([...packager.init(info(audio), 0), ...parts.slice(20)])[0], 'tables of 1')
})

test('a track that comes later is told of to all', () => {
  const packager = createTsPackager()
  packager.prepare?.(info(audio))
  packager.encode(sound(0))
  assert.deepEqual(packager.update(info(audio), 20), [])
  packager.prepare?.(info(video, audio))
  assert.deepEqual(demux(packager.update(info(video, audio), 40)), ['tables of 2'])
})

test('nothing comes of what a transport stream cannot carry', () => {
  const packager = createTsPackager()
  const opus = audioTrack({ codec: 'opus' })
  packager.prepare?.(info(opus))
  assert.deepEqual([...packager.init(info(opus), 0), ...packager.update(info(opus), 0)], [])
  assert.deepEqual(packager.encode({ ...sound(0), track: opus }), [])
  packager.prepare?.(info(video))
  const broken = packager.encode({ ...picture(0, true), payload: Uint8Array.of(0, 0, 9, 9, 1) })
  assert.deepEqual(demux(broken), ['tables of 1'])
})
