import type net from 'node:net'

import { CodedError, errorCode, InvariantError, type Logger } from '@millrace/core'
import type { LiveStream, PacketClock, PacketListener, PacketSource } from '@millrace/hub'
import type { MediaPacket, PacketTrack } from '@millrace/media'

import { sendRaw, text, type UpgradeHandler } from '../../io/http.ts'
import { PACKET_RELAY_PROTOCOL, type PacketRelayMessage } from '../../io/packet-relay/messages.ts'
import { PacketRelayReader } from '../../io/packet-relay/reader.ts'
import { writePacketRelayMessage } from '../../io/packet-relay/writer.ts'
import { endSoftly } from '../../io/socket-sink.ts'
import { askedBy, relayPath, type RelayDeps } from './relay-request.ts'

/** A node that is so far behind is cut off; it begins anew with a key frame. */
const MAX_PENDING_BYTES = 4 * 1024 * 1024
/** A node hears from us at least this often, so that silence means that we are gone. */
const ALIVE_MS = 1000

const ACCEPTED = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${PACKET_RELAY_PROTOCOL}\r\n\r\n`

export interface PacketRelayDeps extends RelayDeps {
  logger: Logger
}

/**
 * `GET /relay/v1/vhost/app/stream.rtp` with `Upgrade: millrace-packets`: the RTP packets of a stream that is published here by
 * WebRTC, for another node with a token of the control plane, and that node's requests for key frames. A stream without packets
 * of its own is 404: whoever fetches its frames can make packets of them.
 */
export function createPacketRelay(deps: PacketRelayDeps): UpgradeHandler {
  return (request, duplex, head) => {
    const key = relayPath(request.path, 'rtp')
    if (!key || request.raw.headers.upgrade?.toLowerCase() !== PACKET_RELAY_PROTOCOL) return false
    const asked = askedBy(request, key, deps)
    if (asked.refusal) sendRaw(duplex, asked.refusal)
    else if (!hasPackets(asked.stream)) sendRaw(duplex, text(404, 'this stream is not published in packets'))
    else {
      const { stream, node } = asked
      const logger = deps.logger.child({ proto: 'relay', peer: request.ip, node, stream: stream.id })
      const { socket } = request.raw
      const mayGoOn = (): boolean => stream.publication !== undefined && !deps.relayed(stream) && hasPackets(stream)
      new PacketRelay({ stream, socket, mayGoOn, logger }).open(head)
    }
    return true
  }
}

const hasPackets = ({ packets: { source } }: LiveStream): boolean => source !== undefined && !source.bridged

interface PacketRelayOptions {
  readonly stream: LiveStream
  readonly socket: net.Socket
  /** Whether the stream is still this node's, and has packets of its own. */
  readonly mayGoOn: () => boolean
  readonly logger: Logger
}

/** One node that gets a stream's packets. */
class PacketRelay implements PacketListener {
  readonly #options: PacketRelayOptions
  readonly #reader = new PacketRelayReader()
  #source: PacketSource | undefined
  #tracks: readonly PacketTrack[] = []
  /** As the node was told last, by track, then by layer. */
  #clocks: (PacketClock | undefined)[][] = []
  #unlisten: (() => void) | undefined
  #aliveTimer: NodeJS.Timeout | undefined
  #silent = true
  #corked = false
  #packets = 0
  #over = false

  constructor(options: PacketRelayOptions) {
    this.#options = options
  }

  open(head: Uint8Array): void {
    const { socket, stream, logger } = this.#options
    socket.setNoDelay(true)
    socket.write(ACCEPTED)
    logger.info({}, 'packet relay started')
    socket.on('data', (chunk: Buffer) => this.#heard(chunk))
    socket.once('end', () => this.#end('PEER_CLOSED'))
    socket.once('close', () => this.#end('PEER_CLOSED'))
    this.#aliveTimer = setInterval(() => this.#sayAlive(), ALIVE_MS)
    this.#unlisten = stream.packets.listen(this)
    this.#heard(head)
  }

  // --- what the plane says ---

  started(source: PacketSource): void {
    if (source.bridged) return
    this.#source = source
    this.#tracks = source.tracks
    this.#clocks = source.tracks.map(() => [])
    this.#send({ type: 'tracks', tracks: source.tracks })
  }

  packet({ track: of, layer, marker, key, sequence, timestamp, payload }: MediaPacket): void {
    const track = this.#tracks.indexOf(of)
    if (track < 0) return
    if (this.#options.socket.writableLength > MAX_PENDING_BYTES) return this.#end('RELAY_SLOW')
    const clock = this.#source?.clockOf(of, layer)
    const told = this.#clocks[track] as (PacketClock | undefined)[]
    if (clock && clock !== told[layer]) {
      told[layer] = clock
      this.#send({ type: 'clock', track, layer, ...clock })
    }
    this.#packets++
    this.#send({ type: 'packet', track, layer, marker, key, sequence, timestamp, payload })
  }

  stopped(): void {
    this.#source = undefined
    this.#tracks = []
    // a publisher that takes the stream over on this node comes at once
    setImmediate(() => {
      if (!this.#options.mayGoOn()) this.#end('RELAY_PUBLISHER_LEFT')
    })
  }

  #heard(chunk: Uint8Array): void {
    if (this.#over) return
    try {
      for (const message of this.#reader.push(chunk)) {
        const track = message.type === 'key-frame' ? this.#tracks[message.track] : undefined
        if (message.type === 'key-frame' && track?.layers[message.layer])
          this.#options.stream.packets.requestKeyFrame(track, message.layer)
      }
    } catch (error) {
      if (!(error instanceof CodedError) || error instanceof InvariantError) throw error
      this.#end(errorCode(error))
    }
  }

  #send(message: PacketRelayMessage): void {
    const { socket } = this.#options
    this.#silent = false
    if (!this.#corked) {
      // all of one turn of the event loop goes out together
      this.#corked = true
      socket.cork()
      setImmediate(() => {
        this.#corked = false
        socket.uncork()
      })
    }
    socket.write(writePacketRelayMessage(message))
  }

  #sayAlive(): void {
    if (this.#silent) this.#send({ type: 'alive' })
    this.#silent = true
  }

  #end(reason: string): void {
    if (this.#over) return
    this.#over = true
    clearInterval(this.#aliveTimer)
    this.#tracks = []
    this.#unlisten?.()
    const { socket, logger } = this.#options
    logger.info({ reason, bytes: socket.bytesWritten, packets: this.#packets }, 'packet relay ended')
    endSoftly(socket)
  }
}
