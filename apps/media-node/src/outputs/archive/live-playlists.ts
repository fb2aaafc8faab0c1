import { setTimeout as delay } from 'node:timers/promises'

import type { BackoffOptions, Logger } from '@millrace/core'

import { LivePlaylist } from './live-playlist.ts'
import type { ObjectAccess } from './objects.ts'
import type { StorageGrants } from './storage-grants.ts'
import type { TakeEntry, TakeInfo } from './take-folder.ts'

export interface LivePlaylistsDeps {
  readonly grants: Pick<StorageGrants, 'get' | 'forget'>
  readonly objects: ObjectAccess
  readonly logger: Logger
  readonly retry?: BackoffOptions
}

/** The live playlists that this node keeps in storages, one for each stream, of the newest take of it. */
export class LivePlaylists {
  readonly #deps: LivePlaylistsDeps
  readonly #closing = new AbortController()
  readonly #playlists = new Map<string, LivePlaylist>()

  constructor(deps: LivePlaylistsDeps) {
    this.#deps = deps
  }

  /** A take has begun, or is taken up after a restart. */
  begin(take: TakeInfo): void {
    const playlist = this.#playlists.get(take.streamId)
    if (!playlist) {
      const logger = this.#deps.logger.child({ stream_id: take.streamId })
      const created = new LivePlaylist(take, { ...this.#deps, logger, signal: this.#closing.signal })
      this.#playlists.set(take.streamId, created)
    } else if (isNewer(take, playlist.take)) playlist.begin(take)
  }

  /** What was reported of a take. */
  reported(take: TakeInfo, entry: TakeEntry): void {
    const playlist = this.#playlists.get(take.streamId)
    // the rest of a take may come when the next one has begun, but not after its first segment
    if (!playlist || (playlist.listing && isNewer(playlist.listing, take))) return
    if (entry.type === 'take.tracks') playlist.tracks(entry.tracks)
    else if (entry.type === 'segment.stored') playlist.add(take, entry)
    else if (entry.type === 'segment.lost') playlist.gap()
  }

  /**
   * All of a take is in the storage: unless the stream goes on in time, its playlist says that it has ended.
   *
   * @returns false when that could not be done before the node closed
   */
  async finish(take: TakeInfo): Promise<boolean> {
    const { signal } = this.#closing
    if (!this.#of(take)) return true
    await delay(take.reconnectWindowMs, undefined, { signal, ref: false }).catch(() => {})
    const playlist = this.#of(take)
    if (!playlist) return true
    if (signal.aborted) return false
    await playlist.end()
    if (signal.aborted) return false
    if (this.#of(take) === playlist) this.#playlists.delete(take.streamId)
    return true
  }

  wake(): void {
    for (const playlist of this.#playlists.values()) playlist.wake()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(Array.from(this.#playlists.values(), (playlist) => playlist.idle()))
  }

  /** The playlist of the take's stream, while that lists this take. */
  #of({ streamId, takeId }: TakeInfo): LivePlaylist | undefined {
    const playlist = this.#playlists.get(streamId)
    return playlist?.take.takeId === takeId ? playlist : undefined
  }
}

/** Ids of takes sort by time. */
function isNewer(a: TakeInfo, b: TakeInfo): boolean {
  const epochs = (a.epoch ?? 0) - (b.epoch ?? 0)
  return epochs > 0 || (epochs === 0 && a.takeId > b.takeId)
}
