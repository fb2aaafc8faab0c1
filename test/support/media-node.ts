import path from 'node:path'

import type { Scope } from '@millrace/core'

import { Program, type ProgramOptions } from './program.ts'
import { tempDir } from './scope.ts'

/** A running media node; it ends with the scope it was started in. */
export interface MediaNode {
  readonly program: Program
  readonly ports: {
    readonly rtmp: number
    readonly rtmps?: number
    readonly http: number
    readonly api: number
    readonly rtc?: number
  }
  /** `rtmp://` URL of `app/name`, with a query if wanted. */
  rtmpUrl(stream: string): string
  httpUrl(resource: string): string
  wsUrl(resource: string): string
  apiUrl(resource: string): string
}

export interface MediaNodeOptions {
  readonly env?: Readonly<Record<string, string>>
  /** How to start a command; default as a plain child. */
  readonly start?: (scope: Scope, command: readonly string[], options: ProgramOptions) => Promise<Program>
  /** For Node itself, for example `--cpu-prof`. */
  readonly nodeArgs?: readonly string[]
}

interface Ready {
  readonly type: 'ready'
  readonly info: { readonly ports: MediaNode['ports'] }
}

const MAIN = path.resolve(import.meta.dirname, '../../apps/media-node/src/main.ts')

const isReady = (message: unknown): message is Ready =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready'

const startPlain: NonNullable<MediaNodeOptions['start']> = (scope, [command = '', ...args], options) =>
  Program.start(scope, command, args, options)

/** Starts the media node without a control plane, on free ports of 127.0.0.1, and waits until it serves. */
export async function startMediaNode(scope: Scope, options: MediaNodeOptions = {}): Promise<MediaNode> {
  const start = options.start ?? startPlain
  const program = await start(scope, [process.execPath, ...(options.nodeArgs ?? []), MAIN], {
    ipc: true,
    env: {
      MILLRACE_HOST: '127.0.0.1',
      MILLRACE_RTMP_PORT: '0',
      MILLRACE_HTTP_PORT: '0',
      MILLRACE_NODE_API_PORT: '0',
      MILLRACE_RTC: 'off',
      MILLRACE_DATA: await tempDir(scope),
      ...options.env,
    },
  })
  const {
    info: { ports },
  } = await program.message(isReady)
  return {
    program,
    ports,
    rtmpUrl: (stream) => `rtmp://127.0.0.1:${ports.rtmp}/${stream}`,
    httpUrl: (resource) => `http://127.0.0.1:${ports.http}/${resource}`,
    wsUrl: (resource) => `ws://127.0.0.1:${ports.http}/${resource}`,
    apiUrl: (resource) => `http://127.0.0.1:${ports.api}/${resource}`,
  }
}
