import net from 'node:net'
import tls from 'node:tls'

import { SOCKET_HIGH_WATER_BYTES } from './socket-sink.ts'

const DEFAULT_PORT: Readonly<Record<string, number>> = { 'rtmp:': 1935, 'rtmps:': 443 }

/** `tcUrl` and stream of `rtmp(s)://host[:port]/app/stream[?parameters]`; all before the last slash is the app. */
export function rtmpNames(url: URL): { tcUrl: string; stream: string } {
  const cut = url.pathname.lastIndexOf('/')
  return {
    tcUrl: `${url.protocol}//${url.host}${url.pathname.slice(0, cut)}`,
    stream: url.pathname.slice(cut + 1) + url.search,
  }
}

/**
 * Begins to connect to an `rtmp:` or `rtmps:` URL. What is written before the connection stands goes out then.
 *
 * @param ca certificates to trust instead of the system's, in PEM
 */
export function dialRtmp(url: URL, ca?: string): net.Socket {
  const host = url.hostname.replaceAll(/[[\]]/g, '')
  const port = Number(url.port) || DEFAULT_PORT[url.protocol] || 1935
  const common = { host, port, highWaterMark: SOCKET_HIGH_WATER_BYTES }
  if (url.protocol !== 'rtmps:') return net.connect({ ...common, noDelay: true })
  const servername = net.isIP(host) === 0 ? { servername: host } : {}
  const socket = tls.connect({ ...common, ...servername, ...(ca === undefined ? {} : { ca }) })
  return socket.setNoDelay(true)
}
