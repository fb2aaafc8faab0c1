import { ByteReader, ByteWriter } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

import { readH264Sps } from './sps.ts'

/** AVCDecoderConfigurationRecord, the content of an `avcC` box and of an FLV AVC sequence header. */
export interface AvcConfig {
  readonly profile: number
  readonly compatibility: number
  readonly level: number
  /** Bytes of each NAL unit length, 1, 2 or 4. */
  readonly lengthSize: number
  /** NAL units with their header byte, at least one. */
  readonly sps: readonly Uint8Array[]
  readonly pps: readonly Uint8Array[]
  /** What follows the PPS in high profiles: chroma format, bit depths, SPS extensions. */
  readonly extension: Uint8Array
}

/**
 * Reads an avcC. Slices share the input's memory.
 * Throws FormatError: `AVC_CONFIG_VERSION`, `AVC_CONFIG_LENGTH_SIZE`, `AVC_CONFIG_NO_SPS`, `BYTES_SHORT`.
 * @see ISO/IEC 14496-15 §5.3.3.1
 */
export function readAvcConfig(bytes: Uint8Array): AvcConfig {
  const reader = new ByteReader(bytes)
  const version = reader.u8()
  if (version !== 1) throw new FormatError('AVC_CONFIG_VERSION', `avcC version ${version}`)
  const profile = reader.u8()
  const compatibility = reader.u8()
  const level = reader.u8()
  const lengthSize = (reader.u8() & 3) + 1
  if (lengthSize === 3) throw new FormatError('AVC_CONFIG_LENGTH_SIZE', 'NAL unit lengths of 3 bytes')
  const sps = readParameterSets(reader, reader.u8() & 0x1f)
  if (sps.length === 0) throw new FormatError('AVC_CONFIG_NO_SPS', 'avcC without an SPS')
  const pps = readParameterSets(reader, reader.u8())
  return { profile, compatibility, level, lengthSize, sps, pps, extension: reader.rest() }
}

/** Writes an avcC. */
export function writeAvcConfig(config: AvcConfig): Uint8Array {
  const writer = new ByteWriter(128)
  writer.u8(1).u8(config.profile).u8(config.compatibility).u8(config.level)
  writer.u8(0xfc | (config.lengthSize - 1))
  writer.u8(0xe0 | config.sps.length)
  for (const nalu of config.sps) writer.u16(nalu.length).bytes(nalu)
  writer.u8(config.pps.length)
  for (const nalu of config.pps) writer.u16(nalu.length).bytes(nalu)
  return writer.bytes(config.extension).finish()
}

/** The configuration with 4-byte lengths for parameter sets found in a stream. Throws FormatError as `readH264Sps` does. */
export function avcConfigOf(sps: readonly Uint8Array[], pps: readonly Uint8Array[]): AvcConfig {
  const first = sps[0]
  if (!first) throw new FormatError('AVC_CONFIG_NO_SPS', 'avcC without an SPS')
  const info = readH264Sps(first)
  const plain = info.profile === 66 || info.profile === 77 || info.profile === 88
  const extension = [0xfc | info.chromaFormat, 0xf8 | (info.bitDepthLuma - 8), 0xf8 | (info.bitDepthChroma - 8), 0]
  return {
    profile: info.profile,
    compatibility: info.constraints,
    level: info.level,
    lengthSize: 4,
    sps,
    pps,
    extension: Uint8Array.from(plain ? [] : extension),
  }
}

/** RFC 6381 codec string, `avc1.PPCCLL`. @see RFC 6381 §3.3 */
export function avcCodecString(config: Pick<AvcConfig, 'profile' | 'compatibility' | 'level'>): string {
  const hex = [config.profile, config.compatibility, config.level].map((byte) => byte.toString(16).padStart(2, '0'))
  return `avc1.${hex.join('')}`
}

function readParameterSets(reader: ByteReader, count: number): Uint8Array[] {
  const sets: Uint8Array[] = []
  for (let i = 0; i < count; i++) {
    const nalu = reader.bytes(reader.u16())
    if (nalu.length > 0) sets.push(nalu)
  }
  return sets
}
