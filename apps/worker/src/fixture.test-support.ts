import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

import { deriveKeyring, newRootSecret, newWebhookSecret, seal } from '@millrace/auth'
import type { Scope } from '@millrace/core'
import { appendEvent, connect, newId, openDb, projects, transaction, webhookEndpoints, type Db } from '@millrace/db'
import { Webhook } from 'standardwebhooks'

/** One POST that a receiver got. */
export interface Received {
  /** Header `webhook-id`. */
  id: string
  /** `seq` of the event. */
  seq: number
  subject: string
  type: string
  atMs: number
}

/** What a receiver answers: a status, with headers where wanted. */
export type Answer = number | { status: number; headers: Record<string, string> }

/** An HTTP server that verifies each webhook with the `standardwebhooks` verifier. */
export class Receiver {
  readonly secret = newWebhookSecret()
  /** Verified POSTs, in the order of arrival; a POST that doesn't verify is in `refused`. */
  readonly received: Received[] = []
  refused = 0
  /** Chooses the answer, default 204. May wait. */
  answer: (post: Received) => Answer | Promise<Answer> = () => 204
  readonly #verifier = new Webhook(this.secret)
  #server: http.Server
  #port = 0
  #waiters: { until: () => boolean; resolve: () => void }[] = []

  private constructor() {
    this.#server = this.#newServer()
  }

  static async start(scope: Scope): Promise<Receiver> {
    const receiver = new Receiver()
    await receiver.up()
    scope.defer(() => receiver.down())
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook`
  }

  async down(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async up(): Promise<void> {
    this.#server = this.#newServer()
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Waits until `condition` holds; looks after each POST. */
  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push({ until: condition, resolve }))
  }

  #newServer(): http.Server {
    return http.createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (text: string) => (body += text))
      request.on('end', () => void this.#take(request, body, response))
    })
  }

  async #take(request: http.IncomingMessage, body: string, response: http.ServerResponse): Promise<void> {
    const post = this.#verify(request, body)
    if (!post) {
      this.refused++
      return void response.writeHead(401).end()
    }
    this.received.push(post)
    const answer = await this.answer(post)
    const { status, headers } = typeof answer === 'number' ? { status: answer, headers: {} } : answer
    response.writeHead(status, headers).end(`answer ${status}`)
    for (const waiter of this.#waiters) if (waiter.until()) waiter.resolve()
    this.#waiters = this.#waiters.filter((waiter) => !waiter.until())
  }

  #verify(request: http.IncomingMessage, body: string): Received | undefined {
    try {
      const event = this.#verifier.verify(body, request.headers as Record<string, string>) as {
        seq: number
        type: string
        subject: { id: string }
      }
      const id = String(request.headers['webhook-id'])
      return { id, seq: event.seq, type: event.type, subject: event.subject.id, atMs: performance.now() }
    } catch {
      return undefined
    }
  }
}

/** A database with a project, and what tests do in the control plane's place. */
export class Tenant {
  readonly db: Db
  readonly rootSecret = newRootSecret()
  readonly projectId = newId('project')
  readonly databaseUrl: string

  private constructor(databaseUrl: string, db: Db) {
    this.databaseUrl = databaseUrl
    this.db = db
  }

  static async create(scope: Scope, databaseUrl: string): Promise<Tenant> {
    const sql = connect(databaseUrl, { maxConnections: 3 })
    scope.defer(() => sql.end({ timeout: 1 }))
    const tenant = new Tenant(databaseUrl, openDb(sql))
    await tenant.db.insert(projects).values({ id: tenant.projectId, name: tenant.projectId })
    return tenant
  }

  /** Registers an endpoint and returns its id. */
  async endpoint(
    { url, secret }: Pick<Receiver, 'url' | 'secret'>,
    settings: Partial<typeof webhookEndpoints.$inferInsert> = {},
  ): Promise<string> {
    const id = newId('webhookEndpoint')
    const secretSealed = seal(deriveKeyring(this.rootSecret), secret, id)
    await this.db.insert(webhookEndpoints).values({ id, projectId: this.projectId, url, secretSealed, ...settings })
    return id
  }

  /** Appends `count` events about one subject, each in a transaction of its own; returns their ids. */
  async emit(subject: string, count = 1): Promise<string[]> {
    const ids: string[] = []
    for (let i = 0; i < count; i++) {
      const { id } = await transaction(this.db, (tx) =>
        appendEvent(tx, {
          projectId: this.projectId,
          type: 'test.ping',
          subject: { type: 'stream', id: subject },
          data: { message: `${i}` },
        }),
      )
      ids.push(id)
    }
    return ids
  }
}
