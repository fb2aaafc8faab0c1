import { open, type FileHandle } from 'node:fs/promises'
import type http from 'node:http'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'

import { parseByteRange } from '../../io/byte-range.ts'
import type { LocateFiles } from '../../io/file-mounts.ts'
import { CORS_HEADERS, send, text, type HttpHandler, type HttpRequest } from '../../io/http.ts'
import { flvOpening, MAX_OPENING_BYTES } from './flv-opening.ts'

/** A file that was written this long ago has another date when it is written again. */
const SETTLED_MS = 2000

/** By file name extension; anything else is bytes. */
const TYPES: Readonly<Record<string, string>> = {
  aac: 'audio/x-aac',
  css: 'text/css',
  f4m: 'application/f4m+xml',
  flv: 'video/x-flv',
  htm: 'text/html',
  html: 'text/html',
  ico: 'image/x-icon',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  js: 'text/javascript',
  json: 'application/json',
  m3u8: 'application/vnd.apple.mpegurl',
  m4s: 'video/iso.segment',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  mpd: 'text/xml',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  swf: 'application/x-shockwave-flash',
  ts: 'video/MP2T',
  txt: 'text/plain',
  xml: 'text/xml',
}

/**
 * Files of the machine: the first that is there of those that a request may be for. What is not there is left to other handlers.
 *
 * SRS: every file may be asked for in parts, not MP4 alone, and again only if it has changed. An FLV file from `?start=` on has its
 * metadata too, not the sequence headers alone.
 */
export function createStaticFiles(locate: LocateFiles): HttpHandler {
  return async (request, response) => {
    const { method } = request
    if (method !== 'GET' && method !== 'HEAD') return false
    for (const name of locate(request)) {
      const file = await openFile(name)
      if (!file) continue
      try {
        await answer(file, name, request, response)
      } finally {
        await file.handle.close()
      }
      return true
    }
    return false
  }
}

interface OpenFile {
  readonly handle: FileHandle
  readonly sizeBytes: number
  readonly changed: Date
}

async function openFile(name: string): Promise<OpenFile | undefined> {
  let handle: FileHandle | undefined
  try {
    handle = await open(name)
    const stat = await handle.stat()
    if (stat.isFile()) return { handle, sizeBytes: stat.size, changed: stat.mtime }
  } catch {
    // not there, or not for us to read
  }
  await handle?.close()
  return undefined
}

/** What of a file is sent. */
interface Part {
  readonly status: 200 | 206
  readonly headers: Readonly<Record<string, string>>
  /** Before the bytes of the file. */
  readonly opening: Uint8Array
  readonly first: number
  readonly last: number
}

async function answer(
  file: OpenFile,
  name: string,
  request: HttpRequest,
  response: http.ServerResponse,
): Promise<void> {
  const { handle, sizeBytes, changed } = file
  const validators = { 'last-modified': changed.toUTCString(), 'accept-ranges': 'bytes' }
  if (isUnchanged(changed, request)) return send(response, { status: 304, headers: { ...CORS_HEADERS, ...validators } })
  const part = (await partFromTag(file, name, request)) ?? partInRange(file, request)
  if (!part) {
    const refusal = text(416, 'no such range')
    return send(response, { ...refusal, headers: { ...refusal.headers, 'content-range': `bytes */${sizeBytes}` } })
  }
  const { status, headers, opening, first, last } = part
  response.writeHead(status, {
    ...CORS_HEADERS,
    'content-type': TYPES[path.extname(name).slice(1).toLowerCase()] ?? 'application/octet-stream',
    'content-length': opening.length + last - first + 1,
    ...validators,
    ...headers,
  })
  if (request.method === 'HEAD') return void response.end()
  if (opening.length > 0) response.write(opening)
  if (last < first) return void response.end()
  const bytes = handle.createReadStream({ start: first, end: last, autoClose: false })
  // a client that leaves before the end is nobody's fault
  await pipeline(bytes, response).catch(() => response.destroy())
}

/** @see RFC 9110 §13.1.3; there are no entity tags */
function isUnchanged(changed: Date, { raw: { headers } }: HttpRequest): boolean {
  const since = Date.parse(headers['if-modified-since'] ?? '')
  // dates are of whole seconds, and a playlist may be written twice in one
  const isSettled = Date.now() - changed.getTime() > SETTLED_MS
  return headers['if-none-match'] === undefined && isSettled && Math.floor(changed.getTime() / 1000) * 1000 <= since
}

/** The part that is asked for by `?start=BYTES` of an FLV file, with what players need before it. @see SRS 4, "FLV VOD" */
async function partFromTag(
  { handle, sizeBytes }: OpenFile,
  name: string,
  { params }: HttpRequest,
): Promise<Part | undefined> {
  const start = Number(/^\d{1,15}$/.exec(params['start'] ?? '')?.[0] ?? 0)
  // SRS: what is not in the file means the whole
  if (!name.toLowerCase().endsWith('.flv') || start === 0 || start >= sizeBytes) return undefined
  const head = new Uint8Array(Math.min(start, MAX_OPENING_BYTES))
  const { bytesRead } = await handle.read(head, 0, head.length, 0)
  const opening = flvOpening(head.subarray(0, bytesRead))
  return opening && { status: 200, headers: {}, opening, first: start, last: sizeBytes - 1 }
}

/** The part that is asked for by a range, else the whole; undefined for a range that the file has not. */
function partInRange({ sizeBytes, changed }: OpenFile, { params, raw: { headers } }: HttpRequest): Part | undefined {
  // SRS's players of MP4 ask by parameter
  const asked = params['range'] ?? params['bytes']
  // @see RFC 9110 §13.1.5: parts of another file than the client has a part of already are of no use
  const isSame = headers['if-range'] === undefined || headers['if-range'] === changed.toUTCString()
  const range = parseByteRange(asked === undefined ? (isSame ? headers.range : undefined) : `bytes=${asked}`, sizeBytes)
  const opening = new Uint8Array(0)
  if (range === undefined) return { status: 200, headers: {}, opening, first: 0, last: sizeBytes - 1 }
  if (range === 'unsatisfiable') return undefined
  const { first, last } = range
  return { status: 206, headers: { 'content-range': `bytes ${first}-${last}/${sizeBytes}` }, opening, first, last }
}
