/** Where a key frame is. */
interface Keyframe {
  readonly timestampMs: number
  /** Of its tag, in bytes behind the metadata. */
  readonly offset: number
}

/** Entries that are kept; a script tag holds many more. */
const MAX_ENTRIES = 100_000

/** Times and places of key frames. When there are too many, every second one is left out, evenly over the file. */
export class KeyframeIndex {
  #entries: Keyframe[] = []
  #stride = 1
  #seen = 0
  #last: Keyframe | undefined

  /** The newest key frame, left out or not. */
  get last(): Keyframe | undefined {
    return this.#last
  }

  add(timestampMs: number, offset: number): void {
    this.#last = { timestampMs, offset }
    if (this.#seen++ % this.#stride !== 0) return
    this.#entries.push(this.#last)
    if (this.#entries.length < MAX_ENTRIES) return
    this.#entries = this.#entries.filter((_, i) => i % 2 === 0)
    this.#stride *= 2
  }

  /** The `keyframes` of `onMetaData`: seconds, and bytes from the start of the file when `base` come before the first tag. */
  members(base: number): { times: number[]; filepositions: number[] } {
    return {
      times: this.#entries.map(({ timestampMs }) => timestampMs / 1000),
      filepositions: this.#entries.map(({ offset }) => base + offset),
    }
  }
}
