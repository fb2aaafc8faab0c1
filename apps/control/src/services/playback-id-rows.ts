import type { PlaybackId, PlaybackIdCreate } from '@millrace/contracts'
import { newId, playbackIds, type Queryable, type streams, type Tx } from '@millrace/db'
import { and, asc, eq, inArray, isNull, type SQL } from 'drizzle-orm'

import { timestamp } from './lists.ts'

export type PlaybackIdRow = typeof playbackIds.$inferSelect

/** Playback ids, the oldest first. */
export const selectPlaybackIds = (db: Queryable, where: SQL | undefined) =>
  db.select().from(playbackIds).where(where).orderBy(asc(playbackIds.id))

/** The playback ids of a stream, the oldest first. */
export const playbackIdsOf = (db: Queryable, streamId: string) => selectPlaybackIds(db, ofStreams([streamId]))

/** The playback ids of a recording, the oldest first. */
export const playbackIdsOfRecording = (db: Queryable, recordingId: string) =>
  selectPlaybackIds(db, eq(playbackIds.recordingId, recordingId))

/** Those of these streams themselves, not of their recordings. */
export const ofStreams = (ids: readonly string[]): SQL | undefined =>
  and(inArray(playbackIds.streamId, [...ids]), isNull(playbackIds.recordingId))

/** Gives a stream one more; by default of the stream's own policy. */
export async function insertPlaybackId(
  tx: Tx,
  stream: typeof streams.$inferSelect,
  { policy = stream.playbackPolicy, allowed_origins: allowedOrigins = [] }: Partial<PlaybackIdCreate> = {},
): Promise<PlaybackIdRow> {
  const [row] = await tx
    .insert(playbackIds)
    .values({ id: newId('playback'), projectId: stream.projectId, streamId: stream.id, policy, allowedOrigins })
    .returning()
  return row!
}

/** As the API shows it. */
export function presentPlaybackId({ id, policy, allowedOrigins, createdAt }: PlaybackIdRow): PlaybackId {
  return { id, policy, allowed_origins: allowedOrigins, created_at: timestamp(createdAt) }
}
