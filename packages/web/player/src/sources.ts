import type { EngineName } from './engine-names.ts'

/** What the attributes of `<live-player>` say about where the stream is. */
export interface SourceAttributes {
  /** `app/name`; URLs are built as the media node serves them. */
  stream?: string | null
  vhost?: string | null
  /** Root URL of the media node; default the page's. */
  base?: string | null
  /** Explicit URLs, each taking the place of a built one. */
  flv?: string | null
  wsFlv?: string | null
  hls?: string | null
  webrtc?: string | null
  /** Playback token, for built URLs; WebRTC sends it apart. */
  token?: string | null
}

/** An absolute URL for each engine that has one. */
export type SourceUrls = Readonly<Partial<Record<EngineName, string>>>

/** Resolves the attributes against `pageUrl`. A URL that can't be parsed is left out. */
export function sourceUrls(attributes: SourceAttributes, pageUrl: string): SourceUrls {
  const { stream, vhost, base, flv, wsFlv, hls, webrtc, token } = attributes
  const root = base ? absolute(base, pageUrl) : pageUrl
  const path = stream ? `/${stream.split('/').map(encodeURIComponent).join('/')}` : undefined
  const built = (ending: string, params: Readonly<Record<string, string | null | undefined>>): string | undefined =>
    path && `${path}${ending}${queryOf(params)}`
  const flvUrl = absolute(flv ?? built('.flv', { vhost, token }), root)
  const urls: [EngineName, string | undefined][] = [
    ['flv', flvUrl],
    ['ws-flv', absolute(wsFlv, root)?.replace(/^http/, 'ws') ?? flvUrl?.replace(/^http/, 'ws')],
    ['hls', absolute(hls ?? built('.m3u8', { vhost, token }), root)],
    ['webrtc', absolute(webrtc ?? built('/whep', { vhost }), root)],
  ]
  return Object.fromEntries(urls.filter(([, url]) => url !== undefined))
}

function queryOf(params: Readonly<Record<string, string | null | undefined>>): string {
  const query = Object.entries(params).flatMap(([name, value]) =>
    value ? [`${name}=${encodeURIComponent(value)}`] : [],
  )
  return query.length > 0 ? `?${query.join('&')}` : ''
}

function absolute(url: string | null | undefined, base: string | undefined): string | undefined {
  return url ? (URL.parse(url, base)?.href ?? undefined) : undefined
}
