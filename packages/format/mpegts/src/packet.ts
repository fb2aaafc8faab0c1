/** Bytes of a transport stream packet. @see ISO/IEC 13818-1 §2.4.3.2 */
export const PACKET_BYTES = 188
export const SYNC_BYTE = 0x47
/** Payload of a packet without adaptation field. */
const PAYLOAD_BYTES = 184

/** What the first packet of a PES packet carries beside its payload. */
export interface PacketOptions {
  readonly pid: number
  /** Program clock reference in 90 kHz units, 33 bits, null for none. */
  readonly pcr90k: number | null
  /** Decoding may start here. */
  readonly randomAccess: boolean
}

/** Bytes of the adaptation field of the first packet, stuffing apart. */
function adaptationBytes(options: PacketOptions): number {
  return options.pcr90k === null ? (options.randomAccess ? 2 : 0) : 8
}

/**
 * A buffer of whole packets for a PES packet of `pesBytes`. The caller writes the PES packet to its very end, then has
 * {@link packetize} spread it. So a frame costs one allocation and its bytes move twice.
 */
export function allocatePackets(pesBytes: number, options: PacketOptions): Uint8Array {
  return new Uint8Array(Math.ceil((pesBytes + adaptationBytes(options)) / PAYLOAD_BYTES) * PACKET_BYTES)
}

/**
 * Makes packets in place of a buffer of {@link allocatePackets} that ends with the PES packet. Packets are filled from the
 * front, and what is left of the PES packet always begins behind the packet that is being filled.
 *
 * @param continuity counter of the first packet, 0 to 15
 * @returns the counter for the next packet of this PID
 * @see ISO/IEC 13818-1 §2.4.3.2, §2.4.3.4
 */
export function packetize(out: Uint8Array, pesBytes: number, options: PacketOptions, continuity: number): number {
  let from = out.length - pesBytes
  let adaptation = adaptationBytes(options)
  for (let at = 0; at < out.length; at += PACKET_BYTES) {
    const payload = Math.min(PAYLOAD_BYTES - adaptation, out.length - from)
    const payloadAt = at + PACKET_BYTES - payload
    if (payloadAt !== from) out.copyWithin(payloadAt, from, from + payload)
    from += payload
    out[at] = SYNC_BYTE
    out[at + 1] = (at === 0 ? 0x40 : 0) | (options.pid >> 8)
    out[at + 2] = options.pid & 0xff
    out[at + 3] = (payload < PAYLOAD_BYTES ? 0x30 : 0x10) | continuity
    continuity = (continuity + 1) & 15
    if (payload < PAYLOAD_BYTES) writeAdaptation(out, at + 4, payloadAt, at === 0 ? options : null)
    adaptation = 0
  }
  return continuity
}

/** Writes an adaptation field that fills `at` up to `end`. @see ISO/IEC 13818-1 §2.4.3.4 */
function writeAdaptation(out: Uint8Array, at: number, end: number, options: PacketOptions | null): void {
  out[at] = end - at - 1
  if (end - at === 1) return
  const pcr90k = options?.pcr90k ?? null
  out[at + 1] = (options?.randomAccess ? 0x40 : 0) | (pcr90k === null ? 0 : 0x10)
  out.fill(0xff, at + 2, end)
  if (pcr90k !== null) writePcr(out, at + 2, pcr90k)
}

/** Six bytes: 33 bits of base, 6 reserved, 9 of extension, which is 0. @see ISO/IEC 13818-1 §2.4.3.5 */
function writePcr(out: Uint8Array, at: number, pcr90k: number): void {
  const high = Math.floor(pcr90k / 2)
  out[at] = high >>> 24
  out[at + 1] = high >>> 16
  out[at + 2] = high >>> 8
  out[at + 3] = high
  out[at + 4] = ((pcr90k % 2) << 7) | 0x7e
  out[at + 5] = 0
}
