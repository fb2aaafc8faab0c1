import type { EndReason, StreamListener } from '@millrace/hub'
import type { Frame, StreamInfo } from '@millrace/media'

/**
 * One listener of a stream after another: when the settings of an output have changed, what is made by the new ones takes over at a
 * key frame, where what was made by those before ends. Nothing is missing between them, and nothing in both.
 */
export class Succession implements StreamListener {
  #listener: StreamListener
  #next: (() => StreamListener) | undefined
  #info: StreamInfo = { tracks: [], metadata: null }

  constructor(first: StreamListener) {
    this.#listener = first
  }

  /** Has what `next` makes follow at the next key frame, and the one before `closed`; undefined: all stays as it is. */
  follow(next: (() => StreamListener) | undefined): void {
    this.#next = next
  }

  info(info: StreamInfo): void {
    this.#info = info
    this.#listener.info(info)
  }

  frame(frame: Frame): void {
    if (this.#next && isJoin(frame, this.#info)) this.#hand(this.#next)
    this.#listener.frame(frame)
  }

  interrupted(reason: EndReason): void {
    this.#listener.interrupted(reason)
  }

  closed(): void {
    this.#listener.closed()
  }

  #hand(next: () => StreamListener): void {
    this.#next = undefined
    this.#listener.closed()
    this.#listener = next()
    this.#listener.info(this.#info)
  }
}

/** Whether what begins with this frame can be decoded. */
function isJoin({ key, track }: Frame, { tracks }: StreamInfo): boolean {
  return tracks.some(({ kind }) => kind === 'video') ? key && track.kind === 'video' : true
}
