import { deriveKeyring } from '@millrace/auth'
import type { Logger, Scope } from '@millrace/core'
import {
  NODE_COMMANDS_CHANNEL,
  OUTBOX_CHANNEL,
  ROUTING_CHANNEL,
  cleanUp,
  connect,
  openDb,
  reapLeases,
  reapNodes,
  type Db,
  type Sql,
} from '@millrace/db'
import { openQueues, type JobOutcome, type Queues } from '@millrace/jobs'
import { Stores } from '@millrace/storage'
import { openTracer } from '@millrace/telemetry'
import { createAddressGuard } from '@millrace/address-guard'
import {
  deliverLane,
  drainOutbox,
  dueDeliveries,
  runRedeliverJobs,
  type ToDo,
  type WebhookDeps,
} from '@millrace/webhooks'

import type { WorkerConfig } from './config.ts'
import { relayCommands, routeLongWork } from './node-work.ts'
import { startPump } from './pump.ts'
import { createJobTypes } from './recordings/job-types.ts'
import { startKeeper } from './recordings/keeper.ts'
import type { AttemptEnded } from './work/job-type.ts'
import { startWork } from './work/start.ts'
import { createWorkerMetrics, serveMetrics } from './worker-metrics.ts'

/** Deliveries that are due but in no queue (it was lost, a worker died) are found after at most this. */
const SWEEP_MS = 2000
const REAP_MS = 1000
const CLEAN_UP_MS = 3_600_000
/** Steps of redeliveries may keep the outbox waiting for this long. */
const REDELIVER_MS = 500
/** At the end, posts that run may go on for this long. */
const CLOSE_GRACE_MS = 1000

const QUEUE = 'webhook-deliveries'

/**
 * Opens the worker: it turns outbox rows into webhook deliveries, and delivers them. Any number of workers may run on
 * the same database and queue. Returns the port of `/metrics`, if that is served.
 */
export async function startWorker(scope: Scope, config: WorkerConfig, log: Logger): Promise<number | undefined> {
  const interrupt = new AbortController()
  const guard = createAddressGuard(config.webhookAllow)
  const keyring = deriveKeyring(config.rootSecret)
  const sql = connect(config.databaseUrl, { applicationName: 'millrace-worker' })
  scope.defer(() => sql.end({ timeout: 1 }))
  const queues = scope.use(await openQueues(config.queueUrl, { log }))
  const db = openDb(sql)
  const { metrics, onAttempt, onJobAttempt } = createWorkerMetrics(db)
  const deps: WebhookDeps = {
    db,
    keyring,
    guard,
    log,
    signal: interrupt.signal,
    onAttempt,
    tracer: await openTracer(scope, 'millrace-worker'),
    timeoutMs: config.webhookTimeoutMs,
    ...(config.webhookScheduleMs && { scheduleMs: config.webhookScheduleMs }),
    ...(config.webhookCooldownMs !== undefined && { circuit: { cooldownMs: config.webhookCooldownMs } }),
  }
  startDeliveries(scope, deps, queues, config.concurrency, interrupt)
  await startRelay(scope, deps, queues, async (kick) => void (await sql.listen(OUTBOX_CHANNEL, kick, kick)))
  await startNodeWork(scope, deps.db, queues, sql, log)
  startReaper(scope, deps.db, config.nodeLostMs, log)
  await startRecordings(scope, deps, queues, sql, config, onJobAttempt)
  const cleaner = startPump(async () => log.info({ ...(await cleanUp(deps.db)) }, 'cleaned up'), {
    everyMs: CLEAN_UP_MS,
    onError: (err) => log.warn({ err }, 'clean-up failed'),
  })
  scope.defer(() => cleaner.close())
  return config.metrics && serveMetrics(scope, metrics, config.metrics)
}

/** Looks after recordings, and runs the long jobs about them. */
async function startRecordings(
  scope: Scope,
  { db, keyring, guard, log }: WebhookDeps,
  queues: Queues,
  sql: Sql,
  config: WorkerConfig,
  onAttempt: (ended: AttemptEnded) => void,
): Promise<void> {
  const { storageAllow: allow, storageDirectories: directories } = config
  const stores = scope.use(new Stores({ keyring, allow, directories }))
  const types = createJobTypes(stores, guard)
  await startWork(scope, { db, log, types, onAttempt }, { queues, sql, concurrency: config.jobs })
  startKeeper(scope, { db, stores, log, graceMs: config.recordingGraceMs })
}

/** Passes work on to nodes: when the database tells of it, and now and then, as queues may be lost. */
async function startNodeWork(scope: Scope, db: Db, queues: Queues, sql: Sql, log: Logger): Promise<void> {
  const deps = { db, queues, log }
  const options = {
    everyMs: SWEEP_MS,
    onError: (err: unknown) => log.warn({ err }, 'work for nodes was not passed on, will be tried again'),
  }
  const commands = startPump(() => relayCommands(deps, new Date()), options)
  scope.defer(() => commands.close())
  const routing = startPump(() => routeLongWork(deps), options)
  scope.defer(() => routing.close())
  for (const [channel, pump] of [
    [NODE_COMMANDS_CHANNEL, commands],
    [ROUTING_CHANNEL, routing],
  ] as const) {
    const kick = (): void => pump.kick()
    await sql.listen(channel, kick, kick)
  }
}

/** Gives up nodes, and broadcasts, that were not heard of for too long. */
function startReaper(scope: Scope, db: Db, nodeLostMs: number, log: Logger): void {
  const pump = startPump(
    async () => {
      const lost = await reapNodes(db, new Date(), nodeLostMs)
      const { reconnecting, ended } = await reapLeases(db, new Date())
      if (lost + reconnecting + ended > 0) log.warn({ nodes: lost, reconnecting, ended }, 'nodes are not heard of')
    },
    { everyMs: REAP_MS, onError: (err) => log.warn({ err }, 'reaper failed, will run again') },
  )
  scope.defer(() => pump.close())
}

/** Posts what the queue says is due. */
function startDeliveries(
  scope: Scope,
  deps: WebhookDeps,
  queues: Queues,
  concurrency: number,
  interrupt: AbortController,
): void {
  let stopping = false
  const consumer = queues.consume(
    QUEUE,
    async ({ id }): Promise<JobOutcome> => {
      const { toDo } = await deliverLane(deps, id, { stopping: () => stopping })
      const again = toDo.find((next) => next.id === id)
      await enqueue(
        queues,
        toDo.filter((next) => next !== again),
      )
      return again ? { done: false, againInMs: again.delayMs } : { done: true }
    },
    // short: the lease in the database, not this lock, keeps a delivery from being posted twice
    { concurrency, lockMs: 5000, stalledCheckMs: 2500 },
  )
  scope.defer(async () => {
    stopping = true
    const timer = setTimeout(() => interrupt.abort(), CLOSE_GRACE_MS)
    await consumer.close()
    clearTimeout(timer)
  })
}

/** Drains the outbox when the database tells of new rows, and puts what is due into the queue. */
async function startRelay(
  scope: Scope,
  deps: WebhookDeps,
  queues: Queues,
  listen: (kick: () => void) => Promise<void>,
): Promise<void> {
  const pump = startPump(
    async () => {
      const endMs = performance.now() + REDELIVER_MS
      await runRedeliverJobs(deps, () => performance.now() >= endMs)
      const { retried } = await drainOutbox(deps)
      // a delivery that waits for its next attempt is in the queue with a delay
      await queues.remove(QUEUE, retried)
      const ids = await dueDeliveries(deps)
      await enqueue(
        queues,
        ids.map((id) => ({ id, delayMs: 0 })),
      )
    },
    { everyMs: SWEEP_MS, onError: (err) => deps.log.warn({ err }, 'relay failed, will be tried again') },
  )
  scope.defer(() => pump.close())
  await listen(() => pump.kick())
}

function enqueue(queues: Queues, toDo: readonly ToDo[]): Promise<void> {
  return queues.add(
    QUEUE,
    toDo.map(({ id, delayMs }) => ({ id, delayMs, data: { delivery_id: id } })),
  )
}
