import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { text } from 'node:stream/consumers'

import { ServiceError } from '@millrace/core'

import type { PicturesFailed, PicturesMade, PicturesRequest } from './request.ts'

const CHILD = path.join(import.meta.dirname, 'decode.child.ts')
const TIMEOUT_MS = 180_000
/** Of JavaScript; FFmpeg has its own. */
const MAX_HEAP_MB = 256

/**
 * Decodes pictures in a process of its own. Throws ServiceError: `PICTURES_UNAVAILABLE` when FFmpeg doesn't run on this
 * machine, `PICTURES_NONE` when nothing could be decoded, `PICTURES_FAILED` when the process crashed or took too long,
 * `PICTURES_ABORTED` by `signal`.
 */
export async function makePictures(request: PicturesRequest, signal: AbortSignal): Promise<PicturesMade> {
  const child = spawn(process.execPath, [`--max-old-space-size=${MAX_HEAP_MB}`, CHILD], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // no secrets for what reads untrusted media
    env: { PATH: process.env['PATH'] ?? '' },
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  })
  const kill = (): void => void child.kill('SIGKILL')
  signal.addEventListener('abort', kill)
  try {
    // a process that is gone is told by its exit
    child.stdin.on('error', () => {})
    child.stdin.end(JSON.stringify(request))
    const [answer] = await Promise.all([text(child.stdout), once(child, 'close')])
    if (signal.aborted) throw new ServiceError('PICTURES_ABORTED', 'the process that decodes pictures was ended')
    return read(answer)
  } finally {
    signal.removeEventListener('abort', kill)
    kill()
  }
}

function read(answer: string): PicturesMade {
  let made: PicturesMade | PicturesFailed | undefined
  try {
    made = JSON.parse(answer) as PicturesMade | PicturesFailed
  } catch {
    made = undefined
  }
  if (made === undefined) throw new ServiceError('PICTURES_FAILED', 'the process that decodes pictures crashed')
  if (!('error_code' in made)) return made
  const known = made.error_code === 'PICTURES_UNAVAILABLE' || made.error_code === 'PICTURES_NONE'
  throw new ServiceError(known ? made.error_code : 'PICTURES_FAILED', 'pictures could not be decoded', {
    details: { reason: made.error_code },
  })
}
