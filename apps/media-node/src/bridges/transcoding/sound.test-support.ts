/** Sound of FFmpeg's codecs for tests, and what is heard in the result. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

import {
  aacTrack,
  adtsWriter,
  g711Track,
  mp3Track,
  opusTrack,
  plainOpusHead,
  readAacConfig,
  readAdtsHeader,
  readMp3Header,
  writeAacConfig,
  writeOpusHead,
} from '@millrace/codecs'
import type { AudioTrack } from '@millrace/media'

import { findProgram } from '../../io/child.ts'
import type { AudioTranscoding } from '../audio-transcoding.ts'
import { OggReader, OggWriter } from './ogg.ts'

export const RATE = 48_000
export const TONE_HZ = 1000
/** Silence before the tone. */
export const ONSET_S = 1

export interface TimedPayload {
  readonly payload: Uint8Array
  /** In 1/48,000 s. */
  readonly pts: number
}

export interface Sound {
  readonly track: AudioTrack
  readonly frames: readonly TimedPayload[]
}

/** When the first frame begins. */
const BEGINS = 10 * RATE

async function ffmpeg(args: string, input?: Uint8Array): Promise<Buffer> {
  const child = spawn(findProgram('ffmpeg'), ['-v', 'error', ...args.split(' ')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const chunks: Buffer[] = []
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer)
  if (child.exitCode === null) await once(child, 'exit')
  return Buffer.concat(chunks)
}

/** A second of silence, then a tone. */
function tone(output: string, seconds: number, rate: number, channels: 'mono' | 'stereo'): Promise<Buffer> {
  const expression = `if(gte(t,${ONSET_S}),0.5*sin(2*PI*${TONE_HZ}*t),0)`
  const source = `aevalsrc='${expression}${channels === 'stereo' ? `|${expression}` : ''}':s=${rate}:d=${seconds}:c=${channels}`
  return ffmpeg(`-f lavfi -i ${source} ${output} pipe:1`)
}

function timed(payloads: readonly Uint8Array[], samples: number): TimedPayload[] {
  return payloads.map((payload, i) => ({ payload, pts: BEGINS + Math.round(i * samples) }))
}

function split(bytes: Uint8Array, next: (at: number) => { skip: number; length: number }): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const { skip, length } = next(at)
    parts.push(bytes.subarray(at + skip, at + length))
    at += length
  }
  return parts
}

export async function aacSound(seconds = 3, rate = 44_100, channels: 1 | 2 = 2): Promise<Sound> {
  const bytes = await tone('-c:a aac -f adts', seconds, rate, channels === 1 ? 'mono' : 'stereo')
  const payloads = split(bytes, (at) => {
    const { headerBytes, frameBytes } = readAdtsHeader(bytes, at)
    return { skip: headerBytes, length: frameBytes }
  })
  const track = aacTrack({ id: 2, timescale: RATE }, writeAacConfig(2, rate, channels))
  return { track, frames: timed(payloads, (1024 * RATE) / rate) }
}

export async function mp3Sound(seconds = 3): Promise<Sound> {
  const bytes = await tone('-c:a libmp3lame -write_xing 0 -id3v2_version 0 -f mp3', seconds, 44_100, 'stereo')
  const payloads = split(bytes, (at) => ({ skip: 0, length: readMp3Header(bytes, at).frameBytes }))
  const track = mp3Track({ id: 2, timescale: RATE }, { sampleRate: 44_100, channels: 2 })
  return { track, frames: timed(payloads, (1152 * RATE) / 44_100) }
}

export async function g711Sound(codec: 'pcma' | 'pcmu', seconds = 3): Promise<Sound> {
  const bytes = await tone(codec === 'pcma' ? '-f alaw' : '-f mulaw', seconds, 8000, 'mono')
  const payloads = split(bytes, () => ({ skip: 0, length: 160 }))
  return { track: g711Track({ id: 2, timescale: RATE }, codec, 1), frames: timed(payloads, 960) }
}

export async function opusSound(seconds = 3): Promise<Sound> {
  const packets = new OggReader().push(await tone('-c:a libopus -f ogg', seconds, RATE, 'stereo')).slice(2)
  return { track: opusTrack({ id: 2, timescale: RATE }, writeOpusHead(plainOpusHead(2))), frames: timed(packets, 960) }
}

/** All samples of the first channel at 48 kHz, also those that an encoder put first. */
async function decode({ track, frames }: Sound): Promise<Float32Array> {
  const payloads = frames.map(({ payload }) => payload)
  const form = { aac: 'aac', opus: 'ogg', mp3: 'mp3', pcma: 'alaw', pcmu: 'mulaw' }[track.codec]
  const rate = form.endsWith('law') ? ' -ar 8000 -ac 1' : ''
  const bytes = track.codec === 'aac' ? adts(track, payloads) : track.codec === 'opus' ? ogg(payloads) : payloads
  const raw = await ffmpeg(
    `-f ${form}${rate} -i pipe:0 -ar ${RATE} -af pan=mono|c0=c0 -f f32le pipe:1`,
    Buffer.concat(bytes),
  )
  return new Float32Array(Uint8Array.from(raw).buffer)
}

function adts({ config }: AudioTrack, payloads: readonly Uint8Array[]): Uint8Array[] {
  const write = adtsWriter(readAacConfig(config))
  return payloads.map((payload) => {
    const bytes = new Uint8Array(7 + payload.length)
    write(bytes, 0, payload.length)
    bytes.set(payload, 7)
    return bytes
  })
}

function ogg(payloads: readonly Uint8Array[]): Uint8Array[] {
  const writer = new OggWriter()
  const tags = new TextEncoder().encode('OpusTags\0\0\0\0\0\0\0\0')
  const heads = [writeOpusHead({ ...plainOpusHead(2), preSkip: 0 }), tags].map((head) => writer.page(head, 0))
  return [...heads, ...payloads.map((payload, i) => writer.page(payload, (i + 1) * 960))]
}

/** When the tone begins, in 1/48,000 s on the clock of the frames, and how high it is. */
export async function listenTo(sound: Sound): Promise<{ onset: number; hz: number; samples: number }> {
  const samples = await decode(sound)
  const first = samples.findIndex((sample) => Math.abs(sample) > 0.1)
  const heard = samples.subarray(first + 4800, samples.length - 4800)
  const crossings = heard.reduce((count, sample, i) => count + (sample >= 0 && (heard[i - 1] ?? 0) < 0 ? 1 : 0), 0)
  const begins = sound.frames[0]?.pts ?? 0
  return { onset: begins + first, hz: (crossings * RATE) / heard.length, samples: samples.length }
}

const OUTPUTS = {
  aac: aacTrack({ id: 2, timescale: RATE }, writeAacConfig(2, RATE, 2)),
  opus: opusTrack({ id: 2, timescale: RATE }, writeOpusHead(plainOpusHead(2))),
}

/** Not more at once than the codecs may be behind. */
const MAX_AHEAD = RATE

/** What comes of all the sound but its last third of a second, which encoders may hold. Rejects when it fails. */
export async function transcode(
  transcoding: AudioTranscoding,
  { track, frames }: Sound,
  codec: 'aac' | 'opus',
): Promise<Sound> {
  const made: TimedPayload[] = []
  const finished = Promise.withResolvers<void>()
  const ends = (frames.at(-1)?.pts ?? 0) - RATE / 3
  let next = 0
  const push = (until: number): void => {
    for (let frame = frames[next]; frame && frame.pts <= until; frame = frames[++next])
      transcoder.push(frame.payload, frame.pts)
  }
  const transcoder = transcoding.open({
    from: track,
    to: { codec, bitrateBps: 96_000 },
    onFrame(payload, pts) {
      made.push({ payload, pts })
      push(pts + MAX_AHEAD)
      if (pts >= ends) finished.resolve()
    },
    onFailed: finished.reject,
  })
  push((frames[0]?.pts ?? 0) + MAX_AHEAD)
  await finished.promise.finally(() => transcoder.close())
  return { track: OUTPUTS[codec], frames: made }
}
