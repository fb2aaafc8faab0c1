import { DEFAULT_VHOST_NAME } from '@millrace/config'
import { CodedError } from '@millrace/core'

import type { RtmpNames } from '../io/rtmp-names.ts'
import type { PushTarget } from '../admission/onward.ts'

/** A stream as another server knows it. */
export interface UpstreamStream {
  readonly vhost: string
  readonly app: string
  readonly name: string
  /** Query that the client came with, with its `?`; empty for none. */
  readonly param: string
  /** Sent along with `connect`. */
  readonly args?: RtmpNames['args']
}

/**
 * A stream at `host[:port]`, in SRS's way: a vhost stands as the host of the `tcUrl`, and not in the query.
 *
 * @param server `host[:port]`, or `rtmp://host[:port]` or `rtmps://host[:port]`
 * @throws CodedError `UPSTREAM_INVALID`
 */
export function upstreamAt(server: string, stream: UpstreamStream): PushTarget {
  const base = URL.parse(/^rtmps?:\/\//.test(server) ? server : `rtmp://${server}`)
  if (!base || base.hostname === '') throw invalid(server)
  const { vhost, app, name, param, args } = stream
  const { protocol, port } = base
  const host = vhost === DEFAULT_VHOST_NAME ? base.hostname : vhost
  const path = [...app.split('/'), name].map(encodeURIComponent).join('/')
  return {
    url: new URL(`${protocol}//${base.host}/${path}`),
    names: {
      tcUrl: `${protocol}//${host}${port === '' ? '' : `:${port}`}/${app}`,
      stream: name + withoutVhost(param),
      ...(args && { args }),
    },
  }
}

/**
 * A stream at `rtmp(s)://host[:port]/app/stream[?parameters]`, of which `vhost` names the vhost.
 *
 * @throws CodedError `UPSTREAM_INVALID`
 */
export function upstreamUrl(text: string, args?: RtmpNames['args']): PushTarget {
  const url = URL.parse(text)
  const match = /^\/(.+)\/([^/]+)$/.exec(url?.pathname ?? '')
  if (!url || !match || !/^rtmps?:$/.test(url.protocol) || url.hostname === '') throw invalid(text)
  const [, app = '', name = ''] = match.map(decode)
  const { searchParams } = url
  const vhost = searchParams.get('vhost') || searchParams.get('domain') || DEFAULT_VHOST_NAME
  return upstreamAt(`${url.protocol}//${url.host}`, { vhost, app, name, param: url.search, args })
}

/** A query without the vhost. What is left stays as it was written. */
export function withoutVhost(param: string): string {
  const left = param.split(/[?&]/).filter((pair) => pair !== '' && !/^(vhost|domain)=/.test(pair))
  return left.length === 0 ? '' : `?${left.join('&')}`
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

// a path may hold keys
const invalid = (text: string): CodedError =>
  new CodedError('UPSTREAM_INVALID', `${text.slice(0, 64).replace(/^(\w+:\/\/[^/]*\/).*$/s, '$1…')} is no RTMP server`)
