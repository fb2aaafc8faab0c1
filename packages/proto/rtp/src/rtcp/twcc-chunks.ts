import type { ByteReader, ByteWriter } from '@millrace/bytes'
import { ProtocolError } from '@millrace/core'

/** What became of a packet; also the bytes of its delta. @see draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.1 */
export const SYMBOL = { missing: 0, small: 1, large: 2 } as const

const MAX_RUN = 0x1fff

/**
 * Reads status chunks until they tell of `count` packets. Throws ProtocolError `RTCP_TWCC` for the reserved symbol.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.2 to §3.1.4
 */
export function readChunks(body: ByteReader, count: number): Uint8Array {
  const symbols = new Uint8Array(count)
  for (let at = 0; at < count;) {
    const chunk = body.u16()
    if (chunk < 0x8000) {
      const end = Math.min(at + (chunk & MAX_RUN), count)
      symbols.fill(chunk >> 13, at, end)
      at = end
    } else if (chunk < 0xc000) {
      for (let bit = 13; bit >= 0 && at < count; bit--) symbols[at++] = (chunk >> bit) & 1
    } else {
      for (let bit = 12; bit >= 0 && at < count; bit -= 2) symbols[at++] = (chunk >> bit) & 3
    }
  }
  if (symbols.includes(3)) throw new ProtocolError('RTCP_TWCC', 'a reserved packet status')
  return symbols
}

/** @see draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.2 to §3.1.4 */
export function writeChunks(writer: ByteWriter, symbols: Uint8Array): void {
  for (let at = 0; at < symbols.length;) {
    const run = runLength(symbols, at)
    const ahead = symbols.subarray(at, at + 14)
    const vector = ahead.includes(SYMBOL.large) ? 7 : 14
    if (run >= vector || at + run === symbols.length) {
      writer.u16(((symbols[at] ?? 0) << 13) | run)
      at += run
    } else {
      writer.u16(vectorChunk(ahead, vector))
      at += vector
    }
  }
}

function runLength(symbols: Uint8Array, at: number): number {
  let end = at + 1
  while (end < symbols.length && end - at < MAX_RUN && symbols[end] === symbols[at]) end++
  return end - at
}

function vectorChunk(symbols: Uint8Array, length: number): number {
  const bits = 14 / length
  let chunk = length === 7 ? 3 : 2
  for (let i = 0; i < length; i++) chunk = (chunk << bits) | (symbols[i] ?? 0)
  return chunk
}
