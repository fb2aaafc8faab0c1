import type { MediaPlaylist, MediaSegment } from './playlist.ts'

export interface SlideOptions {
  /** At least this much stays listed, and three target durations in any case; default 30 000 000 µs. */
  windowUs?: number
  /** Never more are listed, default 512. */
  maxSegments?: number
}

/** A live playlist before its first segment. */
export function emptyPlaylist(targetDurationS: number): MediaPlaylist {
  return { targetDurationS, mediaSequence: 0, discontinuitySequence: 0, segments: [], ended: false }
}

/**
 * The live playlist with one more segment, and without those that slid out at the front. The playlist is a value, so whoever
 * takes over from another writer goes on with what that one wrote last, parsed: numbers of segments and discontinuities
 * continue, and a playlist that had ended goes on. Its first segment should be a discontinuity.
 *
 * The target duration never falls; it rises as that of `SlidingWindow` does, for a segment that is longer. Segments with an
 * initialisation section all slide out before one without: a playlist can't list that behind them.
 * @see RFC 8216 §6.2.2
 */
export function slidePlaylist(
  playlist: MediaPlaylist,
  segment: MediaSegment,
  { windowUs = 30_000_000, maxSegments = 512 }: SlideOptions = {},
): MediaPlaylist {
  const targetDurationS = Math.max(1, playlist.targetDurationS, Math.round(segment.durationUs / 1e6))
  const keepUs = Math.max(windowUs, 3 * targetDurationS * 1e6)
  const segments = [...playlist.segments, segment]
  const mapEnds = segment.mapUri === undefined && playlist.segments.at(-1)?.mapUri !== undefined
  const removed = mapEnds ? playlist.segments.length : countOutside(segments, keepUs, maxSegments)
  const discontinuities = segments.slice(0, removed).filter(({ discontinuity }) => discontinuity).length
  return {
    ...playlist,
    targetDurationS,
    mediaSequence: playlist.mediaSequence + removed,
    discontinuitySequence: playlist.discontinuitySequence + discontinuities,
    segments: segments.slice(removed),
    ended: false,
  }
}

/** How many segments at the front may go. */
function countOutside(segments: readonly MediaSegment[], keepUs: number, maxSegments: number): number {
  let leftUs = segments.reduce((sum, { durationUs }) => sum + durationUs, 0)
  const kept = segments.findIndex(({ durationUs }, i) => {
    leftUs -= durationUs
    return leftUs < keepUs && segments.length - i <= maxSegments
  })
  return kept < 0 ? segments.length - 1 : kept
}
