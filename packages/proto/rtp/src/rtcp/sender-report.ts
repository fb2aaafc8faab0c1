import type { ByteReader, ByteWriter } from '@millrace/bytes'

import type { NtpTime } from '../ntp.ts'
import { readReportBlocks, type ReportBlock, writeReportBlocks } from './report-block.ts'

/** What a sender has sent, and which of its RTP timestamps is which time. @see RFC 3550 §6.4.1 */
export interface SenderReport {
  readonly type: 'sr'
  readonly ssrc: number
  readonly ntp: NtpTime
  /** The same time by the RTP clock, 32 bits. */
  readonly rtpTimestamp: number
  /** Since the beginning, the lower 32 bits. */
  readonly packets: number
  /** Of payload since the beginning, the lower 32 bits. */
  readonly octets: number
  /** At most 31. */
  readonly reports: readonly ReportBlock[]
}

/** @param count of the header */
export function readSenderReport(body: ByteReader, count: number): SenderReport {
  return {
    type: 'sr',
    ssrc: body.u32(),
    ntp: { seconds: body.u32(), fraction: body.u32() },
    rtpTimestamp: body.u32(),
    packets: body.u32(),
    octets: body.u32(),
    reports: readReportBlocks(body, count),
  }
}

export function writeSenderReport(writer: ByteWriter, packet: SenderReport): void {
  writer.u32(packet.ssrc).u32(packet.ntp.seconds).u32(packet.ntp.fraction).u32(packet.rtpTimestamp)
  writer.u32(packet.packets).u32(packet.octets)
  writeReportBlocks(writer, packet.reports)
}
