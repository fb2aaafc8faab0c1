import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'

import type { Reply } from '../services/work.ts'

const gzipAsync = promisify(gzip)

/** Smaller ones fit into a packet anyway. */
const MIN_GZIP_CHARACTERS = 1400

/** A text as an answer, compressed where the client takes it: the playlist of a day has megabytes. */
export async function textResponse(
  { type, text }: NonNullable<Reply['text']>,
  { status, headers }: { status: number; headers: Headers },
  acceptEncoding = '',
): Promise<Response> {
  headers.set('content-type', type)
  headers.append('vary', 'accept-encoding')
  if (text.length < MIN_GZIP_CHARACTERS || !acceptsGzip(acceptEncoding)) return new Response(text, { status, headers })
  headers.set('content-encoding', 'gzip')
  const bytes = await gzipAsync(text, { level: constants.Z_BEST_SPEED })
  return new Response(new Uint8Array(bytes), { status, headers })
}

/** @see RFC 9110 §12.5.3 */
const acceptsGzip = (header: string): boolean =>
  header
    .toLowerCase()
    .split(',')
    .some((item) => /^\s*gzip\s*(;(?!\s*q=0(\.0*)?\s*$)|$)/.test(item))
