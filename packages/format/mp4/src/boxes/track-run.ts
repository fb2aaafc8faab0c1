import { FormatError } from '@millrace/core'
import { fields, fullBox, readFullBox } from '../box.ts'
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
 * @param dataOffset from the first byte of the `moof`
 * @see ISO/IEC 14496-12 §8.8.8
 */
export function trackRunBox(kind: 'audio' | 'video', dataOffset: number, samples: readonly RunSample[]): Part {
  const content = fields((out) => {
    out.u32(samples.length).u32(dataOffset)
    for (const { durationTicks, sizeBytes, flags, compositionTicks } of samples) {
      out.u32(durationTicks).u32(sizeBytes)
      if (kind === 'video') out.u32(flags).u32(compositionTicks)
    }
  })
  return fullBox('trun', kind === 'video' ? 1 : 0, kind === 'video' ? VIDEO_FLAGS : AUDIO_FLAGS, content)
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
