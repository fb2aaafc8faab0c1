import { chmod, copyFile } from 'node:fs/promises'
import path from 'node:path'

import { Scope } from '@millrace/core'

import { type Clip, flvClip } from './clips.ts'
import type { Decoded } from './decoded.ts'
import { decodeWithFfmpeg } from './ffmpeg.ts'
import { Program, words } from './program.ts'
import { tempDir } from './scope.ts'

/** VLC doesn't run as root. */
const COMMAND =
  process.getuid?.() === 0 ? words('setpriv --reuid=65534 --regid=65534 --clear-groups cvlc') : words('cvlc')
/** Longer than whatever VLC plays. */
const SEEN_LENGTH_S = 100

/** VLC without a window, which works in `folder`. */
async function startVlc(scope: Scope, folder: string, args: readonly string[]): Promise<Program> {
  await chmod(folder, 0o777)
  const [file = '', ...before] = COMMAND
  const all = [...before, ...words('-I dummy --no-plugins-cache'), ...args, 'vlc://quit']
  return Program.start(scope, file, all, { env: { HOME: folder } })
}

/** Plays some seconds of `url` with VLC, and tells what FFmpeg finds in what VLC got. */
export async function playWithVlc(url: string, seconds: number): Promise<Decoded> {
  await using scope = new Scope()
  const folder = await tempDir(scope)
  const file = path.join(folder, 'seen.ts')
  const sout = `#std{access=file,mux=ts,dst=${file}}`
  const program = await startVlc(scope, folder, [`--run-time=${seconds}`, '--sout', sout, url])
  await program.finished(30_000)
  // while the file is there
  return await decodeWithFfmpeg(file, SEEN_LENGTH_S)
}

/** Publishes a clip in real time to an RTMP URL with VLC, once. */
export async function publishWithVlc(scope: Scope, url: string, clip: Clip): Promise<Program> {
  const folder = await tempDir(scope)
  // where everybody may read it
  const file = path.join(folder, 'clip.flv')
  await copyFile(await flvClip(clip), file)
  return startVlc(scope, folder, ['--sout', `#std{access=rtmp,mux=ffmpeg{mux=flv},dst=${url}}`, file])
}
