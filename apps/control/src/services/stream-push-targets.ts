import type { EventType, Page, PageQuery, PushStatus, StreamPushTarget } from '@millrace/contracts'
import { appendEvent, notifyRouting, pushTargets, type Queryable, streamPushTargets } from '@millrace/db'
import { activeTraceparent } from '@millrace/telemetry'
import { and, asc, eq, gt, sql } from 'drizzle-orm'

import { failure } from './failures.ts'
import { fetchCount, timestamp } from './lists.ts'
import { type AttachmentRow, findPushTarget, presentState, type PushTargetRow } from './push-targets.ts'
import { findStream } from './streams.ts'
import { audit, type ReadUnit, type WriteUnit } from './unit.ts'

/** Most targets of one stream. */
const MAX_TARGETS = 50

const EVENT_OF: Readonly<Record<PushStatus, EventType & `push_target.${string}`>> = {
  idle: 'push_target.stopped',
  starting: 'push_target.starting',
  live: 'push_target.live',
  retrying: 'push_target.retrying',
  failed: 'push_target.failed',
}

interface Found {
  attachment: AttachmentRow
  target: PushTargetRow
}

/** The targets of a stream, in the order of their making. */
export async function listStreamPushTargets(
  unit: ReadUnit,
  streamId: string,
  query: PageQuery,
): Promise<Page<StreamPushTarget>> {
  await findStream(unit, streamId)
  const rows = await select(unit.db)
    .where(
      and(
        eq(streamPushTargets.streamId, streamId),
        query.after === undefined ? undefined : gt(streamPushTargets.pushTargetId, query.after),
      ),
    )
    .orderBy(asc(streamPushTargets.pushTargetId))
    .limit(fetchCount(query))
  const data = rows.slice(0, query.limit).map(present)
  const hasMore = rows.length > query.limit
  return { data, has_more: hasMore, next: hasMore ? data.at(-1)!.push_target_id : null }
}

/** Sends a stream to a target from now on. Doing it again changes nothing. Throws `PUSH_TARGETS_TOO_MANY`. */
export async function attachPushTarget(
  unit: WriteUnit,
  streamId: string,
  pushTargetId: string,
): Promise<StreamPushTarget> {
  await findStream(unit, streamId)
  await findPushTarget(unit, pushTargetId)
  const count = await unit.db.$count(streamPushTargets, eq(streamPushTargets.streamId, streamId))
  const inserted = await unit.db
    .insert(streamPushTargets)
    .values({ streamId, pushTargetId, traceparent: activeTraceparent() ?? null })
    .onConflictDoNothing()
    .returning({ id: streamPushTargets.pushTargetId })
  if (inserted.length > 0) {
    if (count >= MAX_TARGETS) throw failure('PUSH_TARGETS_TOO_MANY', `a stream has at most ${MAX_TARGETS} push targets`)
    await audit(unit, 'push_target.attached', { type: 'stream', id: streamId }, { push_target_id: pushTargetId })
    await notifyRouting(unit.db)
  }
  const [found] = await select(unit.db).where(one(streamId, pushTargetId))
  return present(found!)
}

/** Ends sending a stream to a target. Throws `PUSH_TARGET_NOT_FOUND` when it isn't attached. */
export async function detachPushTarget(unit: WriteUnit, streamId: string, pushTargetId: string): Promise<void> {
  await findStream(unit, streamId)
  const rows = await unit.db
    .delete(streamPushTargets)
    .where(one(streamId, pushTargetId))
    .returning({ id: streamPushTargets.pushTargetId })
  if (rows.length === 0) throw failure('PUSH_TARGET_NOT_FOUND', `the stream has no push target ${pushTargetId}`)
  await audit(unit, 'push_target.detached', { type: 'stream', id: streamId }, { push_target_id: pushTargetId })
  await notifyRouting(unit.db)
}

/** What a node says about pushing. */
interface StatusReport {
  at: string
  push_target_id: string
  stream_id: string
  status: PushStatus
  error_code?: string | undefined
  error?: string | undefined
}

/** Notes how pushing goes and tells of changes. What is older than the last news, or about a detached target, is nothing new. */
export async function notePushStatus(unit: WriteUnit, nodeId: string, report: StatusReport): Promise<void> {
  const [found] = await select(unit.db)
    .where(one(report.stream_id, report.push_target_id))
    .for('update', { of: streamPushTargets })
  const at = new Date(report.at)
  if (found === undefined || (found.attachment.statusAt !== null && found.attachment.statusAt > at)) return
  const { attachment, target } = found
  const { status } = report
  await unit.db
    .update(streamPushTargets)
    .set({
      status,
      statusAt: at,
      nodeId,
      retries: status === 'retrying' ? sql`${streamPushTargets.retries} + 1` : status === 'live' ? 0 : undefined,
      // the reason stays while it is tried again
      ...(status === 'live' ? { lastErrorCode: null, lastError: null } : {}),
      ...(report.error_code === undefined ? {} : { lastErrorCode: report.error_code, lastError: report.error ?? null }),
    })
    .where(one(report.stream_id, report.push_target_id))
  if (attachment.status === status) return
  await appendEvent(unit.db, {
    projectId: target.projectId,
    type: EVENT_OF[status],
    subject: { type: 'push_target', id: target.id },
    timestamp: at,
    data: {
      stream_id: report.stream_id,
      url: target.url,
      node_id: nodeId,
      error_code: report.error_code ?? null,
      error: report.error ?? null,
    },
  })
}

const one = (streamId: string, pushTargetId: string) =>
  and(eq(streamPushTargets.streamId, streamId), eq(streamPushTargets.pushTargetId, pushTargetId))

const select = (db: Queryable) =>
  db
    .select({ attachment: streamPushTargets, target: pushTargets })
    .from(streamPushTargets)
    .innerJoin(pushTargets, eq(pushTargets.id, streamPushTargets.pushTargetId))

function present({ attachment, target }: Found): StreamPushTarget {
  return {
    stream_id: attachment.streamId,
    push_target_id: target.id,
    url: target.url,
    enabled: target.enabled,
    ...presentState(attachment),
    attached_at: timestamp(attachment.createdAt),
  }
}
