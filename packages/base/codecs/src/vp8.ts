import { ByteReader } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

/** What the header of a VP8 key frame tells. */
export interface Vp8KeyFrame {
  /** 0 to 3. */
  readonly profile: number
  readonly width: number
  readonly height: number
}

/** Whether a VP8 frame is a key frame. @see RFC 6386 §9.1 */
export function isVp8Key(frame: Uint8Array): boolean {
  return frame.length > 0 && ((frame[0] ?? 0) & 1) === 0
}

/** Reads the header of a key frame. Throws FormatError `VP8_NOT_KEY`, `VP8_SYNC`, `BYTES_SHORT`. @see RFC 6386 §9.1 */
export function readVp8KeyFrame(frame: Uint8Array): Vp8KeyFrame {
  if (!isVp8Key(frame)) throw new FormatError('VP8_NOT_KEY', 'not a VP8 key frame')
  const reader = new ByteReader(frame)
  const profile = (reader.u8() >> 1) & 7
  reader.skip(2)
  if (reader.u24() !== 0x9d012a) throw new FormatError('VP8_SYNC', 'a VP8 key frame without its start code')
  const [widthLow = 0, widthHigh = 0, heightLow = 0, heightHigh = 0] = reader.bytes(4)
  // the upper two bits of each are a scaling hint for the player
  return { profile, width: widthLow | ((widthHigh & 0x3f) << 8), height: heightLow | ((heightHigh & 0x3f) << 8) }
}
