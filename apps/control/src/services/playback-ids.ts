import { MAX_PLAYBACK_IDS, type PlaybackId, type PlaybackIdCreate } from '@millrace/contracts'
import { playbackIds } from '@millrace/db'
import { and, eq } from 'drizzle-orm'

import { failure } from './failures.ts'
import { insertPlaybackId, playbackIdsOf, presentPlaybackId } from './playback-id-rows.ts'
import { findStream, lockStream } from './streams.ts'
import { audit, type ReadUnit, type WriteUnit } from './unit.ts'

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
