import path from 'node:path'

/** What `npm start` reads from its environment itself. The rest is read by the programs it starts, from the same one. */
export interface Settings {
  /** Folder of everything that survives a restart, absolute. */
  dataDir: string
  /** A database of the user's own; undefined for the embedded one. */
  databaseUrl: string | undefined
  /** Where jobs are queued; undefined for the database. */
  queueUrl: string | undefined
  /** Networks that webhooks may reach although they are not public. */
  webhookAllow: string
  /** Networks that pulls and pushes may reach although they are not public. */
  mediaAllow: string
  /** Networks that S3 endpoints may be in although they are not public. */
  storageAllow: string
  /** Directories that local storages may be in, separated by commas. */
  storageDirs: string
  /** Host in what is printed. */
  publicHost: string
}

const LOOPBACK = '127.0.0.0/8,::1/128'

type Env = Readonly<Record<string, string | undefined>>

export function readSettings(env: Env): Settings {
  const dataDir = path.resolve(env['MILLRACE_DATA'] || '.millrace')
  return {
    dataDir,
    databaseUrl: env['DATABASE_URL'] || undefined,
    queueUrl: env['QUEUE_URL'] || undefined,
    webhookAllow: env['MILLRACE_WEBHOOK_ALLOW'] ?? LOOPBACK,
    mediaAllow: env['MILLRACE_MEDIA_ALLOW'] ?? LOOPBACK,
    storageAllow: env['MILLRACE_STORAGE_ALLOW'] ?? LOOPBACK,
    storageDirs: env['MILLRACE_STORAGE_DIRS'] || path.join(dataDir, 'storage'),
    publicHost: env['MILLRACE_PUBLIC_HOST'] || 'localhost',
  }
}
