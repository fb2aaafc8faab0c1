import { ByteReader, ByteWriter } from '@millrace/bytes'
import { FormatError, InvariantError, ProtocolError, unreachable } from '@millrace/core'

import { type Bye, readBye, writeBye } from './bye.ts'
import { type ExtendedReport, readExtendedReport, writeExtendedReport } from './extended-report.ts'
import { type FullIntraRequest, readFullIntraRequest, writeFullIntraRequest } from './full-intra-request.ts'
import { type Nack, readNack, writeNack } from './nack.ts'
import { MAX_COUNT, PAYLOAD_FORMAT, RTCP_TYPE, TRANSPORT_FORMAT } from './packet-types.ts'
import { type PictureLossIndication, readPictureLoss, writePictureLoss } from './picture-loss.ts'
import { readReceiverReport, type ReceiverReport, writeReceiverReport } from './receiver-report.ts'
import { readRemb, type ReceiverEstimatedMaxBitrate, writeRemb } from './remb.ts'
import { readSenderReport, type SenderReport, writeSenderReport } from './sender-report.ts'
import { readSourceDescription, type SourceDescription, writeSourceDescription } from './source-description.ts'
import { readTransportFeedback, type TransportFeedback, writeTransportFeedback } from './twcc.ts'

/** One packet of a compound packet. */
export type RtcpPacket =
  | SenderReport
  | ReceiverReport
  | SourceDescription
  | Bye
  | Nack
  | PictureLossIndication
  | FullIntraRequest
  | ReceiverEstimatedMaxBitrate
  | TransportFeedback
  | ExtendedReport

/** Bounds of what `readRtcp` takes from a peer. */
export interface RtcpLimits {
  /** Of the compound packet; default 4,096, which is more than UDP brings unfragmented. */
  readonly maxBytes: number
  /** That one transport-wide feedback tells of; default 8,192, since runs make a great many of few bytes. */
  readonly maxStatuses: number
}

const MAX_BYTES = 4096
const MAX_STATUSES = 8192

/**
 * Reads a plain compound packet; one of reduced size may begin with any type. Types and feedback formats that we do not use are
 * passed over by their length. Throws ProtocolError `RTCP_TOO_LARGE`, `RTCP_SHORT`, `RTCP_VERSION`, `RTCP_PADDING` or
 * `RTCP_TWCC`; nothing of the compound packet counts then.
 *
 * @see RFC 3550 §6.1 and RFC 5506
 */
export function readRtcp(bytes: Uint8Array, limits: Partial<RtcpLimits> = {}): RtcpPacket[] {
  const { maxBytes = MAX_BYTES, maxStatuses = MAX_STATUSES } = limits
  if (bytes.length > maxBytes)
    throw new ProtocolError('RTCP_TOO_LARGE', `${bytes.length} bytes of RTCP, over ${maxBytes}`)
  const packets: RtcpPacket[] = []
  try {
    const compound = new ByteReader(bytes)
    do {
      const first = compound.u8()
      if (first >> 6 !== 2) throw new ProtocolError('RTCP_VERSION', `RTCP of version ${first >> 6}`)
      const type = compound.u8()
      const whole = compound.bytes(compound.u16() * 4)
      const body = new ByteReader(first & 0x20 ? withoutPadding(whole) : whole)
      const packet = readPacket(type, first & 0x1f, body, maxStatuses)
      if (packet) packets.push(packet)
    } while (compound.remaining > 0)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw new ProtocolError('RTCP_SHORT', 'an RTCP packet is cut short', { cause: error })
  }
  return packets
}

function withoutPadding(body: Uint8Array): Uint8Array {
  const padding = body.at(-1) ?? 0
  if (padding === 0 || padding > body.length) throw new ProtocolError('RTCP_PADDING', `${padding} bytes of padding`)
  return body.subarray(0, body.length - padding)
}

function readPacket(type: number, count: number, body: ByteReader, maxStatuses: number): RtcpPacket | undefined {
  switch (type) {
    case RTCP_TYPE.sr:
      return readSenderReport(body, count)
    case RTCP_TYPE.rr:
      return readReceiverReport(body, count)
    case RTCP_TYPE.sdes:
      return readSourceDescription(body, count)
    case RTCP_TYPE.bye:
      return readBye(body, count)
    case RTCP_TYPE.xr:
      return readExtendedReport(body)
    case RTCP_TYPE.transport:
      if (count === TRANSPORT_FORMAT.nack) return readNack(body)
      return count === TRANSPORT_FORMAT.twcc ? readTransportFeedback(body, maxStatuses) : undefined
    case RTCP_TYPE.payload:
      if (count === PAYLOAD_FORMAT.pli) return readPictureLoss(body)
      if (count === PAYLOAD_FORMAT.fir) return readFullIntraRequest(body)
      return count === PAYLOAD_FORMAT.application ? readRemb(body) : undefined
  }
  return undefined
}

/**
 * Writes a compound packet, in the order given. Throws InvariantError `RTCP_TOO_MANY` for a packet of more than 31 reports,
 * chunks or sources, `RTCP_TWCC` for arrivals too far apart.
 *
 * @returns memory of the caller
 */
export function writeRtcp(packets: readonly RtcpPacket[]): Uint8Array {
  const compound = new ByteWriter(256)
  const starts: { at: number; packet: RtcpPacket }[] = []
  for (const packet of packets) {
    starts.push({ at: compound.length, packet })
    writeHeader(compound, packet)
    writeBody(compound, packet)
  }
  const bytes = compound.finish()
  // the length is known once the body is written
  for (const [i, { at }] of starts.entries()) {
    const words = ((starts[i + 1]?.at ?? bytes.length) - at) / 4 - 1
    bytes[at + 2] = words >> 8
    bytes[at + 3] = words
  }
  return bytes
}

function writeHeader(writer: ByteWriter, packet: RtcpPacket): void {
  const [type, count] = headerOf(packet)
  if (count > MAX_COUNT) throw new InvariantError('RTCP_TOO_MANY', `${count} items in one ${packet.type}`)
  writer
    .u8(0x80 | count)
    .u8(type)
    .u16(0)
}

function headerOf(packet: RtcpPacket): readonly [type: number, count: number] {
  switch (packet.type) {
    case 'sr':
      return [RTCP_TYPE.sr, packet.reports.length]
    case 'rr':
      return [RTCP_TYPE.rr, packet.reports.length]
    case 'sdes':
      return [RTCP_TYPE.sdes, packet.chunks.length]
    case 'bye':
      return [RTCP_TYPE.bye, packet.ssrcs.length]
    case 'nack':
      return [RTCP_TYPE.transport, TRANSPORT_FORMAT.nack]
    case 'twcc':
      return [RTCP_TYPE.transport, TRANSPORT_FORMAT.twcc]
    case 'pli':
      return [RTCP_TYPE.payload, PAYLOAD_FORMAT.pli]
    case 'fir':
      return [RTCP_TYPE.payload, PAYLOAD_FORMAT.fir]
    case 'remb':
      return [RTCP_TYPE.payload, PAYLOAD_FORMAT.application]
    case 'xr':
      return [RTCP_TYPE.xr, 0]
    default:
      return unreachable(packet)
  }
}

function writeBody(writer: ByteWriter, packet: RtcpPacket): void {
  switch (packet.type) {
    case 'sr':
      return writeSenderReport(writer, packet)
    case 'rr':
      return writeReceiverReport(writer, packet)
    case 'sdes':
      return writeSourceDescription(writer, packet)
    case 'bye':
      return writeBye(writer, packet)
    case 'nack':
      return writeNack(writer, packet)
    case 'twcc':
      return writeTransportFeedback(writer, packet)
    case 'pli':
      return writePictureLoss(writer, packet)
    case 'fir':
      return writeFullIntraRequest(writer, packet)
    case 'remb':
      return writeRemb(writer, packet)
    case 'xr':
      return writeExtendedReport(writer, packet)
    default:
      return unreachable(packet)
  }
}
