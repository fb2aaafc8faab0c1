/** From one position of the samples on, how much later they are than their position. */
interface Span {
  readonly from: number
  readonly offset: number
}

/** Positions of samples in what was encoded, and the times they belong to, both in samples. */
export class SampleClock {
  #spans: Span[] = []

  /** The time of the sample at `position`; undefined before any is known. */
  timeAt(position: number): number | undefined {
    const span = this.#spans.findLast(({ from }) => from <= position) ?? this.#spans[0]
    return span && position + span.offset
  }

  /** From `position` on, samples are of `time` and the times after it. */
  set(position: number, time: number): void {
    this.#spans.push({ from: position, offset: time - position })
  }

  /**
   * The time of the first of `samples` samples from `position` on, as the last of them has it: those that an encoder delays are few.
   * Positions before it are not asked for again.
   */
  timeOfFrame(position: number, samples: number): number {
    const last = position + samples - 1
    const time = (this.timeAt(last) ?? last) - (samples - 1)
    const current = this.#spans.findLastIndex(({ from }) => from <= last)
    if (current > 0) this.#spans = this.#spans.slice(current)
    return time
  }
}

/** What is to be done that sound and its timestamps agree again. */
export type Correction =
  | { readonly kind: 'jump' }
  /** At once: silence for a positive number, fewer samples for a negative one. */
  | { readonly kind: 'pad'; readonly samples: number }
  /** Bit by bit within a second. */
  | { readonly kind: 'stretch'; readonly samples: number }

/** A difference from which on the result has a gap, too: 100 ms. */
const JUMP_SAMPLES = 4800
/** What can't be stretched unheard, and what isn't worth it. */
const PAD_SAMPLES = 720
const IGNORED_SAMPLES = 96
/** Timestamps in milliseconds, and those of sockets, are only right on average. */
const MEASURED_SAMPLES = 24_000
const STRETCHED_SAMPLES = 48_000

/** Watches by how much timestamps differ from what the number of samples says. */
export class DriftWatch {
  #errorSum = 0
  #errors = 0
  #measured = 0

  /**
   * @param error by how many samples of 48 kHz the timestamp is later than expected
   * @param samples of 48 kHz since the last call
   */
  observe(error: number, samples: number): Correction | undefined {
    if (Math.abs(error) > JUMP_SAMPLES) {
      this.#restart(0)
      return { kind: 'jump' }
    }
    this.#measured += samples
    // while it is stretched, the difference is on its way to zero
    if (this.#measured <= 0) return undefined
    this.#errorSum += error
    this.#errors++
    if (this.#measured < MEASURED_SAMPLES) return undefined
    const mean = Math.round(this.#errorSum / this.#errors)
    if (Math.abs(mean) < IGNORED_SAMPLES) {
      this.#restart(0)
      return undefined
    }
    if (Math.abs(mean) >= PAD_SAMPLES) {
      this.#restart(0)
      return { kind: 'pad', samples: mean }
    }
    this.#restart(STRETCHED_SAMPLES)
    return { kind: 'stretch', samples: Math.sign(mean) * Math.min(Math.abs(mean), STRETCHED_SAMPLES / 200) }
  }

  #restart(waitSamples: number): void {
    this.#errorSum = 0
    this.#errors = 0
    this.#measured = -waitSamples
  }
}
