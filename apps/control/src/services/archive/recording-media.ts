import { type ArchivePart, listedSegments, mediaPlaylist, segmentsOf, variantOf } from '@millrace/archive'
import {
  FILE_NAMES,
  type PlaybackFileQuery,
  PLAYLIST_NAMES,
  type RecordingFile,
  type RecordingStatus,
} from '@millrace/contracts'
import { mediaSegments, playbackIds, type RecordingRow, recordings, takes } from '@millrace/db'
import { writeMediaPlaylist, writeMultivariantPlaylist } from '@millrace/hls'
import { contentTypeOf } from '@millrace/storage'
import { and, asc, desc, eq, isNull, ne, sql } from 'drizzle-orm'

import { type Caller, found } from '../../http/route.ts'
import { failure } from '../failures.ts'
import type { PublicUnit } from '../unit.ts'
import type { Reply } from '../work.ts'
import { lifetimeOf, objectUrls, readText } from './object-urls.ts'
import { admitByPass, admitViewer, selectDoors, type Viewing, viewerHeaders } from './viewing.ts'

/** Playlists that grow are asked for again after a segment; the others lead to URLs that last for hours. */
const MAX_AGE_S = { growing: 1, complete: 60, file: 60 }
/** A day's storyboard, a cue each few seconds, has some hundred kilobytes. */
const MAX_STORYBOARD_BYTES = 4 * 1024 * 1024

/** The end of the year 9999: tokens may name later moments, and no segment begins then. */
const LAST_MS = 253_402_300_799_999

/** A recording and what of it may be seen. */
interface Seen {
  recording: RecordingRow
  viewing: Viewing
  /** How much of it there is. */
  mediaMs: number
  /** What the URLs of its files carry. */
  query: string
}

/**
 * A file of a recording for a viewer: its playlists made from the index, `storyboard.vtt`, or the way to one that is in the
 * storage. `id` is a playback id, or with a pass the recording's own. Throws as `admitViewer` does, and
 * `PLAYBACK_ID_NOT_FOUND`, `RECORDING_NOT_FOUND`, `RECORDING_EMPTY`, `RECORDING_FILE_MISSING`.
 */
export async function getRecordingFile(
  unit: PublicUnit,
  id: string,
  name: string,
  { download, ...query }: PlaybackFileQuery,
  caller: Caller,
): Promise<Reply> {
  const seen = await admit(unit, id, query, caller)
  if (name === PLAYLIST_NAMES.index) return indexPlaylist(unit, seen)
  if (name === PLAYLIST_NAMES.media) return segmentPlaylist(unit, seen, caller)
  requireWhole(seen)
  if (name === FILE_NAMES.storyboard) return storyboard(unit, seen)
  const file = fileNamed(seen.recording, name)
  const terms = { ...lifetimeOf(unit.now, seen), baseUrl: caller.baseUrl }
  const downloadAs = download === undefined ? {} : { downloadAs: downloadName(seen.recording, name) }
  const urlOf = await objectUrls(unit, [seen.recording.storageId], { ...terms, ...downloadAs })
  return found(urlOf(seen.recording.storageId, file.key), viewerHeaders(seen.viewing, MAX_AGE_S.file))
}

/** Whether more segments of it may come. */
const grows = (status: RecordingStatus): boolean => status === 'recording' || status === 'uploading'

async function admit(
  unit: PublicUnit,
  id: string,
  { token, pass, recording: wanted }: PlaybackFileQuery,
  caller: Caller,
): Promise<Seen> {
  if (id.startsWith('rec_')) {
    const viewing = admitByPass(unit, id, pass ?? '')
    return seenBy(await findRecording(unit, eq(recordings.id, id)), viewing)
  }
  const doors = await selectDoors(unit, eq(playbackIds.id, id))
  const [door] = doors
  if (door === undefined) throw failure('PLAYBACK_ID_NOT_FOUND', `no playback id ${id}`)
  const viewing = await admitViewer(unit, doors, { caller, token })
  const recordingId = door.recordingId ?? wanted
  const ofStream = eq(recordings.streamId, door.streamId)
  const where = recordingId === undefined ? ofStream : and(ofStream, eq(recordings.id, recordingId))
  const recording = await findRecording(unit, where)
  if (door.recordingId !== null) return seenBy(recording, viewing)
  // the next file asked for must be of the same recording, though another one may have begun
  return seenBy(recording, { ...viewing, query: { recording: recording.id, ...viewing.query } })
}

function seenBy(recording: RecordingRow, viewing: Viewing): Seen {
  const query = new URLSearchParams(viewing.query).toString()
  return { recording, viewing, mediaMs: recording.durationMs, query: query === '' ? '' : `?${query}` }
}

/** The newest that there is. Throws `RECORDING_NOT_FOUND`. */
async function findRecording(unit: PublicUnit, where: ReturnType<typeof and>): Promise<RecordingRow> {
  const [row] = await unit.db
    .select()
    .from(recordings)
    .where(and(where, ne(recordings.status, 'deleted')))
    .orderBy(desc(recordings.startedAt))
    .limit(1)
  if (row === undefined) throw failure('RECORDING_NOT_FOUND', 'there is no such recording')
  return row
}

async function segmentPlaylist(unit: PublicUnit, seen: Seen, { baseUrl }: Caller): Promise<Reply> {
  const { recording, viewing } = seen
  const part = await readPart(unit, seen)
  // nothing comes after the last moment that may be seen
  const growing = grows(recording.status) && viewing.limits.toMs > unit.now.getTime()
  const listed = listedSegments(part, growing)
  if (listed.length === 0) throw empty()
  const storageIds = [...part.takes.values()].map(({ storageId }) => storageId)
  const urlOf = await objectUrls(unit, storageIds, { ...lifetimeOf(unit.now, seen), baseUrl })
  const head = { kind: growing ? ('event' as const) : ('vod' as const), segmentS: recording.segmentS }
  return playlistReply(writeMediaPlaylist(mediaPlaylist(listed, head, urlOf)), viewing, growing)
}

async function indexPlaylist(unit: PublicUnit, { recording, viewing, query }: Seen): Promise<Reply> {
  const { id, segmentS } = recording
  // segments under half the length make no peak
  const peak = sql`max(bytes * 8000 / duration_ms) filter (where duration_ms >= ${segmentS * 500})`
  const sums = await unit.db
    .select({
      take: takes,
      bytes: sql<number>`sum(bytes)::float8`,
      durationMs: sql<number>`sum(duration_ms)`,
      peakBps: sql<number | null>`${peak}`,
    })
    .from(mediaSegments)
    .innerJoin(takes, eq(takes.id, mediaSegments.takeId))
    .where(and(eq(mediaSegments.recordingId, id), isNull(mediaSegments.lostCode)))
    .groupBy(takes.id)
    .orderBy(asc(takes.id))
  if (sums.length === 0) throw empty()
  const durationMs = sums.reduce((sum, row) => sum + row.durationMs, 0)
  const averageBps = durationMs > 0 ? sums.reduce((sum, { bytes }) => sum + bytes * 8000, 0) / durationMs : 0
  const peakBps = sums.reduce((most, row) => Math.max(most, row.peakBps ?? 0), averageBps)
  const known = sums.map(({ take }) => take)
  const variant = variantOf(known, { peakBps, averageBps }, `${PLAYLIST_NAMES.media}${query}`)
  return playlistReply(writeMultivariantPlaylist({ variants: [variant] }), viewing, grows(recording.status))
}

function readPart(unit: PublicUnit, { recording, viewing: { limits } }: Seen): Promise<ArchivePart> {
  const owner = { recordingId: recording.id }
  if (limits.fromMs === Number.NEGATIVE_INFINITY && limits.toMs > LAST_MS) return segmentsOf(unit.db, owner)
  const toMs = limits.toMs > LAST_MS ? undefined : limits.toMs
  return segmentsOf(unit.db, owner, { fromMs: Math.min(Math.max(0, limits.fromMs), LAST_MS), toMs })
}

/** The names of sheets in it are relative: they need what this request was let in by. */
async function storyboard(unit: PublicUnit, { recording, viewing, query }: Seen): Promise<Reply> {
  const { key } = fileNamed(recording, FILE_NAMES.storyboard)
  const text = await readText(unit, recording.storageId, key, MAX_STORYBOARD_BYTES)
  const linked = text.replaceAll(/^(storyboard-\d+\.jpg)(?=#|$)/gm, `$1${query}`)
  return {
    status: 200,
    text: { type: contentTypeOf(key), text: linked },
    headers: viewerHeaders(viewing, MAX_AGE_S.file),
  }
}

const playlistReply = (text: string, viewing: Viewing, growing: boolean): Reply => ({
  status: 200,
  text: { type: 'application/vnd.apple.mpegurl', text },
  headers: viewerHeaders(viewing, growing ? MAX_AGE_S.growing : MAX_AGE_S.complete),
})

/** The file of this public name. A file that has a name of the user's own is known by its type. */
function fileNamed({ files }: RecordingRow, name: string): RecordingFile {
  const file = files.find(
    ({ type, key }) => key.endsWith(`/${name}`) || FILE_NAMES[type as keyof typeof FILE_NAMES] === name,
  )
  if (file === undefined) throw failure('RECORDING_FILE_MISSING', `the recording has no ${name}`)
  return file
}

/** A file can't be cut: who may see a part of the recording only is given playlists. */
function requireWhole({ recording, viewing: { limits } }: Seen): void {
  const end = recording.endedAt?.getTime() ?? Number.POSITIVE_INFINITY
  if (limits.fromMs <= recording.startedAt.getTime() && limits.toMs >= end) return
  throw failure('PLAYBACK_TOKEN_RANGE', 'the token is for a part of the recording: that can be played by HLS only')
}

/** `A title 2026-11-23.mp4` */
function downloadName({ title, id, startedAt }: RecordingRow, name: string): string {
  const extension = name.slice(name.lastIndexOf('.'))
  return `${title ?? id} ${startedAt.toISOString().slice(0, 10)}${extension}`
}

const empty = () => failure('RECORDING_EMPTY', 'nothing of it is in the storage yet')
