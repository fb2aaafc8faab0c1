import { ByteReader } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

/** VideoPacketType. @see Enhanced RTMP v2 "Enhanced Video" */
export const VIDEO_PACKET = {
  sequenceStart: 0,
  codedFrames: 1,
  sequenceEnd: 2,
  codedFramesX: 3,
  metadata: 4,
  mpeg2TsSequenceStart: 5,
  multitrack: 6,
} as const

/** AudioPacketType. @see Enhanced RTMP v2 "Enhanced Audio" */
export const AUDIO_PACKET = {
  sequenceStart: 0,
  codedFrames: 1,
  sequenceEnd: 2,
  multichannelConfig: 4,
  multitrack: 5,
} as const

const MOD_EX = 7
const ONE_TRACK = 0
const MANY_TRACKS_MANY_CODECS = 2
const MAX_TRACKS = 256

/** One track's part of an Enhanced RTMP message. */
export interface EnhancedPart {
  readonly trackId: number
  readonly fourCc: number
  readonly data: Uint8Array
}

/** An Enhanced RTMP audio or video message, its codec-specific data unread. */
export interface EnhancedBody {
  /** VideoPacketType or AudioPacketType, the same for all tracks. */
  readonly packetType: number
  /** Whether it is one plain track, without modifiers. */
  readonly plain: boolean
  /** Nanoseconds to add to the presentation time, 0 to 999 999: less than the tick of this format. */
  readonly nanoOffset: number
  readonly parts: readonly EnhancedPart[]
}

/**
 * Reads the extended header: modifiers, track layout and FourCCs. Unknown modifiers are skipped.
 *
 * @param multitrackType the packet type that means multitrack: 6 for video, 5 for audio
 * Throws FormatError: `FLV_MULTITRACK` (unknown or nested layout, over 256 tracks), `BYTES_SHORT`.
 * @see Enhanced RTMP v2 "ExVideoTagHeader", "ExAudioTagHeader"
 */
export function readEnhancedBody(body: Uint8Array, multitrackType: number): EnhancedBody {
  const reader = new ByteReader(body)
  let packetType = reader.u8() & 15
  let plain = true
  let nanoOffset = 0
  while (packetType === MOD_EX) {
    plain = false
    let size = reader.u8() + 1
    if (size === 256) size = reader.u16() + 1
    const data = reader.bytes(size)
    const next = reader.u8()
    if (next >> 4 === 0 && size >= 3) nanoOffset = new ByteReader(data).u24()
    packetType = next & 15
  }
  if (packetType !== multitrackType) {
    return { packetType, plain, nanoOffset, parts: [{ fourCc: reader.u32(), trackId: 0, data: reader.rest() }] }
  }
  const layout = reader.u8()
  packetType = layout & 15
  if (packetType === multitrackType || packetType === MOD_EX || layout >> 4 > MANY_TRACKS_MANY_CODECS) {
    throw new FormatError('FLV_MULTITRACK', `multitrack layout ${layout >> 4} of packet type ${packetType}`)
  }
  return { packetType, plain: false, nanoOffset, parts: readTracks(reader, layout >> 4) }
}

function readTracks(reader: ByteReader, layout: number): EnhancedPart[] {
  const common = layout === MANY_TRACKS_MANY_CODECS ? 0 : reader.u32()
  if (layout === ONE_TRACK) return [{ fourCc: common, trackId: reader.u8(), data: reader.rest() }]
  const parts: EnhancedPart[] = []
  while (reader.remaining > 0) {
    if (parts.length === MAX_TRACKS) throw new FormatError('FLV_MULTITRACK', `over ${MAX_TRACKS} tracks in a message`)
    const fourCc = layout === MANY_TRACKS_MANY_CODECS ? reader.u32() : common
    const trackId = reader.u8()
    parts.push({ fourCc, trackId, data: reader.bytes(reader.u24()) })
  }
  return parts
}
