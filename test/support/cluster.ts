import path from 'node:path'

import { newApiToken, newRootSecret } from '@millrace/auth'
import type { Scope } from '@millrace/core'
import { startTestPostgres, type TestPostgres } from '@millrace/db/testing'

import { SupportError } from './errors.ts'
import { type MediaNode, type MediaNodeOptions, startMediaNode } from './media-node.ts'
import { Program } from './program.ts'
import { flushRedis, startRedis } from './redis.ts'
import { freePort } from './scope.ts'

const main = (app: string): string => path.resolve(import.meta.dirname, `../../apps/${app}/src/main.ts`)

const isReady = (message: unknown): message is { type: 'ready' } =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready'

/** What a cluster can be told. */
export interface ClusterOptions {
  /** Default Redis. */
  readonly queue?: 'redis' | 'postgres'
  /** Added to the environment of all its processes. */
  readonly env?: Readonly<Record<string, string>>
}

/** A control plane, workers and media nodes as separate processes on a Postgres and a Redis of their own. */
export class Cluster {
  readonly postgres: TestPostgres
  readonly databaseUrl: string
  readonly queueUrl: string
  readonly controlUrl: string
  readonly #scope: Scope
  readonly #secret = newRootSecret()
  readonly #adminToken = newApiToken()
  readonly #nodeToken = newApiToken()
  readonly #env: Readonly<Record<string, string>>
  #control: Program | undefined

  private constructor(
    scope: Scope,
    postgres: TestPostgres,
    {
      databaseUrl,
      queueUrl,
      port,
      env,
    }: { databaseUrl: string; queueUrl: string; port: number; env: Readonly<Record<string, string>> },
  ) {
    this.#scope = scope
    this.#env = env
    this.postgres = postgres
    this.databaseUrl = databaseUrl
    this.queueUrl = queueUrl
    this.controlUrl = `http://127.0.0.1:${port}`
  }

  /** Starts the stores and the control plane; workers and nodes are started by the test. All ends with `scope`. */
  static async start(scope: Scope, { queue = 'redis', env = {} }: ClusterOptions = {}): Promise<Cluster> {
    const postgres = await startTestPostgres()
    scope.defer(() => postgres.close())
    const databaseUrl = await postgres.createDatabase()
    const queueUrl = queue === 'redis' ? (await startRedis(scope)).url : databaseUrl
    const cluster = new Cluster(scope, postgres, { databaseUrl, queueUrl, port: await freePort(), env })
    await cluster.startControl()
    return cluster
  }

  /** Starts the control plane, again if it was stopped, at the same address. */
  async startControl(): Promise<Program> {
    const program = await Program.start(this.#scope, process.execPath, [main('control')], {
      ipc: true,
      env: {
        ...this.#stores(),
        MILLRACE_HOST: '127.0.0.1',
        MILLRACE_CONTROL_PORT: new URL(this.controlUrl).port,
        MILLRACE_ADMIN_TOKEN: this.#adminToken,
        MILLRACE_NODE_TOKEN: this.#nodeToken,
      },
    })
    await program.message(isReady)
    this.#control = program
    return program
  }

  /** Kills the control plane. */
  async stopControl(): Promise<void> {
    await this.#control?.stop('SIGKILL')
  }

  async startWorker(env: Readonly<Record<string, string>> = {}): Promise<Program> {
    const program = await Program.start(this.#scope, process.execPath, [main('worker')], {
      ipc: true,
      env: { ...this.#stores(), QUEUE_URL: this.queueUrl, MILLRACE_WEBHOOK_ALLOW: '127.0.0.0/8', ...env },
    })
    await program.message(isReady)
    return program
  }

  /** `options` tell how it is started; it ends with `scope`, by default the cluster's. */
  startNode(
    name: string,
    env: Readonly<Record<string, string>> = {},
    { scope = this.#scope, ...options }: Omit<MediaNodeOptions, 'env'> & { readonly scope?: Scope } = {},
  ): Promise<MediaNode> {
    return startMediaNode(scope, {
      ...options,
      env: {
        MILLRACE_NODE_NAME: name,
        MILLRACE_PUBLIC_HOST: '127.0.0.1',
        MILLRACE_CONTROL_URL: this.controlUrl,
        MILLRACE_NODE_TOKEN: this.#nodeToken,
        QUEUE_URL: this.queueUrl,
        MILLRACE_MEDIA_ALLOW: '127.0.0.0/8',
        MILLRACE_STORAGE_ALLOW: '127.0.0.0/8',
        MILLRACE_LOG: 'json',
        ...this.#env,
        ...env,
      },
    })
  }

  /** Makes the queue forget all its jobs; only on Redis. */
  flushQueue(): Promise<void> {
    return flushRedis(this.queueUrl)
  }

  /** Calls the REST API as the administrator; a body makes it a POST. Rejects with `SUPPORT_API` unless it answers 2xx. */
  async api<T>(resource: string, body?: unknown, method = body === undefined ? 'GET' : 'POST'): Promise<T> {
    const response = await fetch(`${this.controlUrl}/v1/${resource}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#adminToken}`,
        ...(body === undefined
          ? {}
          : { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new SupportError('SUPPORT_API', `${method} ${resource}: ${response.status} ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }

  #stores(): Record<string, string> {
    return {
      DATABASE_URL: this.databaseUrl,
      MILLRACE_SECRET: this.#secret,
      MILLRACE_STORAGE_ALLOW: '127.0.0.0/8',
      MILLRACE_LOG: 'json',
      ...this.#env,
    }
  }
}
