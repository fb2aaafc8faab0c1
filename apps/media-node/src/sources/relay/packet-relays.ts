import { backoffMs, errorCode, errorMessage, ProtocolError, type CodedError, type Logger } from '@millrace/core'
import type { LiveStream, PacketFeed } from '@millrace/hub'
import type { PacketTrack } from '@millrace/media'

import type { PacketRelayMessage } from '../../io/packet-relay/messages.ts'
import type { Directory, FirstPlayer, Origin } from './origin.ts'
import { PacketConnection } from './packet-connection.ts'
import { RelayedPackets } from './relayed-packets.ts'

/** Delays between searches for packets that are nowhere: a publisher may come, or come by WebRTC the next time. */
const SEARCH = { baseMs: 500, maxMs: 10_000 } as const
/** Whom the packets are for. */
const PLAYER: FirstPlayer = { protocol: 'webrtc', client: { ip: '' } }

export interface PacketRelaysDeps {
  directory: Directory
  /** Whether a stream's frames come from another node. */
  relayed: (stream: LiveStream) => boolean
  /** Whether packets of a stream are to be expected has changed. */
  expectationChanged: (stream: LiveStream) => void
  logger: Logger
}

/** A stream whose packets somebody wants here. */
interface Wanted {
  readonly stream: LiveStream
  /** `deciding` until the first search has come to an end, `away` while there is nothing to fetch. */
  state: 'deciding' | 'connecting' | 'live' | 'away'
  failures: number
  timer: NodeJS.Timeout | undefined
  connection: PacketConnection | undefined
  source: RelayedPackets | undefined
  feed: PacketFeed | undefined
}

/**
 * Fetches the RTP packets of streams that are published at another node by WebRTC: each once, for any number of players, while
 * anybody wants packets. The frames of the same streams are fetched for themselves.
 */
export class PacketRelays {
  readonly #deps: PacketRelaysDeps
  readonly #wanted = new Map<LiveStream, Wanted>()

  constructor(deps: PacketRelaysDeps) {
    this.#deps = deps
  }

  /** Whether packets may come from another node soon, so that none need be made of frames yet. */
  expects(stream: LiveStream): boolean {
    const wanted = this.#wanted.get(stream)
    return wanted !== undefined && wanted.state !== 'away'
  }

  /** The packets of a stream have another source, or others want them. */
  packetsChanged(stream: LiveStream): void {
    const wanted = this.#wanted.get(stream)
    if (!this.#isNeeded(stream, wanted)) return this.#forget(wanted)
    if (!wanted) return this.#begin(stream)
    const { source } = stream.packets
    // the hub has ended our turn with that of the frames
    if (wanted.source && source !== wanted.source) this.#later(wanted)
    // packets that were made of frames are no more: the publisher has gone, and may come again by WebRTC
    else if (wanted.state === 'away' && !source) this.#soon(wanted)
  }

  close(): void {
    for (const wanted of this.#wanted.values()) this.#forget(wanted)
  }

  #isNeeded(stream: LiveStream, wanted: Wanted | undefined): boolean {
    const { packets, publication } = stream
    const isLocal = publication !== undefined && !this.#deps.relayed(stream)
    return (
      packets.wanted && !isLocal && (!packets.source || packets.source.bridged || packets.source === wanted?.source)
    )
  }

  #begin(stream: LiveStream): void {
    const wanted: Wanted = {
      stream,
      state: 'deciding',
      failures: 0,
      timer: undefined,
      connection: undefined,
      source: undefined,
      feed: undefined,
    }
    this.#wanted.set(stream, wanted)
    void this.#search(wanted)
  }

  async #search(wanted: Wanted): Promise<void> {
    wanted.timer = undefined
    const origin = await this.#locate(wanted)
    if (this.#wanted.get(wanted.stream) !== wanted) return
    if (!this.#isNeeded(wanted.stream, wanted)) this.#forget(wanted)
    else if (origin) this.#connect(wanted, origin)
    else this.#later(wanted)
  }

  async #locate({ stream, failures }: Wanted): Promise<Origin | undefined> {
    try {
      return await this.#deps.directory.locate(stream.key, PLAYER, failures)
    } catch (error) {
      this.#deps.logger.warn({ code: errorCode(error), error: errorMessage(error) }, 'packets cannot be looked up')
      return undefined
    }
  }

  #connect(wanted: Wanted, { url, headers = {}, fields }: Origin): void {
    const { stream } = wanted
    const logger = this.#deps.logger.child({ stream: stream.id, ...fields })
    wanted.connection = new PacketConnection(new URL(url.replace(/\.flv$/, '.rtp')), headers, {
      message: (message) => this.#take(wanted, message),
      ended: (error) => this.#ended(wanted, error, logger),
    })
    this.#enter(wanted, 'connecting')
  }

  #take(wanted: Wanted, message: PacketRelayMessage): void {
    const { source, feed } = wanted
    if (message.type === 'tracks') return this.#publish(wanted, message.tracks)
    if (message.type !== 'packet' && message.type !== 'clock') return
    if (!source) throw new ProtocolError('RELAY_NO_TRACKS', 'packets before any track')
    if (message.type === 'clock') source.told(message)
    else feed?.packet(source.packet(message, performance.now()))
  }

  #publish(wanted: Wanted, tracks: readonly PacketTrack[]): void {
    const { connection, stream } = wanted
    const source = new RelayedPackets(tracks, (track, layer) => connection?.requestKeyFrame(track, layer))
    Object.assign(wanted, { source, failures: 0, state: 'live' })
    const feed = stream.packets.publish(source)
    // whoever wanted the packets may have left at the sight of them
    if (wanted.source === source) wanted.feed = feed
    else feed.end()
  }

  #ended(wanted: Wanted, error: CodedError, logger: Logger): void {
    // most streams have no packets of their own
    if (error.code === 'PULL_REFUSED') logger.debug({ code: error.code, error: error.message }, 'no packets to fetch')
    else logger.info({ code: error.code, error: error.message }, 'packets fetched no more')
    this.#later(wanted)
  }

  #later(wanted: Wanted): void {
    this.#release(wanted)
    if (this.#wanted.get(wanted.stream) !== wanted) return
    wanted.timer = setTimeout(() => void this.#search(wanted), backoffMs(wanted.failures++, SEARCH))
    this.#enter(wanted, 'away')
  }

  #soon(wanted: Wanted): void {
    if (!wanted.timer) return
    wanted.failures = 0
    this.#later(wanted)
  }

  #enter(wanted: Wanted, state: Wanted['state']): void {
    if (wanted.state === state || this.#wanted.get(wanted.stream) !== wanted) return
    wanted.state = state
    this.#deps.expectationChanged(wanted.stream)
  }

  #forget(wanted: Wanted | undefined): void {
    if (!wanted || !this.#wanted.delete(wanted.stream)) return
    this.#release(wanted)
    this.#deps.expectationChanged(wanted.stream)
  }

  #release(wanted: Wanted): void {
    const { connection, feed, timer } = wanted
    Object.assign(wanted, { connection: undefined, source: undefined, feed: undefined, timer: undefined })
    clearTimeout(timer)
    connection?.close()
    feed?.end()
  }
}
