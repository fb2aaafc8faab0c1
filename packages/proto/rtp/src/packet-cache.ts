/** Bounds of a PacketCache. */
export interface PacketCacheOptions {
  /** Rounded up to a power of two; default 1,024. */
  readonly maxPackets: number
  /** Default 2,000: a receiver that still misses a packet after that has given it up. */
  readonly maxAgeMs: number
}

const DEFAULTS: PacketCacheOptions = { maxPackets: 1024, maxAgeMs: 2000 }

/**
 * The last packets of one stream by sequence number, to answer NACKs from. Older packets than the bounds allow are let go with
 * each `put`.
 */
export class PacketCache<T> {
  readonly #packets: (T | undefined)[]
  readonly #sequences: Float64Array
  readonly #storedMs: Float64Array
  readonly #mask: number
  readonly #maxAgeMs: number
  /** No packet below this number is held. */
  #tail = -1
  #highest = -1

  constructor(options: Partial<PacketCacheOptions> = {}) {
    const { maxPackets, maxAgeMs } = { ...DEFAULTS, ...options }
    const size = 2 ** Math.ceil(Math.log2(Math.max(1, maxPackets)))
    this.#packets = Array.from<T | undefined>({ length: size })
    this.#sequences = new Float64Array(size).fill(-1)
    this.#storedMs = new Float64Array(size)
    this.#mask = size - 1
    this.#maxAgeMs = maxAgeMs
  }

  /** The highest sequence number put so far; -1 before the first. */
  get highest(): number {
    return this.#highest
  }

  /** @param sequence unwrapped; below those in the ring, the packet is not kept */
  put(sequence: number, packet: T, nowMs: number): void {
    const size = this.#mask + 1
    if (this.#highest < 0) this.#tail = sequence
    else if (sequence <= this.#highest - size) return
    if (sequence > this.#highest) this.#highest = sequence
    if (sequence < this.#tail) this.#tail = sequence
    const slot = sequence & this.#mask
    this.#packets[slot] = packet
    this.#sequences[slot] = sequence
    this.#storedMs[slot] = nowMs
    this.#release(this.#highest - size, nowMs)
  }

  /** @param sequence unwrapped */
  get(sequence: number, nowMs: number): T | undefined {
    const slot = sequence & this.#mask
    if (this.#sequences[slot] !== sequence || nowMs - (this.#storedMs[slot] ?? 0) > this.#maxAgeMs) return undefined
    return this.#packets[slot]
  }

  /** Lets go of packets up to `through`, and of those after it that are too old. */
  #release(through: number, nowMs: number): void {
    // behind a jump each slot is passed once, not each number
    let left = this.#mask + 1
    for (; this.#tail < this.#highest && left > 0; this.#tail++, left--) {
      const slot = this.#tail & this.#mask
      if (this.#sequences[slot] !== this.#tail) continue
      if (this.#tail > through && nowMs - (this.#storedMs[slot] ?? 0) <= this.#maxAgeMs) return
      this.#packets[slot] = undefined
      this.#sequences[slot] = -1
    }
    this.#tail = Math.max(this.#tail, through + 1)
  }
}
