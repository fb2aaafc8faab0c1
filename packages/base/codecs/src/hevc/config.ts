import { ByteReader, ByteWriter } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

import { HEVC_NALU } from './nalu.ts'
import type { HevcProfile } from './profile.ts'
import { readHevcSps } from './sps.ts'

/** NAL units of one type in an hvcC. */
export interface HevcNaluArray {
  readonly type: number
  /** Whether none of this type come in the stream itself. */
  readonly complete: boolean
  readonly nalus: readonly Uint8Array[]
}

/** HEVCDecoderConfigurationRecord, the content of an `hvcC` box and of an FLV HEVC sequence header. */
export interface HevcConfig extends HevcProfile {
  readonly minSpatialSegmentation: number
  readonly parallelism: number
  readonly chromaFormat: number
  readonly bitDepthLuma: number
  readonly bitDepthChroma: number
  /** Frames per 256 seconds, 0 when unknown. */
  readonly averageFrameRate: number
  readonly constantFrameRate: number
  readonly temporalLayers: number
  readonly temporalIdNested: boolean
  /** Bytes of each NAL unit length, 1, 2 or 4. */
  readonly lengthSize: number
  readonly arrays: readonly HevcNaluArray[]
}

/**
 * Reads an hvcC. Slices share the input's memory.
 * Throws FormatError: `HEVC_CONFIG_VERSION`, `HEVC_CONFIG_LENGTH_SIZE`, `HEVC_CONFIG_NO_SPS`, `BYTES_SHORT`.
 * @see ISO/IEC 14496-15 §8.3.3.1
 */
export function readHevcConfig(bytes: Uint8Array): HevcConfig {
  const reader = new ByteReader(bytes)
  const version = reader.u8()
  // 0 comes from encoders that followed drafts of the standard
  if (version > 1) throw new FormatError('HEVC_CONFIG_VERSION', `hvcC version ${version}`)
  const general = reader.u8()
  const compatibility = reader.u32()
  const constraints = reader.bytes(6)
  const level = reader.u8()
  const minSpatialSegmentation = reader.u16() & 0xfff
  const parallelism = reader.u8() & 3
  const chromaFormat = reader.u8() & 3
  const bitDepthLuma = (reader.u8() & 7) + 8
  const bitDepthChroma = (reader.u8() & 7) + 8
  const averageFrameRate = reader.u16()
  const flags = reader.u8()
  const lengthSize = (flags & 3) + 1
  if (lengthSize === 3) throw new FormatError('HEVC_CONFIG_LENGTH_SIZE', 'NAL unit lengths of 3 bytes')
  const arrays = readArrays(reader)
  if (!arrays.some(({ type, nalus }) => type === HEVC_NALU.sps && nalus.length > 0)) {
    throw new FormatError('HEVC_CONFIG_NO_SPS', 'hvcC without an SPS')
  }
  return {
    profileSpace: general >> 6,
    tier: (general >> 5) & 1,
    profile: general & 0x1f,
    compatibility,
    constraints,
    level,
    minSpatialSegmentation,
    parallelism,
    chromaFormat,
    bitDepthLuma,
    bitDepthChroma,
    averageFrameRate,
    constantFrameRate: flags >> 6,
    temporalLayers: (flags >> 3) & 7,
    temporalIdNested: (flags & 4) !== 0,
    lengthSize,
    arrays,
  }
}

/** Writes an hvcC. */
export function writeHevcConfig(config: HevcConfig): Uint8Array {
  const writer = new ByteWriter(256)
  writer.u8(1).u8((config.profileSpace << 6) | (config.tier << 5) | config.profile)
  writer.u32(config.compatibility).bytes(config.constraints).u8(config.level)
  writer.u16(0xf000 | config.minSpatialSegmentation)
  writer.u8(0xfc | config.parallelism).u8(0xfc | config.chromaFormat)
  writer.u8(0xf8 | (config.bitDepthLuma - 8)).u8(0xf8 | (config.bitDepthChroma - 8))
  writer.u16(config.averageFrameRate)
  const nested = config.temporalIdNested ? 4 : 0
  writer.u8((config.constantFrameRate << 6) | (config.temporalLayers << 3) | nested | (config.lengthSize - 1))
  writer.u8(config.arrays.length)
  for (const { type, complete, nalus } of config.arrays) {
    writer.u8((complete ? 0x80 : 0) | type).u16(nalus.length)
    for (const nalu of nalus) writer.u16(nalu.length).bytes(nalu)
  }
  return writer.finish()
}

/** The configuration with 4-byte lengths for parameter sets found in a stream. Throws FormatError as `readHevcSps` does. */
export function hevcConfigOf(
  vps: readonly Uint8Array[],
  sps: readonly Uint8Array[],
  pps: readonly Uint8Array[],
): HevcConfig {
  const first = sps[0]
  if (!first) throw new FormatError('HEVC_CONFIG_NO_SPS', 'hvcC without an SPS')
  const { width: _width, height: _height, frameRate, ...info } = readHevcSps(first)
  const arrays = [
    { type: HEVC_NALU.vps, complete: true, nalus: vps },
    { type: HEVC_NALU.sps, complete: true, nalus: sps },
    { type: HEVC_NALU.pps, complete: true, nalus: pps },
  ]
  return {
    ...info,
    minSpatialSegmentation: 0,
    parallelism: 0,
    averageFrameRate: Math.min(0xffff, Math.round(frameRate * 256)),
    constantFrameRate: 0,
    lengthSize: 4,
    arrays,
  }
}

/** The parameter sets of one NAL unit type (`HEVC_NALU.vps`, `.sps`, `.pps`). */
export function hevcParameterSets(config: HevcConfig, type: number): Uint8Array[] {
  return config.arrays.filter((array) => array.type === type).flatMap(({ nalus }) => nalus)
}

function readArrays(reader: ByteReader): HevcNaluArray[] {
  const arrays: HevcNaluArray[] = []
  for (let left = reader.u8(); left > 0; left--) {
    const head = reader.u8()
    const nalus: Uint8Array[] = []
    for (let count = reader.u16(); count > 0; count--) {
      const nalu = reader.bytes(reader.u16())
      if (nalu.length > 0) nalus.push(nalu)
    }
    arrays.push({ type: head & 0x3f, complete: (head & 0x80) !== 0, nalus })
  }
  return arrays
}
