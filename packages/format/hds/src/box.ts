import type { ByteWriter } from '@millrace/bytes'

/** Writes a box of some parts. @param type four characters @see F4V 10.1 §1.3 */
export function writeBox(out: ByteWriter, type: string, parts: readonly Uint8Array[]): void {
  out.u32(parts.reduce((sum, { length }) => sum + length, 8))
  for (const character of type) out.u8(character.charCodeAt(0))
  for (const part of parts) out.bytes(part)
}
