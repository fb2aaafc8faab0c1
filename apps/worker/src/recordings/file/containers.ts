import { rescale } from '@millrace/core'
import { FlvFileMuxer } from '@millrace/flv'
import type { Frame, Track } from '@millrace/media'
import { mp4Carries, ProgressiveIndex } from '@millrace/mp4'

/** Makes a file of frames that come in the order of time: its body at once, its beginning when it is over. */
export interface Container {
  /** The bytes of a frame in the body; none for a track that the container doesn't carry. */
  add(frame: Frame): readonly Uint8Array[]
  /** What comes before the body, of at least `wantedBytes` where the container can be filled up. To be called once. */
  beginning(wantedBytes: number): Uint8Array
}

/** How many frames a file has, about. */
export interface FrameCounts {
  video: number
  audio: number
}

/** Of a `moov`, besides its tables. */
const MOVIE_BYTES = 64 << 10

/** How long the beginning of a file of so many frames is at most, nearly always; 0 for a container that can't be filled up. */
export function beginningBytesOf(type: 'mp4' | 'flv', { video, audio }: FrameCounts): number {
  // size, duration, shift and sync sample of each; size and duration of each; chunks are one of many frames
  return type === 'mp4' ? MOVIE_BYTES + 24 * video + 16 * audio : 0
}

const NOTHING: readonly Uint8Array[] = []

/** A progressive MP4, its `moov` first. */
export function mp4Container(): Container {
  const index = new ProgressiveIndex()
  const carried = new Map<Track, boolean>()
  return {
    add(frame) {
      const { track, payload, dtsTicks, ptsTicks, key } = frame
      let carries = carried.get(track)
      if (carries === undefined) carried.set(track, (carries = mp4Carries(track)))
      if (!carries) return NOTHING
      index.add({ track, dtsTicks, ptsTicks, key, sizeBytes: payload.length })
      return [payload]
    },
    beginning: (wantedBytes) => index.header(wantedBytes),
  }
}

/** An FLV file with an index of its key frames. */
export function flvContainer(): Container {
  const muxer = new FlvFileMuxer()
  return { add: (frame) => muxer.encode(frame), beginning: () => muxer.header() }
}

const secondsOf = ({ dtsTicks, track }: Frame): number => dtsTicks / track.timescale

/**
 * Frames of all tracks by time. `sliced`: those of a track within a second stay together, which makes an index shorter; else
 * it is frame by frame.
 */
export function interleave(frames: readonly Frame[], sliced: boolean): Frame[] {
  const at = sliced ? (frame: Frame): number => Math.floor(secondsOf(frame)) : secondsOf
  return frames.toSorted((a, b) => at(a) - at(b) || a.track.id - b.track.id)
}

/** Where a frame is, in milliseconds of its own clock. */
export const frameMs = ({ dtsTicks, track }: Frame): number => rescale(dtsTicks, track.timescale, 1000)
