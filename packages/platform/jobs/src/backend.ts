import { ServiceError, type Logger } from '@millrace/core'
import {
  createPostgresBackend,
  createRedisBackend,
  withBackend,
  type BackendClasses,
  type BackendFactory,
  type IQueueBackend,
} from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'

import { connect, migrateQueues, NAMESPACE } from './schema.ts'

/** BullMQ's classes bound to one store, and the connections they share. */
export interface Backend {
  readonly classes: BackendClasses<IQueueBackend, unknown>
  /** For queues: a command fails at once while the store is away. */
  readonly producer: unknown
  /** For one more worker: its commands wait until the store is back. */
  consumer(): unknown
  /** That consumer's worker has closed. */
  consumerClosed(): void
  close(): Promise<void>
}

export interface BackendOptions {
  poolSize: number
  log: Logger
}

/**
 * Connects to the store that `url` names. Throws `QUEUE_URL_INVALID`, or `QUEUE_UNREACHABLE` when there is no answer.
 */
export async function openBackend(url: string, options: BackendOptions): Promise<Backend> {
  const protocol = URL.canParse(url) ? new URL(url).protocol : ''
  const open = { 'redis:': openRedis, 'rediss:': openRedis, 'postgres:': openPostgres, 'postgresql:': openPostgres }[
    protocol
  ]
  if (!open) {
    throw new ServiceError('QUEUE_URL_INVALID', 'the queue URL must be redis://, rediss:// or postgres://', {
      details: { protocol },
    })
  }
  try {
    return await open(url, options)
  } catch (cause) {
    throw new ServiceError('QUEUE_UNREACHABLE', 'the job queue cannot be reached', { cause, details: { protocol } })
  }
}

async function openRedis(url: string, { log }: BackendOptions): Promise<Backend> {
  const connect = async (maxRetriesPerRequest: number | null): Promise<Redis> => {
    const client = new Redis(url, {
      lazyConnect: true,
      connectTimeout: 5000,
      maxRetriesPerRequest,
      enableOfflineQueue: maxRetriesPerRequest === null,
    })
    client.on('error', (err) => log.warn({ err }, 'queue store: redis connection'))
    try {
      await client.connect()
    } catch (error) {
      client.disconnect()
      throw error
    }
    return client
  }
  const producer = await connect(0)
  // workers need commands that wait, and duplicate this one for their blocking reads
  const consumer = await connect(null)
  return {
    classes: withBackend<IQueueBackend, unknown>(createRedisBackend as BackendFactory<IQueueBackend, unknown>),
    producer,
    consumer: () => consumer,
    consumerClosed() {},
    async close() {
      producer.disconnect()
      consumer.disconnect()
    },
  }
}

async function openPostgres(url: string, { poolSize, log }: BackendOptions): Promise<Backend> {
  const migrator = await connect(url)
  try {
    await migrateQueues(migrator)
  } finally {
    await migrator.end()
  }
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: 5000,
    max: poolSize,
    keepAlive: true, // without it BullMQ cuts every wait for a job at 10 s
    application_name: 'millrace-jobs',
    options: `-c search_path=${NAMESPACE}`,
  })
  pool.on('error', (err) => log.warn({ err }, 'queue store: postgres connection'))
  pool.setMaxListeners(0) // every queue and worker adds an error listener to a shared pool
  // each worker keeps one client of the pool for LISTEN: make room for it
  const grow = (by: number): void => {
    pool.options.max += by
  }
  return {
    classes: withBackend<IQueueBackend, unknown>(createPostgresBackend as BackendFactory<IQueueBackend, unknown>),
    producer: pool,
    consumer() {
      grow(1)
      return pool
    },
    consumerClosed: () => grow(-1),
    close: () => pool.end(),
  }
}
