import { readPesHeader } from './pes.ts'
import type { PesHeader } from './pes.ts'

/** A whole PES packet. */
export interface AssembledPes {
  readonly header: PesHeader
  /** Payload in memory of its own. */
  readonly data: Uint8Array
  readonly randomAccess: boolean
  /** Packets were lost inside it. */
  readonly damaged: boolean
}

/** What a larger buffer is given back for. */
const KEPT_BYTES = 65_536

/** Collects the PES packets of one PID, in a buffer of its own: views would keep the whole input alive. */
export class PesAssembler {
  readonly #maxBytes: number
  #buffer: Uint8Array = new Uint8Array(0)
  #length = 0
  #started = false
  #randomAccess = false
  #damaged = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Begins a PES packet; `finish` the one before first. */
  start(randomAccess: boolean): void {
    this.#reset()
    this.#started = true
    this.#randomAccess = randomAccess
  }

  /** Adds the payload of a packet. Returns false when the PES packet became too large and was dropped. */
  push(payload: Uint8Array): boolean {
    if (!this.#started) return true
    const length = this.#length + payload.length
    if (length > this.#maxBytes) {
      this.#reset()
      return false
    }
    if (length > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(length * 2, 1024))
      grown.set(this.#buffer.subarray(0, this.#length))
      this.#buffer = grown
    }
    this.#buffer.set(payload, this.#length)
    this.#length = length
    return true
  }

  /** Notes that a packet is missing. */
  damage(): void {
    this.#damaged = true
  }

  /** Whether all of a PES packet that tells its length is here. */
  get complete(): boolean {
    if (this.#length < 6) return false
    const packetBytes = (this.#buffer[4] ?? 0) * 256 + (this.#buffer[5] ?? 0) + 6
    return packetBytes > 6 && this.#length >= packetBytes
  }

  /** Whether a PES packet has begun. */
  get started(): boolean {
    return this.#started
  }

  /** Ends the PES packet. Undefined when it has no readable header. */
  finish(): AssembledPes | undefined {
    const bytes = this.#buffer.subarray(0, this.#length)
    const header = readPesHeader(bytes)
    const randomAccess = this.#randomAccess
    const short = header !== undefined && header.packetBytes > bytes.length
    const damaged = this.#damaged || short
    this.#reset()
    if (!header) return undefined
    const end = header.packetBytes === 0 || short ? bytes.length : header.packetBytes
    return { header, data: bytes.slice(header.headerBytes, end), randomAccess, damaged }
  }

  #reset(): void {
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = new Uint8Array(0)
    this.#length = 0
    this.#started = false
    this.#damaged = false
  }
}
