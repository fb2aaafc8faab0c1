import type { NodeCommandOf } from '@millrace/contracts'
import { activeTraceparent } from '@millrace/telemetry'
import { and, asc, eq, inArray, isNull, lt, or, sql } from 'drizzle-orm'

import type { Db, Tx } from './connect.ts'
import { newId } from './ids.ts'
import { jobs, nodeCommands } from './schema.ts'

/** Channel of `LISTEN` that says: there are new rows in `node_commands`. A hint only. */
export const NODE_COMMANDS_CHANNEL = 'millrace_node_commands'

/**
 * Channel of `LISTEN` that says: which streams are to be pulled or pushed where has changed (sources, push targets,
 * broadcasts that began or ended). A hint only.
 */
export const ROUTING_CHANNEL = 'millrace_routing'

/** Asks a node for something, in the caller's transaction. Returns the command's id. */
export async function appendNodeCommand(
  tx: Tx,
  nodeId: string,
  command: NodeCommandOf,
  options: { jobId?: string } = {},
): Promise<string> {
  const id = newId('nodeCommand')
  await tx.insert(nodeCommands).values({
    id,
    nodeId,
    type: command.type,
    payload: command,
    jobId: options.jobId ?? null,
    traceparent: activeTraceparent() ?? null,
  })
  await tx.execute(sql`select pg_notify(${NODE_COMMANDS_CHANNEL}, '')`)
  return id
}

/** Tells, at commit, that routing has changed. */
export async function notifyRouting(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_notify(${ROUTING_CHANNEL}, '')`)
}

/** The transaction, and its time. */
interface CommandUnit {
  db: Tx
  now: Date
}

/** What a node says about a command. */
interface Outcome {
  command_id: string
  at: string
  error_code?: string | undefined
  error?: string | undefined
}

/** Notes that a node has carried out a command, or could not, and moves the job on whose work it is. */
export async function finishNodeCommand(unit: CommandUnit, nodeId: string, outcome: Outcome): Promise<void> {
  const [row] = await unit.db
    .update(nodeCommands)
    .set({ doneAt: new Date(outcome.at), errorCode: outcome.error_code ?? null, error: outcome.error ?? null })
    .where(and(eq(nodeCommands.id, outcome.command_id), eq(nodeCommands.nodeId, nodeId), isNull(nodeCommands.doneAt)))
    .returning({ jobId: nodeCommands.jobId })
  if (row?.jobId != null) await countCommand(unit, row.jobId, outcome.error_code)
}

/** Counts one command as done; the last one ends the job, and a failed one makes it fail. */
async function countCommand(unit: CommandUnit, id: string, errorCode: string | undefined): Promise<void> {
  const [row] = await unit.db
    .update(jobs)
    .set({ done: sql`${jobs.done} + 1`, ...(errorCode === undefined ? {} : { errorCode }) })
    .where(and(eq(jobs.id, id), isNull(jobs.finishedAt)))
    .returning()
  if (row === undefined || row.done < (row.total ?? 0)) return
  await unit.db
    .update(jobs)
    .set({ status: row.errorCode === null ? 'succeeded' : 'failed', finishedAt: unit.now })
    .where(eq(jobs.id, id))
}

/** A command that was put into the queue is put there again after this, as the queue may have been lost. */
const RELAY_AGAIN_MS = 10_000
const RELAY_BATCH = 1000

/** A command to be put into the queue of its node. */
export type DueCommand = Pick<typeof nodeCommands.$inferSelect, 'id' | 'nodeId' | 'payload' | 'traceparent'>

/** Commands that nodes have not carried out and that are in no queue, or may not be any more; the oldest first. */
export function dueNodeCommands(db: Db, now: Date): Promise<DueCommand[]> {
  return db
    .select({
      id: nodeCommands.id,
      nodeId: nodeCommands.nodeId,
      payload: nodeCommands.payload,
      traceparent: nodeCommands.traceparent,
    })
    .from(nodeCommands)
    .where(
      and(
        isNull(nodeCommands.doneAt),
        or(isNull(nodeCommands.relayedAt), lt(nodeCommands.relayedAt, new Date(now.getTime() - RELAY_AGAIN_MS))),
      ),
    )
    .orderBy(asc(nodeCommands.id))
    .limit(RELAY_BATCH)
}

/** Notes that they are in the queues of their nodes. */
export async function relayedNodeCommands(db: Db, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length === 0) return
  await db
    .update(nodeCommands)
    .set({ relayedAt: now })
    .where(inArray(nodeCommands.id, [...ids]))
}
