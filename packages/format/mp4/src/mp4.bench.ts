/**
 * `node --expose-gc packages/format/mp4/src/mp4.bench.ts`: CPU of one stream of 4 Mbit/s (30 fps H.264 and AAC) in fragments of
 * 1 s, and memory and time of the index of a day.
 */
import { avcConfigOf, joinNalus, writeAacConfig, writeAvcConfig } from '@millrace/codecs'
import type { Frame } from '@millrace/media'
import { audioTrack, videoTrack } from '@millrace/testkit'
import { Mp4Demuxer } from './demuxer.ts'
import { FragmentMuxer } from './fragment-muxer.ts'
import { ProgressiveIndex } from './progressive-index.ts'

const SECONDS = 10
const DAY_S = 86_400
const SPS = Uint8Array.from(Buffer.from('67640028acd940780227e5c04400000fa40003a9803c60c658', 'hex'))
const video = videoTrack({ config: writeAvcConfig(avcConfigOf([SPS], [Uint8Array.of(0x68, 0xeb)])) })
const audio = audioTrack({ config: writeAacConfig(2, 48_000, 2) })
const nalu = (bytes: number): Uint8Array => joinNalus([new Uint8Array(bytes).fill(0x41)])

const groups = Array.from({ length: SECONDS }, (_, second) => {
  const pictures = Array.from({ length: 30 }, (__, i): Frame => {
    const dtsTicks = second * 1000 + Math.round((i * 1000) / 30)
    return { track: video, dtsTicks, ptsTicks: dtsTicks + 33, key: i === 0, payload: nalu(i === 0 ? 80_000 : 14_000) }
  })
  const sounds = Array.from({ length: 47 }, (__, i): Frame => {
    const dtsTicks = second * 1000 + Math.round((i * 1024) / 48)
    return { track: audio, dtsTicks, ptsTicks: dtsTicks, key: true, payload: new Uint8Array(340) }
  })
  return [...pictures, ...sounds].toSorted((a, b) => a.dtsTicks - b.dtsTicks)
})

const muxer = new FragmentMuxer([video, audio])
const init = muxer.initSegment()
const fragments = groups.map((frames) => muxer.fragment(frames))
const bytes = fragments.reduce((sum, { length }) => sum + length, 0)

function measure(name: string, round: () => void): void {
  for (let i = 0; i < 20; i++) round()
  const { user, system } = process.cpuUsage()
  const startMs = performance.now()
  let rounds = 0
  for (; performance.now() - startMs < 2000; rounds++) round()
  const cpu = process.cpuUsage()
  const seconds = (cpu.user + cpu.system - user - system) / 1e6
  const share = (100 * seconds) / rounds / SECONDS
  console.log(`${name}: ${Math.round((bytes * rounds) / seconds / 1e6)} MB/s, ${share.toFixed(3)} % of a core a stream`)
}

function memoryMb(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / 1e6
}

measure('mux', () => {
  for (const frames of groups) muxer.fragment(frames)
})
measure('demux', () => {
  const demuxer = new Mp4Demuxer()
  demuxer.push(init)
  for (const fragment of fragments) demuxer.push(fragment)
})

// in the order of fragments, on a clock of milliseconds; each picture is as far off its place as with B-frames
const inFile = groups.map((frames) => frames.toSorted((a, b) => a.track.id - b.track.id))
const beforeMb = memoryMb()
const startMs = performance.now()
const index = new ProgressiveIndex()
for (let second = 0; second < DAY_S; second++) {
  for (const { track, dtsTicks, key, payload } of inFile[second % SECONDS] ?? []) {
    const dts = dtsTicks + (second - (second % SECONDS)) * 1000
    const delay = track === video ? 33 * (dtsTicks % 4) : 0
    index.add({ track, sizeBytes: payload.length, dtsTicks: dts, ptsTicks: dts + delay, key })
  }
}
const addedMs = performance.now()
const indexMb = memoryMb() - beforeMb
const header = index.header()
const headerMs = performance.now() - addedMs
console.log(`index of 24 h: ${indexMb.toFixed(0)} MB, told in ${((addedMs - startMs) / 1000).toFixed(1)} s`)
console.log(`its header: ${(header.length / 1e6).toFixed(0)} MB in ${headerMs.toFixed(0)} ms`)
