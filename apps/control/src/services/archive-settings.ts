import type { RecordSettings } from '@millrace/contracts'
import { clips, projects, recordings, storages } from '@millrace/db'
import { and, eq, ne } from 'drizzle-orm'

import { failure } from './failures.ts'
import type { ReadUnit, WriteUnit } from './unit.ts'

/** What of the settings of a stream or vhost decides whether it is archived. */
interface Archived {
  record: RecordSettings | null
  dvr_window_s: number | null
  live_playlist: boolean | null
}

/** Throws `STORAGE_NOT_FOUND` for a storage that isn't the project's. */
export async function requireStorage({ db }: ReadUnit, projectId: string, id: string): Promise<void> {
  const [row] = await db
    .select({ id: storages.id })
    .from(storages)
    .where(and(eq(storages.id, id), eq(storages.projectId, projectId)))
  if (row === undefined) throw failure('STORAGE_NOT_FOUND', `the project has no storage ${id}`)
}

/** Sees to it that there is a storage for what these settings ask for. Throws `STORAGE_NOT_FOUND`, `STORAGE_MISSING`. */
export async function requireStorageFor(unit: WriteUnit, projectId: string, settings: Archived): Promise<void> {
  const { record, dvr_window_s: dvrWindowS, live_playlist: livePlaylist } = settings
  const named = record?.storage_id ?? null
  if (named !== null) return requireStorage(unit, projectId, named)
  const archives = (record !== null && record.mode !== 'off') || (dvrWindowS ?? 0) > 0 || livePlaylist === true
  if (!archives) return
  const [project] = await unit.db
    .select({ storageId: projects.defaultStorageId })
    .from(projects)
    .where(eq(projects.id, projectId))
  if (project?.storageId != null) return
  throw failure('STORAGE_MISSING', 'the project has no default storage: give it one, or name one in `record`')
}

/** Throws `STREAM_HAS_RECORDINGS` while recordings or clips of the stream are kept: they would be lost without a word. */
export async function requireNothingKept({ db }: WriteUnit, streamId: string): Promise<void> {
  for (const table of [recordings, clips]) {
    const [row] = await db
      .select({ id: table.id })
      .from(table)
      .where(and(eq(table.streamId, streamId), ne(table.status, 'deleted')))
      .limit(1)
    if (row !== undefined) throw failure('STREAM_HAS_RECORDINGS', `delete its recordings and clips first: ${row.id}`)
  }
}
