import type net from 'node:net'

import type { Path, PeerAddress } from '@millrace/webrtc'

import { peerAddress } from '../../io/http.ts'

/** Bytes that may wait for a peer before packets for it are dropped, as a full network would. */
const MAX_WAITING_BYTES = 512 * 1024
/** A connection that says nothing for so long is none. */
const IDLE_MS = 30_000
const LENGTH_BYTES = 2

/** The way to a peer by TCP: each datagram behind its length. @see RFC 4571 §2 and RFC 6544 */
export class TcpPath implements Path {
  readonly address: PeerAddress
  /** What the connection is known by. */
  readonly name: string
  readonly #socket: net.Socket
  readonly #onDatagram: (datagram: Uint8Array) => void
  #received: Buffer = Buffer.alloc(0)

  /** @param onDatagram what is passed becomes the callee's */
  constructor(socket: net.Socket, onDatagram: (datagram: Uint8Array) => void) {
    const { remotePort: port = 0 } = socket
    this.address = { transport: 'tcp', ip: peerAddress(socket.remoteAddress), port }
    this.name = `tcp|${this.address.ip}|${port}`
    this.#socket = socket
    this.#onDatagram = onDatagram
    socket.setTimeout(IDLE_MS, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
  }

  send(datagram: Uint8Array): void {
    if (this.#socket.destroyed || this.#socket.writableLength > MAX_WAITING_BYTES) return
    const framed = Buffer.allocUnsafe(LENGTH_BYTES + datagram.length)
    framed.writeUInt16BE(datagram.length)
    framed.set(datagram, LENGTH_BYTES)
    this.#socket.write(framed)
  }

  #take(chunk: Buffer): void {
    let bytes = this.#received.length > 0 ? Buffer.concat([this.#received, chunk]) : chunk
    while (bytes.length >= LENGTH_BYTES && !this.#socket.destroyed) {
      const end = LENGTH_BYTES + bytes.readUInt16BE()
      if (bytes.length < end) break
      // it will be written to, and kept
      if (end > LENGTH_BYTES) this.#onDatagram(Uint8Array.from(bytes.subarray(LENGTH_BYTES, end)))
      bytes = bytes.subarray(end)
    }
    this.#received = bytes
  }
}
