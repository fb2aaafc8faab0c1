import path from 'node:path'

import { ServiceError } from '@millrace/core'
import { z } from 'zod'

/** What the environment sets. */
export interface Settings {
  /** Where the database is. */
  databaseUrl: string
  /** Root secret, 32 bytes in base64. */
  secret: string
  host: string
  port: number
  /** Where the API is for everybody, without a slash at the end; undefined: where each request found it. */
  publicUrl: string | undefined
  adminToken: string | undefined
  nodeToken: string | undefined
  /** Most database connections. */
  poolSize: number
  /** Whether to bring the database up to date at start. */
  migrate: boolean
  /** Where the migrations are, when not in the repository: beside a bundle. */
  migrationsDir: string | undefined
  /** Token of `POST /internal/drain`, which is off without one. */
  drainToken: string | undefined
  /** Token of `/metrics`, which asks for none without it. */
  metricsToken: string | undefined
  /** A node without a heartbeat for so long is lost; for `POST /internal/drain`, as the worker has it too. */
  nodeLostMs: number
  /** Requests per minute by each token; undefined for no limit. */
  requestsPerMinute: number | undefined
  /** Networks that admission hooks and webhooks sent from here may reach although they are not public. */
  webhookAllow: readonly string[]
  /** Networks that S3 endpoints may be in although they are not public. */
  storageAllow: readonly string[]
  /** Directories that local storages may be in, absolute. */
  storageDirs: readonly string[]
  /** Web origins that may call, all when undefined. */
  corsOrigins: readonly string[] | undefined
}

const DEFAULT_POOL_SIZE = 10
const DEFAULT_REQUESTS_PER_MINUTE = 6000

const port = z.coerce.number().int().min(0).max(65_535)

const token = z.string().regex(/^[\x21-\x7e]{24,200}$/, 'must be 24 to 200 printable characters without blanks')

const environmentSchema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be postgres://…' }),
  MILLRACE_SECRET: z.base64().length(44, 'must be 32 bytes in base64 (openssl rand -base64 32)'),
  MILLRACE_HOST: z.string().min(1).default('0.0.0.0'),
  MILLRACE_CONTROL_PORT: port.default(4000),
  MILLRACE_PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'must be http(s)://…' }).optional(),
  MILLRACE_ADMIN_TOKEN: token.optional(),
  MILLRACE_NODE_TOKEN: token.optional(),
  MILLRACE_DATABASE_POOL: z.coerce.number().int().min(1).max(100).optional(),
  MILLRACE_MIGRATE: z.enum(['on', 'off']).default('on'),
  MILLRACE_MIGRATIONS: z.string().optional(),
  MILLRACE_DRAIN_TOKEN: token.optional(),
  MILLRACE_METRICS_TOKEN: token.optional(),
  MILLRACE_NODE_LOST_AFTER: z.coerce.number().min(1).max(86_400).default(20),
  MILLRACE_WEBHOOK_ALLOW: z.string().default(''),
  MILLRACE_STORAGE_ALLOW: z.string().default(''),
  MILLRACE_STORAGE_DIRS: z.string().default(''),
  MILLRACE_RATE_LIMIT: z.coerce.number().int().min(0).max(10_000_000).default(DEFAULT_REQUESTS_PER_MINUTE),
  MILLRACE_CORS_ORIGINS: z.string().optional(),
})

/**
 * Reads the settings from environment variables; an empty one counts as not set. Throws ServiceError `SETTINGS_INVALID`,
 * which names each wrong variable and never shows its value.
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  { poolSize }: { poolSize: number } = { poolSize: DEFAULT_POOL_SIZE },
): Settings {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  )
  const result = environmentSchema.safeParse(given)
  if (!result.success) {
    const faults = result.error.issues.map(({ path: [name], message }) =>
      given[String(name)] === undefined ? `${String(name)} is not set` : `${String(name)}: ${message}`,
    )
    throw new ServiceError('SETTINGS_INVALID', faults.join('; '))
  }
  const { data } = result
  return {
    databaseUrl: data.DATABASE_URL,
    secret: data.MILLRACE_SECRET,
    host: data.MILLRACE_HOST,
    port: data.MILLRACE_CONTROL_PORT,
    publicUrl: data.MILLRACE_PUBLIC_URL?.replace(/\/+$/, ''),
    adminToken: data.MILLRACE_ADMIN_TOKEN,
    nodeToken: data.MILLRACE_NODE_TOKEN,
    poolSize: data.MILLRACE_DATABASE_POOL ?? poolSize,
    migrate: data.MILLRACE_MIGRATE === 'on',
    migrationsDir: data.MILLRACE_MIGRATIONS,
    drainToken: data.MILLRACE_DRAIN_TOKEN,
    metricsToken: data.MILLRACE_METRICS_TOKEN,
    nodeLostMs: data.MILLRACE_NODE_LOST_AFTER * 1000,
    webhookAllow: list(data.MILLRACE_WEBHOOK_ALLOW),
    storageAllow: list(data.MILLRACE_STORAGE_ALLOW),
    storageDirs: list(data.MILLRACE_STORAGE_DIRS).map((directory) => path.resolve(directory)),
    requestsPerMinute: data.MILLRACE_RATE_LIMIT === 0 ? undefined : data.MILLRACE_RATE_LIMIT,
    corsOrigins: data.MILLRACE_CORS_ORIGINS?.split(',').map((origin) => origin.trim()),
  }
}

const list = (text: string): string[] => text.split(',').flatMap((item) => item.trim() || [])
