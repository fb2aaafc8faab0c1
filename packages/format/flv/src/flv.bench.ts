/** `node packages/format/flv/src/flv.bench.ts`: nanoseconds a frame through demuxer and packager, with 5 kB frames. */
import type { Frame } from '@millrace/media'

import { FlvDemuxer } from './demuxer.ts'
import { createFlvPackager } from './packager.ts'
import { createFlvPayloads } from './payloads.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const AVCC = '01640028ffe10019 67640028acd940780227e5c04400000fa40003a9803c60c658 010006 68ebe3cb22c0 fdf8f800'
const FRAME_BYTES = 5000
const ROUNDS = 200_000

const demuxer = new FlvDemuxer()
demuxer.push('video', 0, hex(`17 00 000000 ${AVCC}`))
const body = new Uint8Array(5 + 4 + FRAME_BYTES).fill(0x55)
body.set(hex('27 01 000000 00001388 41'))
const [event] = demuxer.push('video', 40, body)
if (event?.type !== 'frame') throw new TypeError('no frame')
const { flvBody: _flvBody, ...plain } = event.frame

function measure(name: string, act: (frame: number) => void): void {
  for (let i = 0; i < ROUNDS; i++) act(i)
  const began = process.hrtime.bigint()
  for (let i = 0; i < ROUNDS; i++) act(i)
  const nanoseconds = Number(process.hrtime.bigint() - began) / ROUNDS
  console.log(`${name.padEnd(34)} ${nanoseconds.toFixed(0).padStart(6)} ns/frame`)
}

const packager = createFlvPackager(createFlvPayloads())
const encode = (frame: Frame) => (i: number) => packager.encode({ ...frame, dtsTicks: i * 40, ptsTicks: i * 40 })
measure('demux', (i) => demuxer.push('video', i * 40, body))
measure('package a body that came as FLV', encode(event.frame))
measure('package a frame from elsewhere', encode(plain))
measure('copy of the same size', () => new Uint8Array(FRAME_BYTES + 24).set(body))
