import type { ArchiveFormat, ArchiveOrder, RecordFormat, RecordSettings } from '@millrace/contracts'
import { SEGMENT_S } from '@millrace/contracts'
import { and, eq, inArray, ne } from 'drizzle-orm'

import type { BroadcastUnit } from './broadcasts.ts'
import type { Queryable } from './connect.ts'
import { appendNodeCommand } from './node-commands.ts'
import { projects, recordings, sessions, storages, streams, vhosts } from './schema.ts'

/** How a stream is archived by its own settings and its vhost's. */
export interface ArchiveSettings {
  /** Null when nothing is said. */
  record: RecordSettings | null
  dvrWindowS: number
  livePlaylist: boolean
  liveWindowS: number
  /** What `record` names, if it is there, else the project's default; null when there is none. */
  storageId: string | null
}

/** What segments are for recordings of this format. */
export function archiveFormatOf(format: RecordFormat): ArchiveFormat {
  return format === 'ts' ? 'ts' : 'fmp4'
}

/** The settings of a stream that exists. */
export async function archiveSettingsOf(db: Queryable, streamId: string): Promise<ArchiveSettings> {
  const [row] = await db
    .select({ stream: streams, vhost: vhosts, defaultStorageId: projects.defaultStorageId })
    .from(streams)
    .innerJoin(vhosts, eq(vhosts.id, streams.vhostId))
    .innerJoin(projects, eq(projects.id, streams.projectId))
    .where(eq(streams.id, streamId))
  const { stream, vhost, defaultStorageId } = row!
  const record = stream.record ?? vhost.record
  const wanted = [record?.storage_id, defaultStorageId].filter((id) => id != null)
  const known =
    wanted.length === 0
      ? []
      : await db
          .select({ id: storages.id })
          .from(storages)
          .where(and(inArray(storages.id, wanted), eq(storages.projectId, stream.projectId)))
  return {
    record,
    dvrWindowS: stream.dvrWindowS ?? vhost.dvrWindowS,
    livePlaylist: stream.livePlaylist ?? vhost.livePlaylist,
    liveWindowS: stream.liveWindowS ?? vhost.liveWindowS,
    storageId: wanted.find((id) => known.some((storage) => storage.id === id)) ?? null,
  }
}

/**
 * How a broadcast of the stream is to be archived now; null for not at all. A recording that is open counts as it was begun,
 * whatever the settings say since. `starting`: for a broadcast that begins, which an automatic recording would begin with.
 */
export async function archiveOrderOf(
  db: Queryable,
  streamId: string,
  { starting }: { starting: boolean },
): Promise<ArchiveOrder | null> {
  const settings = await archiveSettingsOf(db, streamId)
  const [open] = await db
    .select()
    .from(recordings)
    .where(and(eq(recordings.streamId, streamId), eq(recordings.status, 'recording')))
  const recorded = open !== undefined || (starting && settings.record?.mode === 'automatic')
  if (!recorded && settings.dvrWindowS === 0 && !settings.livePlaylist) return null
  const storageId = open?.storageId ?? settings.storageId
  if (storageId === null) return null
  return {
    storage_id: storageId,
    format: archiveFormatOf(open?.format ?? settings.record?.format ?? 'fmp4'),
    segment_ms: (open?.segmentS ?? settings.record?.segment_s ?? SEGMENT_S.default) * 1000,
    live_playlist: settings.livePlaylist ? { window_s: settings.liveWindowS } : null,
  }
}

/** Tells the node that has the broadcast of a stream how to archive it from now on; nobody when it isn't on. */
export async function steerArchive(unit: BroadcastUnit, streamId: string): Promise<void> {
  const [session] = await unit.db
    .select({ id: sessions.id, nodeId: sessions.nodeId })
    .from(sessions)
    .innerJoin(streams, eq(streams.currentSessionId, sessions.id))
    .where(and(eq(streams.id, streamId), ne(sessions.status, 'ended')))
  if (session === undefined) return
  const order = await archiveOrderOf(unit.db, streamId, { starting: false })
  await appendNodeCommand(unit.db, session.nodeId, {
    type: 'archive',
    stream_id: streamId,
    session_id: session.id,
    order,
  })
}
