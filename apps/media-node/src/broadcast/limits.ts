import type { GrantLimits } from '@millrace/contracts'
import type { EndReason, Publication } from '@millrace/hub'

import { RateMeter } from '../stats/rate-meter.ts'

const CHECK_MS = 1000
/** A publisher may be above its bitrate for a moment: what counts is the mean of this many checks. */
const BITRATE_CHECKS = 10

/**
 * Ends a publication that goes on longer than it may (`max_duration`), or whose mean bitrate over 10 s is above what
 * it may (`rejected_media`).
 *
 * @returns what stops the watch
 */
export function watchLimits(publication: Publication, limits: GrantLimits, nowMs: () => number): () => void {
  const { max_duration_s: maxDurationS, max_bitrate_kbps: maxKbps } = limits
  if (maxDurationS === null && maxKbps === null) return () => {}
  const startedAtMs = nowMs()
  const bytes = new RateMeter(BITRATE_CHECKS + 1)
  bytes.sample(publication.bytes, startedAtMs)
  const exceeded = (): EndReason | undefined => {
    if (maxDurationS !== null && nowMs() - startedAtMs >= maxDurationS * 1000) return 'max_duration'
    bytes.sample(publication.bytes, nowMs())
    if (maxKbps === null || !bytes.full) return undefined
    return (bytes.perSecond * 8) / 1000 > maxKbps ? 'rejected_media' : undefined
  }
  const timer = setInterval(() => {
    const reason = exceeded()
    if (reason) publication.end(reason)
  }, CHECK_MS).unref()
  return () => clearInterval(timer)
}
