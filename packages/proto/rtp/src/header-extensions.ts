import { InvariantError } from '@millrace/core'

import { readU16, writeU16 } from './octets.ts'

/** Where the elements of a header extension lie. @see RFC 3550 §5.3.1 */
export interface ExtensionBlock {
  /** 0xbede for one-byte headers, 0x1000 to 0x100f for two-byte headers. @see RFC 8285 §4 */
  readonly profile: number
  /** Where the first element begins. */
  readonly offset: number
  /** Of all elements and the padding between and behind them. */
  readonly bytes: number
}

/** What of an `RtpHeader` a search needs. */
type Extended = Readonly<{ extensions: ExtensionBlock | null }>

/** One element of a header extension. @see RFC 8285 §4.2 and §4.3 */
export interface HeaderExtension {
  /** As agreed on by `a=extmap`: 1 to 14, or up to 255 where two-byte headers are agreed on. */
  readonly id: number
  /** Up to 16 bytes for ids of at most 14; up to 255 with two-byte headers. */
  readonly data: Uint8Array
}

const ONE_BYTE = 0xbede
const TWO_BYTES = 0x1000

/**
 * The data of an element, sharing the packet's memory; undefined if the packet has none of this id. An element that is cut
 * short ends the search.
 *
 * @param header of `bytes`
 * @see RFC 8285 §4.2 and §4.3
 */
export function readExtension(bytes: Uint8Array, header: Extended, id: number): Uint8Array | undefined {
  const found = findExtension(bytes, header, id)
  return found < 0 ? undefined : bytes.subarray(found >>> 8, (found >>> 8) + (found & 0xff))
}

/** As `readExtension`, for 16-bit numbers such as the transport-wide sequence number; makes no object. */
export function readExtensionU16(bytes: Uint8Array, header: Extended, id: number): number | undefined {
  const found = findExtension(bytes, header, id)
  return found < 0 || (found & 0xff) < 2 ? undefined : readU16(bytes, found >>> 8)
}

/** As `readExtension`, for text such as `mid` and `rid`. */
export function readExtensionText(bytes: Uint8Array, header: Extended, id: number): string | undefined {
  const found = findExtension(bytes, header, id)
  if (found < 0) return undefined
  let text = ''
  const end = (found >>> 8) + (found & 0xff)
  for (let at = found >>> 8; at < end; at++) text += String.fromCharCode(bytes[at] ?? 0)
  return text
}

/** Offset of an element's data times 256, and its length; -1 for none. One number, since each packet is asked. */
function findExtension(bytes: Uint8Array, header: Extended, id: number): number {
  const block = header.extensions
  if (block === null) return -1
  const oneByte = block.profile === ONE_BYTE
  if (!oneByte && (block.profile & 0xfff0) !== TWO_BYTES) return -1
  const end = block.offset + block.bytes
  for (let at = block.offset; at < end;) {
    const first = bytes[at++] ?? 0
    if (first === 0) continue
    const elementId = oneByte ? first >> 4 : first
    // both end the elements of one-byte headers, whatever their length says
    if (oneByte && (elementId === 0 || elementId === 15)) return -1
    const length = oneByte ? (first & 0x0f) + 1 : (bytes[at++] ?? 0)
    if (at + length > end) return -1
    if (elementId === id) return at * 256 + length
    at += length
  }
  return -1
}

/** How many bytes `writeExtensions` writes: a multiple of four. */
export function extensionBytes(extensions: readonly HeaderExtension[]): number {
  const perElement = needsTwoBytes(extensions) ? 2 : 1
  let bytes = 4
  for (const extension of extensions) bytes += perElement + extension.data.length
  return (bytes + 3) & ~3
}

/**
 * Writes a header extension at `offset`, with one-byte headers if they do. Throws InvariantError `RTP_EXTENSION` for an id or a
 * length that no header can say.
 *
 * @returns how many bytes that were, `extensionBytes(extensions)`
 * @see RFC 8285 §4
 */
export function writeExtensions(target: Uint8Array, offset: number, extensions: readonly HeaderExtension[]): number {
  const twoBytes = needsTwoBytes(extensions)
  let at = offset + 4
  for (const { id, data } of extensions) {
    if (twoBytes) {
      target[at++] = id
      target[at++] = data.length
    } else {
      target[at++] = (id << 4) | (data.length - 1)
    }
    // elements are of a few bytes, for which `set` costs more
    for (let i = 0; i < data.length; i++) target[at++] = data[i] ?? 0
  }
  while ((at - offset) % 4 !== 0) target[at++] = 0
  writeU16(target, offset, twoBytes ? TWO_BYTES : ONE_BYTE)
  writeU16(target, offset + 2, (at - offset - 4) / 4)
  return at - offset
}

function needsTwoBytes(extensions: readonly HeaderExtension[]): boolean {
  let twoBytes = false
  for (const { id, data } of extensions) {
    if (!(id >= 1 && id <= 255) || data.length > 255) {
      throw new InvariantError('RTP_EXTENSION', `a header extension ${id} of ${data.length} bytes`)
    }
    if (id > 14 || data.length === 0 || data.length > 16) twoBytes = true
  }
  return twoBytes
}
