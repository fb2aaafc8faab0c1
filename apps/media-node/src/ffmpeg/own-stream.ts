import os from 'node:os'

/** A stream that an RTMP URL names. */
export interface RtmpTarget {
  readonly host: string
  readonly port: number
  /** As a parameter of the app or the stream says; else the host. */
  readonly vhost: string
  readonly app: string
  readonly stream: string
}

/** Takes `rtmp://host[:port]/app[?vhost=V]/stream[?vhost=V]` apart; undefined for any other URL. */
export function rtmpTarget(url: string): RtmpTarget | undefined {
  const [, host, port, path = ''] = /^rtmp:\/\/(\[[^\]]+\]|[^/:]+)(?::(\d+))?\/(.+)$/.exec(url) ?? []
  const cut = path.lastIndexOf('/')
  if (host === undefined || cut < 1) return undefined
  const [app = ''] = path.slice(0, cut).split('?')
  const [stream = ''] = path.slice(cut + 1).split('?')
  const [, vhost = host] = /[?&]vhost=([^&?/]+)/.exec(path) ?? []
  return { host: host.replaceAll(/[[\]]/g, ''), port: port === undefined ? 1935 : Number(port), vhost, app, stream }
}

/** Whether a host, as a URL names it, is this machine. */
export function isThisMachine(host: string): boolean {
  if (host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)) return true
  return Object.values(os.networkInterfaces()).some((each) => each?.some(({ address }) => address === host) ?? false)
}
