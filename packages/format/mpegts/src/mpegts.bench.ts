/**
 * Speed of muxer and demuxer: `node packages/format/mpegts/src/mpegts.bench.ts`. The stream is 30 frames/s of 4 Mbit/s video
 * with 47 AAC frames/s of 128 kbit/s; prints MB/s of transport stream and the share of a core that one such stream takes.
 */
import { concatBytes } from '@millrace/bytes'
import { joinNalus, writeAacConfig, writeAvcConfig } from '@millrace/codecs'
import type { Frame } from '@millrace/media'
import { audioTrack, videoTrack } from '@millrace/testkit'

import { TsDemuxer } from './demuxer.ts'
import { TsMuxer } from './muxer.ts'

const SECONDS = 10
const SETS = { sps: [Uint8Array.of(0x67, 1)], pps: [Uint8Array.of(0x68, 2)], extension: new Uint8Array(0) }
const config = writeAvcConfig({ profile: 66, compatibility: 0, level: 30, lengthSize: 4, ...SETS })
const video = videoTrack({ config })
const audio = audioTrack({ config: writeAacConfig(2, 48_000, 2) })

function frame(track: Frame['track'], ms: number, bytes: number, key: boolean): Frame {
  const body = new Uint8Array(bytes).fill(0x41)
  return { track, dtsTicks: ms, ptsTicks: ms, key, payload: track === video ? joinNalus([body]) : body }
}

const frames = [
  ...Array.from({ length: 30 * SECONDS }, (_, i) =>
    frame(video, Math.round((i * 1000) / 30), i % 60 ? 15_600 : 80_000, i % 60 === 0),
  ),
  ...Array.from({ length: 47 * SECONDS }, (_, i) => frame(audio, Math.round((i * 1024) / 48), 340, true)),
].toSorted((a, b) => a.dtsTicks - b.dtsTicks)

function mux(): Uint8Array[] {
  const muxer = new TsMuxer()
  muxer.setTracks([video, audio])
  return [muxer.tables(), ...frames.flatMap((one) => muxer.encode(one)), ...muxer.flush()]
}

function measure(name: string, bytesPerRound: number, round: () => void): void {
  for (let i = 0; i < 20; i++) round()
  const { user, system } = process.cpuUsage()
  const startMs = performance.now()
  let rounds = 0
  for (; performance.now() - startMs < 2000; rounds++) round()
  const cpu = process.cpuUsage()
  const seconds = (cpu.user + cpu.system - user - system) / 1e6
  const share = (100 * seconds) / rounds / SECONDS
  console.log(`${name}: ${Math.round((bytesPerRound * rounds) / seconds / 1e6)} MB/s, ${share.toFixed(3)} % of a core`)
}

const stream = concatBytes(mux())
const payloadBytes = frames.reduce((sum, { payload }) => sum + payload.length, 0)
console.log(`overhead ${((100 * stream.length) / payloadBytes - 100).toFixed(1)} %`)
measure('mux', stream.length, mux)
measure('mux and join', stream.length, () => concatBytes(mux()))
measure('demux', stream.length, () => {
  const demuxer = new TsDemuxer({ program() {}, pes() {} })
  for (let at = 0; at < stream.length; at += 65_536) demuxer.push(stream.subarray(at, at + 65_536))
})
