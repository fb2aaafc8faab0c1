import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'

import { silentLogger } from '@millrace/core'
import { openQueues, type PullJob } from '@millrace/jobs'

import { eventually } from '../../../../test/support/eventually.ts'
import { flushRedis, startRedis } from '../../../../test/support/redis.ts'
import { testScope } from '../../../../test/support/scope.ts'
import { LongJobs } from './long-jobs.ts'

const JOB = { id: 'str_a-1', data: { stream_id: 'str_a' } }

async function setUp(t: TestContext) {
  const scope = testScope(t)
  const { url } = await startRedis(scope)
  const queues = scope.use(await openQueues(url))
  const begun: PullJob[] = []
  let ended = 0
  const jobs = new LongJobs<'pull'>({
    queues,
    queue: 'pull',
    owner: 'node_a',
    work: (data, signal) => {
      begun.push(data)
      return new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          ended++
          resolve({ done: false, againInMs: 0 })
        }),
      )
    },
    logger: silentLogger,
    lockMs: 600,
    stalledCheckMs: 300,
  })
  scope.defer(() => jobs.handOver())
  return { url, queues, jobs, begun, ended: () => ended }
}

const waits = async (queues: Awaited<ReturnType<typeof setUp>>['queues']): Promise<boolean> =>
  (await queues.list('pull')).some(({ running }) => !running)

test('a queue that was lost and has the job again: the work goes on under the new lock, and is not begun twice', async (t) => {
  const { url, queues, jobs, begun, ended } = await setUp(t)
  await queues.add('pull', [JOB])
  await eventually('it is begun', () => begun.length === 1)
  for (let i = 0; i < 3; i++) {
    await flushRedis(url)
    await queues.add('pull', [JOB])
    await eventually('it is taken again', async () =>
      (await queues.list('pull')).some(({ owner }) => owner === 'node_a'),
    )
  }
  jobs.stop(JOB.id)
  await eventually('the job is gone', async () => (await queues.size('pull')) === 0)
  assert.deepEqual([begun.length, ended()], [1, 1])
  assert.equal(await waits(queues), false)
})

test('a job that nobody has any more is ended, and begun anew when it comes again', async (t) => {
  const { url, queues, begun, ended } = await setUp(t)
  await queues.add('pull', [JOB])
  await eventually('it is begun', () => begun.length === 1)
  await flushRedis(url)
  await eventually('it is ended', () => ended() === 1)
  await queues.add('pull', [JOB])
  await eventually('it is begun anew', () => begun.length === 2)
})
