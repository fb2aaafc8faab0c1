import { ServiceError, type Logger, type Scope } from '@millrace/core'

import { Child, type ChildDeps, type ChildSpec, type ReadyInfo } from './child.ts'
import { openDataDir, type DataDir } from './data-dir.ts'
import { embeddedDatabase, prepareDatabase, prepareQueue } from './database.ts'
import { Processes } from './processes.ts'
import { programs, type Ports } from './programs.ts'
import { loadSecrets, type Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'

/** What runs. */
export interface Tree {
  settings: Settings
  dataDir: DataDir
  secrets: Secrets
  ports: Ports
  /** Who may publish on the default vhost. */
  defaultVhostAccess: unknown
}

export interface TreeDeps {
  log: Logger
  /** Aborted when it is to close, also while it still starts. */
  stop: AbortSignal
  /** Called when a part has gone for good. */
  onLost: (error: unknown) => void
}

/** By when, counted from the beginning of the end, each program has to be closed. */
const CLOSED_BY_MS = { node: 2200, worker: 3400, control: 4200 }

/**
 * Starts everything in order: data folder, secrets, database, control plane, then worker and media node. `scope` closes
 * it in reverse order. Throws CodedError: the one reason why it cannot start.
 */
export async function startTree(scope: Scope, settings: Settings, deps: TreeDeps): Promise<Tree> {
  const dataDir = await openDataDir(scope, settings.dataDir)
  const secrets = await loadSecrets(dataDir.path, process.env, dataDir.hasDatabase)
  const databaseUrl = settings.databaseUrl ?? (await embeddedDatabase(scope, dataDir.postgres, deps))
  await prepareDatabase(databaseUrl)
  const ownQueue = settings.databaseUrl === undefined
  const queueUrl =
    settings.queueUrl ?? (ownQueue ? await prepareQueue(databaseUrl, secrets.queuePassword) : databaseUrl)

  const ports: Ports = { control: 0, rtmp: 0, http: 0, nodeApi: 0 }
  const specs = programs(settings, dataDir, secrets, { databaseUrl, queueUrl }, ports)
  const start = childStarter(scope, deps, new Processes(dataDir.processes))
  const control = await start(specs.control, CLOSED_BY_MS.control)
  ports.control = portOf(control, 'port')
  const [, node] = await Promise.all([start(specs.worker, CLOSED_BY_MS.worker), start(specs.node, CLOSED_BY_MS.node)])
  const nodePorts = node['ports'] as ReadyInfo
  ports.rtmp = portOf(nodePorts, 'rtmp')
  ports.http = portOf(nodePorts, 'http')
  ports.nodeApi = portOf(nodePorts, 'api')
  return { settings, dataDir, secrets, ports, defaultVhostAccess: control['default_vhost_access'] }
}

function childStarter(scope: Scope, { log, stop, onLost }: TreeDeps, processes: Processes) {
  const childDeps: ChildDeps = { log, processes, onLost }
  let stoppedMs = 0
  stop.addEventListener('abort', () => (stoppedMs = performance.now()), { once: true })
  return async (spec: ChildSpec, closedByMs: number): Promise<ReadyInfo> => {
    if (stop.aborted) throw new ServiceError('STANDALONE_STOPPED', 'stopped while starting')
    const child = new Child(spec, childDeps)
    const close = (): Promise<void> => child.close(Math.max(100, stoppedMs + closedByMs - performance.now()))
    scope.defer(close)
    // nobody waits for a start that is not wanted any more
    const interrupt = (): void => void close()
    stop.addEventListener('abort', interrupt, { once: true })
    return child.start().finally(() => stop.removeEventListener('abort', interrupt))
  }
}

function portOf(info: ReadyInfo, name: string): number {
  return Number(info[name])
}
