import { ntpFromWall, ntpMiddle, type SenderReport } from '@millrace/rtp'

/** Reports that an answer may be about. */
const MAX_KEPT = 8

/** The sender reports of one SSRC: their times are the publisher's, so that when they left has to be kept to measure round trips. */
export class SentReports {
  readonly #ssrc: number
  /** When each was sent, monotonic, by the middle 32 bits of its time. */
  readonly #sentMs = new Map<number, number>()

  constructor(ssrc: number) {
    this.#ssrc = ssrc
  }

  /**
   * @param wallMs that the timestamp stands for
   * @param sent timestamp that packets have now, and what has been sent so far
   */
  next(wallMs: number, sent: { timestamp: number; packets: number; bytes: number }, nowMs: number): SenderReport {
    const ntp = ntpFromWall(wallMs)
    this.#sentMs.set(ntpMiddle(ntp), nowMs)
    for (const [key] of this.#sentMs) if (this.#sentMs.size > MAX_KEPT) this.#sentMs.delete(key)
    return {
      type: 'sr',
      ssrc: this.#ssrc,
      ntp,
      rtpTimestamp: Math.round(sent.timestamp) % 2 ** 32,
      packets: sent.packets % 2 ** 32,
      octets: sent.bytes % 2 ** 32,
      reports: [],
    }
  }

  /** Round trip in milliseconds, of a report block; undefined for one that is about no report of ours. @see RFC 3550 §6.4.1 */
  rttMs(lastSenderReport: number, delay: number, nowMs: number): number | undefined {
    const sentMs = this.#sentMs.get(lastSenderReport)
    return sentMs === undefined ? undefined : Math.max(0, nowMs - sentMs - (delay * 1000) / 65_536)
  }
}
