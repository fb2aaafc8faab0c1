import type { Scope } from '@millrace/core'
import { dueJobs, WORK_CHANNEL, type Sql } from '@millrace/db'
import type { Queues } from '@millrace/jobs'

import { startPump } from '../pump.ts'
import { runJob, type RunnerDeps } from './runner.ts'

const QUEUE = 'work'
/** Jobs that are due but in no queue (it was lost, a worker died) are found after at most this. */
const SWEEP_MS = 2000

/**
 * Puts the jobs of the database that are due into the queue, and runs what comes out of it, until `scope` closes: jobs that
 * run then are left to other workers. Any number of workers may do so at once.
 */
export async function startWork(
  scope: Scope,
  deps: RunnerDeps,
  { queues, sql, concurrency }: { queues: Queues; sql: Sql; concurrency: number },
): Promise<void> {
  const ending = new AbortController()
  const consumer = queues.consume(QUEUE, ({ id }, lost) => runJob(deps, id, AbortSignal.any([lost, ending.signal])), {
    concurrency,
  })
  scope.defer(async () => {
    ending.abort()
    await consumer.close()
  })
  const pump = startPump(
    async () => {
      const ids = await dueJobs(deps.db, new Date())
      await queues.add(
        QUEUE,
        ids.map((id) => ({ id, data: { job_id: id } })),
      )
    },
    { everyMs: SWEEP_MS, onError: (err) => deps.log.warn({ err }, 'jobs were not queued, will be tried again') },
  )
  scope.defer(() => pump.close())
  const kick = (): void => pump.kick()
  await sql.listen(WORK_CHANNEL, kick, kick)
}
