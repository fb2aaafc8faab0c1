import { FormatError, rescale } from '@millrace/core'
import type { Frame, Packager, Track } from '@millrace/media'

import { TsMuxer } from './muxer.ts'

/** Without pictures tables come this often: longer than what a new player starts back in time, so that it sees each pair once. */
const TABLES_EVERY_90K = 2 * 90_000

/**
 * A transport stream without end, for players by HTTP. Tables are before each key frame, where players begin, in streams without
 * pictures every two seconds, and at once for each player. Frames that can't be carried are left out.
 */
export function createTsPackager(): Packager {
  const muxer = new TsMuxer()
  let tracks: readonly Track[] = []
  let hasVideo = false
  /** The newest: what they say holds wherever a player begins. */
  let tables: Uint8Array | undefined
  let tablesAt90k = 0

  const renew = (at90k: number): Uint8Array => {
    tablesAt90k = at90k
    tables = muxer.tables()
    return tables
  }
  const due = ({ track, key }: Frame, at90k: number): boolean =>
    hasVideo ? track.kind === 'video' && key : at90k - tablesAt90k >= TABLES_EVERY_90K

  return {
    prepare(info) {
      if (info.tracks.length === tracks.length && info.tracks.every((track, i) => track === tracks[i])) return
      tracks = info.tracks
      muxer.setTracks(tracks)
      hasVideo = muxer.tracks.some(({ kind }) => kind === 'video')
      tables = undefined
    },
    // packets may come twice, with the counter that they had (ISO/IEC 13818-1 §2.4.3.3)
    init: () => (tables ? [tables] : []),
    update: (_info, dtsMs) => (tables || muxer.tracks.length === 0 ? [] : [renew(dtsMs * 90)]),
    encode(frame) {
      if (!muxer.tracks.some(({ id }) => id === frame.track.id)) return []
      const at90k = rescale(frame.dtsTicks, frame.track.timescale, 90_000)
      const head = !tables || due(frame, at90k) ? [renew(at90k)] : []
      try {
        return [...head, ...muxer.encode(frame)]
      } catch (error) {
        if (error instanceof FormatError) return head
        throw error
      }
    },
  }
}
