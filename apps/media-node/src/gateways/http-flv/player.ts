import type net from 'node:net'

import type { Protocol } from '@millrace/contracts'
import type { Logger } from '@millrace/core'
import type { Hub, Packaging, StreamKey } from '@millrace/hub'

import { endSoftly, socketSink } from '../../io/socket-sink.ts'

export interface PlayOptions {
  hub: Hub
  key: StreamKey
  packaging: Packaging
  socket: net.Socket
  /** For the log lines. */
  logger: Logger
  protocol: Protocol
  peer: string
  /** Called once before the first media byte: the answer's status line may still be chosen until then. */
  begin: () => void
  /** Called instead of `begin` when nobody publishes within the reconnect window. */
  refuse: (message: string) => void
}

/** Connects a socket to a stream, until either goes. Waits a while for a stream that isn't published yet. */
export function play({ hub, key, packaging, socket, logger, protocol, peer, begin, refuse }: PlayOptions): void {
  const stream = hub.open(key)
  const startedAtMs = performance.now()
  let begun = false
  const giveUp = setTimeout(() => stream.leave(reader, 'HUB_STREAM_NOT_LIVE'), hub.options.reconnectWindowMs)

  const reader = stream.read(
    packaging,
    socketSink(socket, {
      waits: false,
      onBegin() {
        begun = true
        clearTimeout(giveUp)
        begin()
      },
      onEnd(reason) {
        clearTimeout(giveUp)
        if (begun) endSoftly(socket)
        else refuse('this stream is not live')
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
  socket.once('close', () => stream.leave(reader, 'PEER_CLOSED'))
}
