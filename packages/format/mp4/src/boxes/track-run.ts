import { FormatError } from '@millrace/core'
import { fullBox, readFullBox } from '../box.ts'
import type { Part } from '../box.ts'

/** Flags of a TrackRunBox. @see ISO/IEC 14496-12 §8.8.8 */
const TRUN = {
  dataOffset: 0x1,
  firstFlags: 0x4,
  duration: 0x100,
  size: 0x200,
  flags: 0x400,
  composition: 0x800,
} as const

/** One sample of a run. */
export interface RunSample {
  /** Up to the decoding time of the next one. */
  readonly durationTicks: number
  readonly sizeBytes: number
  readonly flags: number
  /** Composition time minus decoding time. */
  readonly compositionTicks: number
}

export interface TrackRun {
  /** Where its data begins; undefined right behind the run before it. */
  readonly dataOffset: number | undefined
  readonly samples: readonly RunSample[]
}

/** What is not said in a run. */
export type RunDefaults = Pick<RunSample, 'durationTicks' | 'sizeBytes' | 'flags'>

/**
 * TrackRunBox `trun` of video: durations, sizes, flags, signed composition offsets. Audio is written without flags and
 * offsets: all its samples have the track's default flags, and are presented when they are decoded.
 * @param dataOffset from the first byte of the `moof`; asked for when the box is written
 * @see ISO/IEC 14496-12 §8.8.8
 */
export function trackRunBox(kind: 'audio' | 'video', dataOffset: () => number, samples: readonly RunSample[]): Part {
  const video = kind === 'video'
  const sampleBytes = video ? 16 : 8
  return fullBox('trun', video ? 1 : 0, video ? VIDEO_FLAGS : AUDIO_FLAGS, {
    sizeBytes: 8 + samples.length * sampleBytes,
    write(out, from) {
      const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
      view.setUint32(from, samples.length)
      view.setUint32(from + 4, dataOffset())
      let at = from + 8
      for (const { durationTicks, sizeBytes, flags, compositionTicks } of samples) {
        view.setUint32(at, durationTicks)
        view.setUint32(at + 4, sizeBytes)
        if (video) {
          view.setUint32(at + 8, flags)
          view.setInt32(at + 12, compositionTicks)
        }
        at += sampleBytes
      }
    },
  })
}

const AUDIO_FLAGS = TRUN.dataOffset | TRUN.duration | TRUN.size
const VIDEO_FLAGS = AUDIO_FLAGS | TRUN.flags | TRUN.composition

/** Reads a TrackRunBox of at most `maxSamples`. Throws FormatError `MP4_SAMPLE_COUNT`, `BYTES_SHORT`. */
export function readTrackRun(body: Uint8Array, defaults: RunDefaults, maxSamples: number): TrackRun {
  const { version, flags, reader } = readFullBox(body)
  const has = (flag: number): boolean => (flags & flag) !== 0
  const count = reader.u32()
  if (count > maxSamples) throw new FormatError('MP4_SAMPLE_COUNT', `a run of ${count} samples`)
  const dataOffset = has(TRUN.dataOffset) ? reader.i32() : undefined
  const firstFlags = has(TRUN.firstFlags) ? reader.u32() : undefined
  const samples: RunSample[] = []
  for (let i = 0; i < count; i++) {
    samples.push({
      durationTicks: has(TRUN.duration) ? reader.u32() : defaults.durationTicks,
      sizeBytes: has(TRUN.size) ? reader.u32() : defaults.sizeBytes,
      flags: has(TRUN.flags) ? reader.u32() : i === 0 && firstFlags !== undefined ? firstFlags : defaults.flags,
      compositionTicks: has(TRUN.composition) ? (version === 0 ? reader.u32() : reader.i32()) : 0,
    })
  }
  return { dataOffset, samples }
}
