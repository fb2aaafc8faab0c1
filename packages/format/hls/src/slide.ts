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
 * The target duration never falls; it rises as that of `SlidingWindow` does, for a segment that is longer.
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
  let listedUs = segments.reduce((sum, { durationUs }) => sum + durationUs, 0)
  let removed = 0
  let discontinuities = 0
  for (const { durationUs, discontinuity } of segments.slice(0, -1)) {
    if (listedUs - durationUs < keepUs && segments.length - removed <= maxSegments) break
    listedUs -= durationUs
    removed++
    if (discontinuity) discontinuities++
  }
  return {
    ...playlist,
    targetDurationS,
    mediaSequence: playlist.mediaSequence + removed,
    discontinuitySequence: playlist.discontinuitySequence + discontinuities,
    segments: segments.slice(removed),
    ended: false,
  }
}
