/** What a tag holds: audio, video, or AMF data (a script tag, an RTMP data message). */
export type FlvKind = 'audio' | 'video' | 'data'

/** TagType values. @see FLV 10.1 §E.4.1 */
export const FLV_TAG_TYPES = { audio: 8, video: 9, data: 18 } as const

/** Length of a tag header, in bytes. */
export const FLV_TAG_HEADER_BYTES = 11

/**
 * The FLV file header and the first PreviousTagSize, 13 bytes.
 * Players wait for each kind of track that the flags announce: set them by the tracks there are.
 * @see FLV 10.1 §E.2
 */
export function writeFlvHeader(has: { audio: boolean; video: boolean }): Uint8Array {
  const flags = (has.audio ? 4 : 0) | (has.video ? 1 : 0)
  return Uint8Array.of(0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, 9, 0, 0, 0, 0)
}

/**
 * One tag in one buffer: header, body and PreviousTagSize.
 *
 * @param timestampMs any integer; its low 32 bits are written, 24 of them first and the upper 8 after
 * @param body at most 2^24 - 1 bytes
 * @see FLV 10.1 §E.4.1
 */
export function writeFlvTag(kind: FlvKind, timestampMs: number, body: Uint8Array): Uint8Array {
  const length = body.length
  const end = FLV_TAG_HEADER_BYTES + length
  const out = new Uint8Array(end + 4)
  // shifts take the number modulo 2^32
  out[0] = FLV_TAG_TYPES[kind]
  out[1] = length >>> 16
  out[2] = length >>> 8
  out[3] = length
  out[4] = timestampMs >>> 16
  out[5] = timestampMs >>> 8
  out[6] = timestampMs >>> 0
  out[7] = timestampMs >>> 24
  out.set(body, FLV_TAG_HEADER_BYTES)
  out[end] = end >>> 24
  out[end + 1] = end >>> 16
  out[end + 2] = end >>> 8
  out[end + 3] = end
  return out
}
