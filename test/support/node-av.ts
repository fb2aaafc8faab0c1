/**
 * FFmpeg 8 through node-av, in a process of its own: what the system's FFmpeg cannot do, Enhanced RTMP and HEVC,
 * AV1, VP9 and Opus in FLV.
 */
import path from 'node:path'

import { Scope } from '@millrace/core'

import type { Decoded } from './decoded.ts'
import { SupportError } from './errors.ts'
import { Program } from './program.ts'

const WORKER = path.join(import.meta.dirname, 'node-av-worker.ts')

/** A player may take so much longer than what it plays. */
const PLAY_GRACE_MS = 30_000

const start = (scope: Scope, ...args: string[]): Promise<Program> =>
  Program.start(scope, process.execPath, [WORKER, ...args])

/** Copies the streams of any file into an FLV file, with FourCCs where FLV has no codec id. */
export async function remuxToFlv(from: string, to: string): Promise<void> {
  await using scope = new Scope()
  const program = await start(scope, 'remux', from, to)
  const { code } = await program.exited
  if (code !== 0) throw new SupportError('SUPPORT_REMUX', program.output)
}

/**
 * Publishes an FLV file in real time through FFmpeg's own RTMP client, each tag as it is in the file: any codec id,
 * any FourCC. Resolves when the server has accepted it; ends with the file or with `scope`.
 */
export async function publishFlvFile(scope: Scope, file: string, url: string): Promise<Program> {
  const program = await start(scope, 'publish', file, url)
  await program.line(/^publishing$/)
  return program
}

/** Sends the one stream of a file as RTP packets, all at once; resolves when they have been sent. */
export async function packetiseWithNodeAv(scope: Scope, file: string, url: string): Promise<void> {
  const program = await start(scope, 'packetise', file, url)
  const { code } = await program.exited
  if (code !== 0) throw new SupportError('SUPPORT_PACKETISE', program.output)
}

export interface DecodedByNodeAv extends Decoded {
  /** Names of the decoders, in the order of the streams. */
  readonly codecs: readonly string[]
}

/** Plays `url`, also a file with an SDP of RTP, until `seconds` of media have passed, decoding every frame. */
export async function decodeWithNodeAv(url: string, seconds: number): Promise<DecodedByNodeAv> {
  await using scope = new Scope()
  const program = await start(scope, 'decode', url, String(seconds))
  const { code } = await program.finished(seconds * 1_000 + PLAY_GRACE_MS)
  const counted = /^\{.*\}$/m.exec(program.output)?.[0]
  if (code !== 0 || counted === undefined) throw new SupportError('SUPPORT_DECODE', program.output)
  return { ...(JSON.parse(counted) as Omit<DecodedByNodeAv, 'errors'>), errors: program.errorLines }
}
