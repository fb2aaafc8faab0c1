import type { RtmpClientOptions } from '@millrace/rtmp'

/** What a server is told of the stream that we publish to it or play from it. */
export interface RtmpNames {
  /** With the vhost as its host, which need not be the host that is dialled. */
  readonly tcUrl: string
  /** With its parameters. */
  readonly stream: string
  /** Sent along with `connect`. */
  readonly args?: RtmpClientOptions['args']
}

/** `tcUrl` and stream of `rtmp(s)://host[:port]/app/stream[?parameters]`; all before the last slash is the app. */
export function rtmpNames(url: URL): RtmpNames {
  const cut = url.pathname.lastIndexOf('/')
  return {
    tcUrl: `${url.protocol}//${url.host}${url.pathname.slice(0, cut)}`,
    stream: url.pathname.slice(cut + 1) + url.search,
  }
}
