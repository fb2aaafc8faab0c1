import assert from 'node:assert/strict'
import test from 'node:test'
import { ByteReader, concatBytes } from '@millrace/bytes'
import { avcConfigOf, writeAacConfig, writeAvcConfig } from '@millrace/codecs'
import type { Frame } from '@millrace/media'
import { audioTrack, frameAt, videoTrack } from '@millrace/testkit'
import { Mp4AppendMuxer } from './append-muxer.ts'
import { findBox, readBoxes, readFullBox, requireBox } from './box.ts'

const SPS = Uint8Array.from(Buffer.from('67640028acd940780227e5c04400000fa40003a9803c60c658', 'hex'))
const video = videoTrack({ config: writeAvcConfig(avcConfigOf([SPS], [Uint8Array.of(0x68, 0xeb)])) })
const audio = audioTrack({ config: writeAacConfig(2, 48_000, 2), timescale: 48_000, sampleRate: 48_000 })

/** Pictures each 40 ms and sound each 20 ms, from an hour on, each with bytes of its own. */
const frames: readonly Frame[] = Array.from({ length: 200 }, (_, i): Frame => {
  const payload = Uint8Array.of(i, i, i, i, i)
  if (i % 3 > 0) return { ...frameAt(audio, (3600 + i / 75) * 48_000), payload }
  return { ...frameAt(video, 3_600_000 + (i * 40) / 3, { key: i % 75 === 0 }), payload }
})

function grown(): { muxer: Mp4AppendMuxer; bytes: Uint8Array } {
  const muxer = new Mp4AppendMuxer([video, audio])
  return { muxer, bytes: concatBytes([muxer.head(), ...frames.map((frame) => muxer.encode(frame))]) }
}

function finished(): Uint8Array {
  const { muxer, bytes } = grown()
  const { tail, patch } = muxer.end()
  const file = concatBytes([bytes, tail])
  file.set(patch.bytes, patch.offset)
  return file
}

const typesOf = (bytes: Uint8Array): string =>
  readBoxes(bytes)
    .map(({ type }) => type)
    .join(' ')

test('a file without an end is of fragments, from 0 on', () => {
  const { bytes } = grown()
  assert.equal(typesOf(bytes), 'ftyp free moov moof mdat moof mdat')
  const fragment = readBoxes(requireBox(readBoxes(bytes), 'moof'))
  const run = readBoxes(requireBox(fragment, 'traf'))
  const { reader } = readFullBox(requireBox(run, 'tfdt'))
  assert.equal(reader.u53(), 0)
})

test('a finished file is one piece of media and a list of all samples', () => {
  const file = finished()
  assert.equal(typesOf(file), 'ftyp mdat moov')
  const movie = readBoxes(requireBox(readBoxes(file), 'moov'))
  assert.equal(findBox(movie, 'mvex'), undefined)
  const tracks = movie.filter(({ type }) => type === 'trak').map(({ body }) => samplesOf(file, body))
  const sent = [video, audio].map(({ id }) => frames.filter(({ track }) => track.id === id))
  assert.deepEqual(
    tracks,
    sent.map((each) => each.map(({ payload }) => payload[0])),
  )
})

test('a frame of a track that is not carried is left out', () => {
  const { muxer } = grown()
  assert.equal(muxer.encode(frameAt({ ...audio, id: 4 }, 3_700 * 48_000)).length, 0)
  assert.ok(muxer.durationMs < 10_000)
})

test('a file without frames can be ended', () => {
  const muxer = new Mp4AppendMuxer([video])
  const head = muxer.head()
  const { tail, patch } = muxer.end()
  const file = concatBytes([head, tail])
  file.set(patch.bytes, patch.offset)
  assert.equal(typesOf(file), 'ftyp mdat moov')
})

/** The first byte of each sample, where the tables say that it is. */
function samplesOf(file: Uint8Array, track: Uint8Array): (number | undefined)[] {
  const info = readBoxes(requireBox(readBoxes(requireBox(readBoxes(track), 'mdia')), 'minf'))
  const table = readBoxes(requireBox(info, 'stbl'))
  const offsets = u32s(requireBox(table, 'stco')).slice(1)
  const runs = u32s(requireBox(table, 'stsc')).slice(1)
  const perChunk = (chunk: number): number => {
    const at = runs.findLastIndex((first, i) => i % 3 === 0 && first <= chunk)
    return runs[at + 1] ?? 0
  }
  return offsets.flatMap((offset, i) => Array.from({ length: perChunk(i + 1) }, (_, n) => file[offset + 5 * n]))
}

function u32s(body: Uint8Array): number[] {
  const reader = new ByteReader(body)
  reader.skip(4)
  return Array.from({ length: reader.remaining / 4 }, () => reader.u32())
}
