import { isDeepStrictEqual } from 'node:util'

import {
  type EventData,
  type EventType,
  type Job,
  type Page,
  type Stream,
  type StreamCreate,
  type StreamQuery,
  type StreamSettings,
  streamSettingsSchema,
  type StreamStatus,
} from '@millrace/contracts'
import {
  appendEvent,
  appendNodeCommand,
  brokenConstraint,
  newId,
  nodes,
  notifyRouting,
  projects,
  type Queryable,
  sessions,
  steerArchive,
  streams,
  type Tx,
  vhosts,
} from '@millrace/db'
import { activeTraceparent } from '@millrace/telemetry'
import { and, desc, eq, gt, ne, type SQL, sql } from 'drizzle-orm'

import { requireNothingKept, requireStorageFor } from './archive-settings.ts'
import { type CommandFor, startCommandJob } from './command-jobs.ts'
import { failure } from './failures.ts'
import { afterCursor, fetchCount, timestamp, toPage } from './lists.ts'
import { aliveSince } from './nodes.ts'
import {
  insertPlaybackId,
  ofStreams,
  type PlaybackIdRow,
  playbackIdsOf,
  presentPlaybackId,
  selectPlaybackIds,
} from './playback-id-rows.ts'
import { type IfMatch, patched, requireVersion } from './settings.ts'
import { audit, type PublicUnit, type ReadUnit, type Versioned, type WriteUnit } from './unit.ts'
import { findVhost } from './vhosts.ts'

export type StreamRow = typeof streams.$inferSelect

/** A stream with what its answer shows beside the row. */
interface Found {
  stream: StreamRow
  vhost: string
}

export async function createStream(unit: WriteUnit, input: StreamCreate): Promise<Versioned<Stream>> {
  const vhost = await findVhost(unit, input.vhost)
  await requireRoomForStream(unit.db, vhost.projectId)
  const id = newId('stream')
  const { vhost: _, app, name = id, ...settings } = input
  const [stream] = await unit.db
    .insert(streams)
    .values({
      id,
      projectId: unit.principal.projectId,
      vhostId: vhost.id,
      app,
      name,
      ...columns(settings),
      sourceTraceparent: activeTraceparent() ?? null,
    })
    .returning()
    .catch((error: unknown) => {
      if (brokenConstraint(error) === 'streams_vhost_app_name_unique') {
        throw failure('STREAM_EXISTS', `there is a stream ${vhost.name}/${input.app}/${name} already`)
      }
      throw error
    })
  await requireStorageFor(unit, vhost.projectId, input)
  const playback = await insertPlaybackId(unit.db, stream!)
  const names = { vhost: vhost.name, app, stream: name }
  await audit(unit, 'stream.created', { type: 'stream', id }, names)
  await tellStream(unit, stream!, 'stream.created', names)
  if (input.source.type === 'pull') await notifyRouting(unit.db)
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
  const rows = ids.length === 0 ? [] : await selectPlaybackIds(unit.db, ofStreams(ids))
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
  const current = settingsOf(stream)
  const settings = patched(streamSettingsSchema, current, patch)
  return changeStream(unit, { stream, vhost }, settings)
}

/** Lets publishers and players in again. */
export async function enableStream(unit: WriteUnit, id: string): Promise<Versioned<Stream>> {
  const found = await lockStream(unit, id)
  return changeStream(unit, found, { ...settingsOf(found.stream), enabled: true })
}

/** Refuses publishers and players from now on, and ends the broadcast that is on. */
export async function disableStream(unit: WriteUnit, id: string): Promise<Versioned<Stream>> {
  const found = await lockStream(unit, id)
  return changeStream(unit, found, { ...settingsOf(found.stream), enabled: false })
}

/** Ends the broadcast that is on; its publisher may come again. Throws `STREAM_NOT_ON_AIR`. */
export async function disconnectStream(unit: WriteUnit, id: string): Promise<Job> {
  const found = await lockStream(unit, id)
  const kick = await kickOf(unit, found)
  if (kick === undefined) throw failure('STREAM_NOT_ON_AIR', 'nobody publishes it')
  await audit(unit, 'stream.disconnected', { type: 'stream', id })
  return startCommandJob(unit, 'stream.disconnect', { type: 'stream', id }, [kick])
}

/** Settings that change how a broadcast that is on is archived. */
const ARCHIVE_SETTINGS = ['record', 'dvr_window_s', 'live_playlist', 'live_window_s'] as const

/** Writes new settings and what follows from them; the row is locked. Nothing happens when they are the old ones. */
async function changeStream(
  unit: WriteUnit,
  { stream, vhost }: Found,
  settings: StreamSettings,
): Promise<Versioned<Stream>> {
  const { id } = stream
  const before = settingsOf(stream)
  const changed = streamSettingsSchema
    .keyof()
    .options.filter((name) => !isDeepStrictEqual(before[name], settings[name]))
  if (changed.length === 0) return getStream(unit, id)
  const routes = changed.includes('enabled') || changed.includes('source')
  const [updated] = await unit.db
    .update(streams)
    .set({
      ...columns(settings),
      version: sql`${streams.version} + 1`,
      ...(routes && { sourceTraceparent: activeTraceparent() ?? null }),
    })
    .where(eq(streams.id, id))
    .returning()
  if (ARCHIVE_SETTINGS.some((name) => changed.includes(name))) {
    await requireStorageFor(unit, stream.projectId, settings)
    await steerArchive(unit, id)
  }
  await audit(unit, 'stream.updated', { type: 'stream', id }, settings)
  const names = { vhost, app: stream.app, stream: stream.name }
  const others = changed.filter((name) => name !== 'enabled')
  if (others.length > 0) await tellStream(unit, stream, 'stream.updated', { ...names, changed: others })
  if (changed.includes('enabled')) {
    await tellStream(unit, stream, settings.enabled ? 'stream.enabled' : 'stream.disabled', names)
    const kick = settings.enabled ? undefined : await kickOf(unit, { stream, vhost })
    if (kick !== undefined) await appendNodeCommand(unit.db, kick.nodeId, kick.command)
  }
  if (routes) await notifyRouting(unit.db)
  return { value: present({ stream: updated!, vhost }, await playbackIdsOf(unit.db, id)), version: updated!.version }
}

/** The command that ends the broadcast that is on, if a node has one. */
async function kickOf(unit: WriteUnit, { stream, vhost }: Found): Promise<CommandFor | undefined> {
  if (stream.currentSessionId === null) return undefined
  const [session] = await unit.db
    .select({ id: sessions.id, nodeId: sessions.nodeId })
    .from(sessions)
    .where(and(eq(sessions.id, stream.currentSessionId), ne(sessions.status, 'ended')))
  if (session === undefined) return undefined
  const { id: streamId, app, name } = stream
  return {
    nodeId: session.nodeId,
    command: { type: 'kick_stream', stream_id: streamId, session_id: session.id, vhost, app, stream: name },
  }
}

async function tellStream<T extends EventType & `stream.${string}`>(
  unit: { db: Tx; now: Date },
  stream: StreamRow,
  type: T,
  data: EventData<T>,
): Promise<void> {
  const { projectId, id } = stream
  await appendEvent(unit.db, { projectId, type, subject: { type: 'stream', id }, timestamp: unit.now, data })
}

/** Throws `STREAM_LIMIT_REACHED` when the project has as many streams as it may. Those who make some wait for each other. */
async function requireRoomForStream(tx: Tx, projectId: string): Promise<void> {
  const [project] = await tx.select({ limits: projects.limits }).from(projects).where(eq(projects.id, projectId))
  const most = project?.limits.max_streams ?? null
  if (most === null) return
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`streams of ${projectId}`}, 0))`)
  if ((await tx.$count(streams, eq(streams.projectId, projectId))) >= most) {
    throw failure('STREAM_LIMIT_REACHED', `the project may have ${most} streams`)
  }
}

/**
 * Deletes a stream that nobody publishes, and the index of what is archived of it; those objects are removed as orphans.
 * Throws `STREAM_ON_AIR`, and `STREAM_HAS_RECORDINGS` while recordings or clips of it are kept.
 */
export async function deleteStream(unit: WriteUnit, id: string, ifMatch: IfMatch): Promise<void> {
  const { stream, vhost } = await lockStream(unit, id)
  requireVersion(ifMatch, stream.version)
  if (await isOnAir(unit, stream)) {
    throw failure('STREAM_ON_AIR', 'it is being published: stop the publisher first')
  }
  await requireNothingKept(unit, id)
  await unit.db.delete(streams).where(eq(streams.id, id))
  const names = { vhost, app: stream.app, stream: stream.name }
  await audit(unit, 'stream.deleted', { type: 'stream', id }, names)
  await tellStream(unit, stream, 'stream.deleted', names)
  await notifyRouting(unit.db)
}

/** The caller's stream and its vhost's name. Throws `STREAM_NOT_FOUND`. */
export async function findStream(unit: ReadUnit, id: string): Promise<Found> {
  const [found] = await selectStreams(unit.db).where(ownStream(unit, id))
  if (found === undefined) throw failure('STREAM_NOT_FOUND', `no stream ${id}`)
  return found
}

/**
 * The stream of these names, made if it is missing (with a public playback id); any number of callers at once get the same
 * row. Throws `STREAM_LIMIT_REACHED`.
 */
export async function ensureStream(
  unit: { db: Tx; now: Date },
  vhost: { id: string; projectId: string; name: string },
  app: string,
  name: string,
): Promise<StreamRow> {
  const known = await streamByName(unit.db, vhost.id, app, name)
  if (known !== undefined) return known
  await requireRoomForStream(unit.db, vhost.projectId)
  const [made] = await unit.db
    .insert(streams)
    .values({ id: newId('stream'), projectId: vhost.projectId, vhostId: vhost.id, app, name })
    .onConflictDoNothing()
    .returning()
  if (made !== undefined) {
    await insertPlaybackId(unit.db, made)
    await tellStream(unit, made, 'stream.created', { vhost: vhost.name, app, stream: name })
    return made
  }
  const found = await streamByName(unit.db, vhost.id, app, name)
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

/** As `findStream`, locked. */
export async function lockStream(unit: WriteUnit, id: string): Promise<Found> {
  const [found] = await selectStreams(unit.db).where(ownStream(unit, id)).for('update', { of: streams })
  if (found === undefined) throw failure('STREAM_NOT_FOUND', `no stream ${id}`)
  return found
}

const ownStream = (unit: ReadUnit, id: string): SQL | undefined =>
  and(eq(streams.id, id), eq(streams.projectId, unit.principal.projectId))

const selectStreams = (db: Queryable) =>
  db.select({ stream: streams, vhost: vhosts.name }).from(streams).innerJoin(vhosts, eq(vhosts.id, streams.vhostId))

function hasStatus(status: StreamStatus): SQL | undefined {
  if (status === 'disabled') return eq(streams.enabled, false)
  return and(eq(streams.enabled, true), eq(streams.status, status))
}

/** The settings as the API names them. */
function settingsOf(stream: StreamRow): StreamSettings {
  return {
    title: stream.title,
    metadata: stream.metadata,
    tags: stream.tags,
    external_id: stream.externalId,
    playback_policy: stream.playbackPolicy,
    enabled: stream.enabled,
    latency: stream.latency,
    reconnect_window_s: stream.reconnectWindowS,
    max_bitrate_kbps: stream.maxBitrateKbps,
    max_duration_s: stream.maxDurationS,
    source: stream.source,
    record: stream.record,
    dvr_window_s: stream.dvrWindowS,
    live_playlist: stream.livePlaylist,
    live_window_s: stream.liveWindowS,
  }
}

/** The settings as the table names them. */
function columns({
  external_id: externalId,
  playback_policy: playbackPolicy,
  reconnect_window_s: reconnectWindowS,
  max_bitrate_kbps: maxBitrateKbps,
  max_duration_s: maxDurationS,
  dvr_window_s: dvrWindowS,
  live_playlist: livePlaylist,
  live_window_s: liveWindowS,
  ...settings
}: StreamSettings) {
  const archive = { dvrWindowS, livePlaylist, liveWindowS }
  return { externalId, playbackPolicy, reconnectWindowS, maxBitrateKbps, maxDurationS, ...archive, ...settings }
}

function present({ stream, vhost }: Found, playback: readonly PlaybackIdRow[]): Stream {
  return {
    id: stream.id,
    vhost_id: stream.vhostId,
    vhost,
    app: stream.app,
    name: stream.name,
    ...settingsOf(stream),
    status: statusOf(stream),
    current_session_id: stream.currentSessionId,
    playback_ids: playback.map(presentPlaybackId),
    created_at: timestamp(stream.createdAt),
    updated_at: timestamp(stream.updatedAt),
  }
}
