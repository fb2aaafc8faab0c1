import { BitReader } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

import { unescapeNalu } from '../nalu.ts'
import { HEVC_NALU, hevcNaluType } from './nalu.ts'
import { readHevcProfile } from './profile.ts'
import type { HevcProfile } from './profile.ts'

/** What a sequence parameter set tells of the pictures. */
export interface HevcSps extends HevcProfile {
  /** Temporal sub-layers, 1 to 7. */
  readonly temporalLayers: number
  readonly temporalIdNested: boolean
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormat: number
  readonly bitDepthLuma: number
  readonly bitDepthChroma: number
  /** Pixels inside the conformance window. */
  readonly width: number
  readonly height: number
  /** Frames per second by the VUI, 0 when it doesn't say. */
  readonly frameRate: number
}

const MAX_SIDE = 32_768
const MAX_SPS_BYTES = 4096

/**
 * Reads an SPS NAL unit, its 2 header bytes included. Throws FormatError: `HEVC_SPS_…` for values out of range,
 * `BITS_…` when it ends early. @see ITU-T H.265 §7.3.2.2.1
 */
export function readHevcSps(nalu: Uint8Array): HevcSps {
  if (hevcNaluType(nalu) !== HEVC_NALU.sps) throw new FormatError('HEVC_SPS_TYPE', 'not an SPS NAL unit')
  const bits = new BitReader(unescapeNalu(nalu.subarray(2), MAX_SPS_BYTES))
  bits.skip(4) // sps_video_parameter_set_id
  const temporalLayers = bits.u(3) + 1
  const temporalIdNested = bits.flag()
  const profile = readHevcProfile(bits, temporalLayers)
  bits.ue() // sps_seq_parameter_set_id
  const chromaFormat = bits.ue()
  if (chromaFormat > 3) throw new FormatError('HEVC_SPS_CHROMA', `chroma format ${chromaFormat}`)
  if (chromaFormat === 3) bits.skip(1) // separate_colour_plane_flag
  const size = readSize(bits, chromaFormat)
  const bitDepthLuma = bits.ue() + 8
  const bitDepthChroma = bits.ue() + 8
  if (bitDepthLuma > 16 || bitDepthChroma > 16) throw new FormatError('HEVC_SPS_DEPTH', `bit depth ${bitDepthLuma}`)
  const depths = { bitDepthLuma, bitDepthChroma }
  const frameRate = readFrameRate(bits, temporalLayers)
  return { ...profile, temporalLayers, temporalIdNested, chromaFormat, ...depths, ...size, frameRate }
}

function readSize(bits: BitReader, chromaFormat: number): { width: number; height: number } {
  let width = bits.ue()
  let height = bits.ue()
  if (width > MAX_SIDE || height > MAX_SIDE) throw new FormatError('HEVC_SPS_SIZE', `a picture of ${width} × ${height}`)
  if (bits.flag()) {
    width -= (bits.ue() + bits.ue()) * (chromaFormat === 1 || chromaFormat === 2 ? 2 : 1)
    height -= (bits.ue() + bits.ue()) * (chromaFormat === 1 ? 2 : 1)
  }
  if (width <= 0 || height <= 0) throw new FormatError('HEVC_SPS_CROP', 'nothing is left of the picture after cropping')
  return { width, height }
}

/** Reads on to the timing in the VUI. Encoders get what comes before wrong without harm to playback: then 0. */
function readFrameRate(bits: BitReader, temporalLayers: number): number {
  try {
    const pocBits = bits.ue() + 4
    for (let layer = bits.flag() ? 0 : temporalLayers - 1; layer < temporalLayers; layer++) skipGolombs(bits, 3)
    skipGolombs(bits, 6) // coding and transform block sizes and depths
    if (bits.flag() && bits.flag()) skipScalingLists(bits)
    bits.skip(2) // amp_enabled_flag, sample_adaptive_offset_enabled_flag
    if (bits.flag()) {
      bits.skip(8) // pcm sample bit depths
      skipGolombs(bits, 2)
      bits.skip(1) // pcm_loop_filter_disabled_flag
    }
    skipReferenceSets(bits)
    if (bits.flag()) {
      const longTerm = bounded(bits.ue(), 32)
      for (let i = 0; i < longTerm; i++) bits.skip(pocBits + 1)
    }
    bits.skip(2) // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
    return bits.flag() ? readVuiFrameRate(bits) : 0
  } catch (error) {
    if (error instanceof FormatError) return 0
    throw error
  }
}

/** @see ITU-T H.265 §E.2.1 */
function readVuiFrameRate(bits: BitReader): number {
  if (bits.flag() && bits.u(8) === 255) bits.skip(32) // sar_width, sar_height
  if (bits.flag()) bits.skip(1) // overscan_appropriate_flag
  if (bits.flag()) {
    bits.skip(4) // video_format, video_full_range_flag
    if (bits.flag()) bits.skip(24) // colour_primaries, transfer_characteristics, matrix_coeffs
  }
  if (bits.flag()) skipGolombs(bits, 2) // chroma_sample_loc_type
  bits.skip(3) // neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag
  if (bits.flag()) skipGolombs(bits, 4) // default display window
  if (!bits.flag()) return 0
  const unitsInTick = bits.u(32)
  const timeScale = bits.u(32)
  return unitsInTick === 0 ? 0 : timeScale / unitsInTick
}

/** @see ITU-T H.265 §7.3.4 */
function skipScalingLists(bits: BitReader): void {
  for (let size = 0; size < 4; size++) {
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      const coded = bits.flag()
      skipGolombs(bits, coded ? Math.min(64, 1 << (4 + size * 2)) + (size > 1 ? 1 : 0) : 1)
    }
  }
}

/** @see ITU-T H.265 §7.3.7 */
function skipReferenceSets(bits: BitReader): void {
  const sets = bounded(bits.ue(), 64)
  let pictures = 0
  for (let set = 0; set < sets; set++) {
    if (set > 0 && bits.flag()) {
      bits.skip(1) // delta_rps_sign
      bits.ue() // abs_delta_rps_minus1
      let kept = 0
      for (let i = 0; i <= pictures; i++) if (bits.flag() || bits.flag()) kept++
      pictures = bounded(kept, 32)
    } else {
      pictures = bounded(bits.ue(), 16) + bounded(bits.ue(), 16)
      for (let i = 0; i < pictures; i++) {
        bits.ue() // delta_poc_minus1
        bits.skip(1) // used_by_curr_pic_flag
      }
    }
  }
}

function skipGolombs(bits: BitReader, count: number): void {
  for (let i = 0; i < count; i++) bits.ue()
}

function bounded(value: number, max: number): number {
  if (value > max) throw new FormatError('HEVC_SPS_COUNT', `${value} where at most ${max} may be`)
  return value
}
