import type { Frame, Metadata, Track } from '@millrace/media'

/** Why a publication ended, as `stream.ended` reports it. */
export type EndReason =
  | 'publisher_closed'
  | 'timeout'
  | 'kicked'
  | 'replaced'
  | 'max_duration'
  | 'node_lost'
  | 'rejected_media'

/** What a publication drives. */
export interface PublicationOwner {
  setTrack(track: Track): void
  setMetadata(metadata: Metadata): void
  write(frame: Frame): void
  ended(reason: EndReason): void
}

/** One publisher's turn at a stream. After it has ended, by either side, its calls do nothing. */
export class Publication {
  readonly #owner: PublicationOwner
  readonly #onEnd: (reason: EndReason) => void
  #ended = false
  #frames = 0
  #bytes = 0

  /** @param onEnd called once when the hub or the publisher ends it */
  constructor(owner: PublicationOwner, onEnd: (reason: EndReason) => void) {
    this.#owner = owner
    this.#onEnd = onEnd
  }

  /** Media frames so far. */
  get frames(): number {
    return this.#frames
  }

  /** Payload bytes so far. */
  get bytes(): number {
    return this.#bytes
  }

  setTrack(track: Track): void {
    if (!this.#ended) this.#owner.setTrack(track)
  }

  setMetadata(metadata: Metadata): void {
    if (!this.#ended) this.#owner.setMetadata(metadata)
  }

  /** Takes a frame with the publisher's own timestamps; its memory must not change afterwards. */
  write(frame: Frame): void {
    if (this.#ended) return
    this.#frames++
    this.#bytes += frame.payload.length
    this.#owner.write(frame)
  }

  end(reason: EndReason): void {
    if (this.#ended) return
    this.#ended = true
    this.#owner.ended(reason)
    this.#onEnd(reason)
  }
}
