import { listedSegments, ownedBy, segmentsOf, type ListedSegment, type SegmentOwner } from '@millrace/archive'
import type { RecordingFile } from '@millrace/contracts'
import { errorCode, FormatError } from '@millrace/core'
import { mediaSegments, updateHeldJob } from '@millrace/db'
import type { ObjectStore } from '@millrace/storage'
import { and, gte, isNull, lte, sql, type AnyColumn } from 'drizzle-orm'

import type { Attempt } from '../work/job-type.ts'
import type { FrameCounts } from './file/containers.ts'
import { writeFile, type WrittenFile } from './file/write-file.ts'
import { writePictures } from './pictures/write-pictures.ts'
import { hasVideo, writePlaylists } from './playlists.ts'

/** What of an archive a recording or clip is. */
export interface Part {
  listed: readonly ListedSegment[]
  /** Of all of it, and perhaps of a little more. */
  frames: FrameCounts
  /** Frames per second over all of it, 0 without pictures. */
  frameRate: number
}

/** Reads it from the index: what of it is in this storage, as playlists reach no other. */
export async function partOf(
  { db }: Attempt,
  owner: SegmentOwner,
  storageId: string,
  range?: { fromMs: number; toMs: number },
): Promise<Part> {
  const part = await segmentsOf(db, owner, range)
  const listed = listedSegments(part, false).filter(({ take }) => take.storageId === storageId)
  const [first, last] = [listed[0], listed.at(-1)]
  if (first === undefined || last === undefined) return { listed, frames: { video: 0, audio: 0 }, frameRate: 0 }
  const sum = (column: AnyColumn) => sql<number>`coalesce(sum(${column}), 0)::float8`
  const [counted] = await db
    .select({
      video: sum(mediaSegments.videoFrames),
      audio: sum(mediaSegments.audioFrames),
      durationMs: sum(mediaSegments.durationMs),
    })
    .from(mediaSegments)
    .where(
      and(
        ownedBy(owner),
        isNull(mediaSegments.lostCode),
        gte(mediaSegments.startsAt, new Date(Math.floor(first.segment.startsAtMs))),
        lte(mediaSegments.startsAt, new Date(Math.ceil(last.segment.startsAtMs))),
      ),
    )
  const { video, audio, durationMs } = counted!
  return { listed, frames: { video, audio }, frameRate: durationMs > 0 ? (video * 1000) / durationMs : 0 }
}

/** What is to be made of a part. */
export interface FilesOrder extends Part {
  store: ObjectStore
  /** Where it goes, with the slash at its end. */
  prefix: string
  segmentS: number
  /** A file of everything; null for none. */
  file: { type: 'mp4' | 'flv'; key: string } | null
  range?: { fromMs: number; toMs: number }
  /** Says whether what an earlier attempt made is still of use. */
  version: string
}

/** What was made. */
export interface FilesMade {
  files: RecordingFile[]
  file: WrittenFile | null
  /** What could not be made, though the rest could; null when all could. */
  errorCode: string | null
}

/** What the job remembers between attempts. */
interface Cursor {
  version: string
  file: { key: string; written: WrittenFile | null; errorCode: string | null }
}

/** Of the progress, besides a unit for each segment that goes into the file. */
const UNITS = { playlists: 1, pictures: 10 }

/** Makes playlists, the file, and pictures, in this order, and remembers the file, so that a later attempt needn't make it again. */
export async function makeFiles(attempt: Attempt, order: FilesOrder): Promise<FilesMade> {
  const { store, listed, prefix, signal } = { ...order, signal: attempt.signal }
  const total = UNITS.playlists + UNITS.pictures + (order.file === null ? 0 : listed.length)
  await attempt.progress(0, total)
  const playlists = await writePlaylists(store, order)
  await attempt.progress(UNITS.playlists, total)
  const made = order.file === null ? null : await fileOnce(attempt, order, order.file, total)
  const pictured = hasVideo(listed.map(({ take }) => take))
  const pictures = pictured ? await writePictures({ store, listed, prefix, signal }) : { files: [], errorCode: null }
  const file: RecordingFile[] =
    order.file === null || made?.written == null ? [] : [{ ...order.file, bytes: made.written.bytes }]
  return {
    files: [...playlists, ...file, ...pictures.files],
    file: made?.written ?? null,
    errorCode: made?.errorCode ?? pictures.errorCode,
  }
}

async function fileOnce(
  attempt: Attempt,
  order: FilesOrder,
  { type, key }: { type: 'mp4' | 'flv'; key: string },
  total: number,
): Promise<Cursor['file']> {
  const before = cursorOf(attempt)
  if (before?.version === order.version && before.file.key === key) return before.file
  const { store, listed, frames, range } = order
  let made: Cursor['file']
  try {
    const written = await writeFile({
      store,
      key,
      type,
      segments: listed,
      frames,
      ...(range && { range }),
      signal: attempt.signal,
      mayGoOn: async () => void (await updateHeldJob(attempt.db, attempt.job, {})),
      onSegment: (done) => attempt.progress(UNITS.playlists + done, total),
    })
    made = { key, written, errorCode: written.missing > 0 ? 'SEGMENTS_MISSING' : null }
  } catch (error) {
    // the same segments make no better file; playlists play them all the same
    if (!(error instanceof FormatError)) throw error
    made = { key, written: null, errorCode: errorCode(error) }
  }
  const cursor: Cursor = { version: order.version, file: made }
  await attempt.step(JSON.stringify(cursor))
  return made
}

function cursorOf({ job: { cursor } }: Attempt): Cursor | undefined {
  return cursor === null ? undefined : (JSON.parse(cursor) as Cursor)
}
