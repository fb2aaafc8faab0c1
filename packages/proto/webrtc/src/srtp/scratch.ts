/** Of the longest UDP datagram there is, with room for a tag and a last block. */
const PACKET_BYTES = 65_536 + 64

/** Where the packet begins in the scratch: the inner pad of an HMAC-SHA1 fits before it. */
export const PACKET_OFFSET = 64

/** Memory in which all ciphers of an engine work, one packet at a time. */
export interface SrtpScratch {
  readonly bytes: Uint8Array
  readonly view: DataView
  /** The same memory. */
  readonly words: Uint32Array
  /** Blocks to encrypt. */
  readonly counters: Uint8Array
  readonly counterView: DataView
}

/** Makes the memory that the ciphers of one engine share. */
export function makeScratch(): SrtpScratch {
  const memory = new ArrayBuffer(PACKET_OFFSET + PACKET_BYTES)
  const counters = new Uint8Array(PACKET_BYTES)
  return {
    bytes: new Uint8Array(memory),
    view: new DataView(memory),
    words: new Uint32Array(memory),
    counters,
    counterView: new DataView(counters.buffer),
  }
}
