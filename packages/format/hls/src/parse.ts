import { FormatError } from '@millrace/core'
import { parseAttributes } from './attributes.ts'
import { parseDateTime } from './date-time.ts'
import type { MediaPlaylist, MediaSegment, MultivariantPlaylist, Variant } from './playlist.ts'
import { EPOCH_TAG } from './tags.ts'

/** Bounds of a playlist that is parsed. */
export interface PlaylistLimits {
  /** UTF-16 units of text, default 16 Mi: a day of 4-second segments with signed URIs. */
  maxLength?: number
  /** Segments or variants, default 100 000. */
  maxEntries?: number
}

export type Playlist =
  | ({ readonly type: 'media' } & MediaPlaylist)
  | ({ readonly type: 'multivariant' } & MultivariantPlaylist)

/**
 * Reads a playlist of either kind. Tags that are not known are ignored, as RFC 8216 §6.3.1 wants; encryption
 * and byte ranges are refused, because a reader that ignored them would misread the segments.
 *
 * Throws FormatError: `HLS_TOO_LARGE`, `HLS_NOT_PLAYLIST`, `HLS_BAD_TAG`, `HLS_MISSING_TAG`, `HLS_UNSUPPORTED`.
 * @see RFC 8216 §4
 */
export function parsePlaylist(text: string, limits: PlaylistLimits = {}): Playlist {
  const { maxLength = 16 << 20, maxEntries = 100_000 } = limits
  if (text.length > maxLength) throw new FormatError('HLS_TOO_LARGE', `playlist of ${text.length} characters`)
  const lines = text.split(/\r?\n/)
  if (lines[0]?.trimEnd() !== '#EXTM3U') throw new FormatError('HLS_NOT_PLAYLIST', 'first line is not #EXTM3U')
  const reader = new Reader(maxEntries)
  for (let i = 1; i < lines.length; i++) reader.line((lines[i] ?? '').trim())
  return reader.finish()
}

const PLAYLIST_TYPES: ReadonlyMap<string, 'event' | 'vod'> = new Map([
  ['EVENT', 'event'],
  ['VOD', 'vod'],
])

class Reader {
  readonly #maxEntries: number
  readonly #segments: MediaSegment[] = []
  readonly #variants: Variant[] = []
  #targetDurationS: number | undefined
  #mediaSequence = 0
  #discontinuitySequence = 0
  #ended = false
  // what the tags before the next URI line said
  #durationUs: number | undefined
  #discontinuity = false
  #wallMs: number | null = null
  #variant: Omit<Variant, 'uri'> | undefined
  /** Holds until the next one. */
  #mapUri: string | undefined
  #playlistType: 'event' | 'vod' | undefined
  #gap = false
  #independentSegments = false
  #epoch: number | undefined

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  line(line: string): void {
    if (line === '') return
    if (!line.startsWith('#')) return this.#uri(line)
    if (!line.startsWith('#EXT')) return
    const colon = line.indexOf(':')
    this.#tag(colon < 0 ? line : line.slice(0, colon), colon < 0 ? '' : line.slice(colon + 1))
  }

  finish(): Playlist {
    const isMedia = this.#targetDurationS !== undefined || this.#segments.length > 0
    if (isMedia && this.#variants.length > 0) {
      throw new FormatError('HLS_BAD_TAG', 'tags of media and of multivariant playlists in one')
    }
    const independent = this.#independentSegments ? { independentSegments: true } : {}
    if (this.#variants.length > 0) return { type: 'multivariant', variants: this.#variants, ...independent }
    if (this.#targetDurationS === undefined) throw new FormatError('HLS_MISSING_TAG', 'no EXT-X-TARGETDURATION')
    return {
      type: 'media',
      targetDurationS: this.#targetDurationS,
      mediaSequence: this.#mediaSequence,
      discontinuitySequence: this.#discontinuitySequence,
      segments: this.#segments,
      ended: this.#ended,
      ...(this.#playlistType === undefined ? {} : { playlistType: this.#playlistType }),
      ...independent,
      ...(this.#epoch === undefined ? {} : { epoch: this.#epoch }),
    }
  }

  #tag(name: string, value: string): void {
    switch (name) {
      case '#EXTINF':
        this.#durationUs = Math.round(decimal(name, value.split(',', 1)[0] ?? '') * 1e6)
        break
      case '#EXT-X-DISCONTINUITY':
        this.#discontinuity = true
        break
      case '#EXT-X-PROGRAM-DATE-TIME':
        this.#wallMs = parseDateTime(value) ?? badTag(name, value)
        break
      case '#EXT-X-TARGETDURATION':
        // some servers write a fraction
        this.#targetDurationS = Math.ceil(decimal(name, value))
        break
      case '#EXT-X-MEDIA-SEQUENCE':
        this.#mediaSequence = integer(name, value)
        break
      case '#EXT-X-DISCONTINUITY-SEQUENCE':
        this.#discontinuitySequence = integer(name, value)
        break
      case '#EXT-X-GAP':
        this.#gap = true
        break
      case '#EXT-X-INDEPENDENT-SEGMENTS':
        this.#independentSegments = true
        break
      case EPOCH_TAG:
        this.#epoch = integer(name, value)
        break
      case '#EXT-X-ENDLIST':
        this.#ended = true
        break
      case '#EXT-X-STREAM-INF':
        this.#variant = variantOf(value)
        break
      case '#EXT-X-KEY':
        if (parseAttributes(value).get('METHOD') === 'NONE') break
        throw new FormatError('HLS_UNSUPPORTED', 'encrypted segments')
      case '#EXT-X-PLAYLIST-TYPE':
        this.#playlistType = PLAYLIST_TYPES.get(value.trim()) ?? badTag(name, value)
        break
      case '#EXT-X-MAP':
        this.#mapUri = mapUriOf(value)
        break
      case '#EXT-X-BYTERANGE':
        throw new FormatError('HLS_UNSUPPORTED', name)
      default:
    }
  }

  #uri(uri: string): void {
    if (this.#segments.length + this.#variants.length >= this.#maxEntries) {
      throw new FormatError('HLS_TOO_LARGE', `more than ${this.#maxEntries} entries`)
    }
    if (this.#variant) {
      this.#variants.push({ uri, ...this.#variant })
      this.#variant = undefined
      return
    }
    if (this.#durationUs === undefined) throw new FormatError('HLS_MISSING_TAG', 'URI without EXTINF or STREAM-INF')
    this.#segments.push({
      uri,
      durationUs: this.#durationUs,
      discontinuity: this.#discontinuity,
      wallMs: this.#wallMs,
      ...(this.#mapUri === undefined ? {} : { mapUri: this.#mapUri }),
      ...(this.#gap ? { gap: true } : {}),
    })
    this.#durationUs = undefined
    this.#discontinuity = false
    this.#wallMs = null
    this.#gap = false
  }
}

function mapUriOf(value: string): string {
  const attributes = parseAttributes(value)
  if (attributes.has('BYTERANGE')) throw new FormatError('HLS_UNSUPPORTED', 'EXT-X-MAP with BYTERANGE')
  return attributes.get('URI') || badTag('#EXT-X-MAP', value)
}

function variantOf(value: string): Omit<Variant, 'uri'> {
  const attributes = parseAttributes(value)
  const [width = 0, height = 0] = (attributes.get('RESOLUTION') ?? '0x0')
    .split('x')
    .map((part) => integer('RESOLUTION', part))
  const average = attributes.get('AVERAGE-BANDWIDTH')
  return {
    bandwidthBps: integer('BANDWIDTH', attributes.get('BANDWIDTH') ?? ''),
    averageBandwidthBps: average === undefined ? null : integer('AVERAGE-BANDWIDTH', average),
    codecs: (attributes.get('CODECS') ?? '')
      .split(',')
      .map((codec) => codec.trim())
      .filter((codec) => codec !== ''),
    width,
    height,
    frameRate: decimal('FRAME-RATE', attributes.get('FRAME-RATE') ?? '0'),
  }
}

function integer(name: string, value: string): number {
  const number = /^\d{1,20}$/.test(value) ? Number(value) : Number.NaN
  return Number.isSafeInteger(number) ? number : badTag(name, value)
}

function decimal(name: string, value: string): number {
  return /^\d{1,9}(\.\d{0,20})?$/.test(value.trim()) ? Number(value) : badTag(name, value)
}

function badTag(name: string, value: string): never {
  throw new FormatError('HLS_BAD_TAG', `${name} with ${JSON.stringify(value.slice(0, 100))}`)
}
