import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { Scope } from '@millrace/core'

import { type Clip, flvClip } from './clips.ts'
import type { Decoded } from './decoded.ts'
import { SupportError } from './errors.ts'
import { Program, words } from './program.ts'

const run = promisify(execFile)

export interface PublishOptions extends Clip {
  readonly url: string
  /** Begin again when the clip is over; default true. */
  readonly loop?: boolean
  /** More options before the URL. */
  readonly outputArgs?: readonly string[]
}

/** Publishes a clip in real time with the system's FFmpeg. Resolves when the first media has been sent. */
export async function publishWithFfmpeg(scope: Scope, options: PublishOptions): Promise<Program> {
  const clip = await flvClip(options)
  const program = await Program.start(scope, 'ffmpeg', [
    ...words('-v warning -nostats -progress pipe:1 -stats_period 0.1 -re'),
    ...(options.loop === false ? [] : ['-stream_loop', '-1']),
    '-i',
    clip,
    ...words('-c copy'),
    ...(options.outputArgs ?? []),
    ...words(`-f flv ${options.url}`),
  ])
  await program.line((line) => Number(/^total_size=(\d+)/.exec(line)?.[1] ?? 0) > 0)
  return program
}

/** A player may take so much longer than what it plays. */
const PLAY_GRACE_MS = 30_000

/** Plays `url` for `seconds` of media with the system's FFmpeg, decoding every frame. */
export async function decodeWithFfmpeg(
  url: string,
  seconds: number,
  inputArgs: readonly string[] = [],
): Promise<Decoded> {
  await using scope = new Scope()
  const kinds: string[] = []
  const frames = { video: 0, audio: 0 }
  const program = await Program.start(
    scope,
    'ffmpeg',
    [
      ...words('-nostdin -v error'),
      ...inputArgs,
      '-i',
      url,
      '-t',
      String(seconds),
      ...words('-map 0:v? -map 0:a? -f framecrc -'),
    ],
    {
      onLine(line) {
        const media = /^#media_type (\d+): (\w+)/.exec(line)
        if (media) kinds[Number(media[1])] = media[2] ?? ''
        const kind = kinds[Number(/^(\d+),/.exec(line)?.[1] ?? -1)]
        if (kind === 'video' || kind === 'audio') frames[kind] += 1
      },
    },
  )
  const { code } = await program.finished(seconds * 1_000 + PLAY_GRACE_MS)
  if (code !== 0)
    throw new SupportError('SUPPORT_DECODE', `ffmpeg could not play ${url}: ${program.errorLines.join('\n')}`)
  return { videoFrames: frames.video, audioFrames: frames.audio, errors: program.errorLines }
}

/** A stream as ffprobe describes it; numbers are text there where they are here. */
export interface ProbedStream {
  readonly codec_name: string
  readonly codec_type: 'video' | 'audio' | 'data'
  readonly profile?: string
  readonly width?: number
  readonly height?: number
  readonly sample_rate?: string
  readonly channels?: number
}

/** What the system's ffprobe finds in a URL or file. */
export async function ffprobe(url: string): Promise<{ readonly streams: readonly ProbedStream[] }> {
  const { stdout } = await run('ffprobe', [...words('-v error -show_streams -show_format -of json'), url])
  return JSON.parse(stdout) as { streams: ProbedStream[] }
}
