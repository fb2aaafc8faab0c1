import { FormatError } from '@millrace/core'

import { byteAt } from './payload-format.ts'

/** Flags of the first byte of a payload descriptor. @see RFC 9628 §4.2 */
export const VP9_BITS = {
  pictureId: 0x80,
  interPicture: 0x40,
  layers: 0x20,
  flexible: 0x10,
  start: 0x08,
  end: 0x04,
  structure: 0x02,
} as const

/** What is used of a VP9 payload descriptor. */
export interface Vp9Descriptor {
  /** Its length: where the frame's bytes begin. */
  readonly bytes: number
  /** Whether a layer frame begins or ends with this payload. */
  readonly start: boolean
  readonly end: boolean
  /** Picture size of the highest spatial layer, where the scalability structure tells it. */
  readonly size: { readonly width: number; readonly height: number } | undefined
}

/** Reads a payload descriptor. Throws FormatError `RTP_PAYLOAD_SHORT`, `RTP_VP9_REFERENCES`. @see RFC 9628 §4.2 */
export function readVp9Descriptor(payload: Uint8Array): Vp9Descriptor {
  const flags = byteAt(payload, 0)
  const flexible = (flags & VP9_BITS.flexible) !== 0
  let at = layersAt(payload)
  if ((flags & VP9_BITS.layers) !== 0) at += flexible ? 1 : 2 // TID, U, SID, D; TL0PICIDX
  if (flexible && (flags & VP9_BITS.interPicture) !== 0) {
    let references = 1
    for (; (byteAt(payload, at++) & 1) !== 0; references++) {
      if (references === 3) throw new FormatError('RTP_VP9_REFERENCES', 'more than 3 references of a VP9 picture')
    }
  }
  const structure = (flags & VP9_BITS.structure) !== 0 ? readStructure(payload, at) : { bytes: 0, size: undefined }
  const bytes = at + structure.bytes
  byteAt(payload, bytes)
  const start = (flags & VP9_BITS.start) !== 0
  return { bytes, start, end: (flags & VP9_BITS.end) !== 0, size: structure.size }
}

/** Spatial layer of a payload, 0 to 7; 0 without layers. */
export function vp9SpatialId(payload: Uint8Array): number {
  if (((payload[0] ?? 0) & VP9_BITS.layers) === 0) return 0
  return ((payload[layersAt(payload)] ?? 0) >> 1) & 7
}

/** Where the picture id ends. */
function layersAt(payload: Uint8Array): number {
  if (((payload[0] ?? 0) & VP9_BITS.pictureId) === 0) return 1
  return ((payload[1] ?? 0) & 0x80) !== 0 ? 3 : 2
}

/** @see RFC 9628 §4.2.1 */
function readStructure(payload: Uint8Array, from: number): { bytes: number; size: Vp9Descriptor['size'] } {
  let at = from
  const flags = byteAt(payload, at++)
  const layers = (flags >> 5) + 1
  let size: Vp9Descriptor['size']
  if ((flags & 0x10) !== 0) {
    at += 4 * layers
    const [a, b, c, d] = [
      byteAt(payload, at - 4),
      byteAt(payload, at - 3),
      byteAt(payload, at - 2),
      byteAt(payload, at - 1),
    ]
    size = { width: (a << 8) | b, height: (c << 8) | d }
  }
  if ((flags & 0x08) !== 0) {
    // a picture group: for each picture TID, U and its count of references, then those
    for (let pictures = byteAt(payload, at++); pictures > 0; pictures--) {
      const references = (byteAt(payload, at) >> 2) & 3
      at += 1 + references
    }
  }
  return { bytes: at - from, size }
}
