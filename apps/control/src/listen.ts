import http from 'node:http'
import type { AddressInfo } from 'node:net'

import { getRequestListener } from '@hono/node-server'
import { errorCode, type ErrorDetails, ServiceError } from '@millrace/core'

import type { ControlApp } from './app.ts'

/** Slow clients are cut: headers and the whole request have this long. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
/** How long a request that is being served may go on at close. */
const CLOSE_GRACE_MS = 2000

/** A port that could not be taken; `port` is for the supervisor's message. */
class ListenError extends ServiceError {
  readonly port: number

  constructor(port: number, message: string, options: { details: ErrorDetails; cause: unknown }) {
    super('LISTEN_FAILED', message, options)
    this.port = port
  }
}

/** A listening server. */
export interface Listening {
  host: string
  port: number
  /** Takes no new connections, lets running requests end for at most two seconds, then cuts them. */
  close(): Promise<void>
}

/** Serves the application over HTTP. Throws ListenError (`LISTEN_FAILED`). */
export async function listen(app: ControlApp, host: string, port: number): Promise<Listening> {
  const server = http.createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: 5000 },
    getRequestListener(app.fetch),
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const code = errorCode(cause)
      const why = code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${code})`
      reject(new ListenError(port, `port ${port} on ${host} ${why}`, { details: { host, port, code }, cause }))
    })
    server.listen(port, host, resolve)
  })
  return {
    host,
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
      await closed
      clearTimeout(timer)
    },
  }
}
