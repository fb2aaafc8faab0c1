import { ByteReader, ByteWriter } from '@millrace/bytes'

/** Bytes before a fragment. */
export const FRAGMENT_HEADER_BYTES = 12

/** One whole message. */
export interface HandshakeMessage {
  readonly type: number
  /** Counts the messages of one end. */
  readonly sequence: number
  readonly body: Uint8Array
}

/** A part of a message. */
export interface Fragment {
  readonly type: number
  /** Of the whole message. */
  readonly totalBytes: number
  readonly sequence: number
  readonly offset: number
  readonly bytes: Uint8Array
}

/**
 * The fragments of one record.
 *
 * @throws FormatError `BYTES_SHORT`
 * @see RFC 6347 §4.2.2
 */
export function readFragments(content: Uint8Array): Fragment[] {
  const reader = new ByteReader(content)
  const fragments: Fragment[] = []
  while (reader.remaining > 0) {
    const [type, totalBytes, sequence, offset] = [reader.u8(), reader.u24(), reader.u16(), reader.u24()]
    fragments.push({ type, totalBytes, sequence, offset, bytes: reader.bytes(reader.u24()) })
  }
  return fragments
}

/** One fragment; without `offset` and `length` the whole message. */
export function writeFragment(
  { type, sequence, body }: HandshakeMessage,
  offset = 0,
  length = body.length,
): Uint8Array {
  return new ByteWriter(FRAGMENT_HEADER_BYTES + length)
    .u8(type)
    .u24(body.length)
    .u16(sequence)
    .u24(offset)
    .u24(length)
    .bytes(body.subarray(offset, offset + length))
    .finish()
}
