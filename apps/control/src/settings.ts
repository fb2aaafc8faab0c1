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
  adminToken: string | undefined
  nodeToken: string | undefined
  /** Most database connections. */
  poolSize: number
  /** Whether to bring the database up to date at start. */
  migrate: boolean
  /** Web origins that may call, all when undefined. */
  corsOrigins: readonly string[] | undefined
}

const port = z.coerce.number().int().min(0).max(65_535)

const token = z.string().regex(/^[\x21-\x7e]{24,200}$/, 'must be 24 to 200 printable characters without blanks')

const environmentSchema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be postgres://…' }),
  MILLRACE_SECRET: z.base64().length(44, 'must be 32 bytes in base64 (openssl rand -base64 32)'),
  MILLRACE_HOST: z.string().min(1).default('0.0.0.0'),
  MILLRACE_CONTROL_PORT: port.default(4000),
  MILLRACE_ADMIN_TOKEN: token.optional(),
  MILLRACE_NODE_TOKEN: token.optional(),
  MILLRACE_DATABASE_POOL: z.coerce.number().int().min(1).max(100).default(10),
  MILLRACE_MIGRATE: z.enum(['on', 'off']).default('on'),
  MILLRACE_CORS_ORIGINS: z.string().optional(),
})

/**
 * Reads the settings from environment variables; an empty one counts as not set. Throws ServiceError `SETTINGS_INVALID`,
 * which names each wrong variable and never shows its value.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
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
    adminToken: data.MILLRACE_ADMIN_TOKEN,
    nodeToken: data.MILLRACE_NODE_TOKEN,
    poolSize: data.MILLRACE_DATABASE_POOL,
    migrate: data.MILLRACE_MIGRATE === 'on',
    corsOrigins: data.MILLRACE_CORS_ORIGINS?.split(',').map((origin) => origin.trim()),
  }
}
