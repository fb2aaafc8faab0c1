import { isEngineName } from '@millrace/player'
import type { EngineName } from '@millrace/player'

/** What the address bar says: `/?stream=live/livestream&via=flv&vhost=example.com&token=…`. */
export interface Route {
  /** `app/name`, undefined on the plain list. */
  stream: string | undefined
  vhost: string | undefined
  /** Playback token, of streams that need one. */
  token: string | undefined
  /** Undefined: the page chooses. */
  via: EngineName | undefined
}

export function parseRoute(search: string): Route {
  const query = new URLSearchParams(search)
  const via = query.get('via')
  return {
    stream: query.get('stream')?.replace(/^\/+|\/+$/g, '') || undefined,
    vhost: query.get('vhost') || undefined,
    token: query.get('token') || undefined,
    via: isEngineName(via) ? via : undefined,
  }
}

/** The link of a route; slashes stay readable. */
export function formatRoute({ stream, vhost, token, via }: Route): string {
  if (!stream) return '/'
  const query = new URLSearchParams({ stream, ...(vhost && { vhost }), ...(token && { token }), ...(via && { via }) })
  return `/?${query.toString().replaceAll('%2F', '/')}`
}
