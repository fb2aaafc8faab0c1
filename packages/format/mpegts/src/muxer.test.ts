import assert from 'node:assert/strict'
import test from 'node:test'
import { concatBytes } from '@millrace/bytes'
import { joinAnnexB, joinNalus, readMp3Header, writeAacConfig, writeAvcConfig, writeHevcConfig } from '@millrace/codecs'
import { FormatError } from '@millrace/core'
import type { Frame, Track } from '@millrace/media'
import { audioTrack, videoTrack } from '@millrace/testkit'
import { TsDemuxer } from './demuxer.ts'
import type { PesPacket } from './demuxer.ts'
import { TsMuxer, tsCarries } from './muxer.ts'
import { TIMESTAMP_RANGE } from './pes.ts'
import type { ProgramMap } from './psi.ts'

const SPS = Uint8Array.of(0x67, 0x64, 0, 0x1f, 1)
const PPS = Uint8Array.of(0x68, 2)
const IDR = Uint8Array.of(0x65, 3, 3, 3)
const SLICE = Uint8Array.of(0x41, 4)
const AUD = Uint8Array.of(9, 0xf0)
const AVC = {
  profile: 100,
  compatibility: 0,
  level: 31,
  lengthSize: 4,
  sps: [SPS],
  pps: [PPS],
  extension: new Uint8Array(0),
}
const video = videoTrack({ timescale: 90_000, config: writeAvcConfig(AVC) })
const audio = audioTrack({ timescale: 44_100, config: writeAacConfig(2, 44_100, 2) })
const OFFSET_90K = 90_000

function frame(track: Track, dtsTicks: number, payload: Uint8Array, change: Partial<Frame> = {}): Frame {
  return { track, dtsTicks, ptsTicks: dtsTicks, key: true, payload, ...change }
}

/** Runs frames through a muxer, then a demuxer that checks what holds for any stream. */
function remux(tracks: readonly Track[], frames: readonly Frame[]) {
  const muxer = new TsMuxer()
  muxer.setTracks(tracks)
  const bytes = concatBytes([muxer.tables(), ...frames.flatMap((one) => muxer.encode(one)), ...muxer.flush()])
  const packets: PesPacket[] = []
  const maps: ProgramMap[] = []
  const demuxer = new TsDemuxer({ program: (map) => maps.push(map), pes: (pes) => packets.push(pes) })
  demuxer.push(bytes)
  demuxer.flush()
  assert.deepEqual({ ...demuxer.stats, packets: 0 }, { packets: 0, lost: 0, skippedBytes: 0, dropped: 0 })
  return { bytes, packets, map: maps[0] }
}

test('H.264 becomes Annex B with a delimiter, and parameter sets before key frames', () => {
  const { packets, map } = remux(
    [video],
    [frame(video, 0, joinNalus([IDR])), frame(video, 3600, joinNalus([SLICE]), { ptsTicks: 10_800, key: false })],
  )
  assert.deepEqual(map?.streams, [{ pid: 0x100, streamType: 0x1b, descriptors: new Uint8Array(0) }])
  assert.deepEqual(packets[0]?.data, joinAnnexB([AUD, SPS, PPS, IDR]))
  assert.deepEqual(packets[1]?.data, joinAnnexB([AUD, SLICE]))
  assert.deepEqual(
    packets.map(({ pts90k, dts90k, randomAccess }) => ({ pts90k, dts90k, randomAccess })),
    [
      { pts90k: OFFSET_90K, dts90k: OFFSET_90K, randomAccess: true },
      { pts90k: OFFSET_90K + 10_800, dts90k: OFFSET_90K + 3600, randomAccess: false },
    ],
  )
})

test('delimiters, parameter sets and empty units of the publisher are neither doubled nor passed on empty', () => {
  const payload = joinNalus([Uint8Array.of(9, 0x10), SPS, PPS, new Uint8Array(0), IDR])
  const { packets } = remux([video], [frame(video, 0, payload)])
  assert.deepEqual(packets[0]?.data, joinAnnexB([AUD, SPS, PPS, IDR]))
})

test('HEVC has its own delimiter, its parameter sets and a registration descriptor', () => {
  const [vps, sps, pps] = [0x40, 0x42, 0x44].map((header) => Uint8Array.of(header, 1, 9)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ]
  const numbers = {
    profileSpace: 0,
    tier: 0,
    profile: 1,
    compatibility: 0x60000000,
    level: 93,
    minSpatialSegmentation: 0,
    parallelism: 0,
    chromaFormat: 1,
    bitDepthLuma: 8,
    bitDepthChroma: 8,
    averageFrameRate: 0,
    constantFrameRate: 0,
    temporalLayers: 1,
    temporalIdNested: true,
    lengthSize: 4,
  }
  const arrays = [vps, sps, pps].map((nalu) => ({ type: (nalu[0] ?? 0) >> 1, complete: true, nalus: [nalu] }))
  const config = writeHevcConfig({ ...numbers, constraints: new Uint8Array(6), arrays })
  const hevc = videoTrack({ codec: 'hevc', timescale: 90_000, config })
  const cra = Uint8Array.of(0x2a, 1, 5)
  const { packets, map } = remux([hevc], [frame(hevc, 0, joinNalus([cra]))])
  assert.equal(map?.streams[0]?.streamType, 0x24)
  assert.equal(Buffer.from(map?.streams[0]?.descriptors ?? []).toString('latin1'), '\x05\x04HEVC')
  assert.deepEqual(packets[0]?.data, joinAnnexB([Uint8Array.of(0x46, 1, 0x50), vps, sps, pps, cra]))
})

test('AAC frames get ADTS headers and share a PES packet up to 100 ms', () => {
  const frames = Array.from({ length: 12 }, (_, i) => frame(audio, i * 1024, Uint8Array.of(i, i, i)))
  const { packets, map } = remux([video, audio], frames)
  assert.equal(map?.pcrPid, 0x100)
  assert.deepEqual(
    packets.map(({ pts90k, data }) => [pts90k, data.length]),
    [0, 5, 10].map((i) => [OFFSET_90K + Math.round((i * 1024 * 90_000) / 44_100), Math.min(5, 12 - i) * 10]),
  )
  assert.deepEqual([...(packets[0]?.data ?? [])].slice(0, 10), [0xff, 0xf1, 0x50, 0x80, 1, 0x5f, 0xfc, 0, 0, 0])
})

test('audio goes out before video that is 100 ms ahead of it', () => {
  const muxer = new TsMuxer()
  muxer.setTracks([video, audio])
  assert.equal(muxer.encode(frame(audio, 0, new Uint8Array(10))).length, 0)
  assert.equal(muxer.encode(frame(video, 8999, joinNalus([SLICE]))).length, 1)
  assert.equal(muxer.encode(frame(video, 9000, joinNalus([SLICE]))).length, 2)
  assert.equal(muxer.flush().length, 0)
})

test('a gap in the audio begins a PES packet with its own time', () => {
  const { packets } = remux(
    [audio],
    [0, 1024, 3072].map((at) => frame(audio, at, new Uint8Array(5))),
  )
  assert.deepEqual(
    packets.map(({ pts90k }) => pts90k),
    [OFFSET_90K, OFFSET_90K + Math.round((3072 * 90_000) / 44_100)],
  )
})

test('without video the clock is on the audio', () => {
  const { bytes, map } = remux([audio], [frame(audio, 0, new Uint8Array(5))])
  assert.equal(map?.pcrPid, 0x101)
  const first = bytes.subarray(2 * 188)
  assert.equal((first[5] ?? 0) & 0x10, 0x10)
})

test('MP3 is passed on, as MPEG-1 or MPEG-2 audio by its rate', () => {
  const mp3 = (sampleRate: number): Track => audioTrack({ codec: 'mp3', config: new Uint8Array(0), sampleRate })
  const payload = Uint8Array.of(0xff, 0xfb, 0x90, 0x64, 0, 0)
  assert.equal(readMp3Header(payload).frameSamples, 1152)
  const { packets, map } = remux([mp3(44_100)], [frame(mp3(44_100), 0, payload)])
  assert.equal(map?.streams[0]?.streamType, 3)
  assert.deepEqual(packets[0]?.data, payload)
  assert.equal(remux([mp3(22_050)], []).map?.streams[0]?.streamType, 4)
})

test('codecs and configurations that a transport stream has no place for are left out', () => {
  const others: Track[] = [
    videoTrack({ codec: 'av1' }),
    videoTrack({ codec: 'h264', config: Uint8Array.of(1) }),
    audioTrack({ codec: 'opus' }),
    audioTrack({ config: writeAacConfig(2, 44_100, 0) }),
  ]
  for (const track of others) assert.equal(tsCarries(track), false)
  const muxer = new TsMuxer()
  muxer.setTracks([...others, { ...audio, id: 9 }])
  assert.deepEqual(
    muxer.tracks.map(({ id }) => id),
    [9],
  )
  assert.deepEqual(muxer.encode(frame(videoTrack({ codec: 'av1' }), 0, new Uint8Array(9))), [])
})

test('times wrap at 33 bits and negative ones come out positive', () => {
  const near = TIMESTAMP_RANGE - OFFSET_90K - 3600
  const { packets } = remux(
    [video],
    [near, near + 3600, near + 7200].map((at) => frame(video, at, joinNalus([IDR]))),
  )
  // the demuxer unwraps, so the wrap shows as nothing
  assert.deepEqual(
    packets.map(({ pts90k }) => pts90k),
    [-3600, 0, 3600].map((at) => TIMESTAMP_RANGE + at),
  )
  const negative = remux([video], [frame(video, -9000, joinNalus([IDR]))])
  assert.equal(negative.packets[0]?.pts90k, OFFSET_90K - 9000)
})

test('a large picture has an unbounded PES packet', () => {
  const large = new Uint8Array(200_000).fill(7)
  large[0] = 0x65
  const { packets } = remux([video], [frame(video, 0, joinNalus([large])), frame(video, 1, joinNalus([IDR]))])
  assert.equal(packets[0]?.data.length, joinAnnexB([AUD, SPS, PPS, large]).length)
})

test('counters go on and the map has a new version when tracks change', () => {
  const muxer = new TsMuxer()
  const maps: ProgramMap[] = []
  const demuxer = new TsDemuxer({ program: (map) => maps.push(map), pes() {} })
  for (const tracks of [[video, audio], [video], [video, audio]]) {
    muxer.setTracks(tracks)
    demuxer.push(muxer.tables())
    for (const bytes of muxer.encode(frame(video, 0, joinNalus([IDR])))) demuxer.push(bytes)
  }
  assert.equal(demuxer.stats.lost, 0)
  assert.deepEqual(
    maps.map(({ version, streams }) => [version, streams.length]),
    [
      [0, 2],
      [1, 1],
      [2, 2],
    ],
  )
})

test('a frame that cannot be carried throws, and the next one goes on without a gap', () => {
  const muxer = new TsMuxer()
  muxer.setTracks([video, audio])
  const { encode } = { encode: (one: Frame) => muxer.encode(one) }
  const before = encode(frame(video, 0, joinNalus([IDR])))
  assert.throws(() => encode(frame(video, 1, Uint8Array.of(0, 0, 0, 9, 1))), FormatError)
  assert.throws(() => encode(frame(video, 1, new Uint8Array(0))), FormatError)
  assert.throws(() => encode(frame(audio, 1, new Uint8Array(9000))), FormatError)
  const demuxer = new TsDemuxer({ program() {}, pes() {} })
  demuxer.push(concatBytes([muxer.tables(), ...before, ...encode(frame(video, 2, joinNalus([IDR])))]))
  assert.equal(demuxer.stats.lost, 0)
})
