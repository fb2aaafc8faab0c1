import http from 'node:http'
import https from 'node:https'
import type net from 'node:net'
import type { Duplex } from 'node:stream'

import { newClientId } from '../admission/client-id.ts'
import { useCertificate, type CertificateFiles } from './fresh-certificate.ts'
import { endSoftly, SOCKET_HIGH_WATER_BYTES } from './socket-sink.ts'

/** A request with its URL taken apart. */
export interface HttpRequest {
  readonly raw: http.IncomingMessage
  readonly method: string
  /** Decoded path, always with a leading slash. */
  readonly path: string
  /** Decoded query parameters; of a repeated one the last. */
  readonly params: Readonly<Record<string, string>>
  /** Query string as it came, with its `?`, or empty. */
  readonly search: string
  /** Host name of the Host header without port; empty if there is none. */
  readonly host: string
  readonly ip: string
  /** What the API and callbacks call the client. */
  readonly clientId: string
}

/** A whole answer in memory. */
export interface HttpAnswer {
  status: number
  headers: Readonly<Record<string, string>>
  body?: Uint8Array | string | undefined
}

/** The connection is closed instead of an answer. */
export const NO_ANSWER: HttpAnswer = { status: 0, headers: {} }

/** Takes a request, or returns false to pass it on to the next handler. */
export type HttpHandler = (request: HttpRequest, response: http.ServerResponse) => boolean | Promise<boolean>

/** Takes an upgrade to WebSocket or to a protocol of nodes, or returns false. */
export type UpgradeHandler = (request: HttpRequest, socket: Duplex, head: Buffer) => boolean | Promise<boolean>

export interface HttpServerOptions {
  handlers: readonly HttpHandler[]
  upgrades?: readonly UpgradeHandler[]
  /** Names, in lower case, of what the upgrades are to, default WebSocket only. */
  upgradeProtocols?: readonly string[]
  maxConnections: number
  /** HTTPS with this certificate. */
  certificate?: CertificateFiles | undefined
  /** Errors that a handler threw, and a certificate that can't be used. */
  onError: (error: unknown) => void
}

/** Media players live in other pages than ours. */
export const CORS_HEADERS: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers': '*',
  'access-control-expose-headers': 'Content-Length, Content-Range',
  'access-control-max-age': '86400',
}

/** Requests that a connection may have open: players ask for one at a time, and answers behind an endless one pile up. */
const MAX_OPEN_REQUESTS = 16

/** A bare HTTP server: endless answers and small ones, slow clients cut off while they send headers. */
export function createHttpServer(options: HttpServerOptions): http.Server | https.Server {
  const { handlers, upgrades = [], upgradeProtocols = ['websocket'], maxConnections, certificate, onError } = options
  const serverOptions: http.ServerOptions = {
    highWaterMark: SOCKET_HIGH_WATER_BYTES,
    noDelay: true,
    headersTimeout: 10_000,
    requestTimeout: 20_000,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: 2000,
    maxHeaderSize: 16_384,
    // whoever offers h2c or anything else gets a plain answer
    shouldUpgradeCallback: ({ headers }) =>
      upgrades.length > 0 && upgradeProtocols.includes(headers.upgrade?.toLowerCase() ?? ''),
  }
  const server = certificate ? https.createServer(serverOptions) : http.createServer(serverOptions)
  if (certificate && server instanceof https.Server) useCertificate(server, certificate, onError)
  server.maxConnections = maxConnections
  const openRequests = new WeakMap<net.Socket, number>()
  server.on('request', (raw, response) => {
    const { socket } = raw
    const open = (openRequests.get(socket) ?? 0) + 1
    if (open > MAX_OPEN_REQUESTS) return socket.destroy()
    openRequests.set(socket, open)
    response.once('close', () => openRequests.set(socket, (openRequests.get(socket) ?? 1) - 1))
    respond(raw, response, handlers).catch((error: unknown) => {
      onError(error)
      if (response.headersSent) response.destroy()
      else send(response, text(500, 'internal error'))
    })
  })
  server.on('upgrade', (raw, socket, head) => {
    socket.on('error', () => socket.destroy())
    upgrade(raw, socket, head, upgrades).catch((error: unknown) => {
      onError(error)
      socket.destroy()
    })
  })
  return server
}

async function respond(
  raw: http.IncomingMessage,
  response: http.ServerResponse,
  handlers: readonly HttpHandler[],
): Promise<void> {
  const request = parseRequest(raw)
  if (!request) return send(response, text(400, 'bad request URL'))
  for (const handler of handlers) {
    if (!(await handler(request, response))) continue
    // a body that the handler doesn't want must not be kept
    raw.resume()
    return
  }
  send(response, text(404, 'not found'))
}

async function upgrade(
  raw: http.IncomingMessage,
  socket: Duplex,
  head: Buffer,
  upgrades: readonly UpgradeHandler[],
): Promise<void> {
  const request = parseRequest(raw)
  if (request) for (const handler of upgrades) if (await handler(request, socket, head)) return
  sendRaw(socket, request ? text(404, 'not found') : text(400, 'bad request URL'))
}

/** A plain-text answer that any page may read. */
export function text(status: number, message: string): HttpAnswer {
  return {
    status,
    headers: { ...CORS_HEADERS, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
    body: `${message}\n`,
  }
}

/** A JSON answer that any page may read. */
export function json(status: number, value: unknown): HttpAnswer {
  return {
    status,
    headers: { ...CORS_HEADERS, 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(value),
  }
}

/** Sends an answer; a HEAD request gets its headers only. */
export function send(response: http.ServerResponse, answer: HttpAnswer): void {
  if (answer === NO_ANSWER) return void response.destroy()
  const { status, headers, body = '' } = answer
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  // 204 and 304 have no body, and a length of 0 would be taken for the resource's
  const bodiless = status === 204 || status === 304
  response.writeHead(status, bodiless ? headers : { ...headers, 'content-length': bytes.length })
  response.end(response.req.method === 'HEAD' ? undefined : bytes)
}

/** The body of a request as text; undefined if it is longer than `maxBytes`, or the client has gone. */
export async function readBody({ raw }: HttpRequest, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    // whoever sent too much is to read why
    for await (const chunk of raw.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length
      if (bytes > maxBytes) return undefined
      chunks.push(chunk)
    }
  } catch {
    return undefined
  }
  return Buffer.concat(chunks).toString()
}

/** Sends an answer on a bare socket, instead of an upgrade, and closes. */
export function sendRaw(socket: Duplex, answer: HttpAnswer): void {
  if (answer === NO_ANSWER) return void socket.destroy()
  const { status, headers, body = '' } = answer
  const lines = Object.entries({ ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) })
  socket.write(
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  )
  socket.write(body)
  endSoftly(socket)
}

/**
 * Undefined for a URL that can't be decoded.
 *
 * @see RFC 9112 §3.2.2: every server takes the absolute form too, and its host counts
 */
function parseRequest(raw: http.IncomingMessage): HttpRequest | undefined {
  const absolute = /^https?:\/\/(?:[^/?#@]*@)?([^/?#]*)(.*)$/is.exec(raw.url ?? '/')
  const target = absolute ? (absolute[2] ?? '').replace(/^(?!\/)/, '/') : (raw.url ?? '/')
  const cut = target.indexOf('?')
  const search = cut < 0 ? '' : target.slice(cut)
  let path: string
  try {
    path = decodeURIComponent(cut < 0 ? target : target.slice(0, cut))
  } catch {
    return undefined
  }
  if (!path.startsWith('/')) return undefined
  return {
    raw,
    method: raw.method ?? 'GET',
    path,
    params: Object.fromEntries(new URLSearchParams(search)),
    search,
    host: hostName(absolute?.[1] ?? raw.headers.host ?? ''),
    ip: peerAddress(raw.socket.remoteAddress),
    clientId: newClientId(),
  }
}

/** Host name of a `host:port`, also of a bracketed IPv6 address. */
function hostName(host: string): string {
  return host.startsWith('[') ? host.slice(1, Math.max(1, host.indexOf(']'))) : (host.split(':', 1)[0] ?? '')
}

/** An address as people write it: IPv4 that came in over IPv6 as IPv4. */
export function peerAddress(address: string | undefined): string {
  return (address ?? 'unknown').replace(/^::ffff:/, '')
}
