/** Milliseconds from the epoch of NTP (1900) to that of wall clocks (1970). */
const EPOCH_MS = 2_208_988_800_000

/** An NTP timestamp, as sender reports have it. @see RFC 3550 §4 */
export interface NtpTime {
  /** 32 bits, since 1900. */
  readonly seconds: number
  /** 32 bits, in 2^-32 seconds. */
  readonly fraction: number
}

/** @param wallMs milliseconds since 1970, may have a fraction */
export function ntpFromWall(wallMs: number): NtpTime {
  const ms = wallMs + EPOCH_MS
  const seconds = Math.floor(ms / 1000)
  return { seconds: seconds % 2 ** 32, fraction: Math.floor(((ms - seconds * 1000) / 1000) * 2 ** 32) }
}

/**
 * Milliseconds since 1970 with a fraction of 0.1 µs or finer. Until 2104: seconds whose upper bit is not set are taken as of the
 * era that begins in 2036.
 *
 * @see RFC 2030 §3
 */
export function ntpToWall(time: NtpTime): number {
  const seconds = time.seconds < 2 ** 31 ? time.seconds + 2 ** 32 : time.seconds
  return seconds * 1000 - EPOCH_MS + (time.fraction / 2 ** 32) * 1000
}

/** The middle 32 bits, in 2^-16 seconds: how reports name a time. @see RFC 3550 §4 */
export function ntpMiddle(time: NtpTime): number {
  return (((time.seconds & 0xffff) << 16) | (time.fraction >>> 16)) >>> 0
}
