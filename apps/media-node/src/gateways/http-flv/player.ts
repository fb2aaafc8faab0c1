import type net from 'node:net'

import type { Protocol } from '@millrace/contracts'
import type { Logger } from '@millrace/core'
import type { Hub, Packaging, StreamKey } from '@millrace/hub'

import { socketSink } from '../../io/socket-sink.ts'

export interface PlayOptions {
  hub: Hub
  key: StreamKey
  packaging: Packaging
  socket: net.Socket
  /** For the log lines. */
  logger: Logger
  protocol: Protocol
  peer: string
  /** Whether the peer may still be sent anything, default always. */
  open?: () => boolean
  /** Called once before the first media byte: the answer's status line may still be chosen until then. */
  begin: () => void
  /** Called once when the hub is done with the player; not `begun` when nobody published within the reconnect window. */
  end: (begun: boolean) => void
  /** Registers what to do when the peer has gone. */
  onGone: (leave: () => void) => void
}

const PEER_CLOSED = 'PEER_CLOSED'

/** Connects a socket to a stream, until either goes. Waits a while for a stream that isn't published yet. */
export function play(options: PlayOptions): void {
  const { hub, key, packaging, socket, logger, protocol, peer, open, begin, end, onGone } = options
  const stream = hub.open(key)
  const startedAtMs = performance.now()
  let begun = false
  const giveUp = setTimeout(() => stream.leave(reader, 'HUB_STREAM_NOT_LIVE'), hub.options.reconnectWindowMs)

  const reader = stream.read(
    packaging,
    socketSink(socket, {
      waits: false,
      ...(open && { open }),
      onBegin() {
        begun = true
        clearTimeout(giveUp)
        begin()
      },
      onEnd(reason) {
        clearTimeout(giveUp)
        if (reason !== PEER_CLOSED) end(begun)
        const durationMs = Math.round(performance.now() - startedAtMs)
        logger.info(
          {
            proto: protocol,
            peer,
            stream: stream.id,
            reason,
            bytes: reader.bytes,
            jumps: reader.jumps,
            duration_ms: durationMs,
          },
          'play ended',
        )
      },
    }),
  )
  logger.info({ proto: protocol, peer, stream: stream.id }, 'play started')
  onGone(() => stream.leave(reader, PEER_CLOSED))
}
