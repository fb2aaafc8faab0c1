import type net from 'node:net'

import { CodedError, errorCode, type ErrorDetails, errorMessage } from '@millrace/core'

/** Where to listen. Port 0 takes any free one. */
export interface Endpoint {
  host: string
  port: number
  /** An IPv6 address takes no IPv4 clients: another listener has them. */
  ipv6Only?: boolean
}

/**
 * Starts to listen and returns the port.
 *
 * @param what names the listener in the error, for example `RTMP`
 * @throws CodedError `IO_PORT_TAKEN`, `IO_PORT_FORBIDDEN` or `IO_LISTEN`
 */
export async function listen(
  server: net.Server,
  { host, port, ipv6Only = false }: Endpoint,
  what: string,
): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, ipv6Only, backlog: 4096 }, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (error) {
    throw listenError(error, `${what} port ${port} on ${host}`, { port })
  }
  return (server.address() as net.AddressInfo).port
}

/** Makes what closes a server: it stops to listen and cuts all connections, also those that became something else since. */
export function closerOf(server: net.Server): () => Promise<void> {
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
}

/** The error of a port that can't be listened at. */
export function listenError(cause: unknown, where: string, details: ErrorDetails): CodedError {
  switch (errorCode(cause)) {
    case 'EADDRINUSE':
      return new CodedError('IO_PORT_TAKEN', `${where} is taken by another program`, { cause, details })
    case 'EACCES':
      return new CodedError('IO_PORT_FORBIDDEN', `${where} may not be opened by this user`, { cause, details })
    default:
      return new CodedError('IO_LISTEN', `cannot listen at ${where}: ${errorMessage(cause)}`, { cause, details })
  }
}
