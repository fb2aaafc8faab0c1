import net from 'node:net'
import tls from 'node:tls'

import { guardedLookup, type AddressGuard } from '@millrace/address-guard'
import { CodedError } from '@millrace/core'

import { SOCKET_HIGH_WATER_BYTES } from './socket-sink.ts'

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'rtmp:': 1935, 'rtmps:': 443, 'http:': 80, 'https:': 443 }
const SECURE: ReadonlySet<string> = new Set(['rtmps:', 'https:'])

export interface DialOptions {
  /** Certificates to trust instead of the system's, in PEM. */
  ca?: string | undefined
  /** For URLs that a user chose: the addresses that may be connected to. */
  guard?: AddressGuard | undefined
}

/**
 * Begins to connect to the host of an `rtmp:`, `rtmps:`, `http:` or `https:` URL. What is written before the connection
 * stands goes out then. A forbidden address ends the socket with `ADDRESS_BLOCKED`.
 */
export function dial(url: URL, { ca, guard }: DialOptions): net.Socket {
  const host = url.hostname.replaceAll(/[[\]]/g, '')
  const isAddress = net.isIP(host) !== 0
  if (guard && isAddress && !guard.permits(host)) return refused(host)
  const common = {
    host,
    port: Number(url.port) || DEFAULT_PORTS[url.protocol] || 1935,
    highWaterMark: SOCKET_HIGH_WATER_BYTES,
    ...(guard && { lookup: guardedLookup(guard) }),
  }
  if (!SECURE.has(url.protocol)) return net.connect({ ...common, noDelay: true })
  const socket = tls.connect({
    ...common,
    ...(isAddress ? {} : { servername: host }),
    ...(ca === undefined ? {} : { ca }),
  })
  return socket.setNoDelay(true)
}

function refused(address: string): net.Socket {
  const message = `${address} is not public and not allowed (MILLRACE_MEDIA_ALLOW)`
  return new net.Socket().destroy(new CodedError('ADDRESS_BLOCKED', message))
}
