import { hashSecret, newStreamKey } from '@millrace/auth'
import {
  type EventData,
  type Page,
  type PageQuery,
  type StreamKey,
  type StreamKeyCreated,
  type StreamKeyRotate,
  type StreamKeySettings,
  streamKeySettingsSchema,
} from '@millrace/contracts'
import { appendEvent, newId, streamKeys } from '@millrace/db'
import { and, desc, eq, gt, inArray, isNull, or } from 'drizzle-orm'

import { failure } from './failures.ts'
import { ingestUrls } from './ingest.ts'
import { afterCursor, fetchCount, timestamp, toPage } from './lists.ts'
import { patched } from './settings.ts'
import { findStream } from './streams.ts'
import { audit, type ReadUnit, type WriteUnit } from './unit.ts'

type Row = typeof streamKeys.$inferSelect

const DEFAULTS: StreamKeySettings = streamKeySettingsSchema.parse({})

export async function createStreamKey(
  unit: WriteUnit,
  streamId: string,
  input: StreamKeySettings,
): Promise<StreamKeyCreated> {
  const found = await findStream(unit, streamId)
  const { row, secret } = await insertKey(unit, found.stream, input)
  await audit(unit, 'key.created', { type: 'stream', id: streamId }, { key_id: row.id })
  await tell(unit, found, 'key.created', factsOf(row))
  return shown(unit, found, row, secret)
}

/** Makes a new key with the settings of the newest valid one; the old ones end after the overlap. */
export async function rotateStreamKeys(
  unit: WriteUnit,
  streamId: string,
  { overlap_s: overlapS }: StreamKeyRotate,
): Promise<StreamKeyCreated> {
  const found = await findStream(unit, streamId)
  const until = new Date(unit.now.getTime() + overlapS * 1000)
  const valid = await unit.db
    .select()
    .from(streamKeys)
    .where(
      and(
        eq(streamKeys.streamId, streamId),
        isNull(streamKeys.revokedAt),
        or(isNull(streamKeys.expiresAt), gt(streamKeys.expiresAt, unit.now)),
      ),
    )
    .orderBy(desc(streamKeys.id))
    .for('update')
  const [newest] = valid
  // a key of limited life was given for a while: its successor has no end of its own
  const settings = { ...(newest === undefined ? DEFAULTS : settingsOf(newest)), enabled: true, expires_at: null }
  const { row, secret } = await insertKey(unit, found.stream, settings)
  await unit.db
    .update(streamKeys)
    .set({ expiresAt: until })
    .where(
      and(
        inArray(
          streamKeys.id,
          valid.map(({ id }) => id),
        ),
        or(isNull(streamKeys.expiresAt), gt(streamKeys.expiresAt, until)),
      ),
    )
  await audit(unit, 'key.rotated', { type: 'stream', id: streamId }, { key_id: row.id, overlap_s: overlapS })
  await tell(unit, found, 'key.rotated', { ...factsOf(row), old_keys_expire_at: until.toISOString() })
  return shown(unit, found, row, secret)
}

export async function updateStreamKey(
  unit: WriteUnit,
  streamId: string,
  id: string,
  patch: unknown,
): Promise<StreamKey> {
  await findStream(unit, streamId)
  const row = await lockKey(unit, streamId, id)
  if (row.revokedAt !== null) throw failure('KEY_IS_REVOKED', 'a revoked key stays revoked')
  const settings = patched(streamKeySettingsSchema, settingsOf(row), patch)
  const [updated] = await unit.db.update(streamKeys).set(columns(settings)).where(eq(streamKeys.id, id)).returning()
  await audit(unit, 'key.updated', { type: 'stream', id: streamId }, { key_id: id, ...settings })
  return present(updated!)
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
  const found = await findStream(unit, streamId)
  const row = await lockKey(unit, streamId, id)
  if (row.revokedAt !== null) return
  await unit.db.update(streamKeys).set({ revokedAt: unit.now }).where(eq(streamKeys.id, id))
  await audit(unit, 'key.revoked', { type: 'stream', id: streamId }, { key_id: id })
  await tell(unit, found, 'key.revoked', { key_id: id })
}

type Found = Awaited<ReturnType<typeof findStream>>
type KeyEvent = 'key.created' | 'key.rotated' | 'key.revoked'

async function insertKey(
  unit: WriteUnit,
  { id: streamId, projectId }: Found['stream'],
  settings: StreamKeySettings,
): Promise<{ row: Row; secret: string }> {
  const secret = newStreamKey()
  const [row] = await unit.db
    .insert(streamKeys)
    .values({
      id: newId('key'),
      projectId,
      streamId,
      hash: hashSecret(unit.keyring, secret),
      last4: secret.slice(-4),
      ...columns(settings),
    })
    .returning()
  return { row: row!, secret }
}

async function lockKey(unit: WriteUnit, streamId: string, id: string): Promise<Row> {
  const [row] = await unit.db
    .select()
    .from(streamKeys)
    .where(and(eq(streamKeys.id, id), eq(streamKeys.streamId, streamId)))
    .for('update')
  if (row === undefined) throw failure('KEY_NOT_FOUND', `no key ${id}`)
  return row
}

async function tell<T extends KeyEvent>(
  unit: WriteUnit,
  { stream, vhost }: Found,
  type: T,
  facts: Omit<EventData<T>, 'vhost' | 'app' | 'stream'>,
): Promise<void> {
  await appendEvent(unit.db, {
    projectId: stream.projectId,
    type,
    subject: { type: 'stream', id: stream.id },
    timestamp: unit.now,
    data: { vhost, app: stream.app, stream: stream.name, ...facts } as EventData<T>,
  })
}

async function shown(unit: WriteUnit, { stream, vhost }: Found, row: Row, secret: string): Promise<StreamKeyCreated> {
  const ingest = await ingestUrls(unit, { vhost, app: stream.app, name: stream.name }, secret)
  return { ...present(row), secret, ingest }
}

const factsOf = (row: Row) => ({
  key_id: row.id,
  name: row.name,
  last4: row.last4,
  expires_at: timestamp(row.expiresAt),
})

function settingsOf(row: Row): StreamKeySettings {
  return {
    name: row.name,
    enabled: row.enabled,
    expires_at: timestamp(row.expiresAt),
    allow_ips: row.allowIps,
    protocols: row.protocols,
  }
}

const columns = ({ name, enabled, expires_at: expiresAt, allow_ips: allowIps, protocols }: StreamKeySettings) => ({
  name,
  enabled,
  allowIps,
  protocols,
  expiresAt: expiresAt === null ? null : new Date(expiresAt),
})

function present(row: Row): StreamKey {
  return {
    id: row.id,
    stream_id: row.streamId,
    last4: row.last4,
    ...settingsOf(row),
    last_used_at: timestamp(row.lastUsedAt),
    revoked_at: timestamp(row.revokedAt),
    created_at: timestamp(row.createdAt),
  }
}
