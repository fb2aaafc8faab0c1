import type net from 'node:net'

import type { Logger } from '@millrace/core'
import type { Hub, Packaging } from '@millrace/hub'

import { socketSink } from '../io/socket-sink.ts'
import type { PlayerInfo, Players } from './players.ts'

export interface PlayOptions {
  hub: Hub
  players: Players
  /** Who plays what. */
  viewer: Omit<PlayerInfo, 'bytes' | 'kick'>
  packaging: Packaging
  socket: net.Socket
  /** For the log lines. */
  logger: Logger
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
  const { hub, players, viewer, packaging, socket, logger, open, begin, end, onGone } = options
  const stream = hub.open(viewer.key)
  const startedAtMs = performance.now()
  let begun = false
  const giveUp = setTimeout(() => stream.leave(reader, 'HUB_STREAM_NOT_LIVE'), stream.reconnectWindowMs)

  const player = players.join({
    ...viewer,
    bytes: () => reader.bytes,
    kick: (code) => stream.leave(reader, code),
  })
  const { protocol: proto, client } = viewer
  // not a child logger, which is larger
  const fields = { cid: player.clientId, proto, peer: client.ip, stream: stream.id, viewer: player.id }
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
        player.leave()
        if (reason !== PEER_CLOSED) end(begun)
        const durationMs = Math.round(performance.now() - startedAtMs)
        const { bytes, jumps } = reader
        logger.info({ ...fields, reason, bytes, jumps, duration_ms: durationMs }, 'play ended')
      },
    }),
  )
  logger.info(fields, 'play started')
  onGone(() => stream.leave(reader, PEER_CLOSED))
}
