import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import path from 'node:path'

import type { ArchiveFormat, TrackInfo } from '@millrace/contracts'
import { clips, jobs, newId, playbackIds, recordings, takes } from '@millrace/db'
import { eq, sql } from 'drizzle-orm'

import type { TestControl } from './control.ts'

const TRACKS: TrackInfo[] = [
  { kind: 'video', codec: 'h264', codec_string: 'avc1.64001f', width: 1280, height: 720, fps: 25 },
  { kind: 'audio', codec: 'aac', codec_string: 'mp4a.40.2', sample_rate: 48_000, channels: 2 },
]

/** A take to be entered with its segments. */
export interface NewTake {
  streamId: string
  recordingId?: string | null
  storageId: string
  startsAt: Date
  /** How many segments; default 3. */
  count?: number
  durationMs?: number
  format?: ArchiveFormat
  epoch?: number | null
  /** Default true. */
  closed?: boolean
  /** Numbers of segments that are lost, and of those that were never reported. */
  lost?: readonly number[]
  missing?: readonly number[]
}

/** Enters a take and its segments of 100 kB as the index has them, however many. Returns its id. */
export async function newTake({ db }: Pick<TestControl, 'db'>, take: NewTake): Promise<string> {
  const { streamId, recordingId = null, storageId, startsAt, count = 3, durationMs = 4000, format = 'fmp4' } = take
  const { epoch = 1, closed = true, lost = [], missing = [] } = take
  const id = newId('take')
  const [row] = await db.execute<{ project_id: string }>(sql`select project_id from streams where id = ${streamId}`)
  await db.insert(takes).values({
    id,
    projectId: row!.project_id,
    streamId,
    sessionId: newId('session'),
    nodeId: newId('node'),
    storageId,
    format,
    epoch,
    openedAt: startsAt,
    tracks: [{ init: 0, tracks: TRACKS, bandwidth: null }],
    closedAt: closed ? new Date(startsAt.getTime() + count * durationMs) : null,
    segments: closed ? count : null,
  })
  const numbers = (list: readonly number[]) => sql`${`{${list.join(',')}}`}::int[]`
  await db.execute(sql`
    insert into media_segments (take_id, seq, stream_id, recording_id, starts_at, duration_ms, bytes, lost_code)
    select ${id}, n, ${streamId}, ${recordingId}, ${startsAt.toISOString()}::timestamptz + n * ${durationMs} * interval '1 ms',
      ${durationMs}, case when n = any(${numbers(lost)}) then 0 else 100000 end,
      case when n = any(${numbers(lost)}) then 'STORAGE_UNREACHABLE' end
    from generate_series(0, ${count - 1}) as n where n <> all(${numbers(missing)})`)
  return id
}

/** A recording to be entered. */
export type NewRecording = Partial<typeof recordings.$inferInsert> & {
  streamId: string
  storageId: string
  startedAt: Date
  policy?: 'public' | 'signed' | 'admission'
}

/** Enters a recording with a playback id. */
export async function newRecording(
  { db }: Pick<TestControl, 'db'>,
  { policy = 'public', ...recording }: NewRecording,
): Promise<{ id: string; playbackId: string }> {
  const [id, playbackId] = [newId('recording'), newId('playback')]
  const { streamId } = recording
  const [row] = await db.execute<{ project_id: string }>(sql`select project_id from streams where id = ${streamId}`)
  const base = { projectId: row!.project_id, mode: 'automatic', plan: 'session', format: 'fmp4', segmentS: 4 } as const
  await db.insert(recordings).values({ ...base, id, status: 'ready', segments: 1, ...recording })
  await db.insert(playbackIds).values({ id: playbackId, projectId: row!.project_id, streamId, recordingId: id, policy })
  return { id, playbackId }
}

type Changeable = typeof recordings | typeof takes | typeof clips | typeof jobs

/** Changes a row as others would: nodes by their reports, workers by their jobs. */
export async function changeRow<T extends Changeable>(
  { db }: Pick<TestControl, 'db'>,
  table: T,
  id: string,
  change: Partial<T['$inferInsert']>,
): Promise<void> {
  await db
    .update(table)
    .set(change as never)
    .where(eq(table.id, id))
}

/** A local storage in a folder of its own. */
export class TestStorage {
  readonly id: string
  readonly directory: string

  static async make(control: TestControl): Promise<TestStorage> {
    const directory = await mkdtemp(path.join(control.storageDir, 'storage-'))
    const body = { name: 'disk', location: { type: 'local', directory } }
    return new TestStorage((await control.call('POST', '/v1/storages', { body })).body.id, directory)
  }

  constructor(id: string, directory: string) {
    this.id = id
    this.directory = directory
  }

  /** Puts an object there. */
  async put(key: string, content: string | Uint8Array): Promise<void> {
    const file = path.join(this.directory, key)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, content)
  }
}
