import assert from 'node:assert/strict'
import test from 'node:test'
import { ByteReader } from '@millrace/bytes'
import { avcConfigOf, writeAacConfig, writeAvcConfig } from '@millrace/codecs'
import { audioTrack, videoTrack } from '@millrace/testkit'
import { readBoxes, readFullBox, requireBox } from './box.ts'
import { readEditList } from './boxes/edit-list.ts'
import { readMovieTimescale } from './boxes/movie-header.ts'
import { ProgressiveIndex } from './progressive-index.ts'
import type { ProgressiveSample } from './progressive-track.ts'

const SPS = Uint8Array.from(Buffer.from('67640028acd940780227e5c04400000fa40003a9803c60c658', 'hex'))
const config = writeAvcConfig(avcConfigOf([SPS], [Uint8Array.of(0x68, 0xeb)]))
const video = videoTrack({ config })
const audio = audioTrack({ config: writeAacConfig(2, 48_000, 2), sampleRate: 48_000, timescale: 48_000 })

function picture(dtsTicks: number, change: Partial<ProgressiveSample> = {}): ProgressiveSample {
  return { track: video, sizeBytes: 100, dtsTicks, ptsTicks: dtsTicks, key: dtsTicks === 0, ...change }
}

function sound(dtsTicks: number, change: Partial<ProgressiveSample> = {}): ProgressiveSample {
  return { track: audio, sizeBytes: 10, dtsTicks, ptsTicks: dtsTicks, key: true, ...change }
}

interface ReadTrack {
  /** Numbers of each box of the sample table behind its header. */
  readonly table: Readonly<Record<string, number[] | undefined>>
  readonly descriptions: number
  readonly edits: readonly { durationTicks: number; mediaTicks: number | null }[]
  readonly mediaTicks: number
}

interface ReadFile {
  readonly headerBytes: number
  /** Of the `mdat` with its header. */
  readonly dataBoxBytes: number
  readonly movieTicks: number
  readonly tracks: readonly ReadTrack[]
}

function numbers(body: Uint8Array, wide: boolean): number[] {
  const { reader } = readFullBox(body)
  const list: number[] = [reader.u32()]
  while (reader.remaining > 0) list.push(wide ? reader.u53() : reader.u32())
  return list.slice(1)
}

/** Duration of an `mvhd` or `mdhd`. */
function durationOf(body: Uint8Array): number {
  const { version, reader } = readFullBox(body)
  reader.skip(version === 1 ? 20 : 12)
  return version === 1 ? reader.u53() : reader.u32()
}

function readTrack(trak: Uint8Array): ReadTrack {
  const boxes = readBoxes(trak)
  const media = readBoxes(requireBox(boxes, 'mdia'))
  const table = readBoxes(requireBox(readBoxes(requireBox(media, 'minf')), 'stbl'))
  return {
    table: Object.fromEntries(
      table.map(({ type, body }) => [type, type === 'stsd' ? [] : numbers(body, type === 'co64')]),
    ),
    descriptions: readBoxes(requireBox(table, 'stsd').subarray(8)).length,
    edits: readEditList(requireBox(readBoxes(requireBox(boxes, 'edts')), 'elst')),
    mediaTicks: durationOf(requireBox(media, 'mdhd')),
  }
}

/** Reads what an index makes of samples. */
function indexed(samples: readonly ProgressiveSample[]): ReadFile {
  const index = new ProgressiveIndex()
  for (const sample of samples) index.add(sample)
  const header = index.header()
  const [ftyp, moov] = readBoxes(header.subarray(0, header.length - dataHeaderBytes(header)))
  assert.equal(ftyp?.type, 'ftyp')
  const boxes = readBoxes(moov?.body ?? header)
  assert.equal(readMovieTimescale(requireBox(boxes, 'mvhd')), 90_000)
  const data = new ByteReader(header.subarray(header.length - dataHeaderBytes(header)))
  const size = data.u32()
  data.skip(4)
  return {
    headerBytes: header.length,
    dataBoxBytes: size === 1 ? data.u53() : size,
    movieTicks: durationOf(requireBox(boxes, 'mvhd')),
    tracks: boxes.filter(({ type }) => type === 'trak').map(({ body }) => readTrack(body)),
  }
}

function dataHeaderBytes(header: Uint8Array): number {
  const short = header.subarray(-8)
  return Buffer.from(short.subarray(4)).toString('latin1') === 'mdat' ? 8 : 16
}

test('equal times are run lengths, and only pictures that are no key frames need a list of those', () => {
  const samples = [0, 40, 80, 120, 161].map((at) => picture(at))
  const { tracks, headerBytes, dataBoxBytes } = indexed(samples)
  assert.equal(dataBoxBytes, 508)
  const { stts, ctts, stss, stsc, stsz, stco, co64 } = tracks[0]?.table ?? {}
  assert.deepEqual(
    { stts, ctts, stss, stsc, co64 },
    { stts: [3, 40, 2, 41], ctts: undefined, stss: [1], stsc: [1, 5, 1], co64: undefined },
  )
  assert.deepEqual(stsz, [5, 100, 100, 100, 100, 100])
  assert.deepEqual(stco, [headerBytes])
  assert.equal(tracks[0]?.mediaTicks, 202)
  assert.equal(indexed([sound(0), sound(1024)]).tracks[0]?.table.stss, undefined)
})

test('pictures that are presented in another order have signed offsets, and begin at the earliest', () => {
  const { tracks, movieTicks } = indexed([
    picture(1000, { ptsTicks: 1080, key: true }),
    picture(1040, { ptsTicks: 1200 }),
    picture(1080, { ptsTicks: 1120 }),
    picture(1120, { ptsTicks: 1119 }),
    picture(1160, { ptsTicks: 1240 }),
  ])
  const { ctts, stts } = tracks[0]?.table ?? {}
  assert.deepEqual(
    [stts, ctts],
    [
      [5, 40],
      [1, 80, 1, 160, 1, 40, 1, 0xffffffff, 1, 80],
    ],
  )
  assert.deepEqual(tracks[0]?.edits, [{ durationTicks: 200 * 90, mediaTicks: 80 }])
  assert.equal(movieTicks, 200 * 90)
})

test('a track that begins later is delayed by as much, to a hundredth of a millisecond', () => {
  const { tracks } = indexed([sound(48_000), picture(1250, { key: true }), sound(49_024)])
  assert.deepEqual(
    tracks.map(({ edits }) => edits),
    [
      [
        { durationTicks: 22_500, mediaTicks: null },
        { durationTicks: 3600, mediaTicks: 0 },
      ],
      [{ durationTicks: (2048 / 48) * 90, mediaTicks: 0 }],
    ],
  )
})

test('tracks share the file in chunks of up to a second', () => {
  const samples = [picture(0), picture(40), sound(0), sound(1024), picture(80), sound(2048)]
  const { tracks, headerBytes } = indexed(samples)
  const places = tracks.map(({ table }) => table.stco?.map((at) => at - headerBytes))
  assert.deepEqual(places, [
    [0, 220],
    [200, 320],
  ])
  assert.deepEqual(
    tracks.map(({ table }) => table.stsc),
    [
      [1, 2, 1, 2, 1, 1],
      [1, 2, 1, 2, 1, 1],
    ],
  )
  const alone = indexed(Array.from({ length: 75 }, (_, i) => picture(i * 40))).tracks[0]?.table
  assert.deepEqual(alone?.stsc, [1, 25, 1])
  assert.equal(alone?.stco?.length, 3)
})

test('a changed configuration is one more sample description, the same one again is not', () => {
  const other = videoTrack({ config: writeAvcConfig(avcConfigOf([SPS], [Uint8Array.of(0x68, 0xec)])) })
  const { tracks } = indexed([
    picture(0),
    picture(40, { track: other, key: true }),
    picture(80, { track: other }),
    picture(120, { track: { ...video }, key: true }),
  ])
  assert.equal(tracks.length, 1)
  assert.equal(tracks[0]?.descriptions, 2)
  assert.deepEqual(tracks[0]?.table.stsc, [1, 1, 1, 2, 2, 2, 3, 1, 1])
})

test('a track goes on in its first timescale', () => {
  const finer = videoTrack({ config, timescale: 90_000 })
  const { tracks } = indexed([
    picture(0),
    picture(40),
    picture(80 * 90, { track: finer }),
    picture(120 * 90, { track: finer }),
  ])
  assert.deepEqual(tracks[0]?.table.stts, [4, 40])
})

test('a gap is a longer sample, which the last one does not take after', () => {
  const { tracks } = indexed([picture(0), picture(40), picture(60_040), picture(120_000)])
  assert.deepEqual(tracks[0]?.table.stts, [1, 40, 1, 60_000, 1, 59_960, 1, 40])
})

test('a time that falls is that of the sample before, and presentation stays', () => {
  const { tracks } = indexed([picture(0), picture(40), picture(30), picture(80)])
  const { stts, ctts } = tracks[0]?.table ?? {}
  assert.deepEqual(
    [stts, ctts],
    [
      [1, 40, 1, 0, 2, 40],
      [2, 0, 1, 0xfffffff6, 1, 0],
    ],
  )
})

test('times that cannot be told are refused, and the file goes on without that sample', () => {
  const index = new ProgressiveIndex()
  index.add(picture(0))
  assert.throws(() => index.add(picture(2 ** 31)), { code: 'MP4_TIME_RANGE' })
  assert.throws(() => index.add(picture(40, { ptsTicks: 2 ** 32 })), { code: 'MP4_TIME_RANGE' })
  index.add(picture(40))
  assert.equal(index.dataBytes, 200)
})

test('more than 4 GiB have offsets and a size of 64 bits, and the offsets hold', () => {
  const sizeBytes = 2 ** 31
  const { tracks, headerBytes, dataBoxBytes } = indexed([0, 1000, 2000, 3000].map((at) => picture(at, { sizeBytes })))
  assert.equal(dataBoxBytes, 4 * sizeBytes + 16)
  assert.equal(tracks[0]?.table.stco, undefined)
  assert.deepEqual(
    tracks[0]?.table.co64?.map((at) => at - headerBytes),
    [0, 1, 2, 3].map((i) => i * sizeBytes),
  )
  // the header alone takes these over
  const almost = indexed([picture(0, { sizeBytes: 0xffffffff - 100 }), picture(1000)])
  assert.deepEqual(almost.tracks[0]?.table.co64, [almost.headerBytes, almost.headerBytes + 0xffffffff - 100])
})

test('long durations have 64 bits', () => {
  const day = 86_400_000
  const { tracks, movieTicks } = indexed(Array.from({ length: 60 }, (_, i) => picture(i * day)))
  assert.equal(movieTicks, tracks[0]?.edits[0]?.durationTicks)
  assert.ok(movieTicks > 2 ** 32 * 100)
})

test('after the header there is no more', () => {
  const index = new ProgressiveIndex()
  index.add(picture(0))
  index.header()
  assert.throws(() => index.add(picture(40)), { code: 'MP4_INDEX_ENDED' })
  assert.throws(() => index.header(), { code: 'MP4_INDEX_ENDED' })
})

test('an index without samples is a file without tracks', () => {
  assert.deepEqual(indexed([]).tracks, [])
})

test('a header is filled up to a wanted length, but never cut', () => {
  const headerOf = (wantedBytes?: number): Uint8Array => {
    const index = new ProgressiveIndex()
    for (let i = 0; i < 3; i++) index.add(picture(i * 3000))
    return index.header(wantedBytes)
  }
  const plain = headerOf().length
  for (const [wantedBytes, bytes] of [
    [plain + 1, plain + 8],
    [plain + 8, plain + 8],
    [plain + 5000, plain + 5000],
  ] as const) {
    const header = headerOf(wantedBytes)
    assert.equal(header.length, bytes)
    const types = readBoxes(header.subarray(0, -8)).map(({ type }) => type)
    assert.deepEqual(types, ['ftyp', 'moov', 'free'])
    const boxes = readBoxes(header.subarray(0, -8))
    const track = readTrack(requireBox(readBoxes(requireBox(boxes, 'moov')), 'trak'))
    assert.equal(track.table['stco']?.[0], bytes)
  }
  for (const wantedBytes of [0, plain - 1, plain]) assert.equal(headerOf(wantedBytes).length, plain)
})
