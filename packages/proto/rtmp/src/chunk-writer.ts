import type { RtmpMessage } from './message.ts'

const FORMAT_3 = 0xc0
const EXTENDED = 0xffffff

/**
 * One message as chunks: a format-0 chunk with the whole header, then format-3 chunks. It depends on nothing sent
 * before it, so the same bytes serve every peer that was told this chunk size. An extended timestamp is repeated on
 * every chunk.
 *
 * @param chunkStreamId 2 to 65 599
 * @param chunkSize payload bytes per chunk, 1 to 2^31 - 1
 * @returns one new buffer
 * @see Adobe RTMP 1.0 §5.3.1
 */
export function encodeMessage(message: RtmpMessage, chunkStreamId: number, chunkSize: number): Uint8Array {
  const { typeId, streamId, payload } = message
  const timestampMs = message.timestampMs >>> 0
  const extended = timestampMs >= EXTENDED
  const basicLength = chunkStreamId < 64 ? 1 : chunkStreamId < 320 ? 2 : 3
  const again = basicLength + (extended ? 4 : 0)
  const chunks = Math.max(1, Math.ceil(payload.length / chunkSize))
  const out = new Uint8Array(payload.length + again * chunks + 11)

  let at = writeBasicHeader(out, 0, 0, chunkStreamId)
  at = writeU24(out, at, extended ? EXTENDED : timestampMs)
  at = writeU24(out, at, payload.length)
  out[at++] = typeId
  // the stream id is the one little-endian field of RTMP
  for (let shift = 0; shift < 32; shift += 8) out[at++] = streamId >>> shift
  if (extended) at = writeU32(out, at, timestampMs)

  for (let from = 0; ;) {
    const to = Math.min(from + chunkSize, payload.length)
    out.set(from === 0 && to === payload.length ? payload : payload.subarray(from, to), at)
    at += to - from
    from = to
    if (from >= payload.length) return out
    at = writeBasicHeader(out, at, FORMAT_3, chunkStreamId)
    if (extended) at = writeU32(out, at, timestampMs)
  }
}

function writeBasicHeader(out: Uint8Array, at: number, format: number, chunkStreamId: number): number {
  if (chunkStreamId < 64) {
    out[at] = format | chunkStreamId
    return at + 1
  }
  const rest = chunkStreamId - 64
  out[at] = format | (rest < 256 ? 0 : 1)
  out[at + 1] = rest
  if (rest < 256) return at + 2
  out[at + 2] = rest >>> 8
  return at + 3
}

function writeU24(out: Uint8Array, at: number, value: number): number {
  out[at] = value >>> 16
  out[at + 1] = value >>> 8
  out[at + 2] = value
  return at + 3
}

function writeU32(out: Uint8Array, at: number, value: number): number {
  out[at] = value >>> 24
  return writeU24(out, at + 1, value)
}
