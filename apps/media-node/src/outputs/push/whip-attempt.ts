import { CodedError, errorMessage } from '@millrace/core'
import type { PacketListener, PacketSource } from '@millrace/hub'
import type { MediaPacket, PacketTrack } from '@millrace/media'

import type { AttemptHandlers, AttemptOptions, PushAttempt } from './attempt.ts'
import { openWhipPeer, type WhipPeer } from './whip-peer.ts'
import { beginWhip, type WhipSession } from './whip-session.ts'

/**
 * Publishes a stream's packets to a WHIP endpoint by one session, as they are: of several encodings the best. What is not
 * of packets is bridged, as for players.
 *
 * @see RFC 9725
 */
export class WhipAttempt implements PushAttempt, PacketListener {
  readonly #options: AttemptOptions
  readonly #handlers: AttemptHandlers
  readonly #timer: NodeJS.Timeout
  readonly #unlisten: () => void
  #source: PacketSource | undefined
  /** As offered, once they are. */
  #offered: readonly PacketTrack[] | undefined
  #peer: WhipPeer | undefined
  #session: WhipSession | undefined
  #live = false
  /** The receiver has had a key frame of the source. */
  #keyed = false
  #done = false

  constructor(options: AttemptOptions, handlers: AttemptHandlers) {
    this.#options = options
    this.#handlers = handlers
    this.#timer = setTimeout(() => this.#finish(this.#late()), options.startTimeoutMs)
    this.#unlisten = options.stream.packets.listen(this)
  }

  close(): void {
    if (this.#done) return
    this.#done = true
    clearTimeout(this.#timer)
    this.#unlisten()
    this.#peer?.close()
    void this.#session?.end()
  }

  // --- what the plane says ---

  started(source: PacketSource): void {
    this.#source = source
    this.#keyed = false
    if (!this.#offered) {
      this.#offered = source.tracks
      void this.#begin(source.tracks)
    } else if (sameCodecs(this.#offered, source.tracks)) {
      this.#peer?.restart()
      this.#requestKeyFrame()
    } else this.#finish(new CodedError('PUSH_ENDED', 'the stream has other tracks by now'))
  }

  packet(packet: MediaPacket): void {
    if (!this.#live || packet.layer !== bestOf(packet.track)) return
    if (packet.track.kind === 'video' && !this.#keyed) {
      if (!packet.key) return
      this.#keyed = true
    }
    this.#peer?.send(packet)
  }

  /** A publisher that comes back goes on to the same receiver. */
  stopped(): void {
    this.#source = undefined
  }

  async #begin(tracks: readonly PacketTrack[]): Promise<void> {
    const { url, startTimeoutMs, guard } = this.#options
    try {
      const peer = await openWhipPeer(
        { tracks, guard },
        {
          connected: () => this.#connected(),
          keyFrameWanted: () => this.#requestKeyFrame(),
          lost: () => this.#finish(this.#lost()),
        },
      )
      this.#peer = peer
      if (this.#done) return peer.close()
      const session = await beginWhip(url, peer.offer, startTimeoutMs, this.#options)
      this.#session = session
      if (this.#done) return void session.end()
      await peer.accept(session.answer)
    } catch (error) {
      this.#finish(error instanceof CodedError ? error : new CodedError('PUSH_UNREACHABLE', errorMessage(error)))
    }
  }

  #connected(): void {
    if (this.#done || this.#live) return
    clearTimeout(this.#timer)
    this.#live = true
    this.#handlers.live()
    this.#requestKeyFrame()
  }

  #requestKeyFrame(): void {
    const track = this.#source?.tracks.find(({ kind }) => kind === 'video')
    if (track && this.#live && !this.#done) this.#options.stream.packets.requestKeyFrame(track, bestOf(track))
  }

  #late(): CodedError {
    const what = this.#session ? 'there is no path to the receiver' : 'the receiver does not answer'
    const told = this.#offered ? what : 'the stream has nothing that WebRTC carries, or the node has no WebRTC'
    return new CodedError('PUSH_TIMEOUT', told)
  }

  #lost(): CodedError {
    return this.#live
      ? new CodedError('PUSH_ENDED', 'the receiver closed the connection')
      : new CodedError('PUSH_UNREACHABLE', 'no connection of media comes about')
  }

  #finish(error: CodedError): void {
    if (this.#done) return
    this.close()
    this.#handlers.ended(error)
  }
}

const bestOf = ({ layers }: PacketTrack): number => layers.length - 1

/** Whether what was agreed on for some tracks is true of others. */
function sameCodecs(before: readonly PacketTrack[], now: readonly PacketTrack[]): boolean {
  const told = (tracks: readonly PacketTrack[]): string => tracks.map(({ kind, codec }) => `${kind}/${codec}`).join()
  return told(before) === told(now)
}
