import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

import { asCodecId12, readFlv, writeFlv } from './flv-file.ts'
import { remuxToFlv } from './node-av.ts'
import { words } from './program.ts'

const run = promisify(execFile)

/** `hevc-id12` is HEVC with FLV codec id 12; `hevc`, `av1` and `vp9` are carried by FourCC. */
export type ClipVideo = 'h264' | 'hevc' | 'hevc-id12' | 'av1' | 'vp9'
/** `opus` is carried by FourCC. */
export type ClipAudio = 'aac' | 'mp3' | 'opus' | 'pcma' | 'pcmu'

/** A test pattern of 320×180 at 25 fps with a key frame each second, and a tone. */
export interface Clip {
  readonly video?: ClipVideo
  readonly audio?: ClipAudio
  /** Default 12. */
  readonly seconds?: number
}

const VIDEO_ENCODERS: Readonly<Record<ClipVideo, string>> = {
  h264: '-c:v libx264 -preset ultrafast -tune zerolatency -sc_threshold 0',
  hevc: '-c:v libx265 -preset ultrafast -x265-params log-level=none:scenecut=0:open-gop=0',
  'hevc-id12': '-c:v libx265 -preset ultrafast -x265-params log-level=none:scenecut=0:open-gop=0',
  av1: '-c:v libsvtav1 -preset 12',
  vp9: '-c:v libvpx-vp9 -deadline realtime -cpu-used 8',
}

const AUDIO_ENCODERS: Readonly<Record<ClipAudio, string>> = {
  aac: '-c:a aac -ar 44100',
  mp3: '-c:a libmp3lame -ar 44100',
  opus: '-c:a libopus -ar 48000',
  pcma: '-c:a pcm_alaw -ar 8000 -ac 1',
  pcmu: '-c:a pcm_mulaw -ar 8000 -ac 1',
}

const NEEDS_FOURCC = new Set<string | undefined>(['hevc', 'hevc-id12', 'av1', 'vp9', 'opus'])

/** Clips of this process, by their files. */
const clips = new Map<string, Promise<string>>()

/** The clip as an FLV file; encoded once and kept in the system's temporary directory. */
export function flvClip(clip: Clip): Promise<string> {
  const { video, audio, seconds = 12 } = clip
  const base = path.join(tmpdir(), 'millrace-clips', `1-${video ?? 'none'}-${audio ?? 'none'}-${seconds}`)
  const made = clips.get(base) ?? makeClip(clip, base)
  clips.set(base, made)
  return made
}

async function makeClip({ seconds = 12, ...clip }: Clip, base: string): Promise<string> {
  const { video, audio } = clip
  const directory = path.dirname(base)
  const file = `${base}.flv`
  if (existsSync(file)) return file
  await mkdir(directory, { recursive: true })
  const draft = `${base}.${process.pid}`
  if (NEEDS_FOURCC.has(video) || NEEDS_FOURCC.has(audio)) {
    await encode(clip, seconds, `${draft}.mp4`)
    await remuxToFlv(`${draft}.mp4`, `${draft}.flv`)
    await rm(`${draft}.mp4`)
  } else {
    await encode(clip, seconds, `${draft}.flv`)
  }
  if (video === 'hevc-id12')
    await writeFile(`${draft}.flv`, writeFlv(asCodecId12(readFlv(await readFile(`${draft}.flv`)))))
  await rename(`${draft}.flv`, file)
  return file
}

async function encode({ video, audio }: Clip, seconds: number, file: string): Promise<void> {
  const inputs = [
    video && `-t ${seconds} -f lavfi -i testsrc2=size=320x180:rate=25`,
    audio && `-t ${seconds} -f lavfi -i sine=440:sample_rate=48000`,
  ]
  const encoders = [
    video && `${VIDEO_ENCODERS[video]} -pix_fmt yuv420p -g 25 -keyint_min 25`,
    audio && AUDIO_ENCODERS[audio],
  ]
  const args = [...inputs, ...encoders].filter((part) => part !== undefined).flatMap(words)
  await run('ffmpeg', ['-v', 'error', '-y', ...args, file])
}
