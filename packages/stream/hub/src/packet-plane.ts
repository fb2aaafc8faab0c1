import type { MediaPacket, PacketTrack } from '@millrace/media'

import type { Scheduler } from './options.ts'

/** Time between two requests for a key frame of one encoding, in milliseconds: encoders answer each with a large picture. */
export const KEY_FRAME_INTERVAL_MS = 500

/** Which time of the publisher's wall clock an RTP timestamp stands for. */
export interface PacketClock {
  /** As packets have it, unwrapped. */
  readonly timestamp: number
  /** Milliseconds since any moment that all tracks of the source share. */
  readonly wallMs: number
}

/** Who has packets to give: a publisher of WebRTC, a bridge from frames, or another node. */
export interface PacketSource {
  readonly tracks: readonly PacketTrack[]
  /** Whether its packets were made here of the stream's frames. */
  readonly bridged: boolean
  /** Asks the encoder for a key frame; nothing follows where none can be asked for. */
  requestKeyFrame(track: PacketTrack, layer: number): void
  /** Undefined while nobody has told. */
  clockOf(track: PacketTrack, layer: number): PacketClock | undefined
}

/** Follows a stream packet by packet. Methods must not throw. */
export interface PacketListener {
  /** Packets of a source begin, at once if there is one; their numbers have nothing to do with those of another. */
  started(source: PacketSource): void
  packet(packet: MediaPacket): void
  /** The source has ended; another may come. */
  stopped(): void
}

/** One source's turn. After it has ended, by either side, its calls do nothing. */
export interface PacketFeed {
  packet(packet: MediaPacket): void
  end(): void
}

/** What a plane tells its stream. */
export interface PacketPlaneOwner {
  /** The source or the listeners are others. */
  changed(): void
  /** The last listener has gone. */
  unused(): void
}

interface Asked {
  atMs: number
  again: (() => void) | undefined
}

/** A stream's RTP plane, beside its frames: what one source gives is passed on to all listeners as it is. */
export class PacketPlane {
  readonly #scheduler: Scheduler
  readonly #owner: PacketPlaneOwner
  readonly #listeners = new Set<PacketListener>()
  /** When a key frame was last asked for, by track and layer. */
  readonly #asked = new Map<string, Asked>()
  #source: PacketSource | undefined
  /** Of the source: it may have several, one after another. */
  #turn: object | undefined

  constructor(scheduler: Scheduler, owner: PacketPlaneOwner) {
    this.#scheduler = scheduler
    this.#owner = owner
  }

  get source(): PacketSource | undefined {
    return this.#source
  }

  /** Whether anybody listens. */
  get wanted(): boolean {
    return this.#listeners.size > 0
  }

  /** Makes a source that of the stream, in the place of the one that there is. */
  publish(source: PacketSource): PacketFeed {
    this.#stop()
    const turn = {}
    this.#turn = turn
    this.#source = source
    for (const listener of this.#listeners) listener.started(source)
    this.#owner.changed()
    return {
      packet: (packet) => {
        if (this.#turn === turn) for (const listener of this.#listeners) listener.packet(packet)
      },
      end: () => {
        if (this.#turn === turn) this.end()
      },
    }
  }

  /** Adds a listener; the result takes it away. */
  listen(listener: PacketListener): () => void {
    this.#listeners.add(listener)
    if (this.#source) listener.started(this.#source)
    if (this.#listeners.size === 1) this.#owner.changed()
    return () => {
      if (!this.#listeners.delete(listener) || this.wanted) return
      this.#owner.changed()
      this.#owner.unused()
    }
  }

  /** Asks the source for a key frame of one encoding: at once, or when its last request is old enough; many requests are one. */
  requestKeyFrame(track: PacketTrack, layer: number): void {
    const id = `${track.id}/${layer}`
    const nowMs = this.#scheduler.nowMs()
    const asked = this.#asked.get(id)
    const waitMs = asked ? asked.atMs + KEY_FRAME_INTERVAL_MS - nowMs : 0
    if (asked && waitMs > 0) {
      asked.again ??= this.#scheduler.after(waitMs, () => {
        asked.again = undefined
        this.#ask(id, track, layer)
      })
    } else this.#ask(id, track, layer)
  }

  /** The publisher has left: ends the source. */
  end(): void {
    if (!this.#source) return
    this.#stop()
    this.#owner.changed()
  }

  /** Ends the source and forgets the listeners. */
  close(): void {
    this.#stop()
    this.#listeners.clear()
  }

  #ask(id: string, track: PacketTrack, layer: number): void {
    this.#asked.set(id, { atMs: this.#scheduler.nowMs(), again: undefined })
    this.#source?.requestKeyFrame(track, layer)
  }

  #stop(): void {
    for (const { again } of this.#asked.values()) again?.()
    this.#asked.clear()
    if (!this.#source) return
    this.#source = undefined
    this.#turn = undefined
    for (const listener of this.#listeners) listener.stopped()
  }
}
