import { InvariantError } from '@millrace/core'
import { formatDateTime } from './date-time.ts'
import type { MediaPlaylist, MultivariantPlaylist, Variant } from './playlist.ts'

/** Version 3 has decimal EXTINF durations, version 6 EXT-X-MAP. @see RFC 8216 §7 */
const header = (version: 3 | 6): string => `#EXTM3U\n#EXT-X-VERSION:${version}\n`

/**
 * Text of a media playlist, LF line ends. EXT-X-PROGRAM-DATE-TIME is written for each segment that has a wall time.
 * Throws InvariantError `HLS_BAD_URI` for a URI that would break the text, `HLS_MAP_MISSING` for a segment without
 * `mapUri` after one that has it.
 */
export function writeMediaPlaylist(playlist: MediaPlaylist): string {
  const version = playlist.segments.some(({ mapUri }) => mapUri !== undefined) ? 6 : 3
  let text = `${header(version)}#EXT-X-TARGETDURATION:${playlist.targetDurationS}\n#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}\n`
  if (playlist.discontinuitySequence > 0) text += `#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}\n`
  if (playlist.playlistType !== undefined) text += `#EXT-X-PLAYLIST-TYPE:${playlist.playlistType.toUpperCase()}\n`
  let map: string | undefined
  for (const segment of playlist.segments) {
    if (segment.discontinuity) text += '#EXT-X-DISCONTINUITY\n'
    if (segment.mapUri !== map) {
      map = mapAfter(map, segment.mapUri)
      text += `#EXT-X-MAP:URI="${checkedUri(map)}"\n`
    }
    if (segment.wallMs !== null) text += `#EXT-X-PROGRAM-DATE-TIME:${formatDateTime(segment.wallMs)}\n`
    text += `#EXTINF:${(segment.durationUs / 1e6).toFixed(6)},\n${checkedUri(segment.uri)}\n`
  }
  return playlist.ended ? `${text}#EXT-X-ENDLIST\n` : text
}

/** Text of a multivariant playlist, LF line ends. Unknown attributes are left out. Throws as {@link writeMediaPlaylist}. */
export function writeMultivariantPlaylist(playlist: MultivariantPlaylist): string {
  let text = header(3)
  for (const variant of playlist.variants) {
    text += `#EXT-X-STREAM-INF:${attributes(variant).join(',')}\n${checkedUri(variant.uri)}\n`
  }
  return text
}

/** A map holds for all segments after it: nothing takes it back. */
function mapAfter(before: string | undefined, map: string | undefined): string {
  if (map !== undefined) return map
  throw new InvariantError('HLS_MAP_MISSING', `a segment without initialisation section after one with ${before}`)
}

function attributes(variant: Variant): string[] {
  const list = [`BANDWIDTH=${variant.bandwidthBps}`]
  if (variant.averageBandwidthBps !== null) list.push(`AVERAGE-BANDWIDTH=${variant.averageBandwidthBps}`)
  if (variant.codecs.length > 0) list.push(`CODECS="${variant.codecs.join(',')}"`)
  if (variant.width > 0 && variant.height > 0) list.push(`RESOLUTION=${variant.width}x${variant.height}`)
  if (variant.frameRate > 0) list.push(`FRAME-RATE=${variant.frameRate.toFixed(3)}`)
  return list
}

function checkedUri(uri: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (uri === '' || uri.startsWith('#') || /[\u0000-\u0020"\u007f-\u009f]/.test(uri)) {
    throw new InvariantError('HLS_BAD_URI', `not a URI a playlist can hold: ${JSON.stringify(uri)}`)
  }
  return uri
}
