import { BitReader } from '@millrace/bytes'

/** What a sequence header tells of the pictures. */
export interface Av1SequenceHeader {
  /** 0 main, 1 high, 2 professional. */
  readonly profile: number
  /** seq_level_idx of the first operating point: 8 is level 4.0. */
  readonly level: number
  /** 0 main, 1 high. */
  readonly tier: number
  readonly bitDepth: 8 | 10 | 12
  readonly monochrome: boolean
  /** 1 where chroma has half the resolution. */
  readonly subsamplingX: number
  readonly subsamplingY: number
  readonly chromaSamplePosition: number
  /** Largest picture, in pixels. */
  readonly width: number
  readonly height: number
  /** Frames per second where the stream has them at equal intervals, else 0. */
  readonly frameRate: number
}

/** Reads the payload of a sequence header OBU. Throws FormatError `BITS_…` when it ends early. @see AV1 Bitstream §5.5 */
export function readAv1SequenceHeader(payload: Uint8Array): Av1SequenceHeader {
  const bits = new BitReader(payload)
  const profile = bits.u(3)
  bits.skip(1) // still_picture
  const reduced = bits.flag()
  const points = reduced ? { level: bits.u(5), tier: 0, frameRate: 0 } : readOperatingPoints(bits)
  const widthBits = bits.u(4) + 1
  const heightBits = bits.u(4) + 1
  const width = bits.u(widthBits) + 1
  const height = bits.u(heightBits) + 1
  if (!reduced && bits.flag()) bits.skip(7) // frame id lengths
  bits.skip(3) // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
  if (!reduced) skipTools(bits)
  bits.skip(3) // enable_superres, enable_cdef, enable_restoration
  return { profile, ...points, width, height, ...readColor(bits, profile) }
}

function readOperatingPoints(bits: BitReader): Pick<Av1SequenceHeader, 'level' | 'tier' | 'frameRate'> {
  let frameRate = 0
  let delayBits = -1
  if (bits.flag()) {
    const unitsInTick = bits.u(32)
    const timeScale = bits.u(32)
    if (bits.flag()) frameRate = unitsInTick === 0 ? 0 : timeScale / unitsInTick / (bits.ue() + 1)
    if (bits.flag()) {
      delayBits = bits.u(5) + 1
      bits.skip(42) // num_units_in_decoding_tick, buffer_removal_time_length, frame_presentation_time_length
    }
  }
  const displayDelays = bits.flag()
  const first = { level: 0, tier: 0, frameRate }
  const count = bits.u(5) + 1
  for (let i = 0; i < count; i++) {
    bits.skip(12) // operating_point_idc
    const level = bits.u(5)
    const tier = level > 7 ? bits.u(1) : 0
    if (i === 0) Object.assign(first, { level, tier })
    if (delayBits >= 0 && bits.flag()) bits.skip(2 * delayBits + 1)
    if (displayDelays && bits.flag()) bits.skip(4)
  }
  return first
}

function skipTools(bits: BitReader): void {
  bits.skip(4) // interintra and masked compound, warped motion, dual filter
  const orderHint = bits.flag()
  if (orderHint) bits.skip(2) // enable_jnt_comp, enable_ref_frame_mvs
  const screenContentTools = bits.flag() || bits.flag()
  if (screenContentTools && !bits.flag()) bits.skip(1) // seq_force_integer_mv
  if (orderHint) bits.skip(3) // order_hint_bits_minus_1
}

type Color = Pick<
  Av1SequenceHeader,
  'bitDepth' | 'monochrome' | 'subsamplingX' | 'subsamplingY' | 'chromaSamplePosition'
>

/** @see AV1 Bitstream §5.5.2 */
function readColor(bits: BitReader, profile: number): Color {
  const highBitDepth = bits.flag()
  const twelve = profile === 2 && highBitDepth && bits.flag()
  const bitDepth = twelve ? 12 : highBitDepth ? 10 : 8
  const monochrome = profile !== 1 && bits.flag()
  const description = bits.flag() ? bits.u(24) : 0x020202
  const color = { bitDepth, monochrome, subsamplingX: 1, subsamplingY: 1, chromaSamplePosition: 0 } as const
  if (monochrome) return color
  // BT.709 primaries, sRGB transfer, identity matrix: RGB, which has no subsampling
  if (description === 0x010d00) return { ...color, subsamplingX: 0, subsamplingY: 0 }
  bits.skip(1) // color_range
  if (profile === 1) return { ...color, subsamplingX: 0, subsamplingY: 0 }
  if (profile === 2) {
    const subsamplingX = twelve ? bits.u(1) : 1
    const subsamplingY = twelve && subsamplingX === 1 ? bits.u(1) : 0
    if (subsamplingY === 0) return { ...color, subsamplingX, subsamplingY }
  }
  return { ...color, chromaSamplePosition: bits.u(2) }
}
