import type { Readable } from 'node:stream'

import { isObjectUrlSigned, objectUrlSigner } from '@millrace/auth'
import { storages } from '@millrace/db'
import { attachment, type ByteRange, encodePath, type ObjectHead, type ObjectStore } from '@millrace/storage'
import { eq } from 'drizzle-orm'

import { failure } from './failures.ts'
import type { PublicUnit } from './unit.ts'

type StorageRow = typeof storages.$inferSelect

/** What many URLs of objects have in common. */
export interface ObjectUrlOptions {
  /** From when they are good; the same moment makes the same URLs. */
  now: Date
  /** For how long, seconds, at most a week. */
  ttlS: number
  /** Where the API is for who gets them, without a slash at the end; empty for URLs relative to it. */
  baseUrl: string
  /** File name under which a browser saves what it gets. */
  downloadAs?: string | undefined
}

/**
 * A function that makes URLs with which whoever has one may read an object: the storage's own for S3, and for a local one those
 * of `GET /v1/objects`. Thousands are made in a moment.
 *
 * @throws ServiceError `STORAGE_CREDENTIALS_MISSING`, `AUTH_SEAL_BROKEN`
 */
export async function signedObjectUrls(
  unit: PublicUnit,
  row: StorageRow,
  { now, ttlS, baseUrl, downloadAs }: ObjectUrlOptions,
): Promise<(key: string) => string> {
  if (row.location.type === 's3') {
    return unit.stores.presigner(row, { method: 'GET', now, ttlS, ...(downloadAs !== undefined && { downloadAs }) })
  }
  const sign = objectUrlSigner(unit.keyring)
  const expiresS = Math.floor(now.getTime() / 1000) + ttlS
  const base = `${baseUrl}/v1/objects/${row.id}/`
  const download = downloadAs === undefined ? '' : `&download=${encodeURIComponent(downloadAs)}`
  return (key) => {
    const signature = sign({ storageId: row.id, key, expiresS, downloadAs })
    return `${base}${encodePath(key)}?expires=${expiresS}&signature=${signature}${download}`
  }
}

/** Which bytes somebody asks for: some from the start, or so many at the end. */
export type AskedRange = ByteRange | { lastBytes: number }

/** A request for an object by its signed URL. */
export interface ObjectRequest {
  storageId: string
  key: string
  expires: string | undefined
  signature: string | undefined
  downloadAs: string | undefined
  range: AskedRange | undefined
  /** ETag for which alone the range counts. */
  ifRange: string | undefined
  ifNoneMatch: string | undefined
  /** False to know only what would come. */
  body: boolean
}

/** The answer to it. */
export interface ServedObject {
  status: 200 | 206 | 304 | 416
  headers: Record<string, string>
  stream: Readable | undefined
}

/**
 * Reads an object of a local storage for whoever has a signed URL. Throws ServiceError `OBJECT_URL_INVALID`,
 * `OBJECT_URL_EXPIRED`, `OBJECT_NOT_FOUND`, and as the store.
 */
export async function getObject(unit: PublicUnit, request: ObjectRequest): Promise<ServedObject> {
  const leftS = checkUrl(unit, request)
  const [row] = await unit.db.select().from(storages).where(eq(storages.id, request.storageId))
  if (row?.location.type !== 'local') throw notFound()
  const store = unit.stores.open(row)
  const head = await store.head(request.key)
  if (head === undefined) throw notFound()
  const headers = headersOf(request, head, leftS)
  if (request.ifNoneMatch?.split(',').some((tag) => ['*', head.etag].includes(tag.trim().replace(/^W\//, '')))) {
    return { status: 304, headers, stream: undefined }
  }
  const range = rangeOf(request, head)
  if (range !== undefined && range.start >= head.sizeBytes) {
    return { status: 416, headers: { ...headers, 'content-range': `bytes */${head.sizeBytes}` }, stream: undefined }
  }
  return serve(store, request, headers, range)
}

async function serve(
  store: ObjectStore,
  { key, body }: ObjectRequest,
  headers: Record<string, string>,
  range: ByteRange | undefined,
): Promise<ServedObject> {
  const object = await store.get(key, range && { range })
  const { start, end } = object.range
  if (!body) object.stream.destroy()
  return {
    status: range === undefined ? 200 : 206,
    headers: {
      ...headers,
      // it may have been replaced since it was looked at
      etag: object.etag,
      'content-length': String(end - start + 1),
      ...(range && { 'content-range': `bytes ${start}-${end}/${object.sizeBytes}` }),
    },
    stream: body ? object.stream : undefined,
  }
}

/** How long the URL is good from now on, seconds. */
function checkUrl(
  { keyring, now }: PublicUnit,
  { storageId, key, expires = '', signature = '', downloadAs }: ObjectRequest,
): number {
  const expiresS = /^\d{1,12}$/.test(expires) ? Number(expires) : 0
  if (!isObjectUrlSigned(keyring, { storageId, key, expiresS, downloadAs }, signature)) {
    throw failure('OBJECT_URL_INVALID', 'the signature is not the one for this object')
  }
  const leftS = Math.floor(expiresS - now.getTime() / 1000)
  if (leftS < 0) throw failure('OBJECT_URL_EXPIRED', 'the URL was good until a while ago')
  return leftS
}

function headersOf({ key, downloadAs }: ObjectRequest, head: ObjectHead, leftS: number): Record<string, string> {
  return {
    'content-type': head.contentType,
    'accept-ranges': 'bytes',
    // live playlists are written again and again, everything else once
    'cache-control': key.endsWith('.m3u8') ? 'no-cache' : `public, max-age=${leftS}`,
    etag: head.etag,
    'last-modified': head.modifiedAt.toUTCString(),
    'x-content-type-options': 'nosniff',
    ...(downloadAs !== undefined && { 'content-disposition': attachment(downloadAs) }),
  }
}

function rangeOf({ range, ifRange }: ObjectRequest, head: ObjectHead): ByteRange | undefined {
  if (range === undefined || (ifRange !== undefined && ifRange !== head.etag)) return undefined
  if (!('lastBytes' in range)) return range
  // the last 0 bytes are none, which is no range that can be served
  return { start: range.lastBytes === 0 ? head.sizeBytes : Math.max(0, head.sizeBytes - range.lastBytes) }
}

const notFound = () => failure('OBJECT_NOT_FOUND', 'there is no such object')
