import { ByteReader } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

import { AV1_OBU, splitObus } from './obu.ts'
import { readAv1SequenceHeader } from './sequence-header.ts'
import type { Av1SequenceHeader } from './sequence-header.ts'

/** AV1CodecConfigurationRecord, the content of an `av1C` box and of an FLV AV1 sequence header. */
export interface Av1Config extends Omit<Av1SequenceHeader, 'width' | 'height' | 'frameRate'> {
  /** OBUs in the low-overhead format: at most one sequence header first, then metadata. */
  readonly obus: Uint8Array
}

/**
 * Reads an av1C. Slices share the input's memory.
 * Throws FormatError `AV1_CONFIG_VERSION`, `BYTES_SHORT`. @see AV1 in ISOBMFF §2.3
 */
export function readAv1Config(bytes: Uint8Array): Av1Config {
  const reader = new ByteReader(bytes)
  const version = reader.u8()
  if (version !== 0x81) throw new FormatError('AV1_CONFIG_VERSION', `av1C marker and version ${version}`)
  const general = reader.u8()
  const format = reader.u8()
  reader.skip(1) // initial presentation delay
  const highBitDepth = (format & 0x40) !== 0
  return {
    profile: general >> 5,
    level: general & 0x1f,
    tier: format >> 7,
    bitDepth: (format & 0x20) !== 0 ? 12 : highBitDepth ? 10 : 8,
    monochrome: (format & 0x10) !== 0,
    subsamplingX: (format >> 3) & 1,
    subsamplingY: (format >> 2) & 1,
    chromaSamplePosition: format & 3,
    obus: reader.rest(),
  }
}

/** Writes an av1C. */
export function writeAv1Config(config: Av1Config): Uint8Array {
  const out = new Uint8Array(4 + config.obus.length)
  out[0] = 0x81
  out[1] = (config.profile << 5) | config.level
  out[2] =
    (config.tier << 7) |
    (config.bitDepth > 8 ? 0x40 : 0) |
    (config.bitDepth === 12 ? 0x20 : 0) |
    (config.monochrome ? 0x10 : 0) |
    (config.subsamplingX << 3) |
    (config.subsamplingY << 2) |
    config.chromaSamplePosition
  out.set(config.obus, 4)
  return out
}

/**
 * The configuration of a stream whose temporal unit (or av1C) holds a sequence header, or undefined when it holds none.
 * Throws FormatError as `splitObus` and `readAv1SequenceHeader` do.
 */
export function av1ConfigOf(obus: Uint8Array): Av1Config | undefined {
  const found = splitObus(obus).find(({ type }) => type === AV1_OBU.sequenceHeader)
  if (!found) return undefined
  const {
    width: _width,
    height: _height,
    frameRate: _rate,
    ...header
  } = readAv1SequenceHeader(obus.subarray(found.payloadStart, found.end))
  return { ...header, obus: obus.subarray(found.start, found.end) }
}

/** RFC 6381 codec string, `av01.P.LLT.DD`. @see AV1 in ISOBMFF §5 */
export function av1CodecString({ profile, level, tier, bitDepth }: Av1Config): string {
  const two = (value: number): string => value.toString().padStart(2, '0')
  return `av01.${profile}.${two(level)}${tier === 1 ? 'H' : 'M'}.${two(bitDepth)}`
}
