const PAGE_LENGTH = 16_384

/** A list of 32-bit numbers that grows without copying: millions of them cost 4 bytes each. */
export class U32List {
  readonly #pages: Uint32Array[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  push(value: number): void {
    const at = this.#length % PAGE_LENGTH
    if (at === 0) this.#pages.push(new Uint32Array(PAGE_LENGTH))
    ;(this.#pages.at(-1) as Uint32Array)[at] = value
    this.#length++
  }

  /** The number at `index`, which is below the length. */
  at(index: number): number {
    return this.#pages[Math.floor(index / PAGE_LENGTH)]?.[index % PAGE_LENGTH] ?? 0
  }

  /** Changes the number at `index`, which is below the length. */
  setAt(index: number, value: number): void {
    ;(this.#pages[Math.floor(index / PAGE_LENGTH)] as Uint32Array)[index % PAGE_LENGTH] = value
  }

  /** Writes all numbers, most significant byte first. */
  writeTo(view: DataView, at: number): void {
    for (let i = 0; i < this.#length; i++) view.setUint32(at + 4 * i, this.at(i))
  }
}
