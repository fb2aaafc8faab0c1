import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import test from 'node:test'

import type { Scope } from '@millrace/core'
import { appendEvent, deliveries, transaction, webhookEndpoints } from '@millrace/db'
import { startTestPostgres } from '@millrace/db/testing'
import { count, eq } from 'drizzle-orm'

import { eventually } from '../../../test/support/eventually.ts'
import { Program } from '../../../test/support/program.ts'
import { startRedis } from '../../../test/support/redis.ts'
import { testScope } from '../../../test/support/scope.ts'
import { Receiver } from '../../../test/support/webhook-receiver.ts'
import { Tenant } from './tenant.test-support.ts'

/** `npm run test:slow` sets it. */
const EVENTS = process.env['MILLRACE_TEST_SCALE'] === 'full' ? 10_000 : 1000
const STREAMS = 50
const LONGEST_MS = 600_000
/** A worker takes 200 to 320 MB, whatever waits. */
const MAX_RSS_MB = 450
const MAX_GROWTH_MB = 200

const MAIN = new URL('./main.ts', import.meta.url).pathname

function startWorkerProcess(scope: Scope, tenant: Tenant, queueUrl: string): Promise<Program> {
  return Program.start(scope, process.execPath, [MAIN], {
    env: {
      DATABASE_URL: tenant.databaseUrl,
      QUEUE_URL: queueUrl,
      MILLRACE_SECRET: tenant.rootSecret,
      MILLRACE_WEBHOOK_ALLOW: '127.0.0.0/8',
      MILLRACE_WEBHOOK_SCHEDULE: Array.from({ length: 100 }, (_, i) => (i === 0 ? 0 : 1)).join(','),
      MILLRACE_WEBHOOK_COOLDOWN: '0.5',
      MILLRACE_LOG: 'json',
      MILLRACE_LOG_LEVEL: 'warn',
    },
  })
}

/** Resident memory of a process, MB. */
const rssMb = ({ pid }: Program): number =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024

async function emitAll(tenant: Tenant): Promise<Map<string, string[]>> {
  const sent = new Map<string, string[]>()
  const perStream = EVENTS / STREAMS
  const emit = async (stream: string): Promise<void> => {
    const ids = await transaction(tenant.db, async (tx) => {
      const made: string[] = []
      for (let i = 0; i < perStream; i++) {
        const event = await appendEvent(tx, {
          projectId: tenant.projectId,
          type: 'test.ping',
          subject: { type: 'stream', id: stream },
          data: { message: `${i}` },
        })
        made.push(event.id)
      }
      return made
    })
    sent.set(stream, ids)
  }
  await Promise.all(Array.from({ length: STREAMS }, (_, i) => emit(`str_${i}`)))
  return sent
}

async function succeeded({ db }: Tenant): Promise<number> {
  const [row] = await db.select({ n: count() }).from(deliveries).where(eq(deliveries.status, 'succeeded'))
  return row!.n
}

test(`${EVENTS} events to a receiver that is down at first, Redis flushed in the middle: each once, in order, in flat memory`, async (t) => {
  const scope = testScope(t)
  const postgres = await startTestPostgres()
  scope.defer(() => postgres.close())
  const [receiver, redis, tenant] = await Promise.all([
    Receiver.start(scope),
    startRedis(scope),
    Tenant.create(scope, await postgres.createDatabase()),
  ])
  await tenant.endpoint(receiver)
  await receiver.down()
  const workers = await Promise.all([1, 2].map(() => startWorkerProcess(scope, tenant, redis.url)))
  const sent = await emitAll(tenant)
  await eventually(
    'all wait',
    async () => {
      const [endpoint] = await tenant.db.select().from(webhookEndpoints)
      const rows = await tenant.db.select({ n: count() }).from(deliveries)
      return rows[0]!.n === EVENTS && endpoint!.circuitOpens > 0
    },
    LONGEST_MS,
  )
  const before = await tenant.db.select({ id: deliveries.id, eventId: deliveries.eventId }).from(deliveries)
  const rssBefore = workers.map(rssMb)
  let peakMb = 0
  const sampler = setInterval(() => (peakMb = Math.max(peakMb, ...workers.map(rssMb))), 250)
  scope.defer(() => clearInterval(sampler))

  await receiver.up()
  await receiver.until(() => receiver.received.length >= EVENTS / 3)
  execFileSync('redis-cli', ['-p', String(redis.port), 'flushall'], { stdio: 'ignore' })
  await receiver.until(() => receiver.received.length >= EVENTS)
  await eventually('all are told', async () => (await succeeded(tenant)) === EVENTS, LONGEST_MS)

  assert.equal(receiver.received.length, EVENTS)
  for (const [stream, ids] of sent) {
    assert.deepEqual(
      receiver.received.filter(({ subject }) => subject === stream).map(({ id }) => id),
      ids,
    )
  }
  const after = await tenant.db.select({ id: deliveries.id, eventId: deliveries.eventId }).from(deliveries)
  const byEvent = (rows: typeof after) => rows.toSorted((a, b) => (a.eventId < b.eventId ? -1 : 1))
  assert.deepEqual(byEvent(after), byEvent(before))
  t.diagnostic(
    `memory of a worker: ${rssBefore.map(Math.round).join(', ')} MB before, at most ${Math.round(peakMb)} MB`,
  )
  assert.ok(peakMb < MAX_RSS_MB, `${peakMb} MB`)
  assert.ok(peakMb - Math.min(...rssBefore) < MAX_GROWTH_MB, `${rssBefore.join(', ')} MB, then ${peakMb} MB`)
})
