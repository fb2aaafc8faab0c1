import { fields, fullBox, readFullBox } from '../box.ts'
import type { Part } from '../box.ts'

/** What holds for the samples of a track's fragments unless they say otherwise. */
export interface TrackExtends {
  readonly trackId: number
  readonly descriptionIndex: number
  readonly durationTicks: number
  readonly sizeBytes: number
  readonly flags: number
}

/**
 * TrackExtendsBox `trex`.
 * @see ISO/IEC 14496-12 §8.8.3
 */
export function trackExtendsBox(defaults: TrackExtends): Part {
  const content = fields((out) => {
    out.u32(defaults.trackId).u32(defaults.descriptionIndex)
    out.u32(defaults.durationTicks).u32(defaults.sizeBytes).u32(defaults.flags)
  })
  return fullBox('trex', 0, 0, content)
}

/** Reads a TrackExtendsBox. Throws FormatError `BYTES_SHORT`. */
export function readTrackExtends(body: Uint8Array): TrackExtends {
  const { reader } = readFullBox(body)
  return {
    trackId: reader.u32(),
    descriptionIndex: reader.u32(),
    durationTicks: reader.u32(),
    sizeBytes: reader.u32(),
    flags: reader.u32(),
  }
}
