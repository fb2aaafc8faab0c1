import assert from 'node:assert/strict'
import test from 'node:test'
import { concatBytes } from '@millrace/bytes'
import { joinNalus, writeAacConfig, writeAvcConfig } from '@millrace/codecs'
import { audioTrack, mutations, onlyCoded, Random, splits, videoTrack } from '@millrace/testkit'
import { TsDemuxer } from './demuxer.ts'
import type { TsDemuxerOptions } from './demuxer.ts'
import { TsMuxer } from './muxer.ts'

const SETS = { sps: [Uint8Array.of(0x67, 1)], pps: [Uint8Array.of(0x68, 2)], extension: new Uint8Array(0) }
const video = videoTrack({
  config: writeAvcConfig({ profile: 66, compatibility: 0, level: 30, lengthSize: 4, ...SETS }),
})
const audio = audioTrack({ config: writeAacConfig(2, 44_100, 2) })

/** Half a second of video and audio, with tables again in the middle. */
function sample(): Uint8Array {
  const muxer = new TsMuxer()
  const random = new Random(5)
  muxer.setTracks([video, audio])
  const parts: Uint8Array[] = []
  for (let ms = 0; ms < 500; ms += 40) {
    if (ms % 240 === 0) parts.push(muxer.tables())
    const nalu = Uint8Array.of(0x41, ...random.bytes(ms % 240 === 0 ? 1500 : 200))
    const times = { dtsTicks: ms, ptsTicks: ms + 40, key: ms % 240 === 0 }
    parts.push(...muxer.encode({ track: video, payload: joinNalus([nalu]), ...times }))
    parts.push(...muxer.encode({ track: audio, payload: random.bytes(60), dtsTicks: ms, ptsTicks: ms, key: true }))
  }
  return concatBytes([...parts, ...muxer.flush()])
}

/** Everything a demuxer says, as text. */
function read(chunks: Iterable<Uint8Array>, options: TsDemuxerOptions = {}) {
  const log: string[] = []
  const demuxer = new TsDemuxer(
    {
      program: ({ streams }) => log.push(`program ${streams.map(({ pid }) => pid).join()}`),
      pes: ({ stream, pts90k, dts90k, data, damaged }) => {
        log.push(`${stream.pid} ${pts90k} ${dts90k} ${damaged} ${Buffer.from(data).toString('base64')}`)
      },
    },
    options,
  )
  for (const chunk of chunks) demuxer.push(chunk)
  demuxer.flush()
  return { log, stats: demuxer.stats }
}

const bytes = sample()
const whole = read([bytes])

test('chunks may be cut anywhere', () => {
  assert.ok(whole.log.length > 15)
  for (const chunks of splits(bytes)) assert.deepEqual(read(chunks), whole)
})

test('a cut-off stream gives a prefix of what the whole one gives', () => {
  for (let end = 0; end < bytes.length; end += 11) {
    const { log } = read([bytes.subarray(0, end)])
    const intact = log.filter((line) => !line.includes(' true '))
    assert.ok(intact.every((line) => whole.log.includes(line)))
  }
})

test('after rubbish it finds the packets again', () => {
  const rubbish = Uint8Array.from({ length: 1000 }, (_, i) => (i % 50 === 7 ? 0x47 : 1))
  const { log, stats } = read([concatBytes([rubbish, bytes, rubbish.subarray(0, 500), bytes])])
  assert.equal(stats.skippedBytes, 1500)
  assert.ok(whole.log.every((line) => log.includes(line)))
})

test('what is no transport stream is given up', () => {
  assert.equal(onlyCoded(() => read([new Uint8Array(2000)], { maxSkippedBytes: 1000 }))?.code, 'TS_NO_SYNC')
  assert.equal(onlyCoded(() => read([new Uint8Array(70_000)]))?.code, 'TS_NO_SYNC')
})

test('a lost packet marks its PES packet damaged and is counted', () => {
  // packets 0 and 1 are the tables, 2 to 10 the first picture
  const { log, stats } = read([bytes.subarray(0, 4 * 188), bytes.subarray(5 * 188)])
  assert.equal(stats.lost, 1)
  assert.equal(log.filter((line) => line.includes(' true ')).length, 1)
})

test('a packet that is sent twice counts once', () => {
  const { log, stats } = read([bytes.subarray(0, 4 * 188), bytes.subarray(3 * 188)])
  assert.equal(stats.lost, 0)
  assert.deepEqual(log, whole.log)
})

test('PES packets and streams are bounded', () => {
  const { log, stats } = read([bytes], { maxPesBytes: 500 })
  assert.equal(stats.dropped, 3)
  assert.ok(log.length > 10)
  const one = read([bytes], { maxStreams: 1 })
  assert.ok(one.log.slice(1).every((line) => line.startsWith('256 ')))
})

test('mutated and random streams give only coded errors', () => {
  for (const mutated of mutations(bytes, 1500)) onlyCoded(() => read([mutated]))
  const random = new Random(7)
  for (let i = 0; i < 300; i++) {
    const packets = random.bytes(20 * 188)
    for (let at = 0; at < packets.length; at += 188) {
      packets[at] = 0x47
      packets[at + 1] = (packets[at + 1] ?? 0) & 0x41
      if (random.int(2) === 0) packets[at + 2] = random.int(3)
    }
    onlyCoded(() => read([concatBytes([bytes.subarray(0, 376), packets])]))
  }
})
