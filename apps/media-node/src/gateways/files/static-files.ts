import { open, type FileHandle } from 'node:fs/promises'
import type http from 'node:http'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'

import { parseByteRange } from '../../io/byte-range.ts'
import { CORS_HEADERS, send, text, type HttpHandler, type HttpRequest } from '../../io/http.ts'

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
 * Files of a folder, those below it too; `index.html` for paths that end with a slash. What is not there is left to other
 * handlers, and so is whatever has a part that begins with a dot.
 *
 * SRS: every file may be asked for in parts, not MP4 alone.
 */
export function createStaticFiles(folder: string): HttpHandler {
  return async (request, response) => {
    const { method } = request
    if (method !== 'GET' && method !== 'HEAD') return false
    const name = fileName(request.path)
    const file = name === undefined ? undefined : await openFile(path.join(folder, name))
    if (!file || name === undefined) return false
    try {
      await answer(file, name, request, response)
    } finally {
      await file.handle.close()
    }
    return true
  }
}

interface OpenFile {
  readonly handle: FileHandle
  readonly sizeBytes: number
  readonly changed: Date
}

/** Relative to the folder; undefined for what is none of it. */
function fileName(urlPath: string): string | undefined {
  const name = urlPath.endsWith('/') ? `${urlPath}index.html` : urlPath
  const parts = name.split('/').slice(1)
  return parts.some((part) => part === '' || part.startsWith('.') || part.includes('\0')) ? undefined : parts.join('/')
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

async function answer(
  { handle, sizeBytes, changed }: OpenFile,
  name: string,
  { method, params, raw }: HttpRequest,
  response: http.ServerResponse,
): Promise<void> {
  // SRS's players of MP4 ask by parameter
  const asked = params['range'] ?? params['bytes']
  const range = parseByteRange(asked === undefined ? raw.headers.range : `bytes=${asked}`, sizeBytes)
  if (range === 'unsatisfiable') {
    const refusal = text(416, 'no such range')
    return send(response, { ...refusal, headers: { ...refusal.headers, 'content-range': `bytes */${sizeBytes}` } })
  }
  const { first, last } = range ?? { first: 0, last: sizeBytes - 1 }
  response.writeHead(range ? 206 : 200, {
    ...CORS_HEADERS,
    'content-type': TYPES[path.extname(name).slice(1).toLowerCase()] ?? 'application/octet-stream',
    'content-length': last - first + 1,
    'last-modified': changed.toUTCString(),
    'accept-ranges': 'bytes',
    ...(range && { 'content-range': `bytes ${first}-${last}/${sizeBytes}` }),
  })
  if (method === 'HEAD' || sizeBytes === 0) return void response.end()
  const bytes = handle.createReadStream({ start: first, end: last, autoClose: false })
  // a client that leaves before the end is nobody's fault
  await pipeline(bytes, response).catch(() => response.destroy())
}
