import type { Job, NodeCommandOf } from '@millrace/contracts'
import { appendNodeCommand, jobs, newId } from '@millrace/db'

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
