import { ByteReader } from '@millrace/bytes'
import type { AudioTrack, VideoTrack } from '@millrace/media'
import { box, fields, readBoxes } from '../box.ts'
import type { Part, ReadBox } from '../box.ts'

/** What all sample entries of video have. */
export interface VisualEntry {
  readonly width: number
  readonly height: number
  /** The boxes behind the fields. */
  readonly boxes: readonly ReadBox[]
}

/** What all sample entries of audio have. */
export interface AudioEntry {
  readonly sampleRate: number
  readonly channels: number
  readonly boxes: readonly ReadBox[]
}

const DPI_72 = 0x00480000

/**
 * VisualSampleEntry.
 * @see ISO/IEC 14496-12 §12.1.3
 */
export function visualEntryBox(type: string, { width, height }: VideoTrack, ...boxes: readonly Part[]): Part {
  const content = fields((out) => {
    out.bytes(new Uint8Array(6)).u16(1) // data_reference_index
    out.bytes(new Uint8Array(16)).u16(width).u16(height)
    out.u32(DPI_72).u32(DPI_72).u32(0).u16(1) // frame_count
    out.bytes(new Uint8Array(32)).u16(0x18).u16(0xffff) // compressorname, depth
  })
  return box(type, content, ...boxes)
}

/** Reads a VisualSampleEntry. Throws FormatError `BYTES_SHORT`, or as {@link readBoxes}. */
export function readVisualEntry(body: Uint8Array): VisualEntry {
  const reader = new ByteReader(body)
  reader.skip(24)
  const width = reader.u16()
  const height = reader.u16()
  reader.skip(50)
  return { width, height, boxes: readBoxes(reader.rest()) }
}

/**
 * AudioSampleEntry, with sample rate 0 where 16 bits don't hold it.
 * @see ISO/IEC 14496-12 §12.2.3
 */
export function audioEntryBox(type: string, { channels, sampleRate }: AudioTrack, ...boxes: readonly Part[]): Part {
  const content = fields((out) => {
    out.bytes(new Uint8Array(6)).u16(1) // data_reference_index
    out.bytes(new Uint8Array(8)).u16(channels).u16(16).u32(0)
    out.u16(sampleRate > 0xffff ? 0 : sampleRate).u16(0)
  })
  return box(type, content, ...boxes)
}

/** Reads an AudioSampleEntry. Throws FormatError `BYTES_SHORT`, or as {@link readBoxes}. */
export function readAudioEntry(body: Uint8Array): AudioEntry {
  const reader = new ByteReader(body)
  reader.skip(16)
  const channels = reader.u16()
  reader.skip(6)
  const sampleRate = reader.u16()
  reader.skip(2)
  return { channels, sampleRate, boxes: readBoxes(reader.rest()) }
}
