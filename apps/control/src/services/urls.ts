import { DEFAULT_VHOST } from '@millrace/contracts'

/** What a stream is addressed by. */
export interface StreamAddress {
  /** The vhost's name. */
  vhost: string
  app: string
  name: string
}

/** Characters that would end the part of the URL they stand in; the others are left readable. */
const path = (text: string) => encodeURI(text).replaceAll('?', '%3F').replaceAll('#', '%23')

function query(parameters: Record<string, string | undefined>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined)
  return given.length === 0 ? '' : `?${given.map(([name, value]) => `${name}=${encodeURIComponent(value!)}`).join('&')}`
}

const namedVhost = (vhost: string) => (vhost === DEFAULT_VHOST ? undefined : vhost)

const withoutSlash = (base: string) => base.replace(/\/+$/, '')

/** `rtmp://host:1935/live/show?vhost=…&key=…`, and the same cut in two as OBS wants it. */
export function rtmpUrl(
  base: string,
  { vhost, app, name }: StreamAddress,
  secret: { key?: string | undefined; token?: string | undefined } = {},
) {
  // RTMP has no percent-encoding: names go as they are
  const server = `${withoutSlash(base)}/${app}`
  const streamKey = `${name}${query({ vhost: namedVhost(vhost), ...secret })}`
  return { url: `${server}/${streamKey}`, server, streamKey }
}

/** `http://host:8080/live/show.flv?vhost=…&token=…`; `extension` with its dot. */
export function httpUrl(base: string, { vhost, app, name }: StreamAddress, extension: string, token?: string): string {
  return `${withoutSlash(base)}/${path(app)}/${path(name)}${extension}${query({ vhost: namedVhost(vhost), token })}`
}

/** `http://host:8080/live/show/whip?vhost=…&key=…`, and the same without the key, for clients that have it in a header. */
export function whipUrl(base: string, address: StreamAddress, key: string | undefined) {
  const server = httpUrl(base, address, '/whip')
  const credential = key === undefined ? '' : `${server.includes('?') ? '&' : '?'}key=${encodeURIComponent(key)}`
  return { url: `${server}${credential}`, server, streamKey: key ?? '' }
}

/** The WebSocket form of an HTTP URL. */
export function webSocketUrl(url: string): string {
  return url.replace(/^http/, 'ws')
}
