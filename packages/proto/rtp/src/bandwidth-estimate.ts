import { DelayTrend } from './delay-trend.ts'
import type { PacketResult } from './twcc-sender.ts'

/** Bounds of a BandwidthEstimate. */
export interface BandwidthOptions {
  /** Believed before anything is known; default 1,000,000. */
  readonly startBps: number
  /** Default 50,000. */
  readonly minBps: number
  /** Default 20,000,000. */
  readonly maxBps: number
}

const DEFAULTS: BandwidthOptions = { startBps: 1_000_000, minBps: 50_000, maxBps: 20_000_000 }

/** What is kept of the rate that got through when the queue grew. */
const DECREASE = 0.85
/** Growth per second, while the path's limit is unknown. */
const GROWTH = 1.08
/** Within this factor of the limit that was last met, growth is by a packet per round trip. */
const NEAR_LIMIT = 1.15
const PACKET_BITS = 9600
const RESPONSE_MS = 200
const RATE_WINDOW_MS = 150
const LOSS_WINDOW_MS = 500
const LOSS_WINDOW_PACKETS = 20
const HIGH_LOSS = 0.1
const LOW_LOSS = 0.02
/** More time than this between two feedbacks counts as this. */
const MAX_STEP_MS = 1000

/**
 * How much a player's path carries: by the growth of its queue and by loss, from transport-wide feedback; or by what the player
 * itself estimates. Nothing probes: the estimate grows while nothing speaks against it, also past what is sent, so that a better
 * layer is tried in time, and falls to what got through when it was too much.
 *
 * @see draft-ietf-rmcat-gcc-02 §5.5 and §6
 */
export class BandwidthEstimate {
  readonly #options: BandwidthOptions
  readonly #trend = new DelayTrend()
  #delayBps: number
  #lossBps = Infinity
  #rembBps = Infinity
  /** Whether transport-wide feedback came: a player's own estimate does without `#delayBps`. */
  #measured = false
  #throughputBps: number | undefined
  #limitBps: number | undefined
  #updatedMs: number | undefined
  #lossUpdatedMs: number | undefined
  /** What arrived in the last window alone: while the queue is not empty, what the path carries. */
  #windowBps = 0
  #windowStartMs: number | undefined
  #windowBytes = 0
  #lossSinceMs: number | undefined
  #lossPackets = 0
  #lossLost = 0

  constructor(options: Partial<BandwidthOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options }
    this.#delayBps = this.#options.startBps
  }

  /** The estimate, whole bits per second. */
  get bps(): number {
    const delayBps = this.#measured || this.#rembBps === Infinity ? this.#delayBps : Infinity
    return Math.round(this.#clamp(Math.min(delayBps, this.#lossBps, this.#rembBps)))
  }

  /** What arrived of late, bits per second; undefined before enough is known. */
  get throughputBps(): number | undefined {
    return this.#throughputBps
  }

  /** @param results of `TwccSender.feedback` */
  feedback(results: readonly PacketResult[], nowMs: number): void {
    if (results.length === 0) return
    this.#measured = true
    let lost = 0
    for (const { sentMs, arrivedMs, bytes } of results) {
      if (arrivedMs === null) {
        lost++
        continue
      }
      this.#trend.note(sentMs, arrivedMs)
      this.#countThroughput(arrivedMs, bytes)
    }
    this.#steer(nowMs)
    this.#countLoss(results.length, lost, nowMs)
  }

  /** The player's own estimate, which bounds ours from now on. @see draft-alvestrand-rmcat-remb-03 */
  remb(bitrateBps: number): void {
    this.#rembBps = bitrateBps
  }

  /** Loss by a receiver report, of players without transport-wide feedback. @param fractionLost in 1/256 */
  report(fractionLost: number, nowMs: number): void {
    if (!this.#measured) this.#steerByLoss(fractionLost / 256, nowMs)
  }

  #countThroughput(arrivedMs: number, bytes: number): void {
    this.#windowStartMs ??= arrivedMs
    const elapsedMs = arrivedMs - this.#windowStartMs
    if (elapsedMs >= RATE_WINDOW_MS) {
      this.#windowBps = (this.#windowBytes * 8000) / elapsedMs
      this.#throughputBps = ((this.#throughputBps ?? this.#windowBps) + this.#windowBps) / 2
      this.#windowStartMs = arrivedMs
      this.#windowBytes = 0
    }
    this.#windowBytes += bytes
  }

  #steer(nowMs: number): void {
    const elapsedMs = Math.min(nowMs - (this.#updatedMs ?? nowMs), MAX_STEP_MS)
    this.#updatedMs = nowMs
    if (this.#trend.usage === 'over' && this.#throughputBps !== undefined) {
      this.#limitBps = Math.max(this.#throughputBps, this.#windowBps)
      this.#delayBps = this.#clamp(Math.min(this.#delayBps, this.#limitBps * DECREASE))
    } else if (this.#trend.usage === 'normal') {
      this.#delayBps = this.#clamp(this.#grown(elapsedMs))
    }
  }

  #grown(elapsedMs: number): number {
    if (this.#limitBps !== undefined && this.#delayBps < this.#limitBps * NEAR_LIMIT) {
      return this.#delayBps + (PACKET_BITS * elapsedMs) / RESPONSE_MS
    }
    this.#limitBps = undefined
    return this.#delayBps * GROWTH ** (elapsedMs / 1000)
  }

  #countLoss(packets: number, lost: number, nowMs: number): void {
    this.#lossSinceMs ??= nowMs
    this.#lossPackets += packets
    this.#lossLost += lost
    if (nowMs - this.#lossSinceMs < LOSS_WINDOW_MS || this.#lossPackets < LOSS_WINDOW_PACKETS) return
    this.#steerByLoss(this.#lossLost / this.#lossPackets, nowMs)
    this.#lossSinceMs = nowMs
    this.#lossPackets = this.#lossLost = 0
  }

  #steerByLoss(loss: number, nowMs: number): void {
    const elapsedMs = Math.min(nowMs - (this.#lossUpdatedMs ?? nowMs), MAX_STEP_MS)
    this.#lossUpdatedMs = nowMs
    // what got through the path carries, however much more is sent
    const carriedBps = Math.min(this.bps, (this.#throughputBps ?? 0) * DECREASE)
    if (loss > HIGH_LOSS) this.#lossBps = this.#clamp(Math.max(this.bps * (1 - loss / 2), carriedBps))
    else if (loss < LOW_LOSS) this.#lossBps *= GROWTH ** (elapsedMs / 1000)
    if (this.#lossBps > this.#options.maxBps) this.#lossBps = Infinity
  }

  #clamp(bps: number): number {
    return Math.min(this.#options.maxBps, Math.max(this.#options.minBps, bps))
  }
}
