import assert from 'node:assert/strict'
import test from 'node:test'

import { readAmf0 } from '@millrace/amf'
import { concatBytes } from '@millrace/bytes'
import {
  aacTrack,
  g711Track,
  h264Track,
  hevcTrack,
  mp3Track,
  opusTrack,
  plainOpusHead,
  readMp3Header,
  vp8Track,
  writeOpusHead,
} from '@millrace/codecs'
import type { Frame, StreamInfo, Track } from '@millrace/media'

import { fourCc } from './codec-ids.ts'
import { createFlvPackager } from './packager.ts'
import { createFlvPayloads } from './payloads.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

const AVCC = hex('01640028ffe10019 67640028acd940780227e5c04400000fa40003a9803c60c658 010006 68ebe3cb22c0 fdf8f800')
const HVCC = hex(
  '01 02 20000000 900000000000 78 f000 fc fd fa fa 0000 0f 01 a1 0001 002a' +
    '420101022000000300900000030000030078a003c08010e4d96566924caf01680800001f480003a98040',
)
const video = { id: 1, timescale: 1000 }
const audio = { id: 2, timescale: 1000 }
const h264 = h264Track(video, AVCC)
const hevc = hevcTrack(video, HVCC)
const aac = aacTrack(audio, hex('1210'))
const opus = opusTrack(audio, writeOpusHead(plainOpusHead(2)))
const mp3 = mp3Track(audio, readMp3Header(hex('fffb92c4')))

const enhanced = createFlvPayloads()
const legacy = createFlvPayloads({ hevc: 'legacy' })
const frame = (track: Track, change: Partial<Frame> = {}): Frame => ({
  track,
  dtsTicks: 40,
  ptsTicks: 40,
  key: true,
  payload: hex('aabb'),
  ...change,
})
const info = (...tracks: Track[]): StreamInfo => ({ tracks, metadata: null })
const metadataOf = (bytes: Uint8Array | null): Record<string, unknown> =>
  (bytes ? readAmf0(bytes)[1] : {}) as Record<string, unknown>

test('each codec is written in its dialect', () => {
  const body = (track: Track, change: Partial<Frame> = {}): unknown => enhanced.body(frame(track, change))?.body
  assert.deepEqual(body(h264, { ptsTicks: 120 }), hex('17 01 000050 aabb'))
  assert.deepEqual(body(h264, { key: false }), hex('27 01 000000 aabb'))
  assert.deepEqual(body(hevc), hex('93 68766331 aabb'))
  assert.deepEqual(body(hevc, { key: false, ptsTicks: 80 }), hex('a1 68766331 000028 aabb'))
  assert.deepEqual(legacy.body(frame(hevc, { ptsTicks: 80 }))?.body, hex('1c 01 000028 aabb'))
  assert.deepEqual(body(vp8Track(video, { width: 16, height: 16 })), hex('91 76703038 aabb'))
  assert.deepEqual(body(aac), hex('af 01 aabb'))
  assert.deepEqual(body(opus), hex('91 4f707573 aabb'))
  assert.deepEqual(body(mp3), hex('2e aabb'))
  assert.deepEqual(body(mp3Track(audio, readMp3Header(hex('ffe318c4')))), hex('e2 aabb'))
  assert.deepEqual(body(g711Track(audio, 'pcma', 1)), hex('72 aabb'))
  assert.deepEqual(body(g711Track(audio, 'pcmu', 2)), hex('83 aabb'))
})

test('other timescales become milliseconds', () => {
  const track = h264Track({ id: 1, timescale: 90_000 }, AVCC)
  const timed = enhanced.body(frame(track, { dtsTicks: 90_000, ptsTicks: 97_200 }))
  assert.deepEqual([timed?.timestampMs, timed?.body], [1000, hex('17 01 000050 aabb')])
})

test('bodies that came in are passed on as they are', () => {
  const flvBody = hex('17 01 000050 aabb')
  assert.equal(enhanced.body(frame(h264, { ptsTicks: 120, flvBody }))?.body, flvBody)
  const opusBody = hex('91 4f707573 aabb')
  assert.equal(enhanced.body(frame(opus, { flvBody: opusBody }))?.body, opusBody)
  for (const [text, ptsTicks] of [
    ['91 68766331 000028 aabb', 80],
    ['93 68766331 aabb', 40],
  ] as const) {
    const hevcBody = hex(text)
    assert.equal(enhanced.body(frame(hevc, { ptsTicks, flvBody: hevcBody }))?.body, hevcBody)
    assert.equal(legacy.body(frame(hevc, { ptsTicks, flvBody: hevcBody }))?.body[0], 0x1c)
  }
})

test('a body whose composition time was repaired is written anew', () => {
  const flvBody = hex('17 01 fffff0 aabb')
  assert.deepEqual(enhanced.body(frame(h264, { flvBody }))?.body, hex('17 01 000000 aabb'))
})

test('tracks over the first of each kind, and G.711 that is not of 8 kHz, are not carried', () => {
  assert.equal(enhanced.body(frame(h264Track({ id: 3, timescale: 1000 }, AVCC))), null)
  assert.equal(enhanced.body(frame(g711Track(audio, 'pcma', 1, 16_000))), null)
  const other = aacTrack({ id: 4, timescale: 1000 }, hex('1190'))
  assert.deepEqual(enhanced.sequenceHeaders(info(aac, other)).length, 1)
})

test('sequence headers of the codecs that have one', () => {
  assert.deepEqual(enhanced.sequenceHeaders(info(aac, h264)), [
    { kind: 'video', body: concatBytes([hex('17 00 000000'), AVCC]) },
    { kind: 'audio', body: hex('af 00 1210') },
  ])
  const [hevcHeader] = enhanced.sequenceHeaders(info(hevc))
  assert.deepEqual(hevcHeader?.body.subarray(0, 6), hex('90 68766331 01'))
  const [oldHeader] = legacy.sequenceHeaders(info(hevc))
  assert.deepEqual(oldHeader?.body.subarray(0, 6), hex('1c 00 000000 01'))
  const [opusHeader] = enhanced.sequenceHeaders(info(opus))
  assert.deepEqual(opusHeader?.body.subarray(0, 9), hex('90 4f707573 4f707573'))
  const [vp8Header] = enhanced.sequenceHeaders(info(vp8Track(video, { width: 16, height: 16 })))
  assert.deepEqual(vp8Header?.body, hex('90 76703038 01000000 000a82020202 0000'))
  assert.deepEqual(enhanced.sequenceHeaders(info(mp3)), [])
})

test('metadata is what the publisher said, put right by the tracks', () => {
  const published = {
    encoder: 'x',
    width: 640,
    height: 360,
    videocodecid: 'hvc1',
    duration: 0,
    filesize: 9,
    stereo: false,
  }
  const all = metadataOf(enhanced.metadata({ tracks: [h264, aac], metadata: published }))
  assert.deepEqual(all, {
    encoder: 'x',
    width: 1920,
    height: 1080,
    framerate: 30_000 / 1001,
    videocodecid: 7,
    audiocodecid: 10,
    audiosamplerate: 44_100,
    audiosamplesize: 16,
    audiochannels: 2,
    stereo: true,
    hasVideo: true,
    hasAudio: true,
    server: 'Millrace',
  })
  const audioOnly = metadataOf(enhanced.metadata({ tracks: [mp3], metadata: published }))
  assert.deepEqual([audioOnly['width'], audioOnly['hasVideo'], audioOnly['audiocodecid']], [undefined, false, 2])
})

test('metadata names HEVC and Opus by FourCC, or HEVC by codec id 12', () => {
  const members = metadataOf(enhanced.metadata(info(hevc, opus)))
  assert.deepEqual([members['videocodecid'], members['audiocodecid']], [fourCc('hvc1'), fourCc('Opus')])
  assert.equal(metadataOf(legacy.metadata(info(hevc)))['videocodecid'], 12)
  assert.equal(enhanced.metadata(info()), null)
})

test('packager: header flags of the real tracks, metadata, stamped sequence headers', () => {
  const packager = createFlvPackager(enhanced)
  const [header, ...tags] = packager.init(info(h264, aac), 0x01020304)
  assert.deepEqual(header, hex('464c5601 05 00000009 00000000'))
  assert.deepEqual(
    tags.map((tag) => [tag[0], Buffer.from(tag.subarray(4, 8)).toString('hex')]),
    [
      [18, '00000000'],
      [9, '02030401'],
      [8, '02030401'],
    ],
  )
  assert.deepEqual(packager.update(info(h264, aac), 0x01020304), tags)
  assert.equal(packager.init(info(h264), 0)[0]?.[4], 1)
  assert.equal(packager.init(info(mp3), 0)[0]?.[4], 4)
  assert.equal(packager.init(info(g711Track(audio, 'pcma', 1, 16_000)), 0)[0]?.[4], 0)
})

test('packager: a frame is one tag in one buffer, a codec that is not carried none', () => {
  const packager = createFlvPackager(enhanced)
  const flvBody = hex('af 01 2110')
  assert.deepEqual(packager.encode(frame(aac, { flvBody })), [hex('08 000004 000028 00 000000 af012110 0000000f')])
  assert.deepEqual(packager.encode(frame(g711Track(audio, 'pcma', 1, 16_000))), [])
})
