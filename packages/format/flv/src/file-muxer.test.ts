import assert from 'node:assert/strict'
import test from 'node:test'

import { Amf0Reader, amfToMetadata } from '@millrace/amf'
import { concatBytes } from '@millrace/bytes'
import { joinNalus, writeAacConfig } from '@millrace/codecs'
import type { Frame, Metadata, MetadataValue, Track } from '@millrace/media'
import { audioTrack, frameAt, videoTrack } from '@millrace/testkit'

import { FlvFileMuxer } from './file-muxer.ts'
import { FlvReader } from './reader.ts'
import type { FlvPart } from './reader.ts'

const video = videoTrack({ config: Uint8Array.of(1, 0x64, 0, 0x1f, 0xff, 0xe0) })
const audio = audioTrack({ config: writeAacConfig(2, 48_000, 2) })

const picture = (dtsTicks: number, key: boolean, track: Track = video): Frame => ({
  ...frameAt(track, dtsTicks, { key }),
  payload: joinNalus([Uint8Array.of(key ? 0x65 : 0x41, 1, 2, 3)]),
})

/** The file, its parts with their places, and its metadata. */
function fileOf(frames: readonly Frame[]) {
  const muxer = new FlvFileMuxer()
  const tags = frames.flatMap((frame) => muxer.encode(frame))
  const bytes = concatBytes([muxer.header(), ...tags])
  const parts = new FlvReader().push(bytes)
  const [, data] = parts
  const reader = new Amf0Reader(data?.type === 'tag' ? data.body : new Uint8Array(0), { maxValues: 1_000_000 })
  assert.equal(reader.read(), 'onMetaData')
  return { bytes, parts, metadata: amfToMetadata(reader.read()) ?? {} }
}

const tagsOf = (parts: readonly FlvPart[]) => parts.filter((part) => part.type === 'tag')
const indexOf = (metadata: Metadata) => metadata.keyframes as { times: number[]; filepositions: number[] }

test('a file begins at 0, and its metadata tells duration, size and where each key frame is', () => {
  const frames = Array.from({ length: 10 }, (_, i) => [
    picture(5000 + 40 * i, i % 5 === 0),
    frameAt(audio, 5000 + 40 * i),
  ])
  const { bytes, parts, metadata } = fileOf(frames.flat())
  assert.deepEqual(parts[0], { type: 'header', hasAudio: true, hasVideo: true })
  assert.deepEqual(
    tagsOf(parts)
      .map(({ kind, timestampMs }) => `${kind} ${timestampMs}`)
      .slice(0, 6),
    ['data 0', 'video 0', 'audio 0', 'video 0', 'audio 0', 'video 40'],
  )
  const { duration, filesize, hasKeyframes, canSeekToEnd, lasttimestamp, lastkeyframetimestamp, width } = metadata
  assert.deepEqual(
    { duration, filesize, hasKeyframes, canSeekToEnd, lasttimestamp, lastkeyframetimestamp, width },
    {
      duration: 0.4,
      filesize: bytes.length,
      hasKeyframes: true,
      canSeekToEnd: false,
      lasttimestamp: 0.36,
      lastkeyframetimestamp: 0.2,
      width: 1280,
    },
  )
  const { times, filepositions } = indexOf(metadata)
  assert.deepEqual(times, [0, 0.2])
  for (const at of filepositions) assert.deepEqual([bytes[at], bytes[at + 11], bytes[at + 12]], [9, 0x17, 1])
  assert.equal(metadata.lastkeyframelocation, filepositions[1])
})

test('a new configuration brings its sequence header, the same one does not', () => {
  const other = videoTrack({ config: Uint8Array.of(1, 0x4d, 0, 0x1f, 0xff, 0xe0) })
  const { parts } = fileOf([picture(0, true), picture(40, false), picture(80, true, other), picture(120, false, other)])
  const packetTypes = tagsOf(parts)
    .slice(1)
    .map(({ body }) => body[1])
  assert.deepEqual(packetTypes, [0, 1, 1, 0, 1, 1])
})

test('sound alone has no index, and a codec FLV has no place for is left out', () => {
  const { parts, metadata } = fileOf([
    frameAt(audio, 0),
    { ...picture(10, true), track: videoTrack({ id: 3 }) },
    frameAt(audio, 20),
  ])
  assert.deepEqual(parts[0], { type: 'header', hasAudio: true, hasVideo: false })
  assert.equal(tagsOf(parts).length, 4)
  assert.deepEqual([metadata.hasKeyframes, metadata.keyframes, metadata.duration], [false, undefined, 0.04])
})

test('a frame before the first one is put at 0', () => {
  const { parts } = fileOf([frameAt(audio, 100), picture(90, true)])
  assert.deepEqual(
    tagsOf(parts).map(({ timestampMs }) => timestampMs),
    [0, 0, 0, 0, 0],
  )
})

test('an index of very many key frames is thinned evenly', () => {
  const muxer = new FlvFileMuxer()
  for (let i = 0; i < 150_000; i++) muxer.encode(picture(i * 40, true))
  const [, data] = new FlvReader().push(muxer.header())
  const reader = new Amf0Reader(data?.type === 'tag' ? data.body : new Uint8Array(0), { maxValues: 1_000_000 })
  reader.read()
  const { times } = indexOf((amfToMetadata(reader.read()) ?? {}) as Record<string, MetadataValue>)
  assert.ok(times.length >= 50_000 && times.length <= 100_000, `${times.length} entries`)
  assert.deepEqual(times.slice(0, 3), [0, 0.08, 0.16])
  assert.deepEqual(times.at(-1), 5999.92)
})

test('nothing at all is a file, too', () => {
  const { parts, metadata } = fileOf([])
  assert.deepEqual(parts[0], { type: 'header', hasAudio: false, hasVideo: false })
  assert.equal(metadata.duration, 0)
})
