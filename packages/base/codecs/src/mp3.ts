import { FormatError } from '@millrace/core'

/** What the header of an MPEG audio Layer III frame tells. */
export interface Mp3Header {
  /** 1 MPEG-1, 2 MPEG-2, 2.5 MPEG-2.5. */
  readonly version: 1 | 2 | 2.5
  readonly bitrateBps: number
  readonly sampleRate: number
  readonly channels: 1 | 2
  /** The whole frame with its header. */
  readonly frameBytes: number
  /** Samples per channel: 1152, or 576 for MPEG-2 and 2.5. */
  readonly frameSamples: number
}

const RATES_MPEG1 = [44_100, 48_000, 32_000]
const KBPS_MPEG1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const KBPS_MPEG2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]

/** RFC 6381 codec string of MP3. */
export const MP3_CODEC_STRING = 'mp4a.40.34'

/**
 * Reads the frame header at `at`. Throws FormatError: `MP3_SHORT`, `MP3_SYNC`, `MP3_LAYER` (not Layer III), `MP3_BITRATE`
 * (free format or reserved), `MP3_RATE`. @see ISO/IEC 11172-3 §2.4.2.3
 */
export function readMp3Header(bytes: Uint8Array, at = 0): Mp3Header {
  if (bytes.length - at < 4) throw new FormatError('MP3_SHORT', 'an MP3 header that is cut off')
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0] = bytes.subarray(at, at + 4)
  const versionBits = (b1 >> 3) & 3
  if (b0 !== 0xff || (b1 & 0xe0) !== 0xe0 || versionBits === 1) throw new FormatError('MP3_SYNC', 'no MP3 syncword')
  if (((b1 >> 1) & 3) !== 1) throw new FormatError('MP3_LAYER', 'MPEG audio, but not Layer III')
  const version = versionBits === 3 ? 1 : versionBits === 2 ? 2 : 2.5
  const kbps = (version === 1 ? KBPS_MPEG1 : KBPS_MPEG2)[b2 >> 4] ?? 0
  if (kbps === 0) throw new FormatError('MP3_BITRATE', `bit rate index ${b2 >> 4}`)
  const baseRate = RATES_MPEG1[(b2 >> 2) & 3]
  if (baseRate === undefined) throw new FormatError('MP3_RATE', 'a reserved sampling rate')
  const sampleRate = version === 1 ? baseRate : version === 2 ? baseRate / 2 : baseRate / 4
  const frameSamples = version === 1 ? 1152 : 576
  const padding = (b2 >> 1) & 1
  return {
    version,
    bitrateBps: kbps * 1000,
    sampleRate,
    channels: b3 >> 6 === 3 ? 1 : 2,
    frameBytes: Math.floor(((frameSamples / 8) * kbps * 1000) / sampleRate) + padding,
    frameSamples,
  }
}
