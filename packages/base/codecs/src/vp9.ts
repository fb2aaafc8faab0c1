import { BitReader, ByteReader } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

/** VPCodecConfigurationRecord, the content of a `vpcC` box and of an FLV VP8 or VP9 sequence header. */
export interface VpConfig {
  /** 0 to 3. */
  readonly profile: number
  /** Ten times the level; 0 unknown. */
  readonly level: number
  readonly bitDepth: number
  /** 0 4:2:0 vertical, 1 4:2:0 colocated, 2 4:2:2, 3 4:4:4. */
  readonly chromaSubsampling: number
  readonly fullRange: boolean
  /** ISO/IEC 23091-2 code points. */
  readonly colorPrimaries: number
  readonly transfer: number
  readonly matrix: number
}

/**
 * Reads a vpcC from its version byte on; records without version and flags, as some FLV writers leave them, too.
 * Throws FormatError `BYTES_SHORT`, `VP_CONFIG_PROFILE`. @see VP Codec ISO Media File Format Binding §2
 */
export function readVpConfig(bytes: Uint8Array): VpConfig {
  const reader = new ByteReader(bytes)
  // version and flags: a bare record has its bit depth in the third byte, which is never 0
  if (bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 0) reader.skip(4)
  const profile = reader.u8()
  if (profile > 3) throw new FormatError('VP_CONFIG_PROFILE', `vpcC profile ${profile}`)
  const level = reader.u8()
  const format = reader.u8()
  return {
    profile,
    level,
    bitDepth: format >> 4,
    chromaSubsampling: (format >> 1) & 7,
    fullRange: (format & 1) === 1,
    colorPrimaries: reader.u8(),
    transfer: reader.u8(),
    matrix: reader.u8(),
  }
}

/** Writes a vpcC from its version byte on. */
export function writeVpConfig(config: VpConfig): Uint8Array {
  const format = (config.bitDepth << 4) | (config.chromaSubsampling << 1) | (config.fullRange ? 1 : 0)
  const color = [config.colorPrimaries, config.transfer, config.matrix]
  return Uint8Array.of(1, 0, 0, 0, config.profile, config.level, format, ...color, 0, 0)
}

/** RFC 6381 codec string, `vp09.PP.LL.DD`. @see VP Codec ISO Media File Format Binding §4 */
export function vp9CodecString({ profile, level, bitDepth }: VpConfig): string {
  const two = (value: number): string => value.toString().padStart(2, '0')
  return `vp09.${two(profile)}.${two(level)}.${two(bitDepth)}`
}

/** What the uncompressed header of a VP9 key frame tells. */
export interface Vp9KeyFrame {
  readonly profile: number
  readonly bitDepth: number
  /** As in `VpConfig`. */
  readonly chromaSubsampling: number
  readonly width: number
  readonly height: number
}

/** Whether a VP9 frame (or the first of a superframe) is a key frame. @see VP9 Bitstream §6.2 */
export function isVp9Key(frame: Uint8Array): boolean {
  const first = frame[0] ?? 0
  if (first >> 6 !== 2) return false
  // profile 3 has a reserved bit before show_existing_frame and frame_type
  const shift = (first & 0x30) === 0x30 ? 1 : 2
  return ((first >> shift) & 3) === 0
}

/**
 * Reads the uncompressed header of a key frame.
 * Throws FormatError: `VP9_NOT_KEY`, `VP9_SYNC`, `VP9_PROFILE`, `BITS_SHORT`. @see VP9 Bitstream §6.2
 */
export function readVp9KeyFrame(frame: Uint8Array): Vp9KeyFrame {
  if (!isVp9Key(frame)) throw new FormatError('VP9_NOT_KEY', 'not a VP9 key frame')
  const bits = new BitReader(frame)
  bits.skip(2) // frame_marker
  const profile = bits.u(1) + 2 * bits.u(1)
  if (profile === 3 && bits.flag()) throw new FormatError('VP9_PROFILE', 'a reserved VP9 profile')
  bits.skip(4) // show_existing_frame, frame_type, show_frame, error_resilient_mode
  if (bits.u(24) !== 0x498342) throw new FormatError('VP9_SYNC', 'a VP9 key frame without its sync code')
  const bitDepth = profile < 2 ? 8 : bits.flag() ? 12 : 10
  const chromaSubsampling = readSubsampling(bits, profile)
  return { profile, bitDepth, chromaSubsampling, width: bits.u(16) + 1, height: bits.u(16) + 1 }
}

/** The configuration of a stream that comes without one; the level is the highest for the picture size. */
export function vp9ConfigOf({ profile, bitDepth, chromaSubsampling, width, height }: Vp9KeyFrame): VpConfig {
  const samples = width * height
  const [, level = 62] = LEVELS.find(([most]) => samples <= most) ?? []
  const color = { colorPrimaries: 2, transfer: 2, matrix: 2 }
  return { profile, level, bitDepth, chromaSubsampling, fullRange: false, ...color }
}

/** Most luma samples of a picture, and the highest level with that bound. @see VP9 levels */
const LEVELS: readonly [maxSamples: number, level: number][] = [
  [36_864, 10],
  [73_728, 11],
  [122_880, 20],
  [245_760, 21],
  [552_960, 30],
  [983_040, 31],
  [2_228_224, 41],
  [8_912_896, 52],
]

/** @see VP9 Bitstream §6.2.2 color_config */
function readSubsampling(bits: BitReader, profile: number): number {
  const odd = profile === 1 || profile === 3
  const rgb = bits.u(3) === 7
  if (rgb) {
    if (odd) bits.skip(1) // reserved
    return 3
  }
  bits.skip(1) // color_range
  if (!odd) return 1
  const x = bits.u(1)
  const y = bits.u(1)
  bits.skip(1) // reserved
  if (x === 0) return 3
  return y === 0 ? 2 : 1
}
