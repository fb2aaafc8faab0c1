import assert from 'node:assert/strict'
import test from 'node:test'

import { writeAmf0, writeAmf0EcmaArray } from '@millrace/amf'
import { ByteWriter, concatBytes } from '@millrace/bytes'
import type { Frame, Track } from '@millrace/media'
import { mutations, onlyCoded } from '@millrace/testkit'

import { FlvDemuxer } from './demuxer.ts'
import type { FlvEvent } from './demuxer.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

const AVCC = '01640028ffe10019 67640028acd940780227e5c04400000fa40003a9803c60c658 010006 68ebe3cb22c0 fdf8f800'

const AVCC_OTHER = AVCC.replace('68ebe3', '68eae3')
const IDR = '00000003 658880'
const P_SLICE = '00000003 419a80'
const HVCC =
  '01 02 20000000 900000000000 78 f000 fc fd fa fa 0000 0f 01 a1 0001 002a' +
  '420101022000000300900000030000030078a003c08010e4d96566924caf01680800001f480003a98040'
const HEVC_IDR = '00000003 2601af'
const AV1_HEADER = '0a0b00000042abbfc373efe501'
const VP9_KEY = '82498342001a900ef60838241c184a0009207fd9'
const OPUS_HEAD = '4f707573486561640101380180bb0000000000'

class Bench {
  readonly demuxer = new FlvDemuxer()
  readonly events: FlvEvent[] = []

  video(text: string, timestampMs = 0): this {
    this.events.push(...this.demuxer.push('video', timestampMs, hex(text)))
    return this
  }

  audio(text: string, timestampMs = 0): this {
    this.events.push(...this.demuxer.push('audio', timestampMs, hex(text)))
    return this
  }

  get tracks(): Track[] {
    return this.events.flatMap((event) => (event.type === 'track' ? [event.track] : []))
  }

  get frames(): Frame[] {
    return this.events.flatMap((event) => (event.type === 'frame' ? [event.frame] : []))
  }
}

const data = (...values: unknown[]): Uint8Array => {
  const out = new ByteWriter()
  for (const value of values) {
    if (typeof value === 'string') writeAmf0(out, value)
    else writeAmf0EcmaArray(out, value as Record<string, string | number>)
  }
  return out.finish()
}

test('H.264 and AAC: tracks, then frames that keep their bodies', () => {
  const { tracks, frames } = new Bench()
    .video(`17 00 000000 ${AVCC}`)
    .audio('af 00 1210')
    .video(`17 01 000050 ${IDR}`, 1000)
    .audio('af 01 2110', 1010)
    .video(`27 01 000000 ${P_SLICE}`, 1040)
  assert.deepEqual(
    tracks.map(({ id, codec, codecString, timescale }) => [id, codec, codecString, timescale]),
    [
      [1, 'h264', 'avc1.640028', 1000],
      [2, 'aac', 'mp4a.40.2', 1000],
    ],
  )
  assert.deepEqual(
    frames.map(({ track, dtsTicks, ptsTicks, key }) => [track.id, dtsTicks, ptsTicks, key]),
    [
      [1, 1000, 1080, true],
      [2, 1010, 1010, true],
      [1, 1040, 1040, false],
    ],
  )
  assert.deepEqual(frames[0]?.payload, hex(IDR))
  assert.deepEqual(frames[0]?.flvBody, hex(`17 01 000050 ${IDR}`))
  assert.deepEqual(frames[1]?.flvBody, hex('af 01 2110'))
})

test('repeated sequence headers are suppressed, changed ones make a new track of the same id', () => {
  const bench = new Bench().video(`17 00 000000 ${AVCC}`).video(`17 00 000000 ${AVCC}`)
  assert.equal(bench.tracks.length, 1)
  bench.video(`17 00 000000 ${AVCC_OTHER}`).video(`17 01 000000 ${IDR}`)
  assert.deepEqual(
    bench.tracks.map(({ id }) => id),
    [1, 1],
  )
  assert.equal(bench.frames[0]?.track, bench.tracks[1])
})

test('a track keeps its configuration when the message buffer is used again', () => {
  const demuxer = new FlvDemuxer()
  const body = Buffer.from(hex('af 00 1210'))
  const [event] = demuxer.push('audio', 0, body)
  body.fill(0)
  assert.ok(event?.type === 'track')
  assert.deepEqual(event.track.config, hex('1210'))
})

test('a codec that changes in mid-stream keeps the id', () => {
  const bench = new Bench().audio('af 00 1210').audio('2f fffb9064')
  assert.deepEqual(
    bench.tracks.map(({ id, codec }) => [id, codec]),
    [
      [2, 'aac'],
      [2, 'mp3'],
    ],
  )
  // back by a frame alone: a stray tag must not cost the configuration
  assert.equal(bench.audio('af 01 2110').tracks[2], bench.tracks[0])
})

test('HEVC in each dialect becomes the same track; only the enhanced one keeps bodies', () => {
  const enhanced = new Bench().video(`90 68766331 ${HVCC}`).video(`91 68766331 000028 ${HEVC_IDR}`)
  const chinese = new Bench().video(`1c 00 000000 ${HVCC}`).video(`1c 01 000028 ${HEVC_IDR}`)
  const mislabelled = new Bench().video(`17 00 000000 ${HVCC}`).video(`17 01 000028 ${HEVC_IDR}`)
  for (const { tracks, frames } of [enhanced, chinese, mislabelled]) {
    assert.deepEqual([tracks[0]?.codec, tracks[0]?.codecString], ['hevc', 'hvc1.2.4.L120.90'])
    assert.deepEqual([frames[0]?.ptsTicks, frames[0]?.key, frames[0]?.payload], [40, true, hex(HEVC_IDR)])
  }
  assert.deepEqual(enhanced.frames[0]?.flvBody, hex(`91 68766331 000028 ${HEVC_IDR}`))
  assert.equal(chinese.frames[0]?.flvBody, undefined)
  assert.equal(mislabelled.frames[0]?.flvBody, undefined)
})

test('AV1: by FourCC and by codec id 13; delimiters are taken out', () => {
  const frame = '3202 1000'
  const enhanced = new Bench().video(`90 61763031 81084c00 ${AV1_HEADER}`).video(`91 61763031 ${frame}`)
  const legacy = new Bench().video(`1d 00 000000 81084c00 ${AV1_HEADER}`).video(`1d 01 000000 1200 ${frame}`)
  for (const { tracks, frames } of [enhanced, legacy]) {
    assert.deepEqual([tracks[0]?.codecString, frames[0]?.key], ['av01.0.08M.10', true])
    assert.deepEqual(frames[0]?.payload, hex(frame))
  }
  assert.ok(enhanced.frames[0]?.flvBody && !legacy.frames[0]?.flvBody)
})

test('AV1 without a usable sequence header is configured by its first key frame', () => {
  for (const start of [`95 61763031 800481084c00`, `90 61763031 81084c00`]) {
    const { tracks } = new Bench().video(start).video(`91 61763031 ${AV1_HEADER} 3202 1000`)
    const track = tracks.at(-1)
    assert.ok(track?.kind === 'video')
    assert.deepEqual([track.width, track.height], [1920, 1080])
  }
})

test('VP9 and VP8 tracks come with the first key frame, and anew when the size changes', () => {
  const vp9 = new Bench().video('90 76703039 01000000 000b82020202 0000').video(`a1 76703039 8600`)
  assert.equal(vp9.tracks.length, 0)
  assert.equal(vp9.demuxer.counters.unconfigured, 1)
  vp9
    .video(`91 76703039 ${VP9_KEY}`)
    .video(`91 76703039 ${VP9_KEY}`)
    .video(`91 76703039 ${VP9_KEY.replace('1a90', '1a80')}`)
  assert.deepEqual(
    vp9.tracks.map((track) => track.kind === 'video' && [track.width, track.codecString]),
    [
      [426, 'vp09.00.11.08'],
      [425, 'vp09.00.11.08'],
    ],
  )
  const vp8 = new Bench().video('91 76703038 5068009d012aaa01f000').video('a1 76703038 5168')
  assert.deepEqual(
    vp8.frames.map(({ key }) => key),
    [true, false],
  )
})

test('MP3: the track follows the frame header, whatever the tag says', () => {
  const bench = new Bench().audio('22 fffb92c4').audio('2f fffb90c4')
  assert.deepEqual(
    bench.tracks.map((track) => track.kind === 'audio' && [track.sampleRate, track.channels]),
    [[44_100, 1]],
  )
  bench.audio('2f fffb9464')
  assert.deepEqual(
    bench.tracks.map((track) => track.kind === 'audio' && track.sampleRate),
    [44_100, 48_000],
  )
  assert.deepEqual(bench.frames[0]?.flvBody, hex('22 fffb92c4'))
})

test('Opus: by its header, or by the first packet when that is empty', () => {
  const { tracks } = new Bench().audio(`90 4f707573 ${OPUS_HEAD}`).audio('91 4f707573 f8')
  assert.deepEqual(
    tracks.map((track) => track.kind === 'audio' && track.channels),
    [1],
  )
  const bare = new Bench().audio('90 4f707573').audio('91 4f707573 fc')
  assert.deepEqual(
    bare.tracks.map((track) => track.kind === 'audio' && track.channels),
    [2],
  )
})

test('G.711 tracks', () => {
  const { tracks } = new Bench().audio('72 5555').audio('82 5555')
  assert.deepEqual(
    tracks.map((track) => [track.codec, track.kind === 'audio' && track.channels]),
    [
      ['pcma', 1],
      ['pcmu', 1],
    ],
  )
})

test('AAC and H.264 by FourCC lose their bodies: players get them in legacy tags', () => {
  const { frames } = new Bench()
    .audio('90 6d703461 1210')
    .audio('91 6d703461 2110')
    .video(`90 61766331 ${AVCC}`)
    .video(`93 61766331 ${IDR}`)
  assert.deepEqual(
    frames.map(({ track, flvBody }) => [track.codec, flvBody]),
    [
      ['aac', undefined],
      ['h264', undefined],
    ],
  )
})

test('a key flag that disagrees with the bitstream is put right', () => {
  const { frames } = new Bench()
    .video(`17 00 000000 ${AVCC}`)
    .video(`27 01 000000 ${IDR}`)
    .video(`17 01 000000 ${P_SLICE}`)
  assert.deepEqual(
    frames.map(({ key, flvBody }) => [key, flvBody]),
    [
      [true, undefined],
      [false, undefined],
    ],
  )
})

test('NAL units with short lengths or start codes are brought to 4-byte lengths', () => {
  const short = new Bench().video(`17 00 000000 ${AVCC.replace('ffe1', 'fde1')}`).video('17 01 000000 0003 658880')
  const annexB = new Bench().video(`17 00 000000 ${AVCC}`).video('17 01 000000 00000001 09f0 000001 658880')
  assert.deepEqual(short.frames[0]?.payload, hex(IDR))
  assert.deepEqual(short.tracks[0]?.config, hex(AVCC))
  assert.deepEqual(annexB.frames[0]?.payload, hex(`00000002 09f0 ${IDR}`))
})

test('parameter sets in band stay in the frame and make no track', () => {
  const payload = `00000006 68ebe3cb22c0 ${IDR}`
  const bench = new Bench().video(`17 00 000000 ${AVCC}`).video(`17 01 000000 ${payload}`)
  assert.equal(bench.tracks.length, 1)
  assert.deepEqual(bench.frames[0]?.payload, hex(payload))
})

test('a bad frame throws and the next one is read', () => {
  const bench = new Bench().video(`17 00 000000 ${AVCC}`)
  assert.equal(onlyCoded(() => bench.video('17 01 000000 00000009 65'))?.code, 'NALU_LENGTH')
  assert.equal(onlyCoded(() => bench.video('17 00 000000 00'))?.code, 'AVC_CONFIG_VERSION')
  assert.equal(onlyCoded(() => bench.video('17 01'))?.code, 'BYTES_SHORT')
  assert.equal(bench.video(`17 01 000000 ${IDR}`).frames.length, 1)
})

test('frames before their configuration, empty ones and unknown codecs are counted', () => {
  const { demuxer, events } = new Bench()
    .video(`17 01 000000 ${IDR}`)
    .audio('af 01 2110')
    .audio('af 01')
    .audio('b2 00')
    .audio('b2 00')
    .audio('91 664c6143 00')
    .audio('')
  assert.deepEqual(events, [
    { type: 'unsupported', kind: 'audio', codec: 'speex' },
    { type: 'unsupported', kind: 'audio', codec: 'fLaC' },
  ])
  assert.deepEqual(demuxer.counters, { unsupported: 3, unconfigured: 2, otherTracks: 0, empty: 1 })
})

test('multitrack: the first track is read, more where they are allowed', () => {
  const sized = (text: string): string => hex(text).length.toString(16).padStart(6, '0') + text
  const start = `96 20 61766331 00 ${sized(AVCC)} 68766331 01 ${sized(HVCC)}`
  const frames = `96 21 61766331 00 ${sized(`000000 ${IDR}`)} 68766331 01 ${sized(`000000 ${HEVC_IDR}`)}`
  const one = new Bench().video(start).video(frames)
  assert.deepEqual([one.tracks.length, one.frames.length, one.demuxer.counters.otherTracks], [1, 1, 2])
  const demuxer = new FlvDemuxer({ maxTracksPerKind: 2 })
  const events = [...demuxer.push('video', 0, hex(start)), ...demuxer.push('video', 0, hex(frames))]
  assert.deepEqual(
    events.map((event) => event.type === 'frame' && [event.frame.track.id, event.frame.track.codec]),
    [false, false, [1, 'h264'], [3, 'hevc']],
  )
})

test('metadata is told, and never makes tracks', () => {
  const demuxer = new FlvDemuxer()
  const members = { width: 1280, videocodecid: 'hvc1' }
  const expected = [{ type: 'metadata', metadata: members }]
  assert.deepEqual(demuxer.push('data', 0, data('onMetaData', members)), expected)
  assert.deepEqual(demuxer.push('data', 0, data('@setDataFrame', 'onMetaData', members)), expected)
  assert.deepEqual(demuxer.push('data', 0, data('onCuePoint', members)), [])
  assert.deepEqual(demuxer.push('data', 0, data('@setDataFrame')), [])
  assert.deepEqual(demuxer.push('data', 0, data('onMetaData')), [])
  assert.deepEqual(demuxer.push('data', 0, hex('')), [])
  const large = data('onMetaData', { text: 'x'.repeat(17_000) })
  assert.equal(onlyCoded(() => demuxer.push('data', 0, large))?.code, 'AMF_STRING_TOO_LONG')
})

test('any body, cut off or mutated, throws coded errors only', () => {
  const video = [`17 00 000000 ${AVCC}`, `17 01 000000 ${IDR}`, `90 68766331 ${HVCC}`, `93 68766331 ${HEVC_IDR}`]
  video.push(`90 61763031 81084c00 ${AV1_HEADER}`, `91 61763031 1200 ${AV1_HEADER} 3202 1000`)
  video.push(`91 76703039 ${VP9_KEY}`, '91 76703038 5068009d012aaa01f000')
  const audio = ['af 00 130856e59d4880', '2f fffb9064', `90 4f707573 ${OPUS_HEAD}`, '91 4f707573 fc', '72 55']
  const bodies: ['video' | 'audio' | 'data', Uint8Array][] = [
    ...video.map((text): ['video', Uint8Array] => ['video', hex(text)]),
    ...audio.map((text): ['audio', Uint8Array] => ['audio', hex(text)]),
    ['data', data('@setDataFrame', 'onMetaData', { width: 1, encoder: 'x' })],
  ]
  const demuxer = new FlvDemuxer()
  for (const [kind, body] of bodies) {
    demuxer.push(kind, 0, body)
    for (let length = 0; length < body.length; length++) {
      onlyCoded(() => demuxer.push(kind, 0, body.subarray(0, length)))
    }
  }
  const all = bodies.map(([, body]) => body)
  for (const [index, [kind, body]] of bodies.entries()) {
    for (const bad of mutations(body, 800, index * 1000)) onlyCoded(() => demuxer.push(kind, 0, bad))
  }
  for (const bad of mutations(concatBytes(all), 500)) onlyCoded(() => demuxer.push('video', 0, bad))
})
