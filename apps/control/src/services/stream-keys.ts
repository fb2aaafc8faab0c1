import { hashSecret, newStreamKey } from '@millrace/auth'
import type { Page, PageQuery, StreamKey, StreamKeyCreate, StreamKeyCreated } from '@millrace/contracts'
import { newId, streamKeys } from '@millrace/db'
import { and, desc, eq } from 'drizzle-orm'

import { failure } from './failures.ts'
import { ingestUrls } from './ingest.ts'
import { afterCursor, fetchCount, timestamp, toPage } from './lists.ts'
import { findStream } from './streams.ts'
import { audit, type ReadUnit, type WriteUnit } from './unit.ts'

type Row = typeof streamKeys.$inferSelect

export async function createStreamKey(
  unit: WriteUnit,
  streamId: string,
  input: StreamKeyCreate,
): Promise<StreamKeyCreated> {
  const { stream, vhost } = await findStream(unit, streamId)
  const secret = newStreamKey()
  const [row] = await unit.db
    .insert(streamKeys)
    .values({
      id: newId('key'),
      projectId: stream.projectId,
      streamId,
      name: input.name,
      hash: hashSecret(unit.keyring, secret),
      last4: secret.slice(-4),
      expiresAt: input.expires_at === null ? null : new Date(input.expires_at),
    })
    .returning()
  await audit(unit, 'key.created', { type: 'stream', id: streamId }, { key_id: row!.id })
  return {
    ...present(row!),
    secret,
    ingest: await ingestUrls(unit, { vhost, app: stream.app, name: stream.name }, secret),
  }
}

export async function listStreamKeys(unit: ReadUnit, streamId: string, query: PageQuery): Promise<Page<StreamKey>> {
  await findStream(unit, streamId)
  const rows = await unit.db
    .select()
    .from(streamKeys)
    .where(and(eq(streamKeys.streamId, streamId), afterCursor(streamKeys.id, query)))
    .orderBy(desc(streamKeys.id))
    .limit(fetchCount(query))
  return toPage(rows, query, present)
}

/** Revokes a key: no new broadcast starts with it. Doing it again changes nothing. */
export async function revokeStreamKey(unit: WriteUnit, streamId: string, id: string): Promise<void> {
  await findStream(unit, streamId)
  const [row] = await unit.db
    .select()
    .from(streamKeys)
    .where(and(eq(streamKeys.id, id), eq(streamKeys.streamId, streamId)))
    .for('update')
  if (row === undefined) throw failure('KEY_NOT_FOUND', `no key ${id}`)
  if (row.revokedAt !== null) return
  await unit.db.update(streamKeys).set({ revokedAt: unit.now }).where(eq(streamKeys.id, id))
  await audit(unit, 'key.revoked', { type: 'stream', id: streamId }, { key_id: id })
}

function present(row: Row): StreamKey {
  return {
    id: row.id,
    stream_id: row.streamId,
    name: row.name,
    last4: row.last4,
    expires_at: timestamp(row.expiresAt),
    last_used_at: timestamp(row.lastUsedAt),
    revoked_at: timestamp(row.revokedAt),
    created_at: timestamp(row.createdAt),
  }
}
