import assert from 'node:assert/strict'
import test from 'node:test'

import { Amf0Reader, amfToMetadata } from '@millrace/amf'
import { concatBytes } from '@millrace/bytes'
import { joinNalus, writeAacConfig } from '@millrace/codecs'
import type { Frame, Metadata, Track } from '@millrace/media'
import { audioTrack, frameAt, videoTrack } from '@millrace/testkit'

import { FlvAppendMuxer, type FlvAppendOptions } from './append-muxer.ts'
import { FlvReader, type FlvPart } from './reader.ts'

const video = videoTrack({ config: Uint8Array.of(1, 0x64, 0, 0x1f, 0xff, 0xe0) })
const audio = audioTrack({ config: writeAacConfig(2, 48_000, 2) })

const picture = (dtsTicks: number, track: Track = video): Frame => ({
  ...frameAt(track, dtsTicks, { key: true }),
  payload: joinNalus([Uint8Array.of(0x65, 1, 2, 3)]),
})

function written(frames: readonly Frame[], options?: FlvAppendOptions) {
  const info = { tracks: [video, audio], metadata: { title: 'x', duration: 99 } }
  const muxer = new FlvAppendMuxer(info, options)
  const grown = concatBytes([muxer.head(), ...frames.map((frame) => muxer.encode(frame))])
  const { tail, patch } = muxer.end()
  const finished = concatBytes([grown, tail])
  finished.set(patch.bytes, patch.offset)
  return { grown, finished, durationMs: muxer.durationMs }
}

function read(bytes: Uint8Array): { tags: string[]; metadata: Metadata } {
  const parts: FlvPart[] = new FlvReader().push(bytes)
  const tags = parts.flatMap((part) => (part.type === 'tag' ? [part] : []))
  const reader = new Amf0Reader(tags[0]!.body)
  assert.equal(reader.read(), 'onMetaData')
  return {
    tags: tags.map(({ kind, timestampMs }) => `${kind} ${timestampMs}`),
    metadata: amfToMetadata(reader.read()) ?? {},
  }
}

const frames = [picture(5000), frameAt(audio, 5010), picture(5040), frameAt(audio, 5033), picture(5080)]

test('a file begins at 0, and its end tells duration and size in what was written first', () => {
  const { grown, finished, durationMs } = written(frames)
  assert.equal(grown.length, finished.length)
  assert.equal(read(grown).metadata['duration'], 0)
  const { tags, metadata } = read(finished)
  assert.deepEqual(tags, ['data 0', 'video 0', 'audio 0', 'video 0', 'audio 10', 'video 40', 'audio 33', 'video 80'])
  const { title, duration, filesize, width } = metadata
  assert.deepEqual(
    { title, duration, filesize, width },
    { title: 'x', duration: 0.12, filesize: finished.length, width: 1280 },
  )
  assert.equal(durationMs, 120)
})

test('times stay when they are to be kept', () => {
  const { finished, durationMs } = written(frames, { keepTimes: true })
  const { tags } = read(finished)
  assert.deepEqual(tags.slice(3, 5), ['video 5000', 'audio 5010'])
  assert.equal(durationMs, 120)
})

test('a configuration that changes is one more sequence header, and what is not carried is left out', () => {
  const other = { ...video, config: Uint8Array.of(1, 0x42, 0, 0x1f, 0xff, 0xe0) }
  const { finished } = written([picture(0), frameAt({ ...audio, id: 4 }, 10), picture(40, other), picture(80, other)])
  assert.deepEqual(read(finished).tags.slice(3), ['video 0', 'video 40', 'video 40', 'video 80'])
})
