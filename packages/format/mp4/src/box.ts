import { ByteReader, ByteWriter } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

/** Bytes to be written once their place is known: a box, or the table in one. */
export interface Part {
  readonly sizeBytes: number
  /** Writes exactly `sizeBytes` bytes at `at`. */
  write(out: Uint8Array, at: number): void
}

/** A box that was read: its type and what is behind its header, sharing memory. */
export interface ReadBox {
  readonly type: string
  readonly body: Uint8Array
}

/** Boxes of one container that are looked at; more are an attack on memory. */
const MAX_BOXES = 1024

/**
 * A box of its parts, in order. Nested calls are the box tree; {@link joinParts} writes all of it with one allocation.
 * @param type four characters
 * @see ISO/IEC 14496-12 §4.2
 */
export function box(type: string, ...parts: readonly (Part | Uint8Array)[]): Part {
  const sizeBytes = parts.reduce((sum, part) => sum + sizeOf(part), 8)
  return {
    sizeBytes,
    write(out, at) {
      out.set(new ByteWriter(8).u32(sizeBytes).bytes(fourCc(type)).finish(), at)
      writeParts(out, at + 8, parts)
    },
  }
}

/** A box with version and 24 bits of flags. @see ISO/IEC 14496-12 §4.2 */
export function fullBox(type: string, version: number, flags: number, ...parts: readonly (Part | Uint8Array)[]): Part {
  return box(
    type,
    fields((out) => out.u8(version).u24(flags)),
    ...parts,
  )
}

/** The fields of a box, as one part. */
export function fields(write: (out: ByteWriter) => unknown): Uint8Array {
  const out = new ByteWriter(64)
  write(out)
  return out.finish()
}

/** The four bytes of a type. */
export function fourCc(type: string): Uint8Array {
  return Uint8Array.from(type, (char) => char.charCodeAt(0))
}

/** All parts, one behind the other, in a buffer of the caller's own. */
export function joinParts(parts: readonly (Part | Uint8Array)[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + sizeOf(part), 0))
  writeParts(out, 0, parts)
  return out
}

/**
 * The boxes of a container, in order. Throws FormatError `MP4_BOX_SIZE` for one that passes the end, `MP4_BOX_COUNT` for
 * more than 1024.
 */
export function readBoxes(container: Uint8Array): ReadBox[] {
  const reader = new ByteReader(container)
  const boxes: ReadBox[] = []
  while (reader.remaining > 0) {
    if (boxes.length === MAX_BOXES) throw new FormatError('MP4_BOX_COUNT', `more than ${MAX_BOXES} boxes`)
    boxes.push(readBox(reader))
  }
  return boxes
}

/** The body of the first box of a type; undefined when there is none. */
export function findBox(boxes: readonly ReadBox[], type: string): Uint8Array | undefined {
  return boxes.find((one) => one.type === type)?.body
}

/** The same for a box that must be there. Throws FormatError `MP4_BOX_MISSING`. */
export function requireBox(boxes: readonly ReadBox[], type: string): Uint8Array {
  const body = findBox(boxes, type)
  if (!body) throw new FormatError('MP4_BOX_MISSING', `no ${type} box`)
  return body
}

/** Reads version and flags of a full box; `reader` is behind them. */
export function readFullBox(body: Uint8Array): { version: number; flags: number; reader: ByteReader } {
  const reader = new ByteReader(body)
  const version = reader.u8()
  return { version, flags: reader.u24(), reader }
}

/** A type as text. */
export function readFourCc(reader: ByteReader): string {
  return String.fromCharCode(...reader.bytes(4))
}

function readBox(reader: ByteReader): ReadBox {
  const start = reader.offset
  const size32 = reader.u32()
  const type = readFourCc(reader)
  const sizeBytes = size32 === 1 ? reader.u53() : size32
  const headerBytes = reader.offset - start
  const bodyBytes = size32 === 0 ? reader.remaining : sizeBytes - headerBytes
  if (bodyBytes < 0 || bodyBytes > reader.remaining) {
    throw new FormatError('MP4_BOX_SIZE', `a ${type} box of ${sizeBytes} bytes`)
  }
  return { type, body: reader.bytes(bodyBytes) }
}

function writeParts(out: Uint8Array, from: number, parts: readonly (Part | Uint8Array)[]): void {
  let at = from
  for (const part of parts) {
    if (part instanceof Uint8Array) out.set(part, at)
    else part.write(out, at)
    at += sizeOf(part)
  }
}

function sizeOf(part: Part | Uint8Array): number {
  return part instanceof Uint8Array ? part.length : part.sizeBytes
}
