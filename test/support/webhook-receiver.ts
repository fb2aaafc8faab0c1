import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Scope } from '@millrace/core'
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
  /** Of its endpoint: replace it by the one that the control plane gave out. */
  secret = `whsec_${randomBytes(24).toString('base64')}`
  /** Verified POSTs, in the order of arrival; a POST that doesn't verify is in `refused`. */
  readonly received: Received[] = []
  refused = 0
  /** Chooses the answer, default 204. May wait. */
  answer: (post: Received) => Answer | Promise<Answer> = () => 204
  #server: http.Server
  #port = 0
  #waiters: { until: () => boolean; resolve: () => void }[] = []

  private constructor() {
    this.#server = this.#newServer()
  }

  /** Starts one on a free port of 127.0.0.1; it closes with `scope`. */
  static async start(scope: Scope): Promise<Receiver> {
    const receiver = new Receiver()
    await receiver.up()
    scope.defer(() => receiver.down())
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook`
  }

  /** Stops to listen, as a server that is being restarted. */
  async down(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Listens again, on the same port. */
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
      const event = new Webhook(this.secret).verify(body, request.headers as Record<string, string>) as {
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
