import type { Track } from '@millrace/media'

/** Whether one may follow the other without a new segment: same id, codec, timescale and configuration. */
export function sameTrack(a: Track, b: Track): boolean {
  if (a === b) return true
  return a.id === b.id && a.codec === b.codec && a.timescale === b.timescale && sameFormat(a, b)
}

/** The same for all tracks of a segment, in any order. */
export function sameTracks(a: readonly Track[], b: readonly Track[]): boolean {
  return a === b || (a.length === b.length && a.every((track) => b.some((other) => sameTrack(track, other))))
}

// codecs without a configuration record show a change by their format alone
function sameFormat(a: Track, b: Track): boolean {
  if (a.config.length !== b.config.length || !a.config.every((byte, i) => byte === b.config[i])) return false
  if (a.kind === 'video') return b.kind === 'video' && a.width === b.width && a.height === b.height
  return b.kind === 'audio' && a.sampleRate === b.sampleRate && a.channels === b.channels
}
