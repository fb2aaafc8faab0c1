import { concatBytes } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

/** Most frames a superframe may have. */
const MAX_FRAMES = 8

/**
 * The frames of a superframe, sharing memory; the frame itself when it has no superframe index.
 * Throws FormatError `VP9_SUPERFRAME` when the sizes of the index pass the end. @see VP9 Bitstream Annex B
 */
export function splitVp9Superframe(bytes: Uint8Array): Uint8Array[] {
  const marker = bytes.at(-1) ?? 0
  const sizeBytes = ((marker >> 3) & 3) + 1
  const count = (marker & 7) + 1
  const indexBytes = 2 + sizeBytes * count
  const end = bytes.length - indexBytes
  if ((marker & 0xe0) !== 0xc0 || end < 0 || bytes[end] !== marker) return [bytes]
  const frames: Uint8Array[] = []
  let start = 0
  for (let at = end + 1; at < bytes.length - 1; at += sizeBytes) {
    let size = 0
    for (let i = sizeBytes - 1; i >= 0; i--) size = size * 256 + (bytes[at + i] ?? 0)
    if (start + size > end) throw new FormatError('VP9_SUPERFRAME', `a frame of ${size} bytes in ${end - start}`)
    if (size > 0) frames.push(bytes.subarray(start, start + size))
    start += size
  }
  return frames
}

/**
 * Frames that are shown as one picture, as one superframe; a single frame stays as it is.
 * Throws FormatError `VP9_SUPERFRAME` for none or more than 8. @see VP9 Bitstream Annex B
 */
export function joinVp9Superframe(frames: readonly Uint8Array[]): Uint8Array {
  const [first] = frames
  if (!first || frames.length > MAX_FRAMES) {
    throw new FormatError('VP9_SUPERFRAME', `a superframe of ${frames.length} frames`)
  }
  if (frames.length === 1) return first
  const marker = 0xc0 | (3 << 3) | (frames.length - 1)
  const index = new Uint8Array(2 + 4 * frames.length)
  const view = new DataView(index.buffer)
  index[0] = marker
  frames.forEach((frame, i) => view.setUint32(1 + 4 * i, frame.length, true))
  index[index.length - 1] = marker
  return concatBytes([...frames, index])
}
