import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

import type { Scope } from '@millrace/core'

import { Program } from './program.ts'
import { tempDir } from './scope.ts'

/** A media node that runs by a configuration file, in a folder of its own. */
export interface ConfNode {
  readonly program: Program
  readonly folder: string
  readonly ports: {
    readonly rtmp: number
    readonly http: number
    readonly https?: number
    readonly api: number
    readonly apiTls?: number
  }
  /** Writes the configuration file anew; the node does not look at it before it is told to. */
  write(conf: string): Promise<void>
}

interface Ready {
  readonly type: 'ready'
  readonly info: { readonly ports: ConfNode['ports'] }
}

const MAIN = path.resolve(import.meta.dirname, '../../apps/media-node/src/main.ts')

const isReady = (message: unknown): message is Ready =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready'

/** Runs the node with these arguments, in this folder. */
export function startConfProgram(
  scope: Scope,
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Program> {
  // in a container it would follow the file by itself
  const SRS_AUTO_RELOAD_FOR_DOCKER = 'off'
  return Program.start(scope, process.execPath, [MAIN, ...args], {
    cwd: folder,
    ipc: true,
    env: { SRS_AUTO_RELOAD_FOR_DOCKER, ...env },
  })
}

/** Starts a node by a file with this content, on the console, and waits until it serves. Port 0 is any free one. */
export async function startConfNode(
  scope: Scope,
  conf: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ConfNode> {
  const folder = await tempDir(scope)
  const file = path.join(folder, 'conf/srs.conf')
  await mkdir(path.dirname(file))
  const write = (text: string): Promise<void> => writeFile(file, text)
  await write(conf)
  const program = await startConfProgram(scope, folder, ['-c', 'conf/srs.conf'], env)
  const { info } = await program.message(isReady)
  return { program, folder, ports: info.ports, write }
}

/** Starts a node by a file of `conf/`, its RTMP and HTTP listeners on free ports of 127.0.0.1. */
export async function startSample(
  scope: Scope,
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ConfNode> {
  const conf = await readFile(path.resolve(import.meta.dirname, '../../conf', name), 'utf8')
  const anyPort = '127.0.0.1:0'
  return startConfNode(scope, conf, { SRS_LISTEN: anyPort, SRS_HTTP_SERVER_LISTEN: anyPort, ...env })
}
