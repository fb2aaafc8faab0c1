import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'

import { silentLogger, type Scope } from '@millrace/core'
import {
  appendNodeCommand,
  newId,
  nodeCommands,
  nodes,
  pushTargets,
  sessions,
  streamPushTargets,
  streams,
  transaction,
  vhosts,
} from '@millrace/db'
import { startTestPostgres, type TestPostgres } from '@millrace/db/testing'
import {
  commandQueue,
  openQueues,
  pushQueue,
  type JobOutcome,
  type NodeJob,
  type Queues,
  type RunningJob,
} from '@millrace/jobs'
import { withTraceparent } from '@millrace/telemetry'
import { eq } from 'drizzle-orm'

import { eventually } from '../../../test/support/eventually.ts'
import { startRedis } from '../../../test/support/redis.ts'
import { testScope } from '../../../test/support/scope.ts'
import { relayCommands, routeLongWork, type NodeWorkDeps } from './node-work.ts'
import { Tenant } from './tenant.test-support.ts'

let postgres: TestPostgres
test.before(async () => {
  postgres = await startTestPostgres()
})
test.after(() => postgres.close())

interface Set {
  scope: Scope
  tenant: Tenant
  queues: Queues
  deps: NodeWorkDeps
  nodeId: string
}

async function setUp(t: TestContext): Promise<Set> {
  const scope = testScope(t)
  const tenant = await Tenant.create(scope, await postgres.createDatabase())
  const queues = scope.use(await openQueues((await startRedis(scope)).url))
  const nodeId = newId('node')
  const now = new Date()
  await tenant.db.insert(nodes).values({
    id: nodeId,
    name: 'a',
    bootId: 'boot-1-a',
    version: '1',
    addresses: {},
    state: 'ready',
    registeredAt: now,
    lastSeenAt: now,
  })
  return { scope, tenant, queues, nodeId, deps: { db: tenant.db, queues, log: silentLogger } }
}

async function addStream({ tenant }: Set, settings: Partial<typeof streams.$inferInsert> = {}): Promise<string> {
  const { db, projectId } = tenant
  const vhostId = newId('vhost')
  await db.insert(vhosts).values({ id: vhostId, projectId, name: vhostId, access: 'open' })
  const id = newId('stream')
  await db.insert(streams).values({ id, projectId, vhostId, app: 'live', name: 'x', ...settings })
  return id
}

/** A broadcast of a stream, live on the node, with a push target. */
async function addLivePush(set: Set): Promise<{ targetId: string; streamId: string; sessionId: string }> {
  const { db, projectId } = set.tenant
  const sessionId = newId('session')
  const streamId = await addStream(set, { currentSessionId: sessionId })
  await db.insert(sessions).values({
    id: sessionId,
    projectId,
    streamId,
    nodeId: set.nodeId,
    bootId: 'boot-1-a',
    protocol: 'rtmp',
    client: { ip: '127.0.0.1' },
    status: 'live',
    startedAt: new Date(),
  })
  const targetId = newId('pushTarget')
  await db.insert(pushTargets).values({ id: targetId, projectId, url: 'rtmp://127.0.0.1/live' })
  await db.insert(streamPushTargets).values({ streamId, pushTargetId: targetId })
  return { targetId, streamId, sessionId }
}

const PULL = { type: 'pull', url: 'rtmp://127.0.0.1/live/x' } as const

test('pulls and pushes are in the queues as the database wants them, also after the queues were lost', async (t) => {
  const set = await setUp(t)
  const { queues, deps, nodeId, tenant } = set
  const streamId = await addStream(set, { source: PULL })
  await addStream(set, { source: PULL, enabled: false })
  const push = await addLivePush(set)
  const queued = async () => ({
    pulls: (await queues.list('pull')).map(({ data }) => data.stream_id),
    pushes: (await queues.list(pushQueue(nodeId))).map(({ data }) => data),
  })
  const wanted = {
    pulls: [streamId],
    pushes: [{ push_target_id: push.targetId, stream_id: push.streamId, session_id: push.sessionId }],
  }
  for (let i = 0; i < 2; i++) await Promise.all([routeLongWork(deps), routeLongWork(deps)])
  assert.deepEqual(await queued(), wanted)
  await queues.clear('pull')
  await queues.clear(pushQueue(nodeId))
  await routeLongWork(deps)
  assert.deepEqual(await queued(), wanted)

  await tenant.db.update(streams).set({ enabled: false }).where(eq(streams.id, streamId))
  await tenant.db.update(pushTargets).set({ enabled: false }).where(eq(pushTargets.id, push.targetId))
  await routeLongWork(deps)
  assert.deepEqual(await queued(), { pulls: [], pushes: [] })
})

test('a push that failed for good is tried again when its target changes', async (t) => {
  const set = await setUp(t)
  const { queues, deps, nodeId, tenant } = set
  const { targetId } = await addLivePush(set)
  await tenant.db.update(streamPushTargets).set({ status: 'failed', statusAt: new Date() })
  await routeLongWork(deps)
  assert.equal(await queues.size(pushQueue(nodeId)), 0)
  await tenant.db
    .update(pushTargets)
    .set({ updatedAt: new Date(Date.now() + 1000) })
    .where(eq(pushTargets.id, targetId))
  await routeLongWork(deps)
  assert.equal(await queues.size(pushQueue(nodeId)), 1)
})

test('a job that runs and is not wanted any more is ended by the node that runs it', async (t) => {
  const set = await setUp(t)
  const { queues, deps, nodeId, tenant } = set
  const streamId = await addStream(set, { source: PULL })
  await routeLongWork(deps)
  const ended = Promise.withResolvers<JobOutcome>()
  const taken: RunningJob<'pull'>[] = []
  queues.consume('pull', async (job) => (taken.push(job), ended.promise), { owner: nodeId })
  await eventually('the job is taken', () => taken.length === 1)
  // another address is another job
  await tenant.db
    .update(streams)
    .set({ source: { type: 'pull', url: 'rtmp://127.0.0.1/live/y' } })
    .where(eq(streams.id, streamId))
  await routeLongWork(deps)
  const told = Promise.withResolvers<NodeJob>()
  queues.consume(commandQueue(nodeId), async ({ data }) => (told.resolve(data), { done: true }))
  assert.deepEqual(await told.promise, { stop: { queue: 'pull', job_id: taken[0]?.id } })
  ended.resolve({ done: true })
  await eventually('the other job is taken', () => taken.length === 2)
  assert.notEqual(taken[1]?.id, taken[0]?.id)
  assert.deepEqual(taken[1]?.data, { stream_id: streamId }, 'the address, which may be secret, is not in the queue')
})

test('a command is relayed until the node has answered, and given up at last', async (t) => {
  const { tenant, queues, deps, nodeId } = await setUp(t)
  const { db } = tenant
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const id = await withTraceparent(traceparent, () =>
    transaction(db, (tx) => appendNodeCommand(tx, nodeId, { type: 'drain' })),
  )
  const now = Date.now()
  const relay = (afterMs: number) => relayCommands(deps, new Date(now + afterMs))
  await relay(0)
  const seen: unknown[] = []
  const consumer = queues.consume(commandQueue(nodeId), async ({ data }) => (seen.push(data), { done: true }))
  await eventually('it came', () => seen.length === 1)
  assert.deepEqual(seen, [{ command: { type: 'drain', id }, traceparent }])
  await relay(1000)
  await relay(20_000)
  await eventually('it came again', () => seen.length === 2)
  await consumer.close()
  await db.update(nodeCommands).set({ createdAt: new Date(now - 3_600_000) })
  await relay(40_000)
  const [row] = await db.select().from(nodeCommands)
  assert.equal(row?.errorCode, 'NODE_COMMAND_EXPIRED')
  await relay(80_000)
  assert.equal(await queues.size(commandQueue(nodeId)), 0)
})
