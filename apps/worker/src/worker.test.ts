import assert from 'node:assert/strict'
import test, { describe } from 'node:test'

import { Scope, silentLogger } from '@millrace/core'
import { deliveries, deliveryAttempts, transaction, webhookEndpoints } from '@millrace/db'
import { startTestPostgres, type TestPostgres } from '@millrace/db/testing'
import { openQueues } from '@millrace/jobs'
import { retryDelivery } from '@millrace/webhooks'
import { asc, eq } from 'drizzle-orm'

import { eventually } from '../../../test/support/eventually.ts'
import { Program } from '../../../test/support/program.ts'
import { startRedis } from '../../../test/support/redis.ts'
import { testScope } from '../../../test/support/scope.ts'
import { Receiver } from '../../../test/support/webhook-receiver.ts'
import { Tenant } from './tenant.test-support.ts'
import { startWorker } from './worker.ts'

let postgres: TestPostgres
test.before(async () => {
  postgres = await startTestPostgres()
})
test.after(() => postgres.close())

const MAIN = new URL('./main.ts', import.meta.url).pathname
const QUICK_S = [0, 0.05, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]

interface WorkerSettings {
  queueUrl?: string
  allow?: readonly string[]
  scheduleS?: readonly number[]
}

/** A worker in this process, until the scope closes. */
async function worker(scope: Scope, tenant: Tenant, settings: WorkerSettings = {}): Promise<Scope> {
  const { queueUrl = tenant.databaseUrl, allow = ['127.0.0.0/8'], scheduleS = QUICK_S } = settings
  const own = new Scope()
  scope.defer(() => own.close())
  await startWorker(
    own,
    {
      databaseUrl: tenant.databaseUrl,
      queueUrl,
      rootSecret: tenant.rootSecret,
      webhookAllow: allow,
      webhookScheduleMs: scheduleS.map((s) => s * 1000),
      webhookTimeoutMs: 15_000,
      nodeLostMs: 20_000,
      jobs: 2,
      recordingGraceMs: 3_600_000,
      storageAllow: [],
      storageDirectories: [],
      concurrency: 20,
    },
    silentLogger,
  )
  return own
}

/** A worker as a process. */
async function workerProcess(scope: Scope, tenant: Tenant, timeoutS = 15): Promise<Program> {
  const program = await Program.start(scope, process.execPath, [MAIN], {
    env: {
      DATABASE_URL: tenant.databaseUrl,
      MILLRACE_SECRET: tenant.rootSecret,
      MILLRACE_WEBHOOK_ALLOW: '127.0.0.0/8',
      MILLRACE_WEBHOOK_SCHEDULE: QUICK_S.join(','),
      MILLRACE_WEBHOOK_TIMEOUT: `${timeoutS}`,
      MILLRACE_LOG: 'json',
    },
  })
  await program.line(/"msg":"ready"/, 60_000)
  return program
}

async function setUp(t: test.TestContext): Promise<{ scope: Scope; tenant: Tenant; receiver: Receiver }> {
  const scope = testScope(t)
  const receiver = await Receiver.start(scope)
  const tenant = await Tenant.create(scope, await postgres.createDatabase())
  return { scope, tenant, receiver }
}

const log = (tenant: Tenant) =>
  tenant.db.select().from(deliveries).orderBy(asc(deliveries.subjectId), asc(deliveries.seq))

/** Waits until the log says so; the worker writes it after the receiver has answered. */
function logged(tenant: Tenant, holds: (rows: Awaited<ReturnType<typeof log>>) => boolean) {
  return eventually(
    'the log',
    async () => {
      const rows = await log(tenant)
      return holds(rows) && rows
    },
    120_000,
  )
}

const allDone = (rows: Awaited<ReturnType<typeof log>>): boolean => rows.every(({ status }) => status === 'succeeded')

// most of the time these wait: for retries, leases and sweeps
describe('worker', { concurrency: 4 }, () => {
  test('an event is posted once, signed, to each endpoint that wants it, and the log says so', async (t) => {
    const { scope, tenant, receiver } = await setUp(t)
    const other = await Receiver.start(scope)
    const off = await Receiver.start(scope)
    await tenant.endpoint(receiver, { eventTypes: ['test.ping', 'stream.live'] })
    await tenant.endpoint(other)
    await tenant.endpoint(other, { eventTypes: ['stream.live'] })
    await tenant.endpoint(off, { enabled: false })
    await worker(scope, tenant)
    const [eventId] = await tenant.emit('str_a')
    await receiver.until(() => receiver.received.length === 1)
    await other.until(() => other.received.length === 1)
    const rows = await logged(tenant, allDone)
    assert.equal(rows.length, 2)
    assert.equal(receiver.received[0]?.id, eventId)
    assert.equal(off.received.length, 0)
    const attempts = await tenant.db.select().from(deliveryAttempts)
    assert.deepEqual(
      attempts.map(({ attempt, statusCode, error, answerExcerpt }) => ({ attempt, statusCode, error, answerExcerpt })),
      Array.from({ length: 2 }, () => ({ attempt: 1, statusCode: 204, error: null, answerExcerpt: '' })),
    )
  })

  test('events of a subject arrive in order, each until it is accepted; other subjects do not wait', async (t) => {
    const { scope, tenant, receiver } = await setUp(t)
    await tenant.endpoint(receiver)
    const failures = new Map<string, number>()
    receiver.answer = ({ id, subject, seq }) => {
      if (subject === 'str_b' || seq !== 2) return 204
      const count = (failures.get(id) ?? 0) + 1
      failures.set(id, count)
      return [500, 404, 302, 503][count - 1] ?? 204
    }
    await worker(scope, tenant)
    const a = await tenant.emit('str_a', 4)
    const b = await tenant.emit('str_b', 3)
    await receiver.until(() => receiver.received.length === 4 + 4 + 3)
    const rows = await logged(tenant, allDone)
    const idsOf = (subject: string) => receiver.received.filter((post) => post.subject === subject).map(({ id }) => id)
    assert.deepEqual(idsOf('str_a'), [a[0], a[1], a[1], a[1], a[1], a[1], a[2], a[3]])
    assert.deepEqual(idsOf('str_b'), b)
    assert.equal(rows[1]?.attempts, 5)
    const attempts = await tenant.db
      .select()
      .from(deliveryAttempts)
      .where(eq(deliveryAttempts.deliveryId, rows[1]?.id ?? ''))
      .orderBy(asc(deliveryAttempts.attempt))
    assert.deepEqual(
      attempts.map(({ statusCode, answerExcerpt }) => [statusCode, answerExcerpt]),
      [
        [500, 'answer 500'],
        [404, 'answer 404'],
        [302, 'answer 302'],
        [503, 'answer 503'],
        [204, ''],
      ],
    )
  })

  test('a receiver that is down gets everything once and in order when it is back', async (t) => {
    const { scope, tenant, receiver } = await setUp(t)
    await tenant.endpoint(receiver)
    await receiver.down()
    await worker(scope, tenant)
    const ids = await tenant.emit('str_a', 5)
    await logged(tenant, ([first]) => first !== undefined && first.attempts >= 2)
    await receiver.up()
    await receiver.until(() => receiver.received.length === 5)
    await logged(tenant, allDone)
    assert.deepEqual(
      receiver.received.map(({ id }) => id),
      ids,
    )
  })

  test('a delivery is given up after its last attempt, and then the next one has its turn', async (t) => {
    const { scope, tenant, receiver } = await setUp(t)
    await tenant.endpoint(receiver)
    receiver.answer = ({ seq }) => (seq === 1 ? 500 : 204)
    const own = await worker(scope, tenant, { scheduleS: [0, 0.02, 0.02] })
    const [first, second] = await tenant.emit('str_a', 2)
    await receiver.until(() => receiver.received.length === 4)
    assert.deepEqual(
      receiver.received.map(({ id }) => id),
      [first, first, first, second],
    )
    const rows = await logged(tenant, ([, last]) => last?.status === 'succeeded')
    assert.equal(rows[0]?.status, 'failed')
    assert.equal(rows[0]?.nextAttemptAt, null)
    // asked for by hand, it is tried once more
    receiver.answer = () => 204
    await transaction(tenant.db, (tx) => retryDelivery(tx, rows[0]?.id ?? ''))
    await receiver.until(() => receiver.received.length === 5)
    await logged(tenant, allDone)
    await own.close()
  })

  test('asked to retry, it does not wait for the time of the next attempt', async (t) => {
    const { scope, tenant, receiver } = await setUp(t)
    await tenant.endpoint(receiver)
    receiver.answer = () => 500
    await worker(scope, tenant, { scheduleS: [0, 3600, 3600] })
    await tenant.emit('str_a')
    const [row] = await logged(tenant, ([first]) => first?.lastStatusCode === 500)
    receiver.answer = () => 204
    await transaction(tenant.db, (tx) => retryDelivery(tx, row?.id ?? ''))
    await logged(tenant, allDone)
    assert.equal(receiver.received.length, 2)
  })

  test('410 turns the endpoint off, gives up what waits for it, and is told to the others', async (t) => {
    const { scope, tenant, receiver } = await setUp(t)
    const other = await Receiver.start(scope)
    const id = await tenant.endpoint(receiver)
    await tenant.endpoint(other, { eventTypes: ['webhook_endpoint.disabled'] })
    receiver.answer = () => 410
    await tenant.emit('str_a', 3)
    await worker(scope, tenant)
    await other.until(() => other.received.length === 1)
    assert.equal(other.received[0]?.type, 'webhook_endpoint.disabled')
    assert.equal(receiver.received.length, 1)
    const [endpoint] = await tenant.db.select().from(webhookEndpoints).where(eq(webhookEndpoints.id, id))
    assert.equal(endpoint?.enabled, false)
    assert.match(endpoint?.disabledReason ?? '', /410/)
    const rows = await logged(tenant, (all) => all.every(({ status }) => status !== 'pending'))
    assert.deepEqual(
      rows.filter(({ endpointId }) => endpointId === id).map(({ status }) => status),
      ['failed', 'failed', 'failed'],
    )
  })

  test('Retry-After is obeyed', async (t) => {
    const { scope, tenant, receiver } = await setUp(t)
    await tenant.endpoint(receiver)
    receiver.answer = () => (receiver.received.length === 1 ? { status: 429, headers: { 'retry-after': '1' } } : 204)
    await worker(scope, tenant)
    await tenant.emit('str_a')
    await receiver.until(() => receiver.received.length === 2)
    const [first, second] = receiver.received
    assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 990)
  })

  test('an address that is not allowed is never connected to', async (t) => {
    const { scope, tenant, receiver } = await setUp(t)
    await tenant.endpoint(receiver)
    await worker(scope, tenant, { allow: [], scheduleS: [0] })
    await tenant.emit('str_a')
    const [row] = await logged(tenant, ([first]) => first?.status === 'failed')
    assert.match(row?.lastError ?? '', /^WEBHOOK_ADDRESS_BLOCKED/)
    assert.equal(receiver.received.length, 0)
  })

  test('no more posts at the same time than the endpoint is allowed', async (t) => {
    const { scope, tenant, receiver } = await setUp(t)
    await tenant.endpoint(receiver)
    const full = Promise.withResolvers<void>()
    let now = 0
    let most = 0
    receiver.answer = async () => {
      most = Math.max(most, ++now)
      if (now === 10) full.resolve()
      await full.promise
      await new Promise((resolve) => setTimeout(resolve, 5))
      now--
      return 204
    }
    for (let i = 0; i < 60; i++) await tenant.emit(`str_${i}`)
    await worker(scope, tenant)
    await worker(scope, tenant)
    await receiver.until(() => receiver.received.length === 60)
    await logged(tenant, allDone)
    assert.equal(most, 10)
    assert.equal(receiver.received.length, 60)
  })

  test('two worker processes deliver each event once, in order per subject', async (t) => {
    const { scope, tenant, receiver } = await setUp(t)
    await tenant.endpoint(receiver)
    await Promise.all([workerProcess(scope, tenant), workerProcess(scope, tenant)])
    const sent = await Promise.all(Array.from({ length: 10 }, (_, i) => tenant.emit(`str_${i}`, 20)))
    await receiver.until(() => receiver.received.length >= 200)
    await logged(tenant, allDone)
    assert.equal(receiver.received.length, 200)
    sent.forEach((ids, i) => {
      const got = receiver.received.filter(({ subject }) => subject === `str_${i}`).map(({ id }) => id)
      assert.deepEqual(got, ids)
    })
  })

  test('what a killed worker was about to post is posted by another', async (t) => {
    const { scope, tenant, receiver } = await setUp(t)
    await tenant.endpoint(receiver)
    const posted = Promise.withResolvers<void>()
    const silent = Promise.withResolvers<number>()
    receiver.answer = () => {
      if (receiver.received.length > 1) return 204
      posted.resolve()
      return silent.promise
    }
    // the lease of a killed worker ends 5 s after its time-out
    const victim = await workerProcess(scope, tenant, 1)
    const ids = await tenant.emit('str_a', 3)
    await posted.promise
    await victim.stop('SIGKILL')
    silent.resolve(500)
    await workerProcess(scope, tenant)
    await receiver.until(() => receiver.received.length === 4)
    await logged(tenant, allDone)
    assert.deepEqual(
      receiver.received.map(({ id }) => id),
      [ids[0], ...ids],
    )
  })

  test('a worker that closes breaks off what does not end, and leaves it to the next one', async (t) => {
    const { scope, tenant, receiver } = await setUp(t)
    await tenant.endpoint(receiver)
    const posted = Promise.withResolvers<void>()
    receiver.answer = () => {
      if (receiver.received.length > 1) return 204
      posted.resolve()
      return new Promise(() => {})
    }
    const own = await worker(scope, tenant)
    await tenant.emit('str_a')
    await posted.promise
    await own.close()
    const [row] = await log(tenant)
    assert.equal(row?.leasedUntil, null)
    await worker(scope, tenant)
    await logged(tenant, allDone)
    assert.equal(receiver.received.length, 2)
  })

  for (const store of ['postgres', 'redis'] as const) {
    test(`when the queue is lost (${store}), all is delivered once, with the same ids`, async (t) => {
      const { scope, tenant, receiver } = await setUp(t)
      const queueUrl = store === 'redis' ? (await startRedis(scope)).url : tenant.databaseUrl
      await tenant.endpoint(receiver)
      await receiver.down()
      const first = await worker(scope, tenant, { queueUrl, scheduleS: [0, 0.5, 0.5] })
      const ids = await Promise.all(['str_a', 'str_b', 'str_c'].map(async (subject) => (await tenant.emit(subject))[0]))
      const before = await logged(tenant, (rows) => rows.length === 3 && rows.every(({ attempts }) => attempts > 0))
      await first.close()
      const queues = await openQueues(queueUrl)
      await queues.clear('webhook-deliveries')
      await queues.close()
      await receiver.up()
      await worker(scope, tenant, { queueUrl })
      await receiver.until(() => receiver.received.length === 3)
      const after = await logged(tenant, allDone)
      assert.deepEqual(
        after.map(({ id }) => id),
        before.map(({ id }) => id),
      )
      assert.deepEqual(receiver.received.map(({ id }) => id).toSorted(), ids.map(String).toSorted())
    })
  }
})
