import type { ArchiveReport } from '@millrace/contracts'
import { ServiceError } from '@millrace/core'
import { and, eq, gt, gte, inArray, sql } from 'drizzle-orm'

import { archiveOrderOf, steerArchive } from './archive-orders.ts'
import { type BroadcastUnit, lockStreamRow } from './broadcasts.ts'
import { recountRecording } from './recordings.ts'
import { mediaSegments, recordings, streamLeases, takes } from './schema.ts'
import { applySegmentReports } from './segment-reports.ts'
import { ensureTake, lockTake, type TakeRow } from './takes.ts'

type Report<T extends ArchiveReport['type']> = Extract<ArchiveReport, { type: T }>

/** Applies what a node reports of its archive; again is harmless. Throws ServiceError `TAKE_NOT_FOUND`, and as `ensureTake`. */
export function applyArchiveReport(unit: BroadcastUnit, nodeId: string, report: ArchiveReport): Promise<void> {
  switch (report.type) {
    case 'take.opened':
      return opened(unit, nodeId, report)
    case 'take.tracks':
      return tracks(unit, nodeId, report)
    case 'segment.stored':
    case 'segment.lost':
      return applySegmentReports(unit, nodeId, [report])
    case 'take.closed':
      return closed(unit, nodeId, report)
  }
}

async function opened(unit: BroadcastUnit, nodeId: string, report: Report<'take.opened'>): Promise<void> {
  const { take_id: takeId, stream_id: streamId, session_id: sessionId, storage_id: storageId, format } = report
  if (!(await lockStreamRow(unit, streamId))) throw new ServiceError('STREAM_NOT_FOUND', `no stream ${streamId}`)
  const epoch = report.epoch ?? (await epochOf(unit, streamId, sessionId))
  const claim = { takeId, nodeId, streamId, sessionId, storageId, format, epoch }
  const take = await ensureTake(unit, claim)
  if (take.openedAt !== null) return
  const openedAt = new Date(report.at)
  await unit.db.update(takes).set({ openedAt, epoch }).where(eq(takes.id, takeId))
  if (epoch !== null) await supersede(unit, { ...take, epoch }, openedAt)
  const order = await archiveOrderOf(unit.db, streamId, { starting: false })
  // a grant from a cache may know an older order
  if (order?.storage_id !== storageId || order.format !== format) await steerArchive(unit, streamId)
}

/** Of a broadcast that was admitted while control was away: the one that it was given when it was reported. */
async function epochOf({ db }: BroadcastUnit, streamId: string, sessionId: string): Promise<number | null> {
  const [lease] = await db
    .select({ epoch: streamLeases.epoch })
    .from(streamLeases)
    .where(and(eq(streamLeases.streamId, streamId), eq(streamLeases.sessionId, sessionId)))
  return lease?.epoch ?? null
}

/** What former publishers of the stream have sent since this one had it is no part of the archive: its objects are orphans. */
async function supersede(unit: BroadcastUnit, { streamId, epoch }: TakeRow, openedAt: Date): Promise<void> {
  const dropped = await unit.db
    .delete(mediaSegments)
    .where(
      and(
        eq(mediaSegments.streamId, streamId),
        gte(mediaSegments.startsAt, openedAt),
        sql`${mediaSegments.takeId} in (select id from ${takes} where ${takes.streamId} = ${streamId} and ${takes.epoch} < ${epoch})`,
      ),
    )
    .returning({ recordingId: mediaSegments.recordingId })
  for (const id of new Set(dropped.map(({ recordingId }) => recordingId))) {
    if (id !== null) await recountRecording(unit, id)
  }
}

async function tracks(unit: BroadcastUnit, nodeId: string, report: Report<'take.tracks'>): Promise<void> {
  const take = await lockTake(unit, nodeId, report.take_id)
  const others = take.tracks.filter(({ init }) => init !== report.init)
  const entry = { init: report.init, tracks: report.tracks, bandwidth: report.bandwidth ?? null }
  const all = [...others, entry].toSorted((a, b) => a.init - b.init)
  await unit.db.update(takes).set({ tracks: all }).where(eq(takes.id, take.id))
}

async function closed(unit: BroadcastUnit, nodeId: string, report: Report<'take.closed'>): Promise<void> {
  const take = await lockTake(unit, nodeId, report.take_id)
  if (take.closedAt !== null) return
  const closedAt = new Date(report.at)
  await unit.db
    .update(takes)
    .set({ closedAt, segments: report.segments, pendingSegments: 0, pendingBytes: 0 })
    .where(eq(takes.id, take.id))
  // what was waited for in vain may be whole now; a finish that goes on may be about to say that it isn't
  await unit.db
    .update(recordings)
    .set({ indexVersion: sql`${recordings.indexVersion} + 1` })
    .where(
      and(
        eq(recordings.streamId, take.streamId),
        inArray(recordings.status, ['uploading', 'partial']),
        gt(recordings.endedAt, take.openedAt ?? take.createdAt),
        sql`${recordings.startedAt} < ${closedAt.toISOString()}`,
      ),
    )
}
