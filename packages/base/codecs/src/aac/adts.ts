import { FormatError } from '@millrace/core'

import { AAC_SAMPLE_RATES } from './config.ts'
import type { AacConfig } from './config.ts'

/** Length of an ADTS header without CRC, in bytes. */
export const ADTS_HEADER_BYTES = 7

/** What an ADTS header tells. */
export interface AdtsHeader {
  /** 1 Main, 2 LC, 3 SSR, 4 LTP. */
  readonly objectType: number
  readonly sampleRate: number
  readonly channelConfig: number
  /** 7, or 9 with a CRC. */
  readonly headerBytes: number
  /** The whole frame with its header. */
  readonly frameBytes: number
  /** Raw data blocks in the frame, 1 to 4; each is 1024 samples. */
  readonly blocks: number
}

/**
 * Reads the ADTS header at `at`. Throws FormatError: `ADTS_SHORT` (fewer than 7 bytes), `ADTS_SYNC`, `ADTS_RATE`,
 * `ADTS_LENGTH` (a frame shorter than its header). @see ISO/IEC 13818-7 §6.2
 */
export function readAdtsHeader(bytes: Uint8Array, at = 0): AdtsHeader {
  if (bytes.length - at < ADTS_HEADER_BYTES) throw new FormatError('ADTS_SHORT', 'an ADTS header that is cut off')
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0, b6 = 0] = bytes.subarray(at, at + ADTS_HEADER_BYTES)
  if (b0 !== 0xff || (b1 & 0xf6) !== 0xf0) throw new FormatError('ADTS_SYNC', 'no ADTS syncword')
  const sampleRate = AAC_SAMPLE_RATES[(b2 >> 2) & 15]
  if (sampleRate === undefined) throw new FormatError('ADTS_RATE', 'a reserved sampling rate')
  const headerBytes = (b1 & 1) === 1 ? 7 : 9
  const frameBytes = ((b3 & 3) << 11) | (b4 << 3) | (b5 >> 5)
  if (frameBytes < headerBytes) throw new FormatError('ADTS_LENGTH', `an ADTS frame of ${frameBytes} bytes`)
  return {
    objectType: (b2 >> 6) + 1,
    sampleRate,
    channelConfig: ((b2 & 1) << 2) | (b3 >> 6),
    headerBytes,
    frameBytes,
    blocks: (b6 & 3) + 1,
  }
}

/**
 * Makes the writer of ADTS headers (7 bytes, no CRC) for one configuration. It writes at `at` of `out` the header of a
 * raw frame of `payloadBytes` (at most 8184). SBR is left to implicit signalling, which ADTS has no other for.
 * Throws FormatError `ADTS_CONFIG` for a configuration ADTS cannot tell.
 * @see ISO/IEC 13818-7 §6.2
 */
export function adtsWriter(config: AacConfig): (out: Uint8Array, at: number, payloadBytes: number) => void {
  const rateIndex = AAC_SAMPLE_RATES.indexOf(config.coreSampleRate)
  const { objectType, channelConfig } = config
  if (objectType < 1 || objectType > 4 || rateIndex < 0 || channelConfig < 1 || channelConfig > 7) {
    throw new FormatError('ADTS_CONFIG', `no ADTS for object type ${objectType}, channels ${channelConfig}`)
  }
  const b2 = ((objectType - 1) << 6) | (rateIndex << 2) | (channelConfig >> 2)
  const b3 = (channelConfig & 3) << 6
  return (out, at, payloadBytes) => {
    const frameBytes = payloadBytes + ADTS_HEADER_BYTES
    out[at] = 0xff
    out[at + 1] = 0xf1
    out[at + 2] = b2
    out[at + 3] = b3 | ((frameBytes >> 11) & 3)
    out[at + 4] = frameBytes >> 3
    out[at + 5] = ((frameBytes & 7) << 5) | 0x1f
    out[at + 6] = 0xfc
  }
}
