import type net from 'node:net'
import type { Duplex } from 'node:stream'

import type { Sink } from '@millrace/hub'

/** High-water mark of sockets that the hub writes to: above any flush, so that no 'drain' bookkeeping runs per write. */
export const SOCKET_HIGH_WATER_BYTES = 4 * 1024 * 1024

/** How a socket takes the hub's bytes. */
export interface SocketSinkOptions {
  /** Whether the peer stays while nobody publishes. */
  waits: boolean
  /** Whether bytes may still be sent, default always: a protocol on the socket may be over before the socket is. */
  open?: () => boolean
  /** Called once before the first bytes. */
  onBegin?: () => void
  /** Called once when the hub is done with the reader. */
  onEnd: (reason: string) => void
}

const NOTHING = new Uint8Array(0)

/** A hub sink that writes to a TCP or TLS socket as it is. */
export function socketSink(socket: net.Socket, { waits, open, onBegin, onEnd }: SocketSinkOptions): Sink {
  let begun = onBegin === undefined
  return {
    waits,
    write(bytes) {
      if (open?.() === false) return
      if (!begun) {
        begun = true
        onBegin?.()
      }
      socket.write(bytes)
    },
    whenTaken(task) {
      // the socket tells of a write's end only, so the news come by a write of nothing behind all others
      socket.write(NOTHING, (error) => {
        if (!error) task()
      })
    },
    get pendingBytes() {
      return socket.writableLength
    },
    end: onEnd,
  }
}

/** Lets the last bytes out, then cuts off a peer that doesn't take them or doesn't go, whatever it still sends. */
export function endSoftly(socket: Duplex, graceMs = 5000): void {
  if (socket.destroyed) return
  socket.end()
  const timer = setTimeout(() => socket.destroy(), graceMs).unref()
  socket.once('close', () => clearTimeout(timer))
}
