import { createHash } from 'node:crypto'

import type { Logger } from '@millrace/core'
import {
  dueNodeCommands,
  expireCommands,
  nodes,
  pushTargets,
  relayedNodeCommands,
  sessions,
  streamPushTargets,
  streams,
  vhosts,
  type Db,
} from '@millrace/db'
import { commandQueue, pushQueue, type NewJob, type ObservedJob, type Queues, type Traced } from '@millrace/jobs'
import { and, eq, gt, ne, or, sql } from 'drizzle-orm'

export interface NodeWorkDeps {
  db: Db
  queues: Queues
  log: Logger
}

type LongQueue = 'pull' | `push.${string}`

/** Puts the commands that nodes have not carried out into their queues; what is there already stays as it is. */
export async function relayCommands({ db, queues, log }: NodeWorkDeps, now: Date): Promise<void> {
  const { count } = await expireCommands(db)
  if (count > 0) log.warn({ commands: count }, 'commands that no node answered were given up')
  const due = await dueNodeCommands(db, now)
  for (const [nodeId, commands] of Map.groupBy(due, (command) => command.nodeId)) {
    const jobs = commands.map(({ id, payload, traceparent }) => ({
      id,
      data: { command: { ...payload, id }, ...traced(traceparent) },
    }))
    await queues.add(commandQueue(nodeId), jobs)
  }
  await relayedNodeCommands(
    db,
    due.map(({ id }) => id),
    now,
  )
}

/**
 * Makes the queues of long work be what the database wants: there is a job for each stream that is to be pulled, and for each
 * push target of each stream that is live; a job that nobody wants any more is taken out, or ended where it runs. So a queue
 * that was lost is filled again.
 */
export async function routeLongWork(deps: NodeWorkDeps): Promise<void> {
  await reconcile(deps, 'pull', await wantedPulls(deps.db))
  const pushes = Map.groupBy(await wantedPushes(deps.db), ({ nodeId }) => nodeId)
  for (const nodeId of await presentNodes(deps.db)) {
    const wanted = (pushes.get(nodeId) ?? []).map(({ job }) => job)
    await reconcile(deps, pushQueue(nodeId), wanted)
  }
}

async function reconcile<N extends LongQueue>(deps: NodeWorkDeps, queue: N, wanted: NewJob<N>[]): Promise<void> {
  const { queues } = deps
  const there = await queues.list(queue)
  const wantedIds = new Set(wanted.map(({ id }) => id))
  const unwanted = there.filter(({ id }) => !wantedIds.has(id))
  await queues.remove(
    queue,
    unwanted.filter(({ running }) => !running).map(({ id }) => id),
  )
  for (const job of unwanted) if (job.running) await stop(deps, queue, job)
  const thereIds = new Set(there.map(({ id }) => id))
  await queues.add(
    queue,
    wanted.filter(({ id }) => !thereIds.has(id)),
  )
}

/** Asks the node that runs a job to end it. One whose node is dead is taken over by another, and ended there. */
async function stop<N extends LongQueue>(
  { queues }: NodeWorkDeps,
  queue: N,
  { id, owner }: ObservedJob<N>,
): Promise<void> {
  if (owner === undefined) return
  const kind = queue === 'pull' ? 'pull' : 'push'
  await queues.add(commandQueue(owner), [{ id: `stop-${id}`, data: { stop: { queue: kind, job_id: id } } }])
}

async function wantedPulls(db: Db): Promise<NewJob<'pull'>[]> {
  const rows = await db
    .select({
      stream_id: streams.id,
      vhost: vhosts.name,
      app: streams.app,
      stream: streams.name,
      source: streams.source,
      traceparent: streams.sourceTraceparent,
    })
    .from(streams)
    .innerJoin(vhosts, eq(vhosts.id, streams.vhostId))
    .where(and(sql`${streams.source}->>'type' = 'pull'`, eq(streams.enabled, true), eq(vhosts.enabled, true)))
  return rows.flatMap(({ source, traceparent, ...names }): NewJob<'pull'>[] => {
    if (source.type !== 'pull') return []
    // another address is another job
    const id = `${names.stream_id}-${digest({ ...names, url: source.url })}`
    return [{ id, data: { stream_id: names.stream_id, ...traced(traceparent) } }]
  })
}

/** Pushes of the streams that are live, but for those that have failed for good since the broadcast or the target changed. */
async function wantedPushes(db: Db): Promise<{ nodeId: string; job: NewJob<`push.${string}`> }[]> {
  const rows = await db
    .select({
      nodeId: sessions.nodeId,
      sessionId: sessions.id,
      streamId: sessions.streamId,
      targetId: pushTargets.id,
      url: pushTargets.url,
      credential: pushTargets.credentialSealed,
      traceparent: streamPushTargets.traceparent,
    })
    .from(streamPushTargets)
    .innerJoin(pushTargets, eq(pushTargets.id, streamPushTargets.pushTargetId))
    .innerJoin(streams, eq(streams.id, streamPushTargets.streamId))
    .innerJoin(sessions, eq(sessions.id, streams.currentSessionId))
    .where(
      and(
        eq(pushTargets.enabled, true),
        eq(sessions.status, 'live'),
        or(
          ne(streamPushTargets.status, 'failed'),
          gt(pushTargets.updatedAt, streamPushTargets.statusAt),
          gt(sessions.startedAt, streamPushTargets.statusAt),
        ),
      ),
    )
  return rows.map(({ nodeId, sessionId, streamId, targetId, url, credential, traceparent }) => ({
    nodeId,
    job: {
      id: `${targetId}-${sessionId}-${digest([url, credential])}`,
      data: { push_target_id: targetId, stream_id: streamId, session_id: sessionId, ...traced(traceparent) },
    },
  }))
}

async function presentNodes(db: Db): Promise<string[]> {
  const rows = await db.select({ id: nodes.id }).from(nodes).where(ne(nodes.state, 'lost'))
  return rows.map(({ id }) => id)
}

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)

const traced = (traceparent: string | null): Traced => (traceparent === null ? {} : { traceparent })
