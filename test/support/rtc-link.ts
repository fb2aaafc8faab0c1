import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'

import type { Address } from '@millrace/core'

/** A way to a server that datagrams take, connected. */
export interface RtcLink {
  send(datagram: Uint8Array): void
  /** Goes on from another port, as behind a NAT that has forgotten; by UDP only. */
  move(): Promise<void>
  close(): void
}

/** @param onDatagram what is passed becomes the callee's */
export async function openUdpLink(to: Address, onDatagram: (datagram: Uint8Array) => void): Promise<RtcLink> {
  const open = async (): Promise<dgram.Socket> => {
    const socket = dgram.createSocket(net.isIPv6(to.ip) ? 'udp6' : 'udp4')
    socket.on('message', (datagram) => onDatagram(new Uint8Array(datagram)))
    // a server that has gone answers by ICMP
    socket.on('error', () => {})
    socket.connect(to.port, to.ip)
    await once(socket, 'connect')
    return socket
  }
  let socket = await open()
  let closed = false
  return {
    send: (datagram) => {
      if (!closed) socket.send(datagram, () => {})
    },
    async move() {
      const before = socket
      socket = await open()
      before.close()
    },
    close() {
      if (closed) return
      closed = true
      // behind what was handed to it before
      setImmediate(() => socket.close())
    },
  }
}

/** Datagrams in a connection, each behind its length. @see RFC 4571 §2 */
export async function openTcpLink(to: Address, onDatagram: (datagram: Uint8Array) => void): Promise<RtcLink> {
  const socket = net.connect({ host: to.ip, port: to.port, noDelay: true })
  await once(socket, 'connect')
  let received = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE()) {
      const end = 2 + received.readUInt16BE()
      onDatagram(Uint8Array.from(received.subarray(2, end)))
      received = received.subarray(end)
    }
  })
  return {
    send: (datagram) => {
      socket.write(Uint8Array.of(datagram.length >> 8, datagram.length & 0xff))
      socket.write(datagram)
    },
    move: async () => {},
    close: () => void socket.end(),
  }
}
