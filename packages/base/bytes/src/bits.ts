import { FormatError } from '@millrace/core'

/** Reads bits, most significant first. Reading past the end throws FormatError `BITS_SHORT`. */
export class BitReader {
  readonly #bytes: Uint8Array
  #bit = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get remaining(): number {
    return this.#bytes.length * 8 - this.#bit
  }

  /** An unsigned number of `count` bits, 0 to 32. */
  u(count: number): number {
    if (count > this.remaining) throw new FormatError('BITS_SHORT', `${count} bits wanted, ${this.remaining} left`)
    let value = 0
    for (let left = count; left > 0;) {
      const free = 8 - (this.#bit & 7)
      const take = Math.min(free, left)
      const part = ((this.#bytes[this.#bit >> 3] ?? 0) >> (free - take)) & ((1 << take) - 1)
      value = value * 2 ** take + part
      this.#bit += take
      left -= take
    }
    return value
  }

  flag(): boolean {
    return this.u(1) === 1
  }

  skip(count: number): void {
    if (count > this.remaining) throw new FormatError('BITS_SHORT', `${count} bits wanted, ${this.remaining} left`)
    this.#bit += count
  }

  /** Unsigned Exp-Golomb, `ue(v)`. @see ISO/IEC 14496-10 §9.1 */
  ue(): number {
    let zeros = 0
    while (!this.flag()) {
      if (++zeros > 32) throw new FormatError('BITS_GOLOMB', 'Exp-Golomb code of more than 32 bits')
    }
    return 2 ** zeros - 1 + this.u(zeros)
  }

  /** Signed Exp-Golomb, `se(v)`. @see ISO/IEC 14496-10 §9.1.1 */
  se(): number {
    const code = this.ue()
    return code % 2 === 1 ? (code + 1) / 2 : 0 - code / 2
  }
}
