import { crc32Mpeg } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

/** Magic, version, flags, granule position, serial, number, checksum, number of segments. @see RFC 3533 §6 */
const HEADER_BYTES = 27
const MAGIC = 0x4f676753
const FIRST_PAGE = 2
const MAX_LACING = 255
/** An Opus packet of 120 ms has no more. */
const MAX_PACKET_BYTES = 61_440

/** Writes pages of one packet each. */
export class OggWriter {
  #pages = 0

  /**
   * @param granule samples of 48 kHz up to the end of the packet; 0 for headers
   * @throws FormatError `OGG_PACKET` for a packet that does not fit a page
   */
  page(packet: Uint8Array, granule: number): Uint8Array {
    const segments = Math.floor(packet.length / MAX_LACING) + 1
    if (segments > MAX_LACING) throw new FormatError('OGG_PACKET', `a packet of ${packet.length} bytes`)
    const page = new Uint8Array(HEADER_BYTES + segments + packet.length)
    const view = new DataView(page.buffer)
    view.setUint32(0, MAGIC)
    view.setUint8(5, this.#pages === 0 ? FIRST_PAGE : 0)
    view.setBigUint64(6, BigInt(granule), true)
    view.setUint32(14, 1, true)
    view.setUint32(18, this.#pages++, true)
    view.setUint8(26, segments)
    page.fill(MAX_LACING, HEADER_BYTES, HEADER_BYTES + segments - 1)
    page[HEADER_BYTES + segments - 1] = packet.length % MAX_LACING
    page.set(packet, HEADER_BYTES + segments)
    view.setUint32(22, crc32Mpeg(page, 0), true)
    return page
  }
}

/** Reads the packets of a file of one stream, as it comes. */
export class OggReader {
  #bytes = new Uint8Array(0)
  /** The beginning of a packet that goes on in the next page. */
  #begun: Uint8Array[] = []
  #begunBytes = 0

  /**
   * The packets that are whole now. They are views of bytes that nothing else refers to.
   *
   * @throws FormatError `OGG_SYNC` where a page should begin and doesn't, `OGG_PACKET` for one of more than 60 KiB
   */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    const bytes = new Uint8Array(this.#bytes.length + chunk.length)
    bytes.set(this.#bytes)
    bytes.set(chunk, this.#bytes.length)
    const packets: Uint8Array[] = []
    let at = 0
    for (let end = pageEnd(bytes, at); end !== undefined; end = pageEnd(bytes, at)) {
      this.#readPage(bytes.subarray(at, end), packets)
      at = end
    }
    this.#bytes = bytes.subarray(at)
    return packets
  }

  #readPage(page: Uint8Array, packets: Uint8Array[]): void {
    const segments = page[26] ?? 0
    let at = HEADER_BYTES + segments
    for (const lacing of page.subarray(HEADER_BYTES, HEADER_BYTES + segments)) {
      this.#begun.push(page.subarray(at, at + lacing))
      this.#begunBytes += lacing
      at += lacing
      if (this.#begunBytes > MAX_PACKET_BYTES) throw new FormatError('OGG_PACKET', 'a packet that does not end')
      if (lacing === MAX_LACING) continue
      packets.push(joined(this.#begun, this.#begunBytes))
      this.#begun = []
      this.#begunBytes = 0
    }
  }
}

/** Where the page at `at` ends; undefined when it isn't whole. */
function pageEnd(bytes: Uint8Array, at: number): number | undefined {
  if (bytes.length - at < HEADER_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset + at)
  if (view.getUint32(0) !== MAGIC) throw new FormatError('OGG_SYNC', 'no Ogg page')
  const table = at + HEADER_BYTES
  const segments = view.getUint8(26)
  if (bytes.length < table + segments) return undefined
  let end = table + segments
  for (const lacing of bytes.subarray(table, table + segments)) end += lacing
  return end <= bytes.length ? end : undefined
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const packet = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    packet.set(part, at)
    at += part.length
  }
  return packet
}
