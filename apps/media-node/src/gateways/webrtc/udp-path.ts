import type { Address } from '@millrace/core'
import type { Path, PeerAddress } from '@millrace/webrtc'

import type { PacketSender, PacketTarget } from '../../io/packet-engine/packet-engine.ts'

/** The way to a peer by UDP. */
export class UdpPath implements Path {
  /** As people write it: IPv4 that came in over IPv6 as IPv4. */
  readonly address: PeerAddress
  /** As the socket wants it. */
  readonly destination: Address
  readonly #sender: PacketSender

  constructor(destination: Address, sender: PacketSender) {
    this.destination = destination
    this.address = { transport: 'udp', ip: destination.ip.replace(/^::ffff:/, ''), port: destination.port }
    this.#sender = sender
  }

  send(datagram: Uint8Array): void {
    this.#sender.send(datagram, this.destination)
    this.#sender.flush()
  }
}

/** Where the engine sends what goes by a path. */
export function destinationOf(path: Path): PacketTarget['destination'] {
  return path instanceof UdpPath ? path.destination : (datagram) => path.send(datagram)
}
