/** Frames of a transport stream file, for tests that need real media with B-frames on a 90 kHz clock. */
import type { Frame, Track } from '@millrace/media'
import { TsFrames } from '@millrace/mpegts'

export interface TsFile {
  readonly tracks: readonly Track[]
  /** In decoding order, the earliest first. */
  readonly frames: readonly Frame[]
}

/** Reads a whole file with one video and one audio stream at most, in H.264, HEVC, AAC or MP3. */
export function readTsFile(bytes: Uint8Array): TsFile {
  const frames = new TsFrames().read(bytes).toSorted((a, b) => a.dtsTicks - b.dtsTicks)
  const tracks = [...new Set(frames.map(({ track }) => track))].toSorted((a, b) => a.id - b.id)
  return { tracks, frames }
}
