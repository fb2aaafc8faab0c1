import { BitReader } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

import { unescapeNalu } from '../nalu.ts'
import { h264NaluType, H264_NALU } from './nalu.ts'

/** What a sequence parameter set tells of the pictures. */
export interface H264Sps {
  /** profile_idc, for example 66 baseline, 77 main, 100 high. */
  readonly profile: number
  /** The byte of constraint_set flags. */
  readonly constraints: number
  /** level_idc: ten times the level. */
  readonly level: number
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormat: number
  readonly bitDepthLuma: number
  readonly bitDepthChroma: number
  /** Pixels after cropping. */
  readonly width: number
  readonly height: number
  /** Frames per second by the VUI, 0 when it doesn't say. */
  readonly frameRate: number
}

const MAX_SIDE_MBS = 2048
const MAX_SPS_BYTES = 4096
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135])

/**
 * Reads an SPS NAL unit, header byte included. Throws FormatError: `H264_SPS_…` for values out of range, `BITS_…` when
 * it ends early. @see ISO/IEC 14496-10 §7.3.2.1.1
 */
export function readH264Sps(nalu: Uint8Array): H264Sps {
  if (h264NaluType(nalu) !== H264_NALU.sps) throw new FormatError('H264_SPS_TYPE', 'not an SPS NAL unit')
  const bits = new BitReader(unescapeNalu(nalu.subarray(1), MAX_SPS_BYTES))
  const profile = bits.u(8)
  const constraints = bits.u(8)
  const level = bits.u(8)
  bits.ue() // seq_parameter_set_id
  const color = HIGH_PROFILES.has(profile) ? readColor(bits) : { chromaFormat: 1, bitDepthLuma: 8, bitDepthChroma: 8 }
  bits.ue() // log2_max_frame_num_minus4
  skipOrderCount(bits)
  bits.ue() // max_num_ref_frames
  bits.skip(1) // gaps_in_frame_num_value_allowed_flag
  const size = readSize(bits, color.chromaFormat)
  return { profile, constraints, level, ...color, ...size, frameRate: readFrameRate(bits) }
}

function readColor(bits: BitReader): Pick<H264Sps, 'chromaFormat' | 'bitDepthLuma' | 'bitDepthChroma'> {
  const chromaFormat = bits.ue()
  if (chromaFormat > 3) throw new FormatError('H264_SPS_CHROMA', `chroma format ${chromaFormat}`)
  if (chromaFormat === 3) bits.skip(1) // separate_colour_plane_flag
  const bitDepthLuma = bits.ue() + 8
  const bitDepthChroma = bits.ue() + 8
  if (bitDepthLuma > 14 || bitDepthChroma > 14) throw new FormatError('H264_SPS_DEPTH', `bit depth ${bitDepthLuma}`)
  bits.skip(1) // qpprime_y_zero_transform_bypass_flag
  if (bits.flag()) {
    const lists = chromaFormat === 3 ? 12 : 8
    for (let i = 0; i < lists; i++) if (bits.flag()) skipScalingList(bits, i < 6 ? 16 : 64)
  }
  return { chromaFormat, bitDepthLuma, bitDepthChroma }
}

function skipScalingList(bits: BitReader, size: number): void {
  let last = 8
  for (let i = 0, next = 8; i < size && next !== 0; i++) {
    next = (((last + bits.se()) % 256) + 256) % 256
    if (next !== 0) last = next
  }
}

function skipOrderCount(bits: BitReader): void {
  const type = bits.ue()
  if (type === 0) bits.ue() // log2_max_pic_order_cnt_lsb_minus4
  if (type !== 1) return
  bits.skip(1) // delta_pic_order_always_zero_flag
  bits.se() // offset_for_non_ref_pic
  bits.se() // offset_for_top_to_bottom_field
  const cycle = bits.ue()
  if (cycle > 255) throw new FormatError('H264_SPS_CYCLE', `${cycle} reference frames in a cycle`)
  for (let i = 0; i < cycle; i++) bits.se()
}

function readSize(bits: BitReader, chromaFormat: number): { width: number; height: number } {
  const widthMbs = bits.ue() + 1
  const heightUnits = bits.ue() + 1
  const frameMbsOnly = bits.u(1)
  const heightMbs = heightUnits * (2 - frameMbsOnly)
  if (widthMbs > MAX_SIDE_MBS || heightMbs > MAX_SIDE_MBS) {
    throw new FormatError('H264_SPS_SIZE', `a picture of ${widthMbs} × ${heightMbs} macroblocks`)
  }
  if (frameMbsOnly === 0) bits.skip(1) // mb_adaptive_frame_field_flag
  bits.skip(1) // direct_8x8_inference_flag
  let width = widthMbs * 16
  let height = heightMbs * 16
  if (bits.flag()) {
    const unitX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1
    const unitY = (chromaFormat === 1 ? 2 : 1) * (2 - frameMbsOnly)
    width -= (bits.ue() + bits.ue()) * unitX
    height -= (bits.ue() + bits.ue()) * unitY
  }
  if (width <= 0 || height <= 0) throw new FormatError('H264_SPS_CROP', 'nothing is left of the picture after cropping')
  return { width, height }
}

/** Reads the VUI as far as its timing. Encoders get the VUI wrong without harm to playback: then 0. */
function readFrameRate(bits: BitReader): number {
  try {
    if (!bits.flag()) return 0
    if (bits.flag() && bits.u(8) === 255) bits.skip(32) // sar_width, sar_height
    if (bits.flag()) bits.skip(1) // overscan_appropriate_flag
    if (bits.flag()) {
      bits.skip(4) // video_format, video_full_range_flag
      if (bits.flag()) bits.skip(24) // colour_primaries, transfer_characteristics, matrix_coefficients
    }
    if (bits.flag()) {
      bits.ue() // chroma_sample_loc_type_top_field
      bits.ue() // chroma_sample_loc_type_bottom_field
    }
    if (!bits.flag()) return 0
    const unitsInTick = bits.u(32)
    const timeScale = bits.u(32)
    return unitsInTick === 0 ? 0 : timeScale / unitsInTick / 2
  } catch (error) {
    if (error instanceof FormatError) return 0
    throw error
  }
}
