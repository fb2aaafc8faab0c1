import { ByteReader, type ByteWriter } from '@millrace/bytes'

import type { NtpTime } from '../ntp.ts'

/** What lets a receiver that sends nothing measure the round trip. @see RFC 3611 §2 */
export interface ExtendedReport {
  readonly type: 'xr'
  readonly ssrc: number
  /** In order; blocks of other kinds are passed over. */
  readonly blocks: readonly ExtendedReportBlock[]
}

export type ExtendedReportBlock = ReceiverReferenceTime | DelaySinceLastReceiverReference

/** The receiver's time. @see RFC 3611 §4.4 */
export interface ReceiverReferenceTime {
  readonly type: 'rrtr'
  readonly ntp: NtpTime
}

/** A sender's answer to receivers' times. @see RFC 3611 §4.5 */
export interface DelaySinceLastReceiverReference {
  readonly type: 'dlrr'
  readonly reports: readonly ReferenceDelay[]
}

export interface ReferenceDelay {
  /** Of the receiver. */
  readonly ssrc: number
  /** Middle 32 bits of its reference time; 0 before the first. */
  readonly lastReference: number
  /** From then to this report, in 2^-16 seconds. */
  readonly delaySinceLastReference: number
}

const RRTR = 4
const DLRR = 5

export function readExtendedReport(body: ByteReader): ExtendedReport {
  const ssrc = body.u32()
  const blocks: ExtendedReportBlock[] = []
  while (body.remaining > 0) {
    const type = body.u8()
    body.skip(1)
    const block = new ByteReader(body.bytes(body.u16() * 4))
    if (type === RRTR) blocks.push({ type: 'rrtr', ntp: { seconds: block.u32(), fraction: block.u32() } })
    else if (type === DLRR) blocks.push({ type: 'dlrr', reports: readDelays(block) })
  }
  return { type: 'xr', ssrc, blocks }
}

function readDelays(block: ByteReader): ReferenceDelay[] {
  const reports: ReferenceDelay[] = []
  while (block.remaining > 0) {
    reports.push({ ssrc: block.u32(), lastReference: block.u32(), delaySinceLastReference: block.u32() })
  }
  return reports
}

export function writeExtendedReport(writer: ByteWriter, packet: ExtendedReport): void {
  writer.u32(packet.ssrc)
  for (const block of packet.blocks) {
    if (block.type === 'rrtr') {
      writer.u8(RRTR).u8(0).u16(2).u32(block.ntp.seconds).u32(block.ntp.fraction)
      continue
    }
    writer
      .u8(DLRR)
      .u8(0)
      .u16(block.reports.length * 3)
    for (const { ssrc, lastReference, delaySinceLastReference } of block.reports) {
      writer.u32(ssrc).u32(lastReference).u32(delaySinceLastReference)
    }
  }
}
