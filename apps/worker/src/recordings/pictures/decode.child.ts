/** The process that decodes pictures: FFmpeg's faults end it, and nothing else. */
import { json } from 'node:stream/consumers'

import { errorCode } from '@millrace/core'

import type { PicturesFailed, PicturesMade, PicturesRequest } from './request.ts'

const request = (await json(process.stdin)) as PicturesRequest
process.stdout.write(JSON.stringify(await answer()))

async function answer(): Promise<PicturesMade | PicturesFailed> {
  // FFmpeg is a native module, which this machine may not have
  const decode = await import('./decode.ts').catch(() => undefined)
  if (decode === undefined) return { error_code: 'PICTURES_UNAVAILABLE' }
  try {
    return await decode.makePictures(request)
  } catch (error) {
    return { error_code: errorCode(error) }
  }
}
