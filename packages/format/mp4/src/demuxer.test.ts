import assert from 'node:assert/strict'
import test from 'node:test'
import { concatBytes } from '@millrace/bytes'
import {
  avcConfigOf,
  joinNalus,
  plainOpusHead,
  readAvcConfig,
  vp9ConfigOf,
  writeAacConfig,
  writeAvcConfig,
  writeOpusHead,
  writeVpConfig,
  aacTrack,
  g711Track,
  h264Track,
  mp3Track,
  opusTrack,
  vp8Track,
  vp9Track,
} from '@millrace/codecs'
import { FormatError } from '@millrace/core'
import type { Frame, Track } from '@millrace/media'
import { Random, mutations, onlyCoded, splits } from '@millrace/testkit'
import { box, fields, fourCc, joinParts, readBoxes } from './box.ts'
import { Mp4Demuxer } from './demuxer.ts'
import type { Mp4DemuxerOptions } from './demuxer.ts'
import { FragmentMuxer } from './fragment-muxer.ts'
import { writeSegmentType } from './init-segment.ts'

const SPS = Uint8Array.from(Buffer.from('67640028acd940780227e5c04400000fa40003a9803c60c658', 'hex'))
const CONFIG = writeAvcConfig(avcConfigOf([SPS], [Uint8Array.of(0x68, 0xeb)]))
const video = h264Track({ id: 1, timescale: 90_000 }, CONFIG)
const audio = aacTrack({ id: 2, timescale: 48_000 }, writeAacConfig(2, 48_000, 2))

const picture = (at: number): Frame => {
  const payload = joinNalus([Uint8Array.of(at === 0 ? 0x65 : 0x41, at & 0xff, 1, 2, 3)])
  return { track: video, dtsTicks: at * 3600, ptsTicks: at * 3600 + 7200, key: at === 0, payload }
}
const sound = (at: number): Frame => {
  const payload = Uint8Array.of(at, 7, 8)
  return { track: audio, dtsTicks: at * 1024, ptsTicks: at * 1024, key: true, payload }
}

const muxer = new FragmentMuxer([video, audio])
const init = muxer.initSegment()
const groups = [
  [picture(0), picture(1), sound(0), sound(1), sound(2)],
  [picture(2), sound(3)],
  [picture(3), picture(4)],
]
const stream = concatBytes([init, writeSegmentType(), ...groups.map((frames) => muxer.fragment(frames))])

/** What was read, as text. */
function read(chunks: readonly Uint8Array[], options: Mp4DemuxerOptions = {}) {
  const demuxer = new Mp4Demuxer(options)
  const log: string[] = []
  for (const chunk of chunks) {
    for (const event of demuxer.push(chunk)) {
      if (event.type === 'tracks') log.push(event.tracks.map(({ codecString }) => codecString).join())
      else log.push(...event.frames.map(textOf))
    }
  }
  return { log, complete: demuxer.complete }
}

const textOf = ({ track, dtsTicks, ptsTicks, key, payload }: Frame): string =>
  `${track.id} ${dtsTicks} ${ptsTicks} ${key} ${Buffer.from(payload).toString('hex')}`

test('what was written is read back, each track in its order', () => {
  const expected = ['avc1.640028,mp4a.40.2', ...groups.flat().map(textOf)]
  assert.deepEqual(read([stream]), { log: expected, complete: true })
})

test('cuts make no difference', () => {
  const whole = read([stream])
  for (const chunks of splits(stream)) assert.deepEqual(read(chunks), whole)
})

test('every track comes back as it was', () => {
  const vp9 = vp9ConfigOf({ profile: 0, bitDepth: 8, chromaSubsampling: 1, width: 640, height: 360 })
  const size = { width: 640, height: 360 }
  const tracks: Track[] = [
    video,
    audio,
    vp9Track({ id: 3, timescale: 1000 }, writeVpConfig(vp9), size),
    opusTrack({ id: 4, timescale: 48_000 }, writeOpusHead(plainOpusHead(2))),
    vp8Track({ id: 5, timescale: 1000 }, size),
    mp3Track({ id: 6, timescale: 1000 }, { sampleRate: 44_100, channels: 2 }),
    g711Track({ id: 8, timescale: 8000 }, 'pcmu', 1),
    mp3Track({ id: 10, timescale: 1000 }, { sampleRate: 22_050, channels: 1 }),
  ]
  const [event] = new Mp4Demuxer().push(new FragmentMuxer(tracks).initSegment())
  assert.deepEqual(event, { type: 'tracks', tracks })
})

test('a new init segment brings new tracks, and their fragments are read by it', () => {
  const alone = new FragmentMuxer([audio])
  const { log } = read([stream, alone.initSegment(), alone.fragment([sound(9)])])
  assert.deepEqual(log.slice(-2), ['mp4a.40.2', textOf(sound(9))])
})

test('boxes that are not needed are skipped whatever their size', () => {
  const large = fields((out) => out.u32(1).bytes(fourCc('free')).u53(100_016))
  const { log } = read([
    large,
    new Uint8Array(100_000),
    init,
    joinParts([box('sidx', new Uint8Array(50))]),
    stream.subarray(init.length),
  ])
  assert.deepEqual(log, read([stream]).log)
})

test('NAL unit lengths of 2 bytes become 4', () => {
  const short = { ...video, config: writeAvcConfig({ ...readAvcConfig(CONFIG), lengthSize: 4 }) }
  const bytes = muxer.initSegment()
  // the configuration in the file says 2 bytes
  const at = Buffer.from(bytes).indexOf(Buffer.from(CONFIG))
  const patched = new Uint8Array(bytes)
  patched[at + 4] = 0xfd
  const frame = { ...picture(0), payload: Uint8Array.of(0, 2, 0x65, 1, 0, 1, 6) }
  const demuxer = new Mp4Demuxer()
  const [tracks] = demuxer.push(patched)
  assert.deepEqual(tracks?.type === 'tracks' && tracks.tracks[0], short)
  const [fragment] = demuxer.push(muxer.fragment([frame]))
  const payload = fragment?.type === 'fragment' && fragment.frames[0]?.payload
  assert.deepEqual(payload, joinNalus([Uint8Array.of(0x65, 1), Uint8Array.of(6)]))
})

test('a cut-off stream is not complete, and gives only whole fragments', () => {
  const ends = new Set<number>()
  for (let at = 0; at < stream.length;) {
    const size = new DataView(stream.buffer).getUint32(at)
    at += size
    if (
      Buffer.from(stream.subarray(at, at + 8))
        .toString('latin1')
        .slice(4) !== 'mdat'
    )
      ends.add(at)
  }
  const { log } = read([stream])
  for (let end = 0; end < stream.length; end++) {
    const cut = read([stream.subarray(0, end)])
    assert.deepEqual(cut.log, log.slice(0, cut.log.length))
    assert.equal(cut.complete, end === 0 || ends.has(end), `at ${end}`)
  }
})

const code = (chunks: readonly Uint8Array[], options?: Mp4DemuxerOptions): string | undefined =>
  onlyCoded(() => read(chunks, options))?.code

test('what is no fragmented MP4 has its own code', () => {
  const [ftyp, moov, , moof, mdat] = readBoxes(stream)
  assert.equal(ftyp?.type, 'ftyp')
  const again = (type: string, body: Uint8Array = new Uint8Array(0)): Uint8Array => joinParts([box(type, body)])
  const plain = readBoxes(moov?.body ?? stream).filter(({ type }) => type !== 'mvex')
  const progressive = joinParts([box('moov', ...plain.map(({ type, body }) => box(type, body)))])
  assert.equal(code([progressive]), 'MP4_NOT_FRAGMENTED')
  assert.equal(code([init, again('mdat', mdat?.body)]), 'MP4_NOT_FRAGMENTED')
  assert.equal(code([again('moof', moof?.body)]), 'MP4_NO_TRACKS')
  assert.equal(code([init, again('moof', moof?.body), again('mdat', mdat?.body.subarray(1))]), 'MP4_DATA_RANGE')
  assert.equal(code([again('moov')]), 'MP4_NOT_FRAGMENTED')
  assert.equal(code([fields((out) => out.u32(7).bytes(fourCc('free')))]), 'MP4_BOX_SIZE')
})

test('sizes and samples are bounded', () => {
  assert.equal(code([stream], { maxHeaderBytes: 200 }), 'MP4_TOO_LARGE')
  assert.equal(code([stream], { maxDataBytes: 20 }), 'MP4_TOO_LARGE')
  assert.equal(code([stream], { maxSamples: 4 }), 'MP4_SAMPLE_COUNT')
  assert.equal(code([stream], { maxSamples: 5 }), undefined)
  // refused by its header, before any of it is kept
  assert.equal(code([fields((out) => out.u32(0x7fffffff).bytes(fourCc('moov')))]), 'MP4_TOO_LARGE')
})

test('mutated and random streams give only FormatErrors', () => {
  const check = (bytes: Uint8Array): void => {
    const error = onlyCoded(() => read([bytes]))
    assert.ok(error === undefined || error instanceof FormatError, String(error))
  }
  for (const mutated of mutations(stream, 3000)) check(mutated)
  const random = new Random(3)
  for (let i = 0; i < 500; i++) {
    const bytes = new Uint8Array(stream)
    // the lengths and counts of boxes, which a random change of one byte seldom meets
    for (let n = 0; n < 4; n++) new DataView(bytes.buffer).setUint32(random.int(bytes.length - 4), random.int(2 ** 32))
    check(bytes)
    check(joinParts([box(random.int(2) === 0 ? 'moov' : 'moof', random.bytes(random.int(400)))]))
  }
})

test('a run of very many samples without a byte each is refused', () => {
  const run = fields((out) => out.u32(0).u32(0xffffffff))
  const header = fields((out) => out.u32(0x00020000).u32(1))
  const fragment = joinParts([box('moof', box('traf', box('tfhd', header), box('trun', run)))])
  assert.equal(code([init, fragment]), 'MP4_SAMPLE_COUNT')
})
