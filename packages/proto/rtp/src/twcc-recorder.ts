import { TWCC_REFERENCE_US, TWCC_TICK_US, type TransportFeedback } from './rtcp/twcc.ts'
import { SequenceUnwrapper } from './sequence.ts'

/** Bounds of a TwccRecorder. */
export interface TwccRecorderOptions {
  /** Between feedback packets; default 100, as SRS and libwebrtc. */
  readonly intervalMs: number
  /** Packets that one feedback packet tells of; default 400, which always fits into 1,200 bytes. */
  readonly maxStatuses: number
  /** Packets from the oldest to the newest that wait for a feedback; older ones are forgotten. Default 4,000. */
  readonly maxPending: number
}

const DEFAULTS: TwccRecorderOptions = { intervalMs: 100, maxStatuses: 400, maxPending: 4000 }

/** Largest step between two arrivals that 16 bits say. */
const MAX_STEP_TICKS = 32_767

const TICKS_PER_REFERENCE = TWCC_REFERENCE_US / TWCC_TICK_US

/**
 * When the packets of a transport arrived, as its sender wants to know it.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01 §3
 */
export class TwccRecorder {
  readonly #options: TwccRecorderOptions
  readonly #sequences = new SequenceUnwrapper()
  /** Arrival in ticks by unwrapped sequence number. */
  readonly #pending = new Map<number, number>()
  /** Below this, all has been told of once. */
  #next = -1
  #feedbackCount = 0
  #deadlineMs: number | undefined

  constructor(options: Partial<TwccRecorderOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options }
  }

  /** When `feedback` is due; undefined while there is nothing to tell. */
  get deadlineMs(): number | undefined {
    return this.#deadlineMs
  }

  /** @param transportSequence 16 bits; a repeated one keeps its first arrival */
  note(transportSequence: number, nowMs: number): void {
    const sequence = this.#sequences.unwrap(transportSequence)
    const oldest = this.#sequences.highest - this.#options.maxPending
    if (sequence <= oldest) return
    if (this.#next < 0) this.#next = sequence
    if (this.#next <= oldest) this.#forget(oldest)
    if (!this.#pending.has(sequence)) this.#pending.set(sequence, Math.round((nowMs * 1000) / TWCC_TICK_US))
    this.#deadlineMs ??= nowMs + this.#options.intervalMs
  }

  /** Feedback on all that was noted since the last call; none before `deadlineMs`. */
  feedback(nowMs: number, senderSsrc: number, mediaSsrc: number): TransportFeedback[] {
    const packets: TransportFeedback[] = []
    if (this.#deadlineMs === undefined || nowMs < this.#deadlineMs) return packets
    this.#deadlineMs = undefined
    let first = Infinity
    let last = -1
    for (const sequence of this.#pending.keys()) {
      first = Math.min(first, sequence)
      last = Math.max(last, sequence)
    }
    // packets that come late are told of from where they belong
    let base = Math.min(this.#next, first)
    while (base <= last) {
      const packet = this.#packet(base, last, senderSsrc, mediaSsrc)
      packets.push(packet)
      base += packet.arrivals.length
    }
    this.#next = Math.max(this.#next, last + 1)
    this.#pending.clear()
    return packets
  }

  /** Tells of at most `maxStatuses` packets from `base` to `end`, and of none that arrived too long after the one before it. */
  #packet(base: number, end: number, senderSsrc: number, mediaSsrc: number): TransportFeedback {
    const arrivals: (number | null)[] = []
    let reference: number | undefined
    let last = 0
    const limit = Math.min(end + 1, base + this.#options.maxStatuses)
    for (let sequence = base; sequence < limit; sequence++) {
      const ticks = this.#pending.get(sequence)
      if (ticks === undefined) {
        arrivals.push(null)
        continue
      }
      if (reference === undefined) last = (reference = referenceOf(ticks)) * TICKS_PER_REFERENCE
      if (Math.abs(ticks - last) > MAX_STEP_TICKS) break
      arrivals.push((ticks - reference * TICKS_PER_REFERENCE) * TWCC_TICK_US)
      last = ticks
    }
    const feedbackCount = this.#feedbackCount
    this.#feedbackCount = (feedbackCount + 1) & 0xff
    const referenceTime = (reference ?? referenceOf(this.#pending.get(end) ?? 0)) & 0xff_ffff
    return { type: 'twcc', senderSsrc, mediaSsrc, baseSequence: base & 0xffff, referenceTime, feedbackCount, arrivals }
  }

  #forget(oldest: number): void {
    for (const sequence of this.#pending.keys()) if (sequence <= oldest) this.#pending.delete(sequence)
    this.#next = Math.max(this.#next, oldest + 1)
  }
}

const referenceOf = (ticks: number): number => Math.floor(ticks / TICKS_PER_REFERENCE)
