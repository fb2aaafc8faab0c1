import { mediaPlaylist, variantOf, type ListedSegment, type TakeRow } from '@millrace/archive'
import { PLAYLIST_NAMES, relativeUri, type RecordingFile } from '@millrace/contracts'
import { writeMediaPlaylist, writeMultivariantPlaylist } from '@millrace/hls'
import type { ObjectStore } from '@millrace/storage'

/** Rates that a playlist tells, bits per second. */
interface Rates {
  peakBps: number
  averageBps: number
}

/** The highest and the average rate of segments. @see RFC 8216 §4.1 */
function ratesOf(listed: readonly ListedSegment[]): Rates {
  const longestMs = listed.reduce((longest, { segment }) => Math.max(longest, segment.durationMs), 0)
  let bytes = 0
  let totalMs = 0
  let peakBps = 0
  for (const { segment } of listed) {
    bytes += segment.bytes
    totalMs += segment.durationMs
    // a short rest says nothing about what a player must be able to fetch
    if (segment.durationMs >= longestMs / 2) peakBps = Math.max(peakBps, (segment.bytes * 8000) / segment.durationMs)
  }
  const averageBps = totalMs > 0 ? (bytes * 8000) / totalMs : 0
  return { peakBps: Number.isFinite(peakBps) ? peakBps : averageBps, averageBps }
}

/** What playlists are made of. */
export interface PlaylistOrder {
  listed: readonly ListedSegment[]
  /** Where they go, with the slash at its end. */
  prefix: string
  segmentS: number
  /** Frames per second, for tracks that don't tell. */
  frameRate: number
}

/** Writes the playlists of what is over, the one that is to be opened last, and tells what they are. */
export async function writePlaylists(store: ObjectStore, order: PlaylistOrder): Promise<RecordingFile[]> {
  const { listed, prefix, segmentS } = order
  const keys = { media: prefix + PLAYLIST_NAMES.media, index: prefix + PLAYLIST_NAMES.index }
  const media = mediaPlaylist(listed, { kind: 'vod', segmentS }, (_storage, key) => relativeUri(keys.media, key))
  const takes = [...new Set(listed.map(({ take }) => take))]
  const variant = variantOf(takes, ratesOf(listed), PLAYLIST_NAMES.media)
  const frameRate = variant.frameRate || (hasVideo(takes) ? order.frameRate : 0)
  const texts = [
    { type: 'hls_media', key: keys.media, text: writeMediaPlaylist(media) },
    { type: 'hls', key: keys.index, text: writeMultivariantPlaylist({ variants: [{ ...variant, frameRate }] }) },
  ] as const
  const files: RecordingFile[] = []
  for (const { type, key, text } of texts) {
    const bytes = Buffer.from(text)
    await store.put(key, bytes)
    files.unshift({ type, key, bytes: bytes.length })
  }
  return files
}

/** Whether any of the takes has pictures. */
export function hasVideo(takes: Iterable<Pick<TakeRow, 'tracks'>>): boolean {
  return [...takes].some(({ tracks }) => tracks.some((entry) => entry.tracks.some(({ kind }) => kind === 'video')))
}
