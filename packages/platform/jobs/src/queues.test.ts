import assert from 'node:assert/strict'
import { once } from 'node:events'
import { fork } from 'node:child_process'
import test, { describe } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import { Scope, type CodedError } from '@millrace/core'
import { startTestPostgres } from '@millrace/db/testing'

import { startRedis } from '../../../../test/support/redis.ts'
import { openQueues, type JobOutcome, type QueuesOptions, type RunningJob } from './index.ts'

type Delivery = RunningJob<'webhook-deliveries'>

const DONE: JobOutcome = { done: true }
const job = (id: string, delayMs = 0) => ({ id, data: { delivery_id: id }, delayMs })

const pull = (id: string) => ({
  id,
  data: { stream_id: id },
})

/** Collects what a handler was called with, and lets tests wait for a number of calls. */
class Calls {
  readonly ids: string[] = []
  readonly #waiters: { count: number; resolve: () => void }[] = []

  readonly handler = async ({ id }: Delivery): Promise<JobOutcome> => {
    this.ids.push(id)
    for (const waiter of this.#waiters) if (this.ids.length >= waiter.count) waiter.resolve()
    return DONE
  }

  until(count: number): Promise<void> {
    if (this.ids.length >= count) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push({ count, resolve }))
  }
}

const stores = {
  redis: async (scope: Scope) => {
    const { url } = await startRedis(scope)
    let databases = 0
    return async () => `${url}/${databases++}`
  },
  postgres: async (scope: Scope) => {
    const postgres = await startTestPostgres()
    scope.defer(() => postgres.close())
    return () => postgres.createDatabase()
  },
}

for (const [store, start] of Object.entries(stores)) {
  describe(`queues on ${store}`, async () => {
    const scope = new Scope()
    let newDatabase: () => Promise<string>
    test.before(async () => {
      newDatabase = await start(scope)
    })
    test.after(() => scope.close())
    const open = async (options?: QueuesOptions) => openQueues(await newDatabase(), options)

    test('a job reaches a consumer with its data, in the order of adding', async () => {
      await using queues = await open()
      const calls = new Calls()
      const seen: Delivery[] = []
      queues.consume('webhook-deliveries', (running) => (seen.push(running), calls.handler(running)), {
        concurrency: 1,
      })
      await queues.add('webhook-deliveries', [job('a'), job('b'), job('c')])
      await calls.until(3)
      assert.deepEqual(calls.ids, ['a', 'b', 'c'])
      assert.deepEqual(seen[0], { id: 'a', data: { delivery_id: 'a' } })
    })

    test('an id is there once while it waits, and free again after the job is done', async () => {
      await using queues = await open()
      const calls = new Calls()
      await queues.add('webhook-deliveries', [job('a'), job('a')])
      await queues.add('webhook-deliveries', [job('a')])
      assert.equal(await queues.size('webhook-deliveries'), 1)
      await using consumer = queues.consume('webhook-deliveries', calls.handler)
      await calls.until(1)
      await consumer.close()
      assert.equal(await queues.size('webhook-deliveries'), 0)
      queues.consume('webhook-deliveries', calls.handler)
      await queues.add('webhook-deliveries', [job('a')])
      await calls.until(2)
    })

    test('a job that asks to run again does so after its delay, under the same id', async () => {
      await using queues = await open()
      const calls = new Calls()
      const startedMs = performance.now()
      queues.consume('webhook-deliveries', async (running) => {
        await calls.handler(running)
        return calls.ids.length < 3 ? { done: false, againInMs: 50 } : DONE
      })
      await queues.add('webhook-deliveries', [job('a', 50)])
      await calls.until(3)
      assert.deepEqual(calls.ids, ['a', 'a', 'a'])
      assert.ok(performance.now() - startedMs >= 150)
    })

    test('a handler that throws is tried again', async () => {
      await using queues = await open()
      const calls = new Calls()
      queues.consume('webhook-deliveries', async (running) => {
        await calls.handler(running)
        assert.ok(calls.ids.length > 1, 'first try fails')
        return DONE
      })
      await queues.add('webhook-deliveries', [job('a')])
      await calls.until(2)
    })

    test('closing waits for the running job and takes no other', async () => {
      const queues = await open()
      const calls = new Calls()
      const gate = Promise.withResolvers<void>()
      let finished = false
      const consumer = queues.consume(
        'webhook-deliveries',
        async (running) => {
          await calls.handler(running)
          await gate.promise
          finished = true
          return DONE
        },
        { concurrency: 1 },
      )
      await queues.add('webhook-deliveries', [job('a'), job('b')])
      await calls.until(1)
      const closed = consumer.close()
      gate.resolve()
      await closed
      assert.ok(finished)
      assert.equal(await queues.size('webhook-deliveries'), 1)
      await queues.close()
      await assert.rejects(() => queues.add('webhook-deliveries', [job('c')]), { code: 'QUEUE_CLOSED' })
    })

    test('many consumers share a small pool, and each job runs once', async () => {
      await using queues = await open({ poolSize: 2 })
      const calls = new Calls()
      for (let i = 0; i < 6; i++) queues.consume('webhook-deliveries', calls.handler, { concurrency: 2 })
      const ids = Array.from({ length: 200 }, (_, i) => `j${i}`)
      await queues.add(
        'webhook-deliveries',
        ids.map((id) => job(id)),
      )
      await calls.until(200)
      assert.deepEqual(calls.ids.toSorted(), ids.toSorted())
    })

    test('another consumer takes over the job of a process that was killed', async () => {
      const url = await newDatabase()
      await using queues = await openQueues(url)
      await queues.add('webhook-deliveries', [job('a')])
      const victim = fork(new URL('./stuck-consumer.test-child.ts', import.meta.url), [url])
      await once(victim, 'message')
      victim.kill('SIGKILL')
      await once(victim, 'exit')
      const calls = new Calls()
      queues.consume('webhook-deliveries', calls.handler, { lockMs: 1000, stalledCheckMs: 300 })
      await calls.until(1)
      assert.deepEqual(calls.ids, ['a'])
    })

    test('a delayed job can be removed and added again for now; a running one stays', async () => {
      await using queues = await open()
      const calls = new Calls()
      const gate = Promise.withResolvers<void>()
      await queues.add('webhook-deliveries', [job('a', 60_000), job('b')])
      queues.consume('webhook-deliveries', async (running) => {
        await calls.handler(running)
        if (running.id === 'b') await gate.promise
        return DONE
      })
      await calls.until(1)
      await queues.remove('webhook-deliveries', ['a', 'b', 'c'])
      await queues.add('webhook-deliveries', [job('a'), job('b')])
      await calls.until(2)
      gate.resolve()
      assert.deepEqual(calls.ids, ['b', 'a'])
    })

    test('who runs a job can be seen, and a job that is handed over goes to another consumer', async () => {
      await using queues = await open()
      const began = Promise.withResolvers<void>()
      const handOver = Promise.withResolvers<JobOutcome>()
      const first = queues.consume('pull', async () => (began.resolve(), handOver.promise), { owner: 'a' })
      await queues.add('pull', [pull('s1')])
      await began.promise
      await queues.add('pull', [{ ...pull('s2'), delayMs: 60_000 }])
      assert.deepEqual(await queues.list('pull'), [
        { id: 's2', data: pull('s2').data, running: false, owner: undefined },
        { id: 's1', data: pull('s1').data, running: true, owner: 'a' },
      ])
      const taken = Promise.withResolvers<string>()
      queues.consume('pull', async ({ id }) => (taken.resolve(id), DONE), { owner: 'b' })
      const closed = first.close()
      handOver.resolve({ done: false, againInMs: 0 })
      await closed
      assert.equal(await taken.promise, 's1')
    })

    test('a job that was forgotten while it ran is told so, and can be added again', async () => {
      await using queues = await open()
      const began = Promise.withResolvers<void>()
      const lost = Promise.withResolvers<void>()
      let runs = 0
      const again = Promise.withResolvers<void>()
      queues.consume(
        'push.node_a',
        async (_job, signal) => {
          if (++runs > 1) again.resolve()
          else {
            began.resolve()
            await new Promise((resolve) => signal.addEventListener('abort', resolve))
            lost.resolve()
          }
          return DONE
        },
        { lockMs: 400, stalledCheckMs: 300 },
      )
      const push = { id: 'p1', data: { push_target_id: 't', stream_id: 's', session_id: 'x' } }
      await queues.add('push.node_a', [push])
      await began.promise
      await queues.clear('push.node_a')
      await lost.promise
      await queues.add('push.node_a', [push])
      await again.promise
      assert.equal(runs, 2)
    })

    test('clear forgets waiting and delayed jobs', async () => {
      await using queues = await open()
      await queues.add('webhook-deliveries', [job('a'), job('b', 60_000)])
      assert.equal(await queues.size('webhook-deliveries'), 2)
      await queues.clear('webhook-deliveries')
      assert.equal(await queues.size('webhook-deliveries'), 0)
    })
  })
}

test('adding fails at once while Redis is away, and works when it is back', async () => {
  await using scope = new Scope()
  const { url, port, program } = await startRedis(scope)
  await using queues = await openQueues(url)
  const calls = new Calls()
  queues.consume('webhook-deliveries', calls.handler)
  await queues.add('webhook-deliveries', [job('a')])
  await calls.until(1)
  await program.stop()
  await assert.rejects(queues.add('webhook-deliveries', [job('b')]))
  await startRedis(scope, port)
  const added = async (): Promise<boolean> =>
    queues.add('webhook-deliveries', [job('c')]).then(
      () => true,
      () => false,
    )
  while (!(await added())) await setImmediate()
  await calls.until(2)
  assert.deepEqual(calls.ids, ['a', 'c'])
})

test('refuses what is no queue URL, and says when nothing answers', async () => {
  const code = async (url: string) =>
    openQueues(url).then(
      () => 'none',
      (error: CodedError) => error.code,
    )
  assert.equal(await code('mysql://localhost/x'), 'QUEUE_URL_INVALID')
  assert.equal(await code('nonsense'), 'QUEUE_URL_INVALID')
  assert.equal(await code('redis://127.0.0.1:1'), 'QUEUE_UNREACHABLE')
  assert.equal(await code('postgres://u@127.0.0.1:1/x'), 'QUEUE_UNREACHABLE')
})
