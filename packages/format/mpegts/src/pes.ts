/** Range of PTS, DTS and PCR base. */
export const TIMESTAMP_RANGE = 2 ** 33

/** Times of a PES packet. */
export interface PesTimes {
  /** 90 kHz, 0 to 2^33 - 1. */
  readonly pts90k: number
  readonly dts90k: number
}

/** A 90 kHz time, of any sign, as the 33 bits that a stream carries. */
export function wrapTimestamp(ticks90k: number): number {
  return ((ticks90k % TIMESTAMP_RANGE) + TIMESTAMP_RANGE) % TIMESTAMP_RANGE
}

/** Bytes of the header that {@link writePesHeader} writes. */
export function pesHeaderBytes({ pts90k, dts90k }: PesTimes): number {
  return pts90k === dts90k ? 14 : 19
}

/**
 * Writes a PES header at `at`. The packet length is left 0 (unbounded) where it has no room, which only video may do.
 *
 * @param payloadBytes what follows the header
 * @returns where the payload begins
 * @see ISO/IEC 13818-1 §2.4.3.6
 */
export function writePesHeader(
  out: Uint8Array,
  at: number,
  streamId: number,
  payloadBytes: number,
  times: PesTimes,
): number {
  const timeBytes = times.pts90k === times.dts90k ? 5 : 10
  const length = 3 + timeBytes + payloadBytes
  out[at] = 0
  out[at + 1] = 0
  out[at + 2] = 1
  out[at + 3] = streamId
  out[at + 4] = length > 0xffff ? 0 : length >> 8
  out[at + 5] = length > 0xffff ? 0 : length & 0xff
  // marker bits, data_alignment_indicator: each payload begins with an access unit
  out[at + 6] = 0x84
  out[at + 7] = timeBytes === 5 ? 0x80 : 0xc0
  out[at + 8] = timeBytes
  writeTimestamp(out, at + 9, timeBytes === 5 ? 2 : 3, times.pts90k)
  if (timeBytes === 10) writeTimestamp(out, at + 14, 1, times.dts90k)
  return at + 9 + timeBytes
}

/** Five bytes: 4 bits of prefix and 33 of time in three parts, each with a marker bit. */
function writeTimestamp(out: Uint8Array, at: number, prefix: number, ticks90k: number): void {
  const low = ticks90k % 2 ** 30
  out[at] = (prefix << 4) | (Math.floor(ticks90k / 2 ** 30) << 1) | 1
  out[at + 1] = low >> 22
  out[at + 2] = ((low >> 14) & 0xfe) | 1
  out[at + 3] = low >> 7
  out[at + 4] = ((low << 1) & 0xfe) | 1
}

/** What a PES header tells. */
export interface PesHeader {
  readonly streamId: number
  /** Bytes of the whole PES packet, 0 when it is unbounded. */
  readonly packetBytes: number
  /** Where the payload begins. */
  readonly headerBytes: number
  /** 33 bits, null when there is none; the DTS is the PTS where it has none of its own. */
  readonly pts90k: number | null
  readonly dts90k: number | null
}

/**
 * Reads a PES header of an audio or video stream. Undefined when the bytes are none, or are cut off inside it.
 * @see ISO/IEC 13818-1 §2.4.3.6
 */
export function readPesHeader(bytes: Uint8Array): PesHeader | undefined {
  if (bytes.length < 9 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 1) return undefined
  const [streamId = 0, lengthHigh = 0, lengthLow = 0, marker = 0, flags = 0, headerData = 0] = bytes.subarray(3, 9)
  const headerBytes = 9 + headerData
  if ((marker & 0xc0) !== 0x80 || bytes.length < headerBytes) return undefined
  const length = lengthHigh * 256 + lengthLow
  if (length > 0 && length + 6 < headerBytes) return undefined
  const hasPts = (flags & 0x80) !== 0 && headerData >= 5
  const hasDts = (flags & 0xc0) === 0xc0 && headerData >= 10
  const pts90k = hasPts ? readTimestamp(bytes, 9) : null
  const dts90k = hasDts ? readTimestamp(bytes, 14) : pts90k
  return { streamId, packetBytes: length === 0 ? 0 : length + 6, headerBytes, pts90k, dts90k }
}

function readTimestamp(bytes: Uint8Array, at: number): number {
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0] = bytes.subarray(at, at + 5)
  return ((b0 >> 1) & 7) * 2 ** 30 + ((b1 << 22) | ((b2 >> 1) << 15) | (b3 << 7) | (b4 >> 1))
}
