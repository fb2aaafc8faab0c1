import {
  ADTS_HEADER_BYTES,
  HEVC_NALU,
  H264_NALU,
  adtsWriter,
  hevcParameterSets,
  joinAnnexB,
  readAacConfig,
  readAvcConfig,
  readHevcConfig,
  visitNalus,
} from '@millrace/codecs'
import { CodedError, FormatError } from '@millrace/core'
import type { Track } from '@millrace/media'
import { STREAM_TYPE } from './psi.ts'

/** How frames of one track become the payload of PES packets. */
export interface Elementary {
  readonly streamType: number
  readonly streamId: number
  readonly descriptors: Uint8Array
  /** Duration of a frame in 90 kHz units, for audio; 0 for video. */
  readonly frameDuration90k: number
  /** Bytes of a frame in the stream. Throws FormatError for a frame that can't be carried. */
  measure(payload: Uint8Array, key: boolean): number
  /** Writes the frame that was measured last and returns where it ends. */
  write(out: Uint8Array, at: number, payload: Uint8Array): number
}

const NO_DESCRIPTORS = new Uint8Array(0)
/** registration_descriptor with format_identifier `HEVC`, which some players ask for. @see ISO/IEC 13818-1 §2.6.8 */
const HEVC_REGISTRATION = Uint8Array.of(0x05, 4, 0x48, 0x45, 0x56, 0x43)
/** Access unit delimiters that allow any slice type. */
const H264_AUD = Uint8Array.of(H264_NALU.aud, 0xf0)
const HEVC_AUD = Uint8Array.of(HEVC_NALU.aud << 1, 1, 0x50)
/** Largest raw AAC frame whose ADTS frame length fits 13 bits. */
const MAX_AAC_BYTES = 0x1fff - ADTS_HEADER_BYTES
/** Several MP3 frames may come as one; this many bytes still fit a PES packet. */
const MAX_MP3_BYTES = 32_768

/**
 * How a track goes into a transport stream, undefined for one that has no place there: another codec, AAC that ADTS can't
 * describe, a configuration that can't be read.
 */
export function elementaryOf(track: Track): Elementary | undefined {
  try {
    switch (track.codec) {
      case 'h264':
        return h264(track.config)
      case 'hevc':
        return hevc(track.config)
      case 'aac':
        return aac(track.config)
      case 'mp3':
        return mp3(track.sampleRate)
      default:
        return undefined
    }
  } catch (error) {
    if (error instanceof CodedError) return undefined
    throw error
  }
}

function h264(config: Uint8Array): Elementary {
  const { sps, pps } = readAvcConfig(config)
  return {
    streamType: STREAM_TYPE.h264,
    descriptors: NO_DESCRIPTORS,
    ...annexB((header) => header & 0x1f, H264_NALU, H264_AUD, [...sps, ...pps]),
  }
}

function hevc(config: Uint8Array): Elementary {
  const record = readHevcConfig(config)
  const sets = [HEVC_NALU.vps, HEVC_NALU.sps, HEVC_NALU.pps].flatMap((type) => hevcParameterSets(record, type))
  return {
    streamType: STREAM_TYPE.hevc,
    descriptors: HEVC_REGISTRATION,
    ...annexB((header) => (header >> 1) & 0x3f, HEVC_NALU, HEVC_AUD, sets),
  }
}

/**
 * A byte stream with start codes: one access unit delimiter before each picture, parameter sets before each key picture
 * that brings none.
 */
function annexB(
  typeOf: (header: number) => number,
  types: { readonly aud: number; readonly sps: number },
  aud: Uint8Array,
  parameterSets: readonly Uint8Array[],
): Pick<Elementary, 'streamId' | 'frameDuration90k' | 'measure' | 'write'> {
  const plainPrefix = joinAnnexB([aud])
  const keyPrefix = joinAnnexB([aud, ...parameterSets])
  let prefix = plainPrefix
  return {
    streamId: 0xe0,
    frameDuration90k: 0,
    measure(payload, key) {
      let bytes = 0
      let hasSets = false
      visitNalus(payload, 4, (start, end) => {
        const type = typeOf(payload[start] ?? 0)
        if (type === types.aud) return
        if (type === types.sps) hasSets = true
        bytes += 4 + end - start
      })
      if (bytes === 0) throw new FormatError('TS_EMPTY_FRAME', 'a picture without NAL units')
      prefix = key && !hasSets ? keyPrefix : plainPrefix
      return prefix.length + bytes
    },
    write(out, at, payload) {
      out.set(prefix, at)
      let next = at + prefix.length
      visitNalus(payload, 4, (start, end) => {
        if (typeOf(payload[start] ?? 0) === types.aud) return
        // the buffer is fresh: only the 1 of the start code is left to write
        out[next + 3] = 1
        out.set(payload.subarray(start, end), next + 4)
        next += 4 + end - start
      })
      return next
    },
  }
}

function aac(config: Uint8Array): Elementary {
  const record = readAacConfig(config)
  const writeHeader = adtsWriter(record)
  return {
    streamType: STREAM_TYPE.aacAdts,
    streamId: 0xc0,
    descriptors: NO_DESCRIPTORS,
    frameDuration90k: (record.frameSamples * 90_000) / record.coreSampleRate,
    measure(payload) {
      if (payload.length > MAX_AAC_BYTES)
        throw new FormatError('TS_FRAME_TOO_LARGE', `AAC frame of ${payload.length} bytes`)
      return ADTS_HEADER_BYTES + payload.length
    },
    write(out, at, payload) {
      writeHeader(out, at, payload.length)
      out.set(payload, at + ADTS_HEADER_BYTES)
      return at + ADTS_HEADER_BYTES + payload.length
    },
  }
}

function mp3(sampleRate: number): Elementary {
  const isMpeg1 = sampleRate >= 32_000
  return {
    streamType: isMpeg1 ? STREAM_TYPE.mpeg1Audio : STREAM_TYPE.mpeg2Audio,
    streamId: 0xc0,
    descriptors: NO_DESCRIPTORS,
    frameDuration90k: ((isMpeg1 ? 1152 : 576) * 90_000) / sampleRate,
    measure(payload) {
      if (payload.length > MAX_MP3_BYTES)
        throw new FormatError('TS_FRAME_TOO_LARGE', `MP3 frame of ${payload.length} bytes`)
      return payload.length
    },
    write(out, at, payload) {
      out.set(payload, at)
      return at + payload.length
    },
  }
}
