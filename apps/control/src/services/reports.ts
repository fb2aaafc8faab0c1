import { type NodeReport, nodeReportSchema, type NodeReportsAnswer } from '@millrace/contracts'
import { errorCode, errorMessage, ServiceError } from '@millrace/core'
import {
  appendEvent,
  applyArchiveReport,
  applySegmentReports,
  archiveOrderOf,
  type ClaimedLease,
  claimLease,
  currentSession,
  dbErrorCode,
  endSession,
  endSessionsOfOtherBoots,
  finishNodeCommand,
  isUnavailable,
  lockStreamRow,
  namesOf,
  nodeReports,
  notifyRouting,
  nodes,
  recordBroadcast,
  type SegmentReport,
  type SessionRow,
  sessions,
  steerArchive,
  streams,
  tellResumed,
} from '@millrace/db'
import { readTraceparent } from '@millrace/telemetry'
import { and, eq } from 'drizzle-orm'

import { failure } from './failures.ts'
import { faultsOf } from './faults.ts'
import { notePushStatus } from './stream-push-targets.ts'
import { ensureStream, streamByName, type StreamRow } from './streams.ts'
import type { WriteUnit } from './unit.ts'
import { resolveVhost } from './vhosts.ts'
import { changeViewers } from './viewers.ts'

/** A report that is not checked yet. */
interface RawReport {
  seq: number
  [name: string]: unknown
}

interface Batch {
  node_id: string
  boot_id: string
  reports: readonly RawReport[]
}

type Refusal = NodeReportsAnswer['rejected'][number]

type Report<T extends NodeReport['type']> = Extract<NodeReport, { type: T }>

interface Source {
  nodeId: string
  bootId: string
}

/** Applies a batch once, in order. Throws `NODE_NOT_FOUND`. A report that can't be applied is refused alone. */
export async function applyReports(unit: WriteUnit, batch: Batch): Promise<NodeReportsAnswer> {
  const source = { nodeId: batch.node_id, bootId: batch.boot_id }
  const [node] = await unit.db.select({ bootId: nodes.bootId }).from(nodes).where(eq(nodes.id, source.nodeId))
  if (node === undefined) throw failure('NODE_NOT_FOUND', `no node ${source.nodeId}: register again`)
  let through = await lockCursor(unit, source)
  const rejected: NodeReportsAnswer['rejected'] = []
  const fresh = batch.reports
    .filter(({ seq }) => seq > through)
    .toSorted((a, b) => a.seq - b.seq)
    .filter(({ seq }, i, all) => seq !== all[i - 1]?.seq)
  for (const run of runsOf(fresh)) {
    const [first, last] = [run[0]!.seq, run.at(-1)!.seq]
    if (through > 0 && last - through > run.length)
      unit.log.warn({ ...source, through, seq: first }, 'reports were lost')
    rejected.push(...(run.length === 1 ? await applyOne(unit, source, run[0]!) : await applyRun(unit, source, run)))
    through = last
  }
  await unit.db
    .update(nodeReports)
    .set({ appliedThrough: through })
    .where(and(eq(nodeReports.nodeId, source.nodeId), eq(nodeReports.bootId, source.bootId)))
  // late reports of a boot that is over can open what nobody would ever end
  if (node.bootId !== source.bootId) await endSessionsOfOtherBoots(unit, source.nodeId, node.bootId)
  return { accepted_through: through, rejected }
}

async function lockCursor(unit: WriteUnit, { nodeId, bootId }: Source): Promise<number> {
  await unit.db.insert(nodeReports).values({ nodeId, bootId }).onConflictDoNothing()
  const [row] = await unit.db
    .select({ through: nodeReports.appliedThrough })
    .from(nodeReports)
    .where(and(eq(nodeReports.nodeId, nodeId), eq(nodeReports.bootId, bootId)))
    .for('update')
  return row!.through
}

/** Reports one by one, but for those of segments that follow each other, which there are most of. */
function runsOf(reports: readonly RawReport[]): RawReport[][] {
  const runs: RawReport[][] = []
  for (const report of reports) {
    const last = runs.at(-1)
    if (last !== undefined && isOfSegment(report) && isOfSegment(last[0]!)) last.push(report)
    else runs.push([report])
  }
  return runs
}

const isOfSegment = ({ type }: RawReport): boolean => type === 'segment.stored' || type === 'segment.lost'

/** Applies reports of segments, those of one take together, in a savepoint each; one by one where that fails. */
async function applyRun(unit: WriteUnit, source: Source, run: readonly RawReport[]): Promise<Refusal[]> {
  const refused: Refusal[] = []
  for (const together of Map.groupBy(run, ({ take_id: take }) => take).values()) {
    const parsed = together.map((report) => nodeReportSchema.safeParse(report).data)
    const reports = parsed.filter((report) => report?.type === 'segment.stored' || report?.type === 'segment.lost')
    const whole = reports.length === together.length && (await applyTogether(unit, source, reports))
    if (!whole) for (const report of together) refused.push(...(await applyOne(unit, source, report)))
  }
  return refused.toSorted((a, b) => a.seq - b.seq)
}

async function applyTogether(unit: WriteUnit, source: Source, reports: readonly SegmentReport[]): Promise<boolean> {
  try {
    await unit.db.transaction((tx) => applySegmentReports({ ...unit, db: tx }, source.nodeId, reports))
    return true
  } catch (error) {
    if (isUnavailable(error) || isRetried(error)) throw error
    return false
  }
}

/** Applies one report in a savepoint. Returns why it was refused, if it was. */
async function applyOne(unit: WriteUnit, source: Source, raw: RawReport): Promise<Refusal[]> {
  const parsed = nodeReportSchema.safeParse(raw)
  if (!parsed.success) {
    const message = faultsOf(parsed.error)
      .map(({ pointer, message: text }) => `${pointer} ${text}`)
      .join('; ')
    return [{ seq: raw.seq, code: 'REPORT_INVALID', message }]
  }
  try {
    await unit.db.transaction((tx) => tracedApply({ ...unit, db: tx }, source, parsed.data))
    return []
  } catch (error) {
    // the whole batch is worth another try when the database went away, or two transactions stood in each other's way
    if (isUnavailable(error) || isRetried(error)) throw error
    const code = error instanceof ServiceError ? error.code : 'INTERNAL'
    unit.log.error({ ...source, seq: parsed.data.seq, type: parsed.data.type, err: error }, 'report refused')
    return [{ seq: raw.seq, code, message: code === 'INTERNAL' ? errorCode(error) : errorMessage(error) }]
  }
}

/** What a node reports of work that is traced goes on in that trace, not in that of the batch. */
function tracedApply(unit: WriteUnit, source: Source, report: NodeReport): Promise<void> {
  const parent = readTraceparent(report.traceparent)
  if (parent === undefined) return apply(unit, source, report)
  return unit.tracer.run(`report ${report.type}`, { kind: 'internal', parent }, () => apply(unit, source, report))
}

function apply(unit: WriteUnit, source: Source, report: NodeReport): Promise<void> {
  switch (report.type) {
    case 'session.connected':
      return connected(unit, source, report)
    case 'session.live':
      return live(unit, report)
    case 'session.progress':
      return progress(unit, report)
    case 'session.ended':
      return ended(unit, report)
    case 'session.health':
      return unhealthy(unit, report)
    case 'session.rejected':
      return rejectedPublisher(unit, source, report)
    case 'viewers.changed':
      return changeViewers(unit, source, report)
    case 'push_target.status':
      return notePushStatus(unit, source.nodeId, report)
    case 'command.done':
      return finishNodeCommand(unit, source.nodeId, report)
    case 'take.opened':
    case 'take.tracks':
    case 'segment.stored':
    case 'segment.lost':
    case 'take.closed':
      return applyArchiveReport(unit, source.nodeId, report)
  }
}

async function connected(
  unit: WriteUnit,
  { nodeId, bootId }: Source,
  report: Report<'session.connected'>,
): Promise<void> {
  const { stream, vhost } = await streamOf(unit, report)
  if (stream === undefined) throw failure('STREAM_NOT_FOUND', 'the stream is gone')
  await lockStreamRow(unit, stream.id)
  const at = new Date(report.at)
  const claim = { sessionId: report.session_id, epoch: report.epoch ?? null, at }
  const lease = await claimLease(unit, stream.id, { nodeId, bootId }, claim)
  const [session] = await unit.db
    .insert(sessions)
    .values({
      id: report.session_id,
      projectId: stream.projectId,
      streamId: stream.id,
      nodeId,
      bootId,
      keyId: report.key_id,
      protocol: report.protocol,
      client: report.client,
      encoder: report.encoder ?? null,
      status: 'connected',
      startedAt: at,
    })
    .onConflictDoNothing()
    .returning()
  if (session === undefined) return
  if (lease) await makeCurrent(unit, session, lease)
  if (lease) await archive(unit, session, claim.epoch)
  await appendEvent(unit.db, {
    projectId: stream.projectId,
    type: 'stream.connected',
    subject: { type: 'stream', id: stream.id },
    sessionId: session.id,
    timestamp: at,
    data: {
      vhost,
      app: stream.app,
      stream: stream.name,
      protocol: report.protocol,
      client: report.client,
      key_id: report.key_id,
      node_id: nodeId,
      encoder: report.encoder ?? null,
    },
  })
  // another node has the stream since: the broadcast is over before it was heard of
  if (lease === undefined) await endSession(unit, session, { reason: 'replaced', at })
  else if (lease.resumes) await tellResumed(unit, session)
}

/** Whoever publishes last has the stream: the broadcast before ends, if its node hasn't said so yet. */
async function makeCurrent(unit: WriteUnit, session: SessionRow, { resumes }: ClaimedLease): Promise<void> {
  const { id, streamId, startedAt: at } = session
  const former = await currentSession(unit, streamId)
  if (former !== undefined) {
    await endSession(unit, former, resumes ? { reason: 'node_lost', at, goesOn: true } : { reason: 'replaced', at })
  }
  await unit.db
    .update(streams)
    .set({ status: 'connecting', currentSessionId: id, updatedAt: streams.updatedAt })
    .where(eq(streams.id, streamId))
}

/** A broadcast that the node admitted by itself, while control was away, may be archived by an order that is out of date. */
async function archive(unit: WriteUnit, session: SessionRow, epoch: number | null): Promise<void> {
  await recordBroadcast(unit, session)
  if (epoch !== null || (await archiveOrderOf(unit.db, session.streamId, { starting: false })) === null) return
  await steerArchive(unit, session.streamId)
}

async function live(unit: WriteUnit, report: Report<'session.live'>): Promise<void> {
  const session = await openSession(unit, report.session_id)
  if (session?.status !== 'connected') return
  const at = new Date(report.at)
  await unit.db
    .update(sessions)
    .set({ status: 'live', liveAt: at, tracks: report.tracks })
    .where(eq(sessions.id, session.id))
  await unit.db
    .update(streams)
    .set({ status: 'live', updatedAt: streams.updatedAt })
    .where(and(eq(streams.id, session.streamId), eq(streams.currentSessionId, session.id)))
  const { projectId, names } = await namesOf(unit, session.streamId)
  await appendEvent(unit.db, {
    projectId,
    type: 'stream.live',
    subject: { type: 'stream', id: session.streamId },
    sessionId: session.id,
    timestamp: at,
    data: { ...names, tracks: report.tracks, startup_ms: report.startup_ms ?? null },
  })
  // push targets of the stream begin now
  await notifyRouting(unit.db)
}

async function progress(unit: WriteUnit, report: Report<'session.progress'>): Promise<void> {
  const session = await openSession(unit, report.session_id)
  if (session === undefined || session.status === 'ended') return
  await unit.db
    .update(sessions)
    .set({
      durationS: report.duration_s,
      bytesIn: report.bytes_in,
      bytesOut: report.bytes_out,
      players: report.players,
      ...(report.tracks === undefined ? {} : { tracks: report.tracks }),
    })
    .where(eq(sessions.id, session.id))
}

async function ended(unit: WriteUnit, report: Report<'session.ended'>): Promise<void> {
  const session = await openSession(unit, report.session_id)
  if (session === undefined) return
  await endSession(unit, session, {
    reason: report.reason,
    at: new Date(report.at),
    ...(report.error_code === undefined ? {} : { errorCode: report.error_code }),
    counters: { durationS: report.duration_s, bytesIn: report.bytes_in, bytesOut: report.bytes_out },
  })
}

async function unhealthy(unit: WriteUnit, report: Report<'session.health'>): Promise<void> {
  const session = await openSession(unit, report.session_id)
  if (session === undefined || session.status === 'ended') return
  const { projectId, names } = await namesOf(unit, session.streamId)
  await appendEvent(unit.db, {
    projectId,
    type: 'stream.health',
    subject: { type: 'stream', id: session.streamId },
    sessionId: session.id,
    timestamp: new Date(report.at),
    data: { ...names, code: report.code, message: report.message },
  })
}

async function rejectedPublisher(
  unit: WriteUnit,
  { nodeId }: Source,
  report: Report<'session.rejected'>,
): Promise<void> {
  const vhost = await resolveVhost(unit, report.vhost)
  const stream = await streamByName(unit.db, vhost.id, report.app, report.stream)
  await appendEvent(unit.db, {
    projectId: stream?.projectId ?? vhost.projectId,
    type: 'stream.rejected',
    subject: stream === undefined ? { type: 'vhost', id: vhost.id } : { type: 'stream', id: stream.id },
    sessionId: report.session_id,
    timestamp: new Date(report.at),
    data: {
      vhost: vhost.name,
      app: report.app,
      // a key can stand where the name goes, and events hold no secrets
      stream: report.stream.startsWith('sk_') ? 'sk_***' : report.stream,
      protocol: report.protocol,
      client: report.client,
      node_id: nodeId,
      code: report.code,
      reason: report.reason,
    },
  })
}

/** The stream a report is about; on an open vhost it is made if an admission by cache preceded its making. */
async function streamOf(
  unit: WriteUnit,
  report: Report<'session.connected'>,
): Promise<{ stream: StreamRow | undefined; vhost: string }> {
  const vhost = await resolveVhost(unit, report.vhost)
  if (report.stream_id !== null) {
    const [row] = await unit.db.select().from(streams).where(eq(streams.id, report.stream_id))
    if (row !== undefined) return { stream: row, vhost: (await namesOf(unit, row.id)).names.vhost }
  }
  const stream =
    vhost.access === 'open'
      ? await ensureStream(unit, vhost, report.app, report.stream)
      : await streamByName(unit.db, vhost.id, report.app, report.stream)
  return { stream, vhost: vhost.name }
}

/** The session with its stream and itself locked, in this order everywhere. Undefined when it is unknown. */
async function openSession(unit: WriteUnit, id: string): Promise<SessionRow | undefined> {
  const [row] = await unit.db.select({ streamId: sessions.streamId }).from(sessions).where(eq(sessions.id, id))
  if (row === undefined || !(await lockStreamRow(unit, row.streamId))) return undefined
  return lockSession(unit, id)
}

async function lockSession(unit: WriteUnit, id: string): Promise<SessionRow | undefined> {
  const [row] = await unit.db.select().from(sessions).where(eq(sessions.id, id)).for('update')
  return row
}

/** SQLSTATE of a deadlock or serialisation failure: the transaction around is run again. */
function isRetried(error: unknown): boolean {
  const code = dbErrorCode(error)
  return code === '40P01' || code === '40001'
}
