import type { ArchiveFormat } from '@millrace/contracts'
import { FormatError } from '@millrace/core'
import type { Codec, Frame, Track } from '@millrace/media'
import { FragmentMuxer, mp4Carries, writeSegmentType } from '@millrace/mp4'
import { TsMuxer, tsCarries } from '@millrace/mpegts'

/** Media that was packaged. */
export interface Packaged {
  readonly chunks: readonly Uint8Array[]
  readonly videoFrames: number
  readonly audioFrames: number
}

/** What segments are made of. */
export interface SegmentPackaging {
  carries(track: Track): boolean
  /** Segments to come have these tracks, which are carried; returns their init segment, null for a format without. */
  setTracks(tracks: readonly Track[]): Uint8Array | null
  /** What a segment begins with. */
  begin(): Uint8Array
  /**
   * A part of a segment, which plays without what comes after it. Frames that can't be carried are left out.
   *
   * @param next decoding times of the frames after it, by track id, as far as they are known
   */
  part(frames: readonly Frame[], next: ReadonlyMap<number, number>): Packaged
}

export function createPackaging(format: ArchiveFormat): SegmentPackaging {
  return format === 'fmp4' ? new Fmp4Packaging() : new TsPackaging()
}

const NOTHING: Packaged = { chunks: [], videoFrames: 0, audioFrames: 0 }
/** MP4 has a place for these, but browsers refuse all tracks of a file with one of them. */
const UNPLAYABLE: ReadonlySet<Codec> = new Set<Codec>(['vp8', 'pcma', 'pcmu'])

class Fmp4Packaging implements SegmentPackaging {
  #muxer = new FragmentMuxer([])

  carries(track: Track): boolean {
    return mp4Carries(track) && !UNPLAYABLE.has(track.codec)
  }

  setTracks(tracks: readonly Track[]): Uint8Array {
    this.#muxer = new FragmentMuxer(tracks)
    return this.#muxer.initSegment()
  }

  begin(): Uint8Array {
    return writeSegmentType()
  }

  part(frames: readonly Frame[], next: ReadonlyMap<number, number>): Packaged {
    try {
      const chunks = this.#muxer.fragmentChunks(frames, next)
      return chunks.length === 0 ? NOTHING : { chunks, ...counted(frames) }
    } catch (error) {
      if (error instanceof FormatError) return NOTHING
      throw error
    }
  }
}

class TsPackaging implements SegmentPackaging {
  readonly #muxer = new TsMuxer()

  carries(track: Track): boolean {
    return tsCarries(track)
  }

  setTracks(tracks: readonly Track[]): null {
    this.#muxer.setTracks(tracks)
    return null
  }

  begin(): Uint8Array {
    return this.#muxer.tables()
  }

  part(frames: readonly Frame[]): Packaged {
    const chunks: Uint8Array[] = []
    const carried = frames.filter((frame) => {
      try {
        chunks.push(...this.#muxer.encode(frame))
        return true
      } catch (error) {
        if (error instanceof FormatError) return false
        throw error
      }
    })
    chunks.push(...this.#muxer.flush())
    return chunks.length === 0 ? NOTHING : { chunks, ...counted(carried) }
  }
}

function counted(frames: readonly Frame[]): Omit<Packaged, 'chunks'> {
  const videoFrames = frames.filter(({ track }) => track.kind === 'video').length
  return { videoFrames, audioFrames: frames.length - videoFrames }
}
