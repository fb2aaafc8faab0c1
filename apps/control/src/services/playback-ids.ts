import { MAX_PLAYBACK_IDS, type PlaybackId, type PlaybackIdCreate } from '@millrace/contracts'
import { newId, playbackIds } from '@millrace/db'
import { and, eq, isNull } from 'drizzle-orm'

import { failure } from './failures.ts'
import { insertPlaybackId, playbackIdsOf, playbackIdsOfRecording, presentPlaybackId } from './playback-id-rows.ts'
import { findRecording, lockLasting } from './recordings.ts'
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
    .where(and(eq(playbackIds.id, id), eq(playbackIds.streamId, streamId), isNull(playbackIds.recordingId)))
    .returning({ id: playbackIds.id })
  if (deleted.length === 0) throw failure('PLAYBACK_ID_NOT_FOUND', `no playback id ${id}`)
  await audit(unit, 'playback_id.deleted', { type: 'stream', id: streamId }, { playback_id: id })
}

/** Throws `PLAYBACK_ID_LIMIT` when the recording has as many as a stream may have. */
export async function createRecordingPlaybackId(
  unit: WriteUnit,
  recordingId: string,
  { policy, allowed_origins: allowedOrigins }: PlaybackIdCreate,
): Promise<PlaybackId> {
  const { streamId, projectId } = await lockLasting(unit, recordingId)
  const { stream } = await findStream(unit, streamId)
  if ((await playbackIdsOfRecording(unit.db, recordingId)).length >= MAX_PLAYBACK_IDS) {
    throw failure('PLAYBACK_ID_LIMIT', `a recording may have ${MAX_PLAYBACK_IDS} playback ids`)
  }
  const id = newId('playback')
  const [row] = await unit.db
    .insert(playbackIds)
    .values({ id, projectId, streamId, recordingId, policy: policy ?? stream.playbackPolicy, allowedOrigins })
    .returning()
  await audit(unit, 'playback_id.created', { type: 'recording', id: recordingId }, { playback_id: id })
  return presentPlaybackId(row!)
}

export async function listRecordingPlaybackIds(unit: ReadUnit, recordingId: string): Promise<PlaybackId[]> {
  await findRecording(unit, recordingId)
  return (await playbackIdsOfRecording(unit.db, recordingId)).map(presentPlaybackId)
}

export async function deleteRecordingPlaybackId(unit: WriteUnit, recordingId: string, id: string): Promise<void> {
  await findRecording(unit, recordingId)
  const deleted = await unit.db
    .delete(playbackIds)
    .where(and(eq(playbackIds.id, id), eq(playbackIds.recordingId, recordingId)))
    .returning({ id: playbackIds.id })
  if (deleted.length === 0) throw failure('PLAYBACK_ID_NOT_FOUND', `no playback id ${id}`)
  await audit(unit, 'playback_id.deleted', { type: 'recording', id: recordingId }, { playback_id: id })
}
