import { ProtocolError } from '@millrace/core'
import type { PacketClock, PacketSource } from '@millrace/hub'
import type { MediaPacket, PacketTrack } from '@millrace/media'

import type { PacketRelayMessage } from '../../io/packet-relay/messages.ts'

/** The packets of a publisher at another node, as that node tells of them. */
export class RelayedPackets implements PacketSource {
  readonly tracks: readonly PacketTrack[]
  readonly bridged = false
  readonly #ask: (track: number, layer: number) => void
  /** By track, then by layer. */
  readonly #clocks: readonly (PacketClock | undefined)[][]

  /** @param ask sends a request for a key frame to the node */
  constructor(tracks: readonly PacketTrack[], ask: (track: number, layer: number) => void) {
    this.tracks = tracks
    this.#ask = ask
    this.#clocks = tracks.map(() => [])
  }

  requestKeyFrame(track: PacketTrack, layer: number): void {
    const index = this.tracks.indexOf(track)
    if (index >= 0) this.#ask(index, layer)
  }

  clockOf(track: PacketTrack, layer: number): PacketClock | undefined {
    return this.#clocks[this.tracks.indexOf(track)]?.[layer]
  }

  /** Notes what time timestamps stand for. Throws ProtocolError `RELAY_TRACK_UNKNOWN`. */
  told({ track, layer, timestamp, wallMs }: PacketRelayMessage & { type: 'clock' }): void {
    this.#track(track, layer)
    const clocks = this.#clocks[track]
    if (clocks) clocks[layer] = { timestamp, wallMs }
  }

  /** A packet for the stream's plane. Throws ProtocolError `RELAY_TRACK_UNKNOWN`. */
  packet(message: PacketRelayMessage & { type: 'packet' }, arrivedMs: number): MediaPacket {
    const { layer, sequence, timestamp, marker, key, payload } = message
    const track = this.#track(message.track, layer)
    return { track, layer, sequence, timestamp, marker, key, payload, arrivedMs }
  }

  #track(index: number, layer: number): PacketTrack {
    const track = this.tracks[index]
    if (!track?.layers[layer]) throw new ProtocolError('RELAY_TRACK_UNKNOWN', `no encoding ${layer} of track ${index}`)
    return track
  }
}
