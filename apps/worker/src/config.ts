import path from 'node:path'

import { ServiceError } from '@millrace/core'

/** Settings of the worker, from its environment. */
export interface WorkerConfig {
  /** `DATABASE_URL` */
  databaseUrl: string
  /** `QUEUE_URL`: Redis or Postgres, default the database. */
  queueUrl: string
  /** `MILLRACE_SECRET`: the root secret that the control plane has too. */
  rootSecret: string
  /** `MILLRACE_WEBHOOK_ALLOW`: networks, separated by commas, that webhooks may reach although they are not public. */
  webhookAllow: readonly string[]
  /** `MILLRACE_WEBHOOK_SCHEDULE`: seconds between attempts, separated by commas; default Millrace's own. */
  webhookScheduleMs?: readonly number[]
  /** `MILLRACE_WEBHOOK_COOLDOWN`: seconds that the circuit breaker of an endpoint stays open first; default Millrace's own. */
  webhookCooldownMs?: number
  /** `MILLRACE_WEBHOOK_TIMEOUT`: seconds that a receiver may take, default 15. */
  webhookTimeoutMs: number
  /** `MILLRACE_NODE_LOST_AFTER`: seconds without a heartbeat after which a node is lost, default 20. */
  nodeLostMs: number
  /** `MILLRACE_WORKER_CONCURRENCY`: webhooks posted at the same time, default 50. */
  concurrency: number
  /** `MILLRACE_WORKER_JOBS`: finishes of recordings and other long jobs at the same time, default 2. */
  jobs: number
  /** `MILLRACE_RECORDING_GRACE`: seconds that the finish of a recording waits for a node that is not heard of, default 3600. */
  recordingGraceMs: number
  /** `MILLRACE_STORAGE_ALLOW`: networks, separated by commas, that S3 endpoints may be in although they are not public. */
  storageAllow: readonly string[]
  /** `MILLRACE_STORAGE_DIRS`: directories, separated by commas, that local storages may be in. */
  storageDirectories: readonly string[]
  /**
   * Where `/metrics` is served: `MILLRACE_HOST`, `MILLRACE_WORKER_PORT`; nowhere without a port. And the token that it asks
   * for, if any: `MILLRACE_METRICS_TOKEN`.
   */
  metrics?: { host: string; port: number; token: string | undefined }
}

/** Reads the settings. Throws ServiceError `WORKER_CONFIG` for what is missing or wrong. */
export function readConfig(env: NodeJS.ProcessEnv): WorkerConfig {
  const databaseUrl = required(env, 'DATABASE_URL')
  const schedule = list(env['MILLRACE_WEBHOOK_SCHEDULE']).map(
    (text) => number('MILLRACE_WEBHOOK_SCHEDULE', text) * 1000,
  )
  const cooldown = env['MILLRACE_WEBHOOK_COOLDOWN']
  const port = env['MILLRACE_WORKER_PORT']
  return {
    databaseUrl,
    queueUrl: env['QUEUE_URL'] || databaseUrl,
    rootSecret: required(env, 'MILLRACE_SECRET'),
    webhookAllow: list(env['MILLRACE_WEBHOOK_ALLOW']),
    ...(schedule.length > 0 && { webhookScheduleMs: schedule }),
    ...(cooldown && { webhookCooldownMs: number('MILLRACE_WEBHOOK_COOLDOWN', cooldown) * 1000 }),
    webhookTimeoutMs: number('MILLRACE_WEBHOOK_TIMEOUT', env['MILLRACE_WEBHOOK_TIMEOUT'] || '15') * 1000,
    nodeLostMs: number('MILLRACE_NODE_LOST_AFTER', env['MILLRACE_NODE_LOST_AFTER'] || '20') * 1000,
    concurrency: number('MILLRACE_WORKER_CONCURRENCY', env['MILLRACE_WORKER_CONCURRENCY'] || '50'),
    jobs: number('MILLRACE_WORKER_JOBS', env['MILLRACE_WORKER_JOBS'] || '4'),
    recordingGraceMs: number('MILLRACE_RECORDING_GRACE', env['MILLRACE_RECORDING_GRACE'] || '3600') * 1000,
    storageAllow: list(env['MILLRACE_STORAGE_ALLOW']),
    storageDirectories: list(env['MILLRACE_STORAGE_DIRS']).map((directory) => path.resolve(directory)),
    ...(port && {
      metrics: {
        host: env['MILLRACE_HOST'] || '0.0.0.0',
        port: number('MILLRACE_WORKER_PORT', port),
        token: env['MILLRACE_METRICS_TOKEN'] || undefined,
      },
    }),
  }
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name]
  if (!value) throw new ServiceError('WORKER_CONFIG', `${name} is not set`)
  return value
}

function list(text: string | undefined): string[] {
  return (text ?? '').split(',').flatMap((item) => item.trim() || [])
}

function number(name: string, text: string): number {
  const value = Number(text)
  if (!(value >= 0) || !Number.isFinite(value)) {
    throw new ServiceError('WORKER_CONFIG', `${name} must be a number: ${JSON.stringify(text)}`)
  }
  return value
}
