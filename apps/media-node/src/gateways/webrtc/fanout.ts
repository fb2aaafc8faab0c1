import type { LiveStream, PacketListener, PacketSource } from '@millrace/hub'
import type { MediaPacket, PacketTrack } from '@millrace/media'

import type { PacketSender } from '../../io/packet-engine/packet-engine.ts'
import { Lane } from './lane.ts'

/** Told what a stream has to give. */
export interface FanoutListener {
  /** The tracks of a source that has begun, at once if there is one. */
  started(tracks: readonly PacketTrack[]): void
}

/** The packets of one stream, for all of its players. */
export class Fanout implements PacketListener {
  readonly stream: LiveStream
  readonly #sender: PacketSender
  readonly #listeners = new Set<FanoutListener>()
  readonly #unlisten: () => void
  #source: PacketSource | undefined
  /** By track id, then by layer. */
  #lanes = new Map<number, Lane[]>()
  #flushing = false

  constructor(stream: LiveStream, sender: PacketSender) {
    this.stream = stream
    this.#sender = sender
    this.#unlisten = stream.packets.listen(this)
  }

  get tracks(): readonly PacketTrack[] {
    return this.#source?.tracks ?? []
  }

  follow(listener: FanoutListener): () => void {
    this.#listeners.add(listener)
    if (this.#source) listener.started(this.#source.tracks)
    return () => void this.#listeners.delete(listener)
  }

  /** One encoding of a track of the source; undefined if the source is another by now. */
  lane(track: PacketTrack, layer: number): Lane | undefined {
    const source = this.#source
    if (!source?.tracks.includes(track) || !track.layers[layer]) return undefined
    const lanes = this.#lanes.get(track.id) ?? []
    this.#lanes.set(track.id, lanes)
    const { bridged } = source
    lanes[layer] ??= new Lane(track, layer, {
      sender: this.#sender,
      bridged,
      clockOf: () => source.clockOf(track, layer),
    })
    return lanes[layer]
  }

  requestKeyFrame({ track, layer }: Pick<Lane, 'track' | 'layer'>): void {
    this.stream.packets.requestKeyFrame(track, layer)
  }

  close(): void {
    this.#unlisten()
    this.#listeners.clear()
  }

  // --- what the plane says ---

  started(source: PacketSource): void {
    this.#flush()
    this.#source = source
    this.#lanes = new Map()
    for (const listener of this.#listeners) listener.started(source.tracks)
  }

  packet(packet: MediaPacket): void {
    this.lane(packet.track, packet.layer)?.packet(packet)
    this.flushSoon()
  }

  stopped(): void {
    this.#source = undefined
  }

  /** All packets that came in one turn of the event loop go out together. */
  flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    setImmediate(() => {
      this.#flushing = false
      this.#flush()
      this.#sender.flush()
    })
  }

  #flush(): void {
    // encodings that nobody has asked for have no lane
    for (const lanes of this.#lanes.values()) for (const lane of lanes) lane?.flush()
  }
}
