import type net from 'node:net'

import type { Sink } from '@millrace/hub'

/** High-water mark of sockets that the hub writes to: above any flush, so that no 'drain' bookkeeping runs per write. */
export const SOCKET_HIGH_WATER_BYTES = 4 * 1024 * 1024

/** How a socket takes the hub's bytes. */
export interface SocketSinkOptions {
  /** Whether the peer stays while nobody publishes. */
  waits: boolean
  /** Called once before the first bytes. */
  onBegin?: () => void
  /** Called once when the hub is done with the reader. */
  onEnd: (reason: string) => void
}

/** A hub sink that writes to a TCP or TLS socket as it is. */
export function socketSink(socket: net.Socket, { waits, onBegin, onEnd }: SocketSinkOptions): Sink {
  let begun = onBegin === undefined
  return {
    waits,
    write(bytes) {
      if (!begun) {
        begun = true
        onBegin?.()
      }
      socket.write(bytes)
    },
    get pendingBytes() {
      return socket.writableLength
    },
    end: onEnd,
  }
}

/** Lets the last bytes out, then cuts off a peer that doesn't take them. */
export function endSoftly(socket: net.Socket, graceMs = 5000): void {
  socket.end()
  socket.setTimeout(graceMs, () => socket.destroy())
}
