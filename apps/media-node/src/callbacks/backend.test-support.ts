import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'

import type { Scope } from '@millrace/core'

/** A request as a backend got it. */
export interface BackendCall {
  readonly method: string
  readonly path: string
  readonly headers: readonly string[]
  readonly body: string
}

/** A backend for callbacks: a real HTTP server that keeps what it is told. */
export class Backend {
  readonly calls: BackendCall[] = []
  /** Connections that were opened to it. */
  connections = 0
  /** What it answers, default `0`. May wait for ever. */
  answer: (call: BackendCall) => Promise<string> | string | { status: number; body: string; location?: string } = () =>
    '0'
  readonly #server: http.Server
  #waiters: (() => void)[] = []

  private constructor(tls?: { cert: Buffer; key: Buffer }) {
    this.#server = tls ? https.createServer(tls) : http.createServer()
    this.#server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
      void this.#take(request, response)
    })
    this.#server.on('connection', () => this.connections++)
  }

  /** Starts one on a free port of 127.0.0.1; it closes with `scope`. */
  static async start(scope: Scope, tls?: { cert: Buffer; key: Buffer }): Promise<Backend> {
    const backend = new Backend(tls)
    backend.#server.listen(0, '127.0.0.1')
    await once(backend.#server, 'listening')
    scope.defer(() => {
      backend.#server.closeAllConnections()
      backend.#server.close()
    })
    return backend
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  url(path: string): string {
    return `http${this.#server instanceof https.Server ? 's' : ''}://127.0.0.1:${this.port}${path}`
  }

  /** What was told of an event, in the order of arrival. */
  of(action: string): Readonly<Record<string, unknown>>[] {
    return this.bodies().filter((body) => body['action'] === action)
  }

  bodies(): Readonly<Record<string, unknown>>[] {
    return this.calls
      .filter(({ body }) => body !== '')
      .map(({ body }) => JSON.parse(body) as Readonly<Record<string, unknown>>)
  }

  /** Names of the events, in the order of arrival. */
  actions(): unknown[] {
    return this.bodies().map((body) => body['action'])
  }

  /** Resolves when `condition` holds; looks after each call. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.push(resolve))
  }

  async #take(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let body = ''
    for await (const part of request.setEncoding('utf8')) body += String(part)
    const { method = '', url: path = '', rawHeaders: headers } = request
    const call = { method, path, headers, body }
    this.calls.push(call)
    for (const resolve of this.#waiters.splice(0)) resolve()
    const answer = await this.answer(call)
    const {
      status,
      body: text,
      location,
    } = typeof answer === 'string' ? { status: 200, body: answer } : { location: undefined, ...answer }
    response.writeHead(status, location === undefined ? {} : { location }).end(text)
  }
}
