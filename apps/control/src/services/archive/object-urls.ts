import { text } from 'node:stream/consumers'

import type { UrlOf } from '@millrace/archive'
import { storages } from '@millrace/db'
import { eq, inArray } from 'drizzle-orm'

import { failure } from '../failures.ts'
import { signedObjectUrls } from '../objects.ts'
import type { PublicUnit } from '../unit.ts'
import type { Viewing } from './viewing.ts'

type StorageRow = typeof storages.$inferSelect

const HOUR_MS = 3_600_000
/** URLs last at least so long: a player fetches the playlist of what is complete once. */
const MIN_LIFETIME_MS = 6 * HOUR_MS
/** S3 takes no longer ones. @see AWS Signature Version 4, `X-Amz-Expires` */
const MAX_LIFETIME_MS = 7 * 24 * HOUR_MS
/** URLs made within so long are the same, so that caches know them again. */
const SIGNED_EVERY_MS = 600_000

/** How long URLs are to last, and what they are for. */
export interface UrlTerms {
  nowMs: number
  lastsMs: number
  /** Where the API is for who gets them. */
  baseUrl: string
  /** File name under which a browser saves what it gets. */
  downloadAs?: string
}

/** How long URLs of media last: until they may have been watched twice, and no longer than the right to see them. */
export function lifetimeOf(
  now: Date,
  { viewing, mediaMs }: { viewing: Viewing; mediaMs: number },
): Pick<UrlTerms, 'nowMs' | 'lastsMs'> {
  const nowMs = now.getTime()
  const wantedMs = Math.min(Math.max(MIN_LIFETIME_MS, 2 * mediaMs + HOUR_MS), MAX_LIFETIME_MS - SIGNED_EVERY_MS)
  return { nowMs, lastsMs: Math.max(1000, Math.min(wantedMs, (viewing.endsAtMs ?? Number.POSITIVE_INFINITY) - nowMs)) }
}

/**
 * URLs by which whoever has one can read objects of these storages for a while: presigned ones of S3, our own of local
 * storages.
 */
export async function objectUrls(unit: PublicUnit, storageIds: Iterable<string>, terms: UrlTerms): Promise<UrlOf> {
  const ids = [...new Set(storageIds)]
  const rows = await unit.db.select().from(storages).where(inArray(storages.id, ids))
  const makers = new Map(
    await Promise.all(rows.map(async (row) => [row.id, await urlMaker(unit, row, terms)] as const)),
  )
  return (storageId, key) => {
    const make = makers.get(storageId)
    if (make === undefined) throw failure('STORAGE_NOT_FOUND', `the storage ${storageId} is gone`)
    return make(key)
  }
}

function urlMaker(
  unit: PublicUnit,
  row: StorageRow,
  { nowMs, lastsMs, baseUrl, downloadAs }: UrlTerms,
): Promise<(key: string) => string> {
  const signedAtMs = Math.floor(nowMs / SIGNED_EVERY_MS) * SIGNED_EVERY_MS
  const expiresS = Math.floor((nowMs + lastsMs) / 1000)
  // those that are to last for hours may as well end a little earlier, and all at once
  const endsS = lastsMs >= MIN_LIFETIME_MS ? Math.floor((signedAtMs + lastsMs) / 1000) : expiresS
  const ttlS = endsS - signedAtMs / 1000
  return signedObjectUrls(unit, row, { now: new Date(signedAtMs), ttlS, baseUrl, downloadAs })
}

/** The text of a small object. Throws `RECORDING_FILE_MISSING` for one that is gone or larger than `maxBytes`. */
export async function readText(unit: PublicUnit, storageId: string, key: string, maxBytes: number): Promise<string> {
  const [row] = await unit.db.select().from(storages).where(eq(storages.id, storageId))
  if (row === undefined) throw failure('STORAGE_NOT_FOUND', `the storage ${storageId} is gone`)
  const store = unit.stores.open(row)
  const head = await store.head(key)
  if (head === undefined || head.sizeBytes > maxBytes) {
    throw failure('RECORDING_FILE_MISSING', 'the storage has no such file, or another one')
  }
  const { stream } = await store.get(key, { range: { start: 0, end: Math.max(0, head.sizeBytes - 1) } })
  return text(stream)
}
