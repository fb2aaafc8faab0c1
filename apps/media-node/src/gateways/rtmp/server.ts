import net from 'node:net'
import tls from 'node:tls'

import { SOCKET_HIGH_WATER_BYTES } from '../../io/socket-sink.ts'
import { RtmpConnection, type RtmpDeps } from './connection.ts'

export interface RtmpServerOptions {
  maxConnections: number
  /** RTMPS with this certificate and key, in PEM. */
  tls?: { cert: Buffer; key: Buffer }
}

/** An RTMP or RTMPS listener; not listening yet. */
export function createRtmpServer(deps: RtmpDeps, { maxConnections, tls: secure }: RtmpServerOptions): net.Server {
  const accept = (socket: net.Socket): void => {
    socket.setKeepAlive(true, 30_000)
    new RtmpConnection(deps, socket, secure ? 'rtmps' : 'rtmp')
  }
  const options = { highWaterMark: SOCKET_HIGH_WATER_BYTES, noDelay: true }
  const server = secure
    ? tls.createServer({ ...options, ...secure, handshakeTimeout: 10_000 }, accept)
    : net.createServer(options, accept)
  server.maxConnections = maxConnections
  // a client that fails the TLS handshake concerns nobody else
  server.on('tlsClientError', (_error: Error, socket: net.Socket) => socket.destroy())
  return server
}
