import { InvariantError } from '@millrace/core'
import { formatDateTime } from './date-time.ts'
import type { MediaPlaylist, MediaSegment, MultivariantPlaylist, SegmentKey, Variant } from './playlist.ts'
import { EPOCH_TAG } from './tags.ts'

/** Decimal EXTINF durations need version 3, EXT-X-MAP 6, EXT-X-GAP 8. @see RFC 8216 §7, RFC 8216bis §8 */
type Version = 3 | 6 | 8

/**
 * Text of a media playlist, LF line ends. EXT-X-PROGRAM-DATE-TIME is written for each segment that has a wall time.
 * Throws InvariantError `HLS_BAD_URI` for a URI that would break the text, `HLS_MAP_MISSING` for a segment without
 * `mapUri` after one that has it.
 */
export function writeMediaPlaylist(playlist: MediaPlaylist): string {
  const lines = header(versionOf(playlist.segments), playlist.independentSegments)
  lines.push(`#EXT-X-TARGETDURATION:${playlist.targetDurationS}`, `#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}`)
  if (playlist.discontinuitySequence > 0) lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}`)
  if (playlist.playlistType !== undefined) lines.push(`#EXT-X-PLAYLIST-TYPE:${playlist.playlistType.toUpperCase()}`)
  if (playlist.epoch !== undefined) lines.push(`${EPOCH_TAG}:${playlist.epoch}`)
  let map: string | undefined
  let keyLine = NO_KEY
  for (const segment of playlist.segments) {
    if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY')
    const wanted = keyTag(segment.key)
    if (wanted !== keyLine) lines.push(wanted)
    keyLine = wanted
    if (segment.mapUri !== map) {
      map = mapAfter(map, segment.mapUri)
      lines.push(`#EXT-X-MAP:URI="${checkedUri(map)}"`)
    }
    if (segment.wallMs !== null) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${formatDateTime(segment.wallMs)}`)
    if (segment.gap) lines.push('#EXT-X-GAP')
    lines.push(`#EXTINF:${(segment.durationUs / 1e6).toFixed(6)},`, checkedUri(segment.uri))
  }
  if (playlist.ended) lines.push('#EXT-X-ENDLIST')
  return textOf(lines)
}

/** Text of a multivariant playlist, LF line ends. Unknown attributes are left out. Throws as {@link writeMediaPlaylist}. */
export function writeMultivariantPlaylist(playlist: MultivariantPlaylist): string {
  const lines = header(3, playlist.independentSegments)
  for (const variant of playlist.variants) {
    lines.push(`#EXT-X-STREAM-INF:${attributes(variant).join(',')}`, checkedUri(variant.uri))
  }
  return textOf(lines)
}

const NO_KEY = '#EXT-X-KEY:METHOD=NONE'

/** A key holds until the next: a player who sees the list for the first time finds one before the first segment that needs it. */
function keyTag(key: SegmentKey | undefined): string {
  if (!key) return NO_KEY
  const iv = Array.from(key.iv, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `#EXT-X-KEY:METHOD=AES-128,URI="${checkedUri(key.uri)}",IV=0x${iv.toUpperCase()}`
}

function versionOf(segments: readonly MediaSegment[]): Version {
  if (segments.some(({ gap }) => gap)) return 8
  return segments.some(({ mapUri }) => mapUri !== undefined) ? 6 : 3
}

function header(version: Version, independentSegments: boolean | undefined): string[] {
  const lines = ['#EXTM3U', `#EXT-X-VERSION:${version}`]
  return independentSegments ? [...lines, '#EXT-X-INDEPENDENT-SEGMENTS'] : lines
}

function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
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
