import assert from 'node:assert/strict'
import test from 'node:test'

import { deriveKeyring } from '@millrace/auth'
import { type Scope, silentLogger } from '@millrace/core'
import { deliveries, transaction, webhookEndpoints } from '@millrace/db'
import { startTestPostgres, type TestPostgres } from '@millrace/db/testing'
import { createAddressGuard } from '@millrace/address-guard'
import { circuitState, deliver, drainOutbox, drainWebhooks, retryDelivery, type WebhookDeps } from '@millrace/webhooks'
import { asc } from 'drizzle-orm'

import { testScope } from '../../../test/support/scope.ts'
import { Receiver } from '../../../test/support/webhook-receiver.ts'
import { Tenant } from './tenant.test-support.ts'

let postgres: TestPostgres
test.before(async () => {
  postgres = await startTestPostgres()
})
test.after(() => postgres.close())

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

interface Outage {
  scope: Scope
  tenant: Tenant
  receiver: Receiver
  deps: WebhookDeps
  /** Moves the clock by which deliveries become due. */
  advance: (ms: number) => void
  endpoint: () => Promise<typeof webhookEndpoints.$inferSelect>
  rows: () => Promise<(typeof deliveries.$inferSelect)[]>
}

async function setUp(t: test.TestContext, settings: Partial<WebhookDeps> = {}): Promise<Outage> {
  const scope = testScope(t)
  const receiver = await Receiver.start(scope)
  const tenant = await Tenant.create(scope, await postgres.createDatabase())
  await tenant.endpoint(receiver)
  let offsetMs = 0
  const deps: WebhookDeps = {
    db: tenant.db,
    keyring: deriveKeyring(tenant.rootSecret),
    guard: createAddressGuard(['127.0.0.0/8']),
    log: silentLogger,
    clockOffsetMs: () => offsetMs,
    ...settings,
  }
  return {
    scope,
    tenant,
    receiver,
    deps,
    advance(ms) {
      offsetMs += ms
    },
    endpoint: async () => (await tenant.db.select().from(webhookEndpoints))[0]!,
    rows: () => tenant.db.select().from(deliveries).orderBy(asc(deliveries.subjectId), asc(deliveries.seq)),
  }
}

test('receiver down for a day: no event is lost, each stream keeps its order, attempts share their webhook-id', async (t) => {
  const { tenant, receiver, deps, advance, rows } = await setUp(t)
  const streams = ['str_a', 'str_b', 'str_c', 'str_d']
  const accepted: { subject: string; seq: number; id: string }[] = []
  const idOf = new Map<string, string>()
  let down = true
  receiver.answer = ({ subject, seq, id }) => {
    const key = `${subject} ${seq}`
    assert.equal(idOf.get(key) ?? id, id, 'another id for the same event')
    idOf.set(key, id)
    if (!down) accepted.push({ subject, seq, id })
    return down ? 503 : 204
  }
  const sent = new Map<string, string[]>(streams.map((name) => [name, []]))
  for (let ms = 0; ms < 24 * HOUR_MS; ms += 10 * MINUTE_MS) {
    if (ms % (2 * HOUR_MS) === 0) for (const name of streams) sent.get(name)!.push(...(await tenant.emit(name)))
    await drainWebhooks(deps)
    advance(10 * MINUTE_MS)
  }
  const waiting = await rows()
  assert.equal(waiting.length, 48)
  assert.ok(waiting.every(({ status }) => status === 'pending'))
  // the circuit breaker keeps a long outage from costing every delivery its attempts
  assert.ok(waiting.every(({ attempts }) => attempts < 9))
  down = false
  for (let ms = 0; ms < 24 * HOUR_MS && accepted.length < 48; ms += 10 * MINUTE_MS) {
    await drainWebhooks(deps)
    advance(10 * MINUTE_MS)
  }
  for (const name of streams) {
    assert.deepEqual(
      accepted.filter(({ subject }) => subject === name).map(({ id }) => id),
      sent.get(name),
    )
  }
  assert.equal(accepted.length, 48)
  const after = await rows()
  assert.ok(after.every(({ status }) => status === 'succeeded'))
  assert.deepEqual(
    after.map(({ id }) => id),
    waiting.map(({ id }) => id),
  )
})

test('the circuit opens after failures in a row, lets one post try, and closes with a success', async (t) => {
  const circuit = { failures: 3, cooldownMs: 1000, maxCooldownMs: 4000 }
  const { tenant, receiver, deps, advance, endpoint } = await setUp(t, { circuit, maxPerEndpoint: 1 })
  const state = async (ms = 0) => circuitState(await endpoint(), new Date(Date.now() + ms))
  receiver.answer = () => 500
  for (let i = 0; i < 6; i++) await tenant.emit(`str_${i}`)
  assert.equal((await drainWebhooks(deps)).attempts, 3)
  assert.equal(await state(), 'open')
  assert.equal((await endpoint()).failures, 3)
  assert.equal((await drainWebhooks(deps)).attempts, 0, 'while it is open nothing is posted')
  advance(1000)
  assert.equal(await state(1000), 'half_open')
  assert.equal((await drainWebhooks(deps)).attempts, 1, 'half open, one tries')
  advance(1000)
  assert.equal((await drainWebhooks(deps)).attempts, 0, 'and now it stays open for longer')
  advance(1000)
  receiver.answer = () => 204
  assert.equal((await drainWebhooks(deps)).attempts, 6, 'what waited for its next attempt does not wait any more')
  assert.equal(await state(3000), 'closed')
  const { failures, version } = await endpoint()
  assert.deepEqual([failures, version], [0, 1], 'the ETag is that of the settings')
})

test('one stream that always fails does not open the circuit while others succeed', async (t) => {
  const { tenant, receiver, deps, advance, endpoint } = await setUp(t, {
    circuit: { failures: 3 },
    scheduleMs: Array.from({ length: 8 }, (_, i) => i * MINUTE_MS),
  })
  receiver.answer = ({ subject }) => (subject === 'str_bad' ? 400 : 204)
  await tenant.emit('str_bad')
  for (let i = 0; i < 6; i++) {
    await tenant.emit('str_good')
    await drainWebhooks(deps)
    advance(10 * MINUTE_MS)
  }
  assert.equal((await endpoint()).circuitOpens, 0)
  assert.equal(receiver.received.filter(({ subject }) => subject === 'str_bad').length, 6)
  assert.equal(receiver.received.filter(({ subject }) => subject === 'str_good').length, 6)
})

test('asked for by hand, a post goes out although the circuit is open, and with the whole schedule before it', async (t) => {
  const { tenant, receiver, deps, rows, endpoint } = await setUp(t, { circuit: { failures: 2 }, scheduleMs: [0, 0] })
  receiver.answer = () => 500
  await tenant.emit('str_a')
  await drainWebhooks(deps)
  const [given] = await rows()
  assert.deepEqual([given?.status, given?.attempts], ['failed', 2])
  assert.equal((await endpoint()).circuitOpens, 1)
  receiver.answer = () => (receiver.received.length < 4 ? 500 : 204)
  await transaction(tenant.db, (tx) => retryDelivery(tx, given!.id))
  assert.equal((await drainWebhooks(deps)).attempts, 1, 'it opens again with the failure')
  await transaction(tenant.db, (tx) => retryDelivery(tx, given!.id))
  assert.equal((await drainWebhooks(deps)).attempts, 1)
  const [done] = await rows()
  assert.deepEqual([done?.status, done?.attempts, done?.id], ['succeeded', 4, given?.id])
})

test('a retry that was asked for while the delivery went out by itself does not repeat it', async (t) => {
  const { tenant, receiver, deps, rows } = await setUp(t, { scheduleMs: [0, HOUR_MS] })
  receiver.answer = () => (receiver.received.length === 1 ? 500 : 204)
  await tenant.emit('str_a')
  await drainWebhooks(deps)
  const [row] = await rows()
  // asked twice before anybody looks
  await transaction(tenant.db, (tx) => retryDelivery(tx, row!.id))
  await transaction(tenant.db, (tx) => retryDelivery(tx, row!.id))
  await drainWebhooks(deps)
  await drainWebhooks(deps)
  assert.equal(receiver.received.length, 2)
})

test('a drain stops at its time and says that something is left', async (t) => {
  const { tenant, receiver, deps } = await setUp(t)
  await tenant.emit('str_a', 3)
  const report = await drainWebhooks(deps, { maxMs: 0 })
  assert.deepEqual([report.attempts, report.complete], [0, false])
  const all = await drainWebhooks(deps)
  assert.deepEqual([all.attempts, all.complete, receiver.received.length], [3, true, 3])
})

test('whoever asks, no more posts run at the same time than the endpoint may have, and one while it is half open', async (t) => {
  const { tenant, receiver, deps, advance, rows } = await setUp(t, { maxPerEndpoint: 2, circuit: { failures: 2 } })
  for (let i = 0; i < 6; i++) await tenant.emit(`str_${i}`)
  await drainOutbox(deps)
  const ids = (await rows()).map(({ id }) => id)
  /** Asks for all at once; posts are answered when every other one has been refused. Returns the number of posts. */
  const attemptAll = async (): Promise<number> => {
    const decided = Promise.withResolvers<number>()
    let left = ids.length
    const decide = (): void => {
      if (--left === 0) decided.resolve(500)
    }
    receiver.answer = () => {
      decide()
      return decided.promise
    }
    const outcomes = await Promise.all(
      ids.map(async (id) => {
        const { state } = await deliver(deps, id)
        if (state !== 'attempted') decide()
        return state
      }),
    )
    return outcomes.filter((state) => state === 'attempted').length
  }
  assert.equal(await attemptAll(), 2)
  advance(60_000)
  assert.equal(await attemptAll(), 1)
})
