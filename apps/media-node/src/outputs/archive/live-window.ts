import { initKey, livePlaylistKey, relativeUri, segmentKey } from '@millrace/contracts'
import { FormatError } from '@millrace/core'
import { emptyPlaylist, parsePlaylist, slidePlaylist, type MediaPlaylist, type MediaSegment } from '@millrace/hls'

import type { ReadObject } from './objects.ts'
import type { TakeEntry, TakeInfo } from './take-folder.ts'

/** A live playlist as it is in a storage. */
export interface LiveState {
  readonly playlist: MediaPlaylist
  /** Null: there is no such object. */
  readonly etag: string | null
}

/** Reads what is in the storage; something that is no playlist counts as an empty one. */
export function readLive(found: ReadObject | undefined): LiveState {
  return found ? { playlist: parsed(found.text), etag: found.etag } : { playlist: EMPTY, etag: null }
}

/** The playlist with one segment more; one that is listed already changes nothing. */
export function extended(playlist: MediaPlaylist, segment: MediaSegment, windowUs: number): MediaPlaylist {
  if (playlist.segments.some(({ uri }) => uri === segment.uri)) return playlist
  return slidePlaylist(playlist, segment, { windowUs })
}

/** A stored segment as live playlists list it. */
export function listed(
  { streamId, takeId, format }: TakeInfo,
  entry: Extract<TakeEntry, { type: 'segment.stored' }>,
  discontinuity: boolean,
): MediaSegment {
  const uriOf = (key: string): string => relativeUri(livePlaylistKey(streamId, 'media'), key)
  return {
    uri: uriOf(segmentKey(streamId, takeId, entry.segment, format)),
    durationUs: entry.duration_ms * 1000,
    discontinuity,
    wallMs: Date.parse(entry.starts_at),
    ...(format === 'fmp4' && { mapUri: uriOf(initKey(streamId, takeId, entry.init)) }),
  }
}

const EMPTY = emptyPlaylist(1)

function parsed(text: string): MediaPlaylist {
  try {
    const playlist = parsePlaylist(text)
    return playlist.type === 'media' ? playlist : EMPTY
  } catch (error) {
    if (error instanceof FormatError) return EMPTY
    throw error
  }
}
