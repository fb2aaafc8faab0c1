/**
 * Collects the chunks of a byte stream for a push parser. Bytes are copied in only while a previous
 * remainder is pending, so a parser that consumes all it gets costs no copy.
 */
export class Accumulator {
  #bytes: Uint8Array = new Uint8Array(0)
  #start = 0
  #end = 0
  /** Whether `#bytes` is ours to write behind `#end`. */
  #owned = false

  get length(): number {
    return this.#end - this.#start
  }

  /** Adds a chunk. The chunk's memory may be kept until it is consumed. */
  push(chunk: Uint8Array): void {
    if (this.length === 0) {
      this.#bytes = chunk
      this.#start = 0
      this.#end = chunk.length
      this.#owned = false
      return
    }
    const needed = this.length + chunk.length
    if (!this.#owned || this.#end + chunk.length > this.#bytes.length) {
      // always a new buffer: views that `peek` and `read` gave out share the old one
      const grown = new Uint8Array(Math.max(needed * 2, 4096))
      grown.set(this.#bytes.subarray(this.#start, this.#end))
      this.#bytes = grown
      this.#end = this.length
      this.#start = 0
      this.#owned = true
    }
    this.#bytes.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** The pending byte at `index`; the caller has checked `length`. */
  at(index: number): number {
    return this.#bytes[this.#start + index] ?? 0
  }

  /** A view of up to `length` pending bytes, not consumed. Valid for as long as the caller keeps it. */
  peek(length: number): Uint8Array {
    return this.#bytes.subarray(this.#start, Math.min(this.#end, this.#start + length))
  }

  /** Consumes `length` bytes (the caller has checked `length`) and returns a view of them. */
  read(length: number): Uint8Array {
    const view = this.#bytes.subarray(this.#start, this.#start + length)
    this.#start += length
    return view
  }

  skip(length: number): void {
    this.#start += length
  }
}
