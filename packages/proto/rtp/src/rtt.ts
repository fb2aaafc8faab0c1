import { ntpFromWall, ntpMiddle } from './ntp.ts'

/** Longer round trips are taken for a clock that was set or a peer that lies. */
const MAX_RTT_MS = 30_000

/**
 * Round trip by an echoed time: LSR and DLSR of a report block, or LRR and DLRR of an extended report.
 *
 * @param echoed middle 32 bits of the NTP time that we sent; 0 for none
 * @param delay that the peer held it, in 2^-16 seconds
 * @param wallMs the same clock's time now
 * @returns milliseconds; undefined if nothing was echoed or the result is over 30 s
 * @see RFC 3550 §6.4.1 and RFC 3611 §4.5
 */
export function roundTripMs(echoed: number, delay: number, wallMs: number): number | undefined {
  if (echoed === 0) return undefined
  const now = ntpMiddle(ntpFromWall(wallMs))
  const rttMs = (((now - echoed - delay) | 0) * 1000) / 65_536
  // times are rounded on the way: on one machine the trip may come out a little below nothing
  if (rttMs < 0) return rttMs > -10 ? 0 : undefined
  return rttMs > MAX_RTT_MS ? undefined : rttMs
}

/** A round trip time smoothed over its measurements. @see RFC 6298 §2 */
export class RoundTrip {
  #ms: number | undefined

  /** Undefined before the first measurement. */
  get ms(): number | undefined {
    return this.#ms
  }

  /** As `roundTripMs`; what yields nothing changes nothing. */
  note(echoed: number, delay: number, wallMs: number): void {
    const measuredMs = roundTripMs(echoed, delay, wallMs)
    if (measuredMs === undefined) return
    this.#ms = this.#ms === undefined ? measuredMs : this.#ms + (measuredMs - this.#ms) / 8
  }
}
