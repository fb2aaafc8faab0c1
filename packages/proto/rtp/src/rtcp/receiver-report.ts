import type { ByteReader, ByteWriter } from '@millrace/bytes'

import { readReportBlocks, type ReportBlock, writeReportBlocks } from './report-block.ts'

/** What a receiver that sends nothing has received. @see RFC 3550 §6.4.2 */
export interface ReceiverReport {
  readonly type: 'rr'
  /** Of the receiver. */
  readonly ssrc: number
  /** At most 31. */
  readonly reports: readonly ReportBlock[]
}

/** @param count of the header */
export function readReceiverReport(body: ByteReader, count: number): ReceiverReport {
  return { type: 'rr', ssrc: body.u32(), reports: readReportBlocks(body, count) }
}

export function writeReceiverReport(writer: ByteWriter, packet: ReceiverReport): void {
  writer.u32(packet.ssrc)
  writeReportBlocks(writer, packet.reports)
}
