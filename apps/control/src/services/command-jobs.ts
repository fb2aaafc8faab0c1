import type { Job, NodeCommandOf } from '@millrace/contracts'
import { appendNodeCommand, jobs, newId, nodeCommands } from '@millrace/db'
import { and, eq, isNull, sql } from 'drizzle-orm'

import { getJob } from './jobs.ts'
import type { WriteUnit } from './unit.ts'

/** A command for a node. */
export interface CommandFor {
  nodeId: string
  command: NodeCommandOf
}

/** Enters a job that is done when nodes have carried out these commands; at once when there are none. */
export async function startCommandJob(
  unit: WriteUnit,
  type: string,
  subject: { type: string; id: string },
  commands: readonly CommandFor[],
): Promise<Job> {
  const id = newId('job')
  const over = commands.length === 0
  await unit.db.insert(jobs).values({
    id,
    projectId: unit.principal.projectId,
    type,
    subjectType: subject.type,
    subjectId: subject.id,
    status: over ? 'succeeded' : 'running',
    total: commands.length,
    startedAt: unit.now,
    finishedAt: over ? unit.now : null,
  })
  for (const { nodeId, command } of commands) await appendNodeCommand(unit.db, nodeId, command, { jobId: id })
  return getJob(unit, id)
}

/** What a node says about a command. */
interface Outcome {
  command_id: string
  at: string
  error_code?: string | undefined
  error?: string | undefined
}

/** Notes that a node has carried out a command, or could not, and moves the job on whose work it is. */
export async function finishNodeCommand(unit: WriteUnit, nodeId: string, outcome: Outcome): Promise<void> {
  const [row] = await unit.db
    .update(nodeCommands)
    .set({ doneAt: new Date(outcome.at), errorCode: outcome.error_code ?? null, error: outcome.error ?? null })
    .where(and(eq(nodeCommands.id, outcome.command_id), eq(nodeCommands.nodeId, nodeId), isNull(nodeCommands.doneAt)))
    .returning({ jobId: nodeCommands.jobId })
  if (row?.jobId != null) await countCommand(unit, row.jobId, outcome.error_code)
}

/** Counts one command as done; the last one ends the job, and a failed one makes it fail. */
async function countCommand(unit: WriteUnit, id: string, errorCode: string | undefined): Promise<void> {
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
