import { FormatError } from '@millrace/core'

/**
 * Reads big-endian fields from one buffer, front to back. Method names give the width on the wire.
 * Reading past the end throws FormatError `BYTES_SHORT`. Slices share the buffer's memory.
 */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get offset(): number {
    return this.#offset
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2))
  }

  i16(): number {
    return this.#view.getInt16(this.#take(2))
  }

  u24(): number {
    const at = this.#take(3)
    return (this.#view.getUint16(at) << 8) | this.#view.getUint8(at + 2)
  }

  i24(): number {
    return (this.u24() << 8) >> 8
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4))
  }

  u32le(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4))
  }

  /** 64 bits on the wire, of which the upper 11 must be zero. Throws FormatError `BYTES_RANGE` otherwise. */
  u53(): number {
    const at = this.#take(8)
    const high = this.#view.getUint32(at)
    if (high > 0x1fffff) throw new FormatError('BYTES_RANGE', `a 64-bit number over 2^53 at offset ${at}`)
    return high * 2 ** 32 + this.#view.getUint32(at + 4)
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8))
  }

  /** `length` bytes, sharing memory. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  /** All that is left, sharing memory. */
  rest(): Uint8Array {
    return this.bytes(this.remaining)
  }

  skip(length: number): void {
    this.#take(length)
  }

  #take(length: number): number {
    const at = this.#offset
    if (length < 0 || length > this.#bytes.length - at) {
      throw new FormatError('BYTES_SHORT', `${length} bytes wanted at offset ${at}, ${this.remaining} left`)
    }
    this.#offset = at + length
    return at
  }
}
