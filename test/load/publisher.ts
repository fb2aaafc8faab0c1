import { execFile } from 'node:child_process'
import { mkdir, rename } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

import type { Scope } from '@millrace/core'

import { Program, words } from '../support/program.ts'

const run = promisify(execFile)
const CLIP_SECONDS = 60
const VIDEO_KBPS = 920
const AUDIO_KBPS = 64
/** Of the clip. */
export const CLIP_MEGABITS_PER_SECOND = (VIDEO_KBPS + AUDIO_KBPS) / 1000

/** A clip of 0.99 Mbit/s: H.264 25 fps with a key frame each 2 s, AAC. Encoded once and kept in the system's temporary directory. */
export async function benchClip(): Promise<string> {
  const directory = path.join(tmpdir(), 'millrace-bench')
  const clip = path.join(directory, `clip-${VIDEO_KBPS}-${AUDIO_KBPS}-${CLIP_SECONDS}.flv`)
  if (existsSync(clip)) return clip
  await mkdir(directory, { recursive: true })
  const partial = `${clip}.${process.pid}.part`
  const rate = `${VIDEO_KBPS}k`
  const args = words(`-v error -y
    -t ${CLIP_SECONDS} -f lavfi -i testsrc2=size=640x360:rate=25,noise=alls=12:allf=t
    -t ${CLIP_SECONDS} -f lavfi -i sine=440:sample_rate=44100
    -c:v libx264 -preset veryfast -pix_fmt yuv420p -bf 0 -g 50 -keyint_min 50 -sc_threshold 0
    -b:v ${rate} -minrate ${rate} -maxrate ${rate} -bufsize ${rate} -x264-params nal-hrd=cbr
    -c:a aac -b:a ${AUDIO_KBPS}k -ac 2 -f flv`)
  await run('ffmpeg', [...args, partial])
  await rename(partial, clip)
  return clip
}

/** Publishes the clip over and over in real time; resolves when `leadSeconds` have been sent. */
export async function publishClip(scope: Scope, url: string, leadSeconds: number): Promise<Program> {
  const clip = await benchClip()
  const program = await Program.start(scope, 'ffmpeg', [
    ...words('-v warning -nostats -progress pipe:1 -stats_period 0.2 -re -stream_loop -1 -i'),
    clip,
    ...words(`-c copy -f flv ${url}`),
  ])
  const sentMs = (line: string): number => Number(/^out_time_us=(\d+)/.exec(line)?.[1] ?? 0) / 1_000
  await program.line((line) => sentMs(line) >= leadSeconds * 1_000)
  return program
}
