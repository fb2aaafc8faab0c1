import { signViewPass } from '@millrace/auth'
import {
  FILE_NAMES,
  type Playback,
  type PlaybackPolicy,
  PLAYLIST_NAMES,
  type RecordingMedia,
  type RecordingPlayback,
} from '@millrace/contracts'
import { playbackIds, type RecordingRow, recordings, storages } from '@millrace/db'
import { publicUrls } from '@millrace/storage'
import { and, asc, eq, ne } from 'drizzle-orm'

import type { Caller } from '../../http/route.ts'
import { failure } from '../failures.ts'
import { timestamp } from '../lists.ts'
import type { PublicUnit, ReadUnit } from '../unit.ts'
import { policyOf, selectDoors } from './viewing.ts'

/** Stands where the token goes: whoever may play is given one. */
const TOKEN_PLACE = 'YOUR_PLAYBACK_TOKEN'
/** How long a pass lasts: as long as somebody may sit before a page. */
const PASS_S = 12 * 3600

type PlaybackUrl = RecordingPlayback['urls'][number]
type Door = Awaited<ReturnType<typeof selectDoors>>[number]

/** Every way to play a recording: for who asks, and by its playback ids. Throws `RECORDING_NOT_FOUND`. */
export async function getRecordingPlayback(
  unit: ReadUnit,
  id: string,
  { baseUrl }: Caller,
): Promise<RecordingPlayback> {
  const [recording] = await unit.db
    .select()
    .from(recordings)
    .where(
      and(eq(recordings.id, id), eq(recordings.projectId, unit.principal.projectId), ne(recordings.status, 'deleted')),
    )
  if (recording === undefined) throw failure('RECORDING_NOT_FOUND', `no recording ${id}`)
  const doors = await selectDoors(unit, eq(playbackIds.recordingId, id)).orderBy(asc(playbackIds.id))
  const expiresS = Math.floor(unit.now.getTime() / 1000) + PASS_S
  const pass = `?pass=${signViewPass(unit.keyring, id, expiresS)}`
  const own = mediaOf(recording).map(({ type, name }): PlaybackUrl => {
    const expiresAt = new Date(expiresS * 1000).toISOString()
    return {
      playback_id: null,
      policy: null,
      type,
      url: `${baseUrl}/v1/playback/${id}/${name}${pass}`,
      expires_at: expiresAt,
    }
  })
  const byDoors = await Promise.all(doors.map((door) => urlsBy(unit, door, recording, baseUrl)))
  return {
    recording_id: id,
    status: recording.status,
    started_at: timestamp(recording.startedAt),
    ended_at: timestamp(recording.endedAt),
    duration_s: recording.durationMs / 1000,
    urls: [...own, ...byDoors.flat()],
  }
}

/** What `GET /v1/playback/{playback_id}` says of the recording that a playback id is for. Throws `RECORDING_NOT_FOUND`. */
export async function recordingOf(
  unit: PublicUnit,
  door: Door,
  { baseUrl }: Caller,
): Promise<{ recording: NonNullable<Playback['recording']>; urls: Playback['urls'] }> {
  const [recording] = await unit.db
    .select()
    .from(recordings)
    .where(and(eq(recordings.id, door.recordingId!), ne(recordings.status, 'deleted')))
  if (recording === undefined) throw failure('RECORDING_NOT_FOUND', 'the recording was deleted')
  const urls = await urlsBy(unit, door, recording, baseUrl)
  return {
    recording: {
      id: recording.id,
      status: recording.status,
      started_at: timestamp(recording.startedAt),
      ended_at: timestamp(recording.endedAt),
      duration_s: recording.durationMs / 1000,
    },
    urls: urls.map(({ type, url }) => ({ protocol: type, url, region: null })),
  }
}

/** URLs by a playback id: on the public address of the storage where there is one and everybody may see it. */
async function urlsBy(unit: PublicUnit, door: Door, recording: RecordingRow, baseUrl: string): Promise<PlaybackUrl[]> {
  const policy: PlaybackPolicy = policyOf(door)
  const [storage] = await unit.db.select().from(storages).where(eq(storages.id, recording.storageId))
  const open = policy === 'public' && door.allowedOrigins.length === 0 && storage !== undefined
  const publicUrl = open ? publicUrls(storage) : undefined
  const query = policy === 'signed' ? `?token=${TOKEN_PLACE}` : ''
  return mediaOf(recording).map(({ type, name, key }) => {
    const url =
      publicUrl !== undefined && key !== undefined
        ? publicUrl(key)
        : `${baseUrl}/v1/playback/${door.id}/${name}${query}`
    return { playback_id: door.id, policy, type, url, expires_at: null }
  })
}

/** What there is of a recording: the name that it is asked for by, and the key of its object once that is final. */
function mediaOf(recording: RecordingRow): { type: RecordingMedia; name: string; key: string | undefined }[] {
  const keyOf = (type: RecordingMedia) => recording.files.find((file) => file.type === type)?.key
  // files of before, of a recording that goes on, are not all of it
  const final = recording.finishedVersion === recording.indexVersion
  const files = (['mp4', 'flv', 'poster', 'storyboard'] as const).flatMap((type) => {
    const key = keyOf(type)
    return key === undefined ? [] : [{ type, name: FILE_NAMES[type], key }]
  })
  if (recording.segments === 0) return files
  return [{ type: 'hls', name: PLAYLIST_NAMES.index, key: final ? keyOf('hls') : undefined }, ...files]
}
