import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

import { errorMessage, ServiceError } from '@millrace/core'

import { ASSETS } from './assets.ts'
import type { Asset, PageReach } from './assets.ts'
import { stripTypes } from './strip-types.ts'

/** The request headers that decide how an asset is answered. */
interface AssetRequest {
  acceptEncoding?: string | undefined
  ifNoneMatch?: string | undefined
}

/** What to write; for HEAD the same without the body. The body is shared: it must not be changed. */
export interface AssetResponse {
  status: 200 | 304
  headers: Readonly<Record<string, string>>
  body: Uint8Array | null
}

/** The pages and scripts a media node serves to browsers. */
export interface WebAssets {
  /**
   * Answers GET and HEAD for `pathname` (no query), or returns undefined at once if it is not an asset.
   * Rejects with ServiceError `WEB_ASSET_UNREADABLE` (an HTTP 500) if the file is missing or is not valid.
   */
  handle(pathname: string, request?: AssetRequest): Promise<AssetResponse> | undefined
}

export interface WebAssetsOptions {
  /** Folder that the asset files are relative to; default the repository this module is in. */
  root?: string
}

type Encoding = 'br' | 'gzip' | 'identity'

/** A file as it is served; each encoding is made when first asked for. */
interface Prepared {
  etag: string
  headers: Readonly<Record<string, string>>
  encoded: Map<Encoding, Promise<Uint8Array>>
}

const REPOSITORY = fileURLToPath(new URL('../../../../../', import.meta.url))
const compressBrotli = promisify(brotliCompress)
const compressGzip = promisify(gzip)

/**
 * Serves the fixed set of files in ASSETS. Each is read, stripped of types and compressed once, when first asked
 * for, and kept in memory; after a failure the next request tries again.
 */
export function createWebAssets({ root = REPOSITORY }: WebAssetsOptions = {}): WebAssets {
  const prepared = new Map<string, Promise<Prepared>>()
  let scripts: Promise<ReadonlyMap<string, string>> | undefined

  const prepare = async (asset: Asset): Promise<Prepared> => {
    try {
      if (!asset.typescript) return prepareBytes(asset, await readFile(join(root, asset.file)))
      scripts ??= readScripts(root)
      return prepareBytes(asset, Buffer.from((await scripts).get(asset.file) ?? ''))
    } catch (error) {
      scripts = undefined
      throw new ServiceError('WEB_ASSET_UNREADABLE', `cannot serve ${asset.file}: ${errorMessage(error)}`, {
        details: { file: asset.file },
        cause: error,
      })
    }
  }

  const cached = (pathname: string, asset: Asset): Promise<Prepared> => {
    let entry = prepared.get(pathname)
    if (!entry) {
      entry = prepare(asset)
      prepared.set(pathname, entry)
      entry.catch(() => prepared.delete(pathname))
    }
    return entry
  }

  return {
    handle(pathname, request = {}) {
      const asset = ASSETS.get(pathname)
      return asset && cached(pathname, asset).then((entry) => answer(entry, request))
    },
  }
}

/** All TypeScript assets, file → JavaScript: one worker thread for the whole set. */
async function readScripts(root: string): Promise<ReadonlyMap<string, string>> {
  const files = [...ASSETS.values()].filter((asset) => asset.typescript).map((asset) => asset.file)
  const sources = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8')))
  const stripped = await stripTypes(sources)
  return new Map(files.map((file, i) => [file, stripped[i] ?? '']))
}

function prepareBytes(asset: Asset, bytes: Uint8Array): Prepared {
  return {
    etag: createHash('sha256').update(bytes).digest('base64url').slice(0, 22),
    headers: {
      'content-type': asset.type,
      // The URLs carry no version: browsers keep the file and ask whether it is still current.
      'cache-control': 'no-cache',
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      ...(asset.page && {
        'content-security-policy': contentSecurityPolicy(Buffer.from(bytes).toString('utf8'), asset.page),
        'cross-origin-opener-policy': 'same-origin',
      }),
    },
    encoded: new Map([['identity', Promise.resolve(bytes)]]),
  }
}

async function answer({ etag, headers, encoded }: Prepared, request: AssetRequest): Promise<AssetResponse> {
  const encoding = pickEncoding(request.acceptEncoding)
  const tag = `"${etag}${encoding === 'identity' ? '' : `-${encoding}`}"`
  if (matchesTag(request.ifNoneMatch, tag)) return { status: 304, headers: { ...headers, etag: tag }, body: null }
  const body = await encode(encoded, encoding)
  return {
    status: 200,
    headers: {
      ...headers,
      etag: tag,
      'content-length': String(body.byteLength),
      ...(encoding !== 'identity' && { 'content-encoding': encoding }),
    },
    body,
  }
}

async function encode(encoded: Prepared['encoded'], encoding: Encoding): Promise<Uint8Array> {
  const ready = encoded.get(encoding)
  if (ready) return ready
  const source = await encode(encoded, 'identity')
  const made = encoding === 'br' ? brotli(source) : compressGzip(source)
  encoded.set(encoding, made)
  return made
}

/** Quality 9: within 10 % of the size of quality 11 and a tenth of its time. */
function brotli(bytes: Uint8Array): Promise<Uint8Array> {
  return compressBrotli(bytes, {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: 9,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
    },
  })
}

/** @see RFC 9110 §12.5.3; of the weights only `q=0` matters when there are two encodings and both are small. */
function pickEncoding(acceptEncoding = ''): Encoding {
  const accepted = acceptEncoding
    .toLowerCase()
    .split(',')
    .map((item) => item.replaceAll(' ', ''))
    .filter((item) => !/;q=0(\.0*)?$/.test(item))
    .map((item) => item.split(';')[0])
  if (accepted.includes('br')) return 'br'
  return accepted.includes('gzip') ? 'gzip' : 'identity'
}

/** @see RFC 9110 §13.1.2 (weak comparison) */
function matchesTag(ifNoneMatch = '', tag: string): boolean {
  return ifNoneMatch.split(',').some((item) => {
    const candidate = item.trim()
    return candidate === '*' || candidate.replace(/^W\//, '') === tag
  })
}

/**
 * Same origin for scripts and styles, and for all else unless the page reaches further; `blob:` for Media Source playback and the players' workers, and the hashes of the
 * page's own inline scripts (the import map).
 *
 * @see Content Security Policy Level 3
 */
function contentSecurityPolicy(html: string, reach: PageReach): string {
  const elsewhere = reach === 'anywhere' ? ' http: https:' : ''
  const hashes = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  )
  return [
    "default-src 'none'",
    ["script-src 'self'", ...hashes].join(' '),
    "worker-src 'self' blob:",
    "style-src 'self'",
    `img-src 'self' data:${elsewhere}`,
    `media-src 'self' blob:${elsewhere}`,
    `connect-src 'self'${elsewhere}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
