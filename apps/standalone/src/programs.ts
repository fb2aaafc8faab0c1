import { fileURLToPath } from 'node:url'

import type { ChildSpec } from './child.ts'
import type { DataDir } from './data-dir.ts'
import type { Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'

/** Ports that are in use; 0 before a program has told them. */
export interface Ports {
  control: number
  rtmp: number
  http: number
  nodeApi: number
}

/** URLs, each of which opens what is behind it. */
export interface Stores {
  databaseUrl: string
  queueUrl: string
}

const main = (app: string): string => fileURLToPath(new URL(`../../${app}/src/main.ts`, import.meta.url))

/** The address by which programs of this machine reach what listens on `MILLRACE_HOST`. */
function localHost(): string {
  const host = process.env['MILLRACE_HOST'] || '0.0.0.0'
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

/** A port for the environment: once it is known, a program started again takes the same one. */
const pinned = (variable: string, port: number): Record<string, string> =>
  port === 0 ? {} : { [variable]: String(port) }

/** The three programs, in the order in which they start. */
export function programs(
  settings: Settings,
  dataDir: DataDir,
  secrets: Secrets,
  { databaseUrl, queueUrl }: Stores,
  ports: Ports,
): { control: ChildSpec; worker: ChildSpec; node: ChildSpec } {
  const storage = { MILLRACE_STORAGE_ALLOW: settings.storageAllow, MILLRACE_STORAGE_DIRS: settings.storageDirs }
  const shared = {
    DATABASE_URL: databaseUrl,
    MILLRACE_SECRET: secrets.root.value,
    MILLRACE_WEBHOOK_ALLOW: settings.webhookAllow,
    ...storage,
  }
  return {
    control: {
      name: 'control',
      main: main('control'),
      env: () => ({
        ...shared,
        MILLRACE_ADMIN_TOKEN: secrets.adminToken.value,
        MILLRACE_NODE_TOKEN: secrets.nodeToken.value,
        // done already, before any program starts
        MILLRACE_MIGRATE: 'off',
        ...pinned('MILLRACE_CONTROL_PORT', ports.control),
      }),
    },
    worker: {
      name: 'worker',
      main: main('worker'),
      env: () => ({ ...shared, QUEUE_URL: queueUrl }),
    },
    node: {
      name: 'node',
      main: main('media-node'),
      env: () => ({
        // what faces the internet has no need of these
        DATABASE_URL: undefined,
        MILLRACE_SECRET: undefined,
        MILLRACE_ADMIN_TOKEN: undefined,
        QUEUE_URL: queueUrl,
        MILLRACE_MEDIA_ALLOW: settings.mediaAllow,
        ...storage,
        MILLRACE_DATA: dataDir.node,
        MILLRACE_CONTROL_URL: `http://${localHost()}:${ports.control}`,
        MILLRACE_NODE_TOKEN: secrets.nodeToken.value,
        MILLRACE_NODE_NAME: process.env['MILLRACE_NODE_NAME'] || 'local',
        ...pinned('MILLRACE_RTMP_PORT', ports.rtmp),
        ...pinned('MILLRACE_HTTP_PORT', ports.http),
        ...pinned('MILLRACE_NODE_API_PORT', ports.nodeApi),
      }),
    },
  }
}
