import {
  MAX_PLAYBACK_IDS,
  type Page,
  type PlaybackId,
  type PlaybackIdCreate,
  type Stream,
  type StreamCreate,
  type StreamQuery,
  streamSettingsSchema,
  type StreamStatus,
} from '@millrace/contracts'
import {
  brokenConstraint,
  newId,
  nodes,
  playbackIds,
  type Queryable,
  sessions,
  streams,
  type Tx,
  vhosts,
} from '@millrace/db'
import { and, asc, desc, eq, gt, inArray, type SQL, sql } from 'drizzle-orm'

import { failure } from './failures.ts'
import { afterCursor, fetchCount, timestamp, toPage } from './lists.ts'
import { aliveSince } from './nodes.ts'
import { type IfMatch, patched, requireVersion } from './settings.ts'
import { audit, type PublicUnit, type ReadUnit, type Versioned, type WriteUnit } from './unit.ts'
import { findVhost } from './vhosts.ts'

export type StreamRow = typeof streams.$inferSelect
type PlaybackIdRow = typeof playbackIds.$inferSelect

/** A stream with what its answer shows beside the row. */
interface Found {
  stream: StreamRow
  vhost: string
}

export async function createStream(unit: WriteUnit, input: StreamCreate): Promise<Versioned<Stream>> {
  const vhost = await findVhost(unit, input.vhost)
  const id = newId('stream')
  const { vhost: _, external_id: externalId, playback_policy: playbackPolicy, name = id, ...rest } = input
  const [stream] = await unit.db
    .insert(streams)
    .values({
      id,
      projectId: unit.principal.projectId,
      vhostId: vhost.id,
      name,
      externalId,
      playbackPolicy,
      ...rest,
    })
    .returning()
    .catch((error: unknown) => {
      if (brokenConstraint(error) === 'streams_vhost_app_name_unique') {
        throw failure('STREAM_EXISTS', `there is a stream ${vhost.name}/${input.app}/${name} already`)
      }
      throw error
    })
  const playback = await insertPlaybackId(unit.db, stream!)
  await audit(unit, 'stream.created', { type: 'stream', id }, { vhost: vhost.name, app: input.app, name })
  return { value: present({ stream: stream!, vhost: vhost.name }, [playback]), version: stream!.version }
}

export async function listStreams(unit: ReadUnit, query: StreamQuery): Promise<Page<Stream>> {
  const found = await selectStreams(unit.db)
    .where(
      and(
        eq(streams.projectId, unit.principal.projectId),
        query.vhost_id === undefined ? undefined : eq(streams.vhostId, query.vhost_id),
        query.app === undefined ? undefined : eq(streams.app, query.app),
        query.name === undefined ? undefined : eq(streams.name, query.name),
        query.external_id === undefined ? undefined : eq(streams.externalId, query.external_id),
        query.status === undefined ? undefined : hasStatus(query.status),
        afterCursor(streams.id, query),
      ),
    )
    .orderBy(desc(streams.id))
    .limit(fetchCount(query))
  const ids = found.map(({ stream }) => stream.id)
  const rows = ids.length === 0 ? [] : await selectPlaybackIds(unit.db, inArray(playbackIds.streamId, ids))
  const byStream = Map.groupBy(rows, ({ streamId }) => streamId)
  return toPage(found, query, (row) => present(row, byStream.get(row.stream.id) ?? []))
}

export async function getStream(unit: ReadUnit, id: string): Promise<Versioned<Stream>> {
  const found = await findStream(unit, id)
  return { value: present(found, await playbackIdsOf(unit.db, id)), version: found.stream.version }
}

export async function updateStream(
  unit: WriteUnit,
  id: string,
  patch: unknown,
  ifMatch: IfMatch,
): Promise<Versioned<Stream>> {
  const { stream, vhost } = await lockStream(unit, id)
  requireVersion(ifMatch, stream.version)
  const current = { ...stream, external_id: stream.externalId, playback_policy: stream.playbackPolicy }
  const {
    external_id: externalId,
    playback_policy: playbackPolicy,
    ...settings
  } = patched(streamSettingsSchema, current, patch)
  const [updated] = await unit.db
    .update(streams)
    .set({ ...settings, externalId, playbackPolicy, version: sql`${streams.version} + 1` })
    .where(eq(streams.id, id))
    .returning()
  await audit(unit, 'stream.updated', { type: 'stream', id }, settings)
  return { value: present({ stream: updated!, vhost }, await playbackIdsOf(unit.db, id)), version: updated!.version }
}

export async function deleteStream(unit: WriteUnit, id: string, ifMatch: IfMatch): Promise<void> {
  const { stream } = await lockStream(unit, id)
  requireVersion(ifMatch, stream.version)
  if (await isOnAir(unit, stream)) {
    throw failure('STREAM_ON_AIR', 'it is being published: stop the publisher first')
  }
  await unit.db.delete(streams).where(eq(streams.id, id))
  await audit(unit, 'stream.deleted', { type: 'stream', id }, { app: stream.app, name: stream.name })
}

/** Throws `PLAYBACK_ID_LIMIT` when the stream has as many as a node can be told. */
export async function createPlaybackId(
  unit: WriteUnit,
  streamId: string,
  input: PlaybackIdCreate,
): Promise<PlaybackId> {
  const { stream } = await lockStream(unit, streamId)
  if ((await playbackIdsOf(unit.db, streamId)).length >= MAX_PLAYBACK_IDS) {
    throw failure('PLAYBACK_ID_LIMIT', `a stream may have ${MAX_PLAYBACK_IDS} playback ids`)
  }
  const row = await insertPlaybackId(unit.db, stream, input)
  await audit(unit, 'playback_id.created', { type: 'stream', id: streamId }, { playback_id: row.id })
  return presentPlaybackId(row)
}

export async function listPlaybackIds(unit: ReadUnit, streamId: string): Promise<PlaybackId[]> {
  await findStream(unit, streamId)
  return (await playbackIdsOf(unit.db, streamId)).map(presentPlaybackId)
}

export async function deletePlaybackId(unit: WriteUnit, streamId: string, id: string): Promise<void> {
  await findStream(unit, streamId)
  const deleted = await unit.db
    .delete(playbackIds)
    .where(and(eq(playbackIds.id, id), eq(playbackIds.streamId, streamId)))
    .returning({ id: playbackIds.id })
  if (deleted.length === 0) throw failure('PLAYBACK_ID_NOT_FOUND', `no playback id ${id}`)
  await audit(unit, 'playback_id.deleted', { type: 'stream', id: streamId }, { playback_id: id })
}

/** The caller's stream and its vhost's name. Throws `STREAM_NOT_FOUND`. */
export async function findStream(unit: ReadUnit, id: string): Promise<Found> {
  const [found] = await selectStreams(unit.db).where(ownStream(unit, id))
  if (found === undefined) throw failure('STREAM_NOT_FOUND', `no stream ${id}`)
  return found
}

/** The stream of these names, made if it is missing (with a public playback id); any number of callers at once get the same row. */
export async function ensureStream(
  tx: Tx,
  vhost: { id: string; projectId: string },
  app: string,
  name: string,
): Promise<StreamRow> {
  const [made] = await tx
    .insert(streams)
    .values({ id: newId('stream'), projectId: vhost.projectId, vhostId: vhost.id, app, name })
    .onConflictDoNothing()
    .returning()
  if (made !== undefined) {
    await insertPlaybackId(tx, made)
    return made
  }
  const found = await streamByName(tx, vhost.id, app, name)
  if (found === undefined) throw failure('STREAM_NOT_FOUND', 'the stream was deleted meanwhile')
  return found
}

/** A stream by its names, or undefined. */
export async function streamByName(
  db: Queryable,
  vhostId: string,
  app: string,
  name: string,
): Promise<StreamRow | undefined> {
  const [row] = await db
    .select()
    .from(streams)
    .where(and(eq(streams.vhostId, vhostId), eq(streams.app, app), eq(streams.name, name)))
  return row
}

/** What a stream's status is shown as. */
export function statusOf({ enabled, status }: Pick<StreamRow, 'enabled' | 'status'>): StreamStatus {
  return enabled ? status : 'disabled'
}

/** Whether a living node has a broadcast of it; one left behind by a dead node doesn't count. */
async function isOnAir(unit: PublicUnit, { currentSessionId }: StreamRow): Promise<boolean> {
  if (currentSessionId === null) return false
  const rows = await unit.db
    .select({ id: sessions.id })
    .from(sessions)
    .innerJoin(nodes, eq(nodes.id, sessions.nodeId))
    .where(and(eq(sessions.id, currentSessionId), gt(nodes.lastSeenAt, aliveSince(unit.now))))
  return rows.length > 0
}

async function lockStream(unit: WriteUnit, id: string): Promise<Found> {
  const [found] = await selectStreams(unit.db).where(ownStream(unit, id)).for('update', { of: streams })
  if (found === undefined) throw failure('STREAM_NOT_FOUND', `no stream ${id}`)
  return found
}

const ownStream = (unit: ReadUnit, id: string): SQL | undefined =>
  and(eq(streams.id, id), eq(streams.projectId, unit.principal.projectId))

const selectStreams = (db: Queryable) =>
  db.select({ stream: streams, vhost: vhosts.name }).from(streams).innerJoin(vhosts, eq(vhosts.id, streams.vhostId))

const selectPlaybackIds = (db: Queryable, where: SQL) =>
  db.select().from(playbackIds).where(where).orderBy(asc(playbackIds.id))

/** The playback ids of a stream, the oldest first. */
export const playbackIdsOf = (db: Queryable, streamId: string) =>
  selectPlaybackIds(db, eq(playbackIds.streamId, streamId))

async function insertPlaybackId(
  tx: Tx,
  stream: StreamRow,
  { policy = stream.playbackPolicy, allowed_origins: allowedOrigins = [] }: Partial<PlaybackIdCreate> = {},
): Promise<PlaybackIdRow> {
  const [row] = await tx
    .insert(playbackIds)
    .values({ id: newId('playback'), projectId: stream.projectId, streamId: stream.id, policy, allowedOrigins })
    .returning()
  return row!
}

function hasStatus(status: StreamStatus): SQL | undefined {
  if (status === 'disabled') return eq(streams.enabled, false)
  return and(eq(streams.enabled, true), eq(streams.status, status))
}

function presentPlaybackId({ id, policy, allowedOrigins, createdAt }: PlaybackIdRow): PlaybackId {
  return { id, policy, allowed_origins: allowedOrigins, created_at: timestamp(createdAt) }
}

function present({ stream, vhost }: Found, playback: readonly PlaybackIdRow[]): Stream {
  return {
    id: stream.id,
    vhost_id: stream.vhostId,
    vhost,
    app: stream.app,
    name: stream.name,
    title: stream.title,
    metadata: stream.metadata,
    tags: stream.tags,
    external_id: stream.externalId,
    playback_policy: stream.playbackPolicy,
    enabled: stream.enabled,
    status: statusOf(stream),
    current_session_id: stream.currentSessionId,
    playback_ids: playback.map(presentPlaybackId),
    created_at: timestamp(stream.createdAt),
    updated_at: timestamp(stream.updatedAt),
  }
}
