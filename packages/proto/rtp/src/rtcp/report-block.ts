import type { ByteReader, ByteWriter } from '@millrace/bytes'

/** What a receiver says of one source. @see RFC 3550 §6.4.1 */
export interface ReportBlock {
  readonly ssrc: number
  /** Since the report before, in 1/256. */
  readonly fractionLost: number
  /** Since the beginning, signed 24 bits; negative when duplicates outnumber losses. */
  readonly cumulativeLost: number
  /** Highest sequence number, with the wraps counted in the upper 16 of 32 bits. */
  readonly highestSequence: number
  /** In ticks of the RTP clock. */
  readonly jitter: number
  /** Middle 32 bits of the NTP time of the last sender report; 0 before the first. */
  readonly lastSenderReport: number
  /** From that report to this one, in 2^-16 seconds. */
  readonly delaySinceLastSenderReport: number
}

/** @see RFC 3550 §6.4.1 */
export function readReportBlocks(body: ByteReader, count: number): ReportBlock[] {
  const blocks: ReportBlock[] = []
  for (let i = 0; i < count; i++) {
    const ssrc = body.u32()
    const fractionLost = body.u8()
    blocks.push({
      ssrc,
      fractionLost,
      cumulativeLost: body.i24(),
      highestSequence: body.u32(),
      jitter: body.u32(),
      lastSenderReport: body.u32(),
      delaySinceLastSenderReport: body.u32(),
    })
  }
  return blocks
}

/** @see RFC 3550 §6.4.1 */
export function writeReportBlocks(writer: ByteWriter, blocks: readonly ReportBlock[]): void {
  for (const block of blocks) {
    writer.u32(block.ssrc).u8(block.fractionLost).u24(block.cumulativeLost).u32(block.highestSequence)
    writer.u32(block.jitter).u32(block.lastSenderReport).u32(block.delaySinceLastSenderReport)
  }
}
