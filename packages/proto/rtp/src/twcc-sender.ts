import { TWCC_REFERENCE_US, type TransportFeedback } from './rtcp/twcc.ts'
import { unwrapSequence } from './sequence.ts'

/** What became of a packet that was sent. */
export interface PacketResult {
  /** As given to `next`. */
  readonly bytes: number
  readonly sentMs: number
  /** By the receiver's clock, whose zero is unknown; null for a packet that is missing. */
  readonly arrivedMs: number | null
}

/** How many packets are remembered by default: two seconds of 500 a second. */
const DEFAULT_MAX_IN_FLIGHT = 1024

/**
 * Numbers the packets of a transport, and finds in a receiver's feedback what became of them.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01 §2
 */
export class TwccSender {
  readonly #sentMs: Float64Array
  /** 0 for a packet whose result is known. */
  readonly #bytes: Uint16Array
  readonly #mask: number
  #next = 0x1_0000
  #reference: number | undefined

  /** @param maxInFlight packets remembered until feedback comes; rounded up to a power of two, at most 32,768 */
  constructor(maxInFlight = DEFAULT_MAX_IN_FLIGHT) {
    const size = Math.min(32_768, 2 ** Math.ceil(Math.log2(Math.max(1, maxInFlight))))
    this.#sentMs = new Float64Array(size)
    this.#bytes = new Uint16Array(size)
    this.#mask = size - 1
  }

  /**
   * A packet is sent now.
   *
   * @param bytes of the packet, 1 to 65,535
   * @returns its transport-wide sequence number, 16 bits
   */
  next(bytes: number, nowMs: number): number {
    const sequence = this.#next++
    this.#sentMs[sequence & this.#mask] = nowMs
    this.#bytes[sequence & this.#mask] = bytes
    return sequence & 0xffff
  }

  /** Results that are new, in the order of sending; each packet has one, so one that comes after it was missed stays missed. */
  feedback(packet: TransportFeedback): PacketResult[] {
    const results: PacketResult[] = []
    const reference = this.#unwrapReference(packet.referenceTime)
    let sequence = unwrapSequence(packet.baseSequence, this.#next - 1)
    for (const arrivalUs of packet.arrivals) {
      const slot = sequence & this.#mask
      const known = sequence < this.#next && sequence >= this.#next - this.#bytes.length
      sequence++
      const bytes = known ? (this.#bytes[slot] ?? 0) : 0
      if (bytes === 0) continue
      this.#bytes[slot] = 0
      const arrivedMs = arrivalUs === null ? null : (reference * TWCC_REFERENCE_US + arrivalUs) / 1000
      results.push({ bytes, sentMs: this.#sentMs[slot] ?? 0, arrivedMs })
    }
    return results
  }

  #unwrapReference(reference: number): number {
    if (this.#reference === undefined) return (this.#reference = reference)
    // 24 bits, the nearest to the last
    return (this.#reference += ((reference - this.#reference) << 8) >> 8)
  }
}
