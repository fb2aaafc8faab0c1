import { type NtpTime, ntpMiddle } from './ntp.ts'
import type { ReportBlock } from './rtcp/report-block.ts'
import type { SenderReport } from './rtcp/sender-report.ts'

/** Which RTP timestamp is which time of the sender. */
export interface SenderClock {
  readonly ntp: NtpTime
  /** 32 bits, of the same time. */
  readonly rtpTimestamp: number
  /** When we were told. */
  readonly receivedMs: number
}

const MAX_LOST = 0x7f_ffff

/**
 * What arrives of one source: the figures of a receiver report, and the sender's clock. Retransmissions under the SSRC of their
 * own (RFC 4588) don't belong here.
 *
 * @see RFC 3550 §6.4 and appendix A
 */
export class Reception {
  readonly ssrc: number
  readonly #clockRate: number
  #first = -1
  #highest = -1
  #received = 0
  #transit = 0
  #jitterTicks = 0
  #expectedBefore = 0
  #receivedBefore = 0
  #clock: SenderClock | null = null

  /** @param clockRate ticks of the RTP clock per second */
  constructor(ssrc: number, clockRate: number) {
    this.ssrc = ssrc
    this.#clockRate = clockRate
  }

  /** Packets that arrived, repeated ones included. */
  get received(): number {
    return this.#received
  }

  /** Packets that did not arrive, less the repeated ones; never negative. */
  get lost(): number {
    return Math.max(0, this.#expected() - this.#received)
  }

  get jitterMs(): number {
    return (this.#jitterTicks * 1000) / this.#clockRate
  }

  /** By the last sender report; null before the first. */
  get senderClock(): SenderClock | null {
    return this.#clock
  }

  /**
   * @param sequence unwrapped
   * @param timestamp of the packet, wrapped or not
   */
  note(sequence: number, timestamp: number, nowMs: number): void {
    this.#received++
    const began = this.#first >= 0
    if (!began) this.#first = sequence
    // late and repeated packets say nothing of the path's jitter
    if (sequence <= this.#highest) return
    this.#highest = sequence
    // relative transit time modulo 2^32, as timestamps are
    const transit = (Math.round((nowMs * this.#clockRate) / 1000) - timestamp) | 0
    const difference = began ? (transit - this.#transit) | 0 : 0
    this.#jitterTicks += (Math.abs(difference) - this.#jitterTicks) / 16
    this.#transit = transit
  }

  /** Takes the sender's clock from its report. */
  noteSenderReport(report: SenderReport, nowMs: number): void {
    this.#clock = { ntp: report.ntp, rtpTimestamp: report.rtpTimestamp, receivedMs: nowMs }
  }

  /** Our report on the source since the one before; null before the first packet. */
  report(nowMs: number): ReportBlock | null {
    if (this.#received === 0) return null
    const expected = this.#expected()
    const expectedNow = expected - this.#expectedBefore
    const lostNow = expectedNow - (this.#received - this.#receivedBefore)
    this.#expectedBefore = expected
    this.#receivedBefore = this.#received
    const clock = this.#clock
    return {
      ssrc: this.ssrc,
      fractionLost: lostNow > 0 ? Math.min(255, Math.floor((lostNow * 256) / expectedNow)) : 0,
      cumulativeLost: Math.max(-MAX_LOST - 1, Math.min(MAX_LOST, expected - this.#received)),
      // the first packet is of cycle 0
      highestSequence: (this.#highest - (this.#first - (this.#first % 0x1_0000))) >>> 0,
      jitter: Math.floor(this.#jitterTicks) >>> 0,
      lastSenderReport: clock ? ntpMiddle(clock.ntp) : 0,
      delaySinceLastSenderReport: clock ? Math.round(((nowMs - clock.receivedMs) * 65_536) / 1000) >>> 0 : 0,
    }
  }

  #expected(): number {
    return this.#received === 0 ? 0 : this.#highest - this.#first + 1
  }
}
