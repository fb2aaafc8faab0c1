/** What of a stream's HLS output a URL names. */
export type HlsResource =
  | { readonly type: 'multivariant' }
  | { readonly type: 'media' }
  | { readonly type: 'segment'; readonly sequence: number }

export interface HlsTarget {
  readonly app: string
  readonly name: string
  readonly resource: HlsResource
}

/**
 * Takes a decoded URL path apart: `/app/x.m3u8` is the stream's multivariant playlist, `/app/x.media.m3u8` its media
 * playlist, `/app/x-1700000000.ts` a segment. Undefined for any other path. The app may have slashes.
 *
 * Numbers of segments begin with the time in seconds and have nine digits at least: `/app/cam-1.ts` is the stream `cam-1` as
 * endless MPEG-TS. Playlists are told apart by path, because many CDNs leave the query out of their cache key.
 */
export function parseHlsPath(path: string): HlsTarget | undefined {
  const match = /^\/(.+)\/([^/]+?)(\.media\.m3u8|\.m3u8|-(\d{9,15})\.ts)$/.exec(path)
  if (!match) return undefined
  const [, app = '', name = '', suffix = '', sequence = ''] = match
  if (suffix === '.m3u8') return { app, name, resource: { type: 'multivariant' } }
  if (suffix === '.media.m3u8') return { app, name, resource: { type: 'media' } }
  return { app, name, resource: { type: 'segment', sequence: Number(sequence) } }
}

/** URI of the media playlist of a stream, relative to its multivariant playlist. */
export function mediaPlaylistUri(name: string, query: string): string {
  return `${encodeURIComponent(name)}.media.m3u8${query}`
}

/** URI of a segment of a stream, relative to its media playlist. */
export function segmentUri(name: string, sequence: number, query: string): string {
  return `${encodeURIComponent(name)}-${sequence}.ts${query}`
}

/** A query string as it came in a request line, with its `?` or empty, in characters that a playlist can hold. */
export function playlistQuery(search: string): string {
  return search === '?' ? '' : search.replace(/[^!-~]|["#<>\\^`{|}]/g, percentEncode)
}

function percentEncode(character: string): string {
  // request lines come as latin1: one character is one byte
  return `%${(character.charCodeAt(0) & 0xff).toString(16).toUpperCase().padStart(2, '0')}`
}
