import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'

import { FormatError, Scope, ServiceError, silentLogger } from '@millrace/core'
import { connect, insertJob, jobs, newId, transaction, WORK_TYPES, type JobRow, type Tx } from '@millrace/db'
import { startTestPostgres, type TestPostgres } from '@millrace/db/testing'
import { openQueues } from '@millrace/jobs'
import { eq } from 'drizzle-orm'

import { eventually } from '../../../../test/support/eventually.ts'
import { testScope } from '../../../../test/support/scope.ts'
import { Tenant } from '../tenant.test-support.ts'
import type { Attempt, AttemptEnded, JobType, JobTypes, LastStep } from './job-type.ts'
import { runJob, type RunnerDeps } from './runner.ts'
import { startWork } from './start.ts'

let postgres: TestPostgres
test.before(async () => {
  postgres = await startTestPostgres()
})
test.after(() => postgres.close())

const NEVER = new AbortController().signal

/** A tenant with one job, and a runner whose handler the test gives. */
async function setUp(t: test.TestContext, run: (attempt: Attempt) => Promise<LastStep>) {
  const scope = testScope(t)
  const tenant = await Tenant.create(scope, await postgres.createDatabase())
  const failed: string[] = []
  const ended: AttemptEnded[] = []
  const type: JobType = {
    run,
    async failed(_tx: Tx, _job: JobRow, code: string) {
      failed.push(code)
    },
  }
  const deps: RunnerDeps = {
    db: tenant.db,
    log: silentLogger,
    types: Object.fromEntries(WORK_TYPES.map((name) => [name, type])) as unknown as JobTypes,
    onAttempt: (one) => ended.push(one),
  }
  const enter = (): Promise<JobRow> =>
    transaction(tenant.db, (tx) =>
      insertJob(tx, {
        projectId: tenant.projectId,
        type: 'recording.finish',
        subject: { type: 'recording', id: newId('stream') },
      }),
    )
  const job = await enter()
  const row = async (id = job.id): Promise<JobRow> => (await tenant.db.select().from(jobs).where(eq(jobs.id, id)))[0]!
  const due = (): Promise<unknown> =>
    tenant.db
      .update(jobs)
      .set({ runAt: new Date(0) })
      .where(eq(jobs.id, job.id))
  return { scope, tenant, deps, job, row, due, enter, failed, ended }
}

test('a job that succeeds is over, with its progress full, and is not done again', async (t) => {
  let runs = 0
  const { deps, job, row, ended } = await setUp(t, async ({ progress }) => {
    runs++
    await progress(3, 10)
    return undefined
  })
  assert.deepEqual(await runJob(deps, job.id, NEVER), { done: true })
  assert.deepEqual(await runJob(deps, job.id, NEVER), { done: true })
  assert.equal(runs, 1)
  const { status, attempt, done, total, finishedAt } = await row()
  assert.deepEqual({ status, attempt, done, total }, { status: 'succeeded', attempt: 1, done: 10, total: 10 })
  assert.ok(finishedAt)
  assert.deepEqual(
    ended.map(({ type, outcome }) => [type, outcome]),
    [['recording.finish', 'succeeded']],
  )
})

test('a failed attempt is made again later, from its last step, and its code can be read meanwhile', async (t) => {
  const cursors: (string | null)[] = []
  const { deps, job, row, due } = await setUp(t, async ({ job: { cursor }, step }) => {
    cursors.push(cursor)
    if (cursor !== null) return undefined
    await step('half')
    throw new ServiceError('STORAGE_UNREACHABLE', 'away')
  })
  const outcome = await runJob(deps, job.id, NEVER)
  assert.ok(!outcome.done && outcome.againInMs >= 800)
  const { status, errorCode, failures } = await row()
  assert.deepEqual([status, errorCode, failures], ['queued', 'STORAGE_UNREACHABLE', 1])
  // too early
  assert.equal((await runJob(deps, job.id, NEVER)).done, false)
  await due()
  assert.deepEqual(await runJob(deps, job.id, NEVER), { done: true })
  assert.deepEqual(cursors, [null, 'half'])
  assert.equal((await row()).errorCode, null)
})

test('what is wrong with the data is tried three times, then the job has failed', async (t) => {
  const { deps, job, row, due, failed } = await setUp(t, () => Promise.reject(new FormatError('MP4_BROKEN', 'no')))
  for (let i = 0; i < 3; i++) {
    await due()
    await runJob(deps, job.id, NEVER)
  }
  const { status, errorCode, finishedAt } = await row()
  assert.deepEqual([status, errorCode, finishedAt !== null], ['failed', 'MP4_BROKEN', true])
  assert.deepEqual(failed, ['MP4_BROKEN'])
})

test('an attempt that has lost its job commits nothing', async (t) => {
  const gate = new EventTarget()
  let entered = 0
  const { deps, job, row, tenant, enter, ended } = await setUp(t, async ({ job: { attempt } }) => {
    if (++entered === 1) await once(gate, 'go')
    return async (tx) =>
      void (await tx
        .update(jobs)
        .set({ cursor: `by ${attempt}` })
        .where(eq(jobs.id, job.id)))
  })
  const slow = runJob(deps, job.id, NEVER)
  await eventually('it runs', () => entered === 1)
  await runJob(deps, job.id, NEVER)
  gate.dispatchEvent(new Event('go'))
  assert.deepEqual(await slow, { done: true })
  assert.equal((await row()).cursor, 'by 2')
  assert.deepEqual(
    ended.map(({ outcome }) => outcome),
    ['succeeded', 'lost'],
  )
  assert.notEqual((await enter()).id, job.id)
  assert.equal(await tenant.db.$count(jobs), 2)
})

test('a worker that ends leaves its jobs to others, without a failure', async (t) => {
  const ending = new AbortController()
  const { deps, job, row } = await setUp(t, async ({ signal }) => {
    ending.abort()
    signal.throwIfAborted()
    return undefined
  })
  assert.deepEqual(await runJob(deps, job.id, ending.signal), { done: false, againInMs: 0 })
  const { status, failures, runAt } = await row()
  assert.deepEqual([status, failures, runAt], ['queued', 0, null])
})

test('jobs reach a worker through the queue, also after the queue was lost', async (t) => {
  const { scope, tenant, deps, job, row, enter } = await setUp(t, async () => undefined)
  const queues = scope.use(await openQueues(tenant.databaseUrl))
  const sql = connect(tenant.databaseUrl, { maxConnections: 1 })
  scope.defer(() => sql.end({ timeout: 1 }))
  const working = new Scope()
  scope.defer(() => working.close())
  await startWork(working, deps, { queues, sql, concurrency: 2 })
  await eventually('the first is done', async () => (await row()).status === 'succeeded')
  await queues.clear('work')
  const next = await enter()
  await eventually('the next is done', async () => (await row(next.id)).status === 'succeeded')
  assert.equal((await row(job.id)).attempt, 1)
})
