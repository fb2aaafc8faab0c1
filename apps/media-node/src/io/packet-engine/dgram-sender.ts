import type dgram from 'node:dgram'
import net from 'node:net'

import type { Address } from '@millrace/core'

import type { OutgoingPacket, PacketSender, PacketTarget, TargetOptions } from './packet-engine.ts'
import { RTP_HEADER_BYTES, writeTargetHeader } from './target-header.ts'

/** Of the longest UDP datagram there is. */
const PACKET_BYTES = 65_535

/** A sender for sessions of any engine that hands each datagram to Node at once: there is nothing to flush. */
export class DgramSender implements PacketSender {
  readonly counters = { sent: 0, unsent: 0 }
  readonly #socket: dgram.Socket
  readonly #ipv6: boolean
  readonly #packet = new Uint8Array(PACKET_BYTES)
  readonly #view = new DataView(this.#packet.buffer)
  readonly #count = (error: Error | null): void => {
    if (error) this.counters.unsent++
    else this.counters.sent++
  }
  #closed = false

  constructor(socket: dgram.Socket) {
    this.#socket = socket
    this.#ipv6 = socket.address().family === 'IPv6'
  }

  target({ session, ssrc, payloadType }: TargetOptions): PacketTarget {
    return {
      session,
      ssrc,
      payloadType,
      destination: undefined,
      sequenceOffset: 0,
      timestampOffset: 0,
      extension: new Uint8Array(),
    }
  }

  fanOut(packets: readonly OutgoingPacket[], targets: readonly PacketTarget[]): void {
    for (const target of targets) for (const packet of packets) this.#sendTo(target, packet)
  }

  send(datagram: Uint8Array, { ip, port }: Address): void {
    if (this.#closed) {
      this.counters.unsent++
      return
    }
    const host = this.#ipv6 && net.isIPv4(ip) ? `::ffff:${ip}` : ip
    try {
      // Node sends it later, when the memory may have the next packet
      this.#socket.send(new Uint8Array(datagram), port, host, this.#count)
    } catch {
      // the socket was closed before
      this.counters.unsent++
    }
  }

  flush(): void {}

  #sendTo(target: PacketTarget, packet: OutgoingPacket): void {
    const { destination, session } = target
    const { payload } = packet
    if (destination === undefined || session.closed || this.#closed) return
    if (RTP_HEADER_BYTES + target.extension.length + payload.length > PACKET_BYTES) {
      this.counters.unsent++
      return
    }
    const index = packet.sequence + target.sequenceOffset
    const headerBytes = writeTargetHeader(this.#view, this.#packet, 0, packet, target, index)
    this.#packet.set(payload, headerBytes)
    const datagram = session.protectRtp(this.#packet.subarray(0, headerBytes + payload.length), index)
    if (typeof destination === 'function') destination(datagram)
    else this.send(datagram, destination)
  }

  close(): void {
    this.#closed = true
  }
}
