import type { ArchiveOrder } from '@millrace/contracts'
import type { LiveStream, StreamListener } from '@millrace/hub'
import type { Frame, StreamInfo } from '@millrace/media'

import type { Take } from './take.ts'

export interface SessionArchiveDeps {
  readonly stream: Pick<LiveStream, 'listen'>
  readonly openTake: (order: ArchiveOrder) => Take
  /** A fault of the archive: it has stopped, the broadcast goes on. */
  readonly onFault: (error: unknown) => void
}

/**
 * The archive of one broadcast: a take while there is an order. Another order takes over at a key frame, so that each frame is
 * in one take.
 */
export class SessionArchive {
  readonly #deps: SessionArchiveDeps
  readonly #listener: StreamListener
  #take: Take | undefined
  #next: ArchiveOrder | undefined
  #info: StreamInfo = { tracks: [], metadata: null }
  #leave: (() => void) | undefined

  constructor(deps: SessionArchiveDeps) {
    this.#deps = deps
    this.#listener = {
      info: (info) => this.#guarded(() => this.#changed(info)),
      frame: (frame) => this.#guarded(() => this.#frame(frame)),
      interrupted: () => this.#guarded(() => this.#endTake()),
      closed: () => this.#guarded(() => this.#endTake()),
    }
  }

  /** Archives as ordered from now on, or no more. The same order again changes nothing. */
  order(order: ArchiveOrder | null): void {
    if (order === null) return this.end()
    this.#next = sameOrder(order, this.#take?.order) ? undefined : order
    if (!this.#take && this.#next) this.#guarded(() => this.#begin(order))
  }

  /** The broadcast is over, or no longer to be archived. */
  end(): void {
    this.#guarded(() => this.#endTake())
    this.#leave?.()
    this.#leave = undefined
  }

  #begin(order: ArchiveOrder): void {
    this.#next = undefined
    this.#take = this.#deps.openTake(order)
    // with the frames since the last key frame
    if (this.#leave) this.#take.info(this.#info)
    else this.#leave = this.#deps.stream.listen(this.#listener)
  }

  #changed(info: StreamInfo): void {
    this.#info = info
    this.#take?.info(info)
  }

  #frame(frame: Frame): void {
    if (this.#next && this.#mayBegin(frame)) {
      const order = this.#next
      this.#endTake()
      this.#take = this.#deps.openTake(order)
      this.#take.info(this.#info)
    }
    this.#take?.push(frame)
  }

  #mayBegin({ track, key }: Frame): boolean {
    if (track.kind === 'video') return key
    return this.#info.tracks.every(({ kind }) => kind !== 'video')
  }

  #endTake(): void {
    const take = this.#take
    this.#take = undefined
    this.#next = undefined
    take?.end()
  }

  /** Listeners must not throw. */
  #guarded(task: () => void): void {
    try {
      task()
    } catch (error) {
      this.#deps.onFault(error)
      const take = this.#take
      this.#take = undefined
      this.#next = undefined
      // what is on disk is to be kept, if that still works
      if (take) this.#guarded(() => take.end())
    }
  }
}

function sameOrder(a: ArchiveOrder, b: ArchiveOrder | undefined): boolean {
  return (
    b !== undefined &&
    a.storage_id === b.storage_id &&
    a.format === b.format &&
    a.segment_ms === b.segment_ms &&
    a.live_playlist?.window_s === b.live_playlist?.window_s
  )
}
