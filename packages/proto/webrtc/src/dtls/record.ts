import { DTLS_1_2 } from './protocol.ts'

/** Bytes before the content. */
export const RECORD_HEADER_BYTES = 13

/** One record of a datagram; the content shares its memory. */
export interface DtlsRecord {
  readonly type: number
  readonly version: number
  readonly epoch: number
  /** 48 bits. */
  readonly sequence: number
  readonly content: Uint8Array
}

/**
 * The records of a datagram, up to the first that is none: what cannot be one is passed over without a word.
 *
 * @see RFC 6347 §4.1, §4.1.2.7
 */
export function readRecords(datagram: Uint8Array): DtlsRecord[] {
  const records: DtlsRecord[] = []
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length)
  for (let at = 0; at + RECORD_HEADER_BYTES <= datagram.length;) {
    const from = at + RECORD_HEADER_BYTES
    const to = from + view.getUint16(at + 11)
    const version = view.getUint16(at + 1)
    if (version >> 8 !== DTLS_1_2 >> 8 || to > datagram.length) break
    records.push({
      type: view.getUint8(at),
      version,
      epoch: view.getUint16(at + 3),
      sequence: view.getUint16(at + 5) * 2 ** 32 + view.getUint32(at + 7),
      content: datagram.subarray(from, to),
    })
    at = to
  }
  return records
}

/** A record with its header. */
export function writeRecord({ type, version, epoch, sequence, content }: DtlsRecord): Uint8Array {
  const record = new Uint8Array(RECORD_HEADER_BYTES + content.length)
  const view = new DataView(record.buffer)
  view.setUint8(0, type)
  view.setUint16(1, version)
  view.setUint16(3, epoch)
  view.setUint16(5, Math.floor(sequence / 2 ** 32))
  view.setUint32(7, sequence % 2 ** 32)
  view.setUint16(11, content.length)
  record.set(content, RECORD_HEADER_BYTES)
  return record
}
