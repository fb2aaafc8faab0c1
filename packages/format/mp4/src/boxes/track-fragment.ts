import { fields, fullBox, readFullBox } from '../box.ts'
import type { Part } from '../box.ts'

/** Flags of a TrackFragmentHeaderBox. @see ISO/IEC 14496-12 §8.8.7 */
const TFHD = {
  baseDataOffset: 0x1,
  descriptionIndex: 0x2,
  duration: 0x8,
  size: 0x10,
  flags: 0x20,
  baseIsMovieFragment: 0x20000,
} as const

/** What a track fragment says of all its samples; undefined where the track's defaults hold. */
export interface TrackFragmentHeader {
  readonly trackId: number
  /** Place in the stream that data offsets count from. */
  readonly baseDataOffset: number | undefined
  readonly descriptionIndex: number | undefined
  readonly durationTicks: number | undefined
  readonly sizeBytes: number | undefined
  readonly flags: number | undefined
  /** Data offsets count from the first byte of the `moof`. */
  readonly baseIsMovieFragment: boolean
}

/** MovieFragmentHeaderBox `mfhd`. @see ISO/IEC 14496-12 §8.8.5 */
export function movieFragmentHeaderBox(sequence: number): Part {
  return fullBox(
    'mfhd',
    0,
    0,
    fields((out) => out.u32(sequence)),
  )
}

/** TrackFragmentHeaderBox `tfhd` with the track's defaults and offsets from the `moof`. */
export function trackFragmentHeaderBox(trackId: number): Part {
  return fullBox(
    'tfhd',
    0,
    TFHD.baseIsMovieFragment,
    fields((out) => out.u32(trackId)),
  )
}

/** Reads a TrackFragmentHeaderBox. Throws FormatError `BYTES_SHORT`, `BYTES_RANGE`. */
export function readTrackFragmentHeader(body: Uint8Array): TrackFragmentHeader {
  const { flags, reader } = readFullBox(body)
  const has = (flag: number): boolean => (flags & flag) !== 0
  return {
    trackId: reader.u32(),
    baseDataOffset: has(TFHD.baseDataOffset) ? reader.u53() : undefined,
    descriptionIndex: has(TFHD.descriptionIndex) ? reader.u32() : undefined,
    durationTicks: has(TFHD.duration) ? reader.u32() : undefined,
    sizeBytes: has(TFHD.size) ? reader.u32() : undefined,
    flags: has(TFHD.flags) ? reader.u32() : undefined,
    baseIsMovieFragment: has(TFHD.baseIsMovieFragment),
  }
}

/**
 * TrackFragmentBaseMediaDecodeTimeBox `tfdt`, always in 64 bits.
 * @param dtsTicks decoding time of the first sample in ticks of the track, 0 or above
 * @see ISO/IEC 14496-12 §8.8.12
 */
export function decodeTimeBox(dtsTicks: number): Part {
  return fullBox(
    'tfdt',
    1,
    0,
    fields((out) => out.u53(dtsTicks)),
  )
}

/** Reads a TrackFragmentBaseMediaDecodeTimeBox. Throws FormatError `BYTES_SHORT`, `BYTES_RANGE`. */
export function readDecodeTime(body: Uint8Array): number {
  const { version, reader } = readFullBox(body)
  return version === 1 ? reader.u53() : reader.u32()
}
