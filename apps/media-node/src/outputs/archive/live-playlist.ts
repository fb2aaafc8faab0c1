import { setTimeout as delay } from 'node:timers/promises'

import { PLAYLIST_NAMES, type TrackInfo } from '@millrace/contracts'
import { backoffMs, CodedError, errorCode, errorMessage, type BackoffOptions, type Logger } from '@millrace/core'
import { writeMediaPlaylist, writeMultivariantPlaylist } from '@millrace/hls'

import { extended, listed, readLive, type LiveState } from './live-window.ts'
import type { ObjectAccess } from './objects.ts'
import type { StorageGrants } from './storage-grants.ts'
import type { TakeEntry, TakeInfo } from './take-folder.ts'

type Stored = Extract<TakeEntry, { type: 'segment.stored' }>

export interface LivePlaylistDeps {
  readonly grants: Pick<StorageGrants, 'get' | 'forget'>
  readonly objects: ObjectAccess
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly retry?: BackoffOptions
}

/** A segment to be listed. */
interface Waiting {
  readonly take: TakeInfo
  readonly entry: Stored
  readonly discontinuity: boolean
}

const MEDIA: string = `live/${PLAYLIST_NAMES.media}`
const INDEX: string = `live/${PLAYLIST_NAMES.index}`
const PLAYLIST = { contentType: 'application/vnd.apple.mpegurl', cacheControl: 'public, max-age=1' } as const
const IDLE_MS = 20_000
const RETRY: BackoffOptions = { baseMs: 500, maxMs: 15_000, jitter: 0.3 }
/** Refusals after which this node writes no more. */
const LOST: ReadonlySet<string> = new Set(['EPOCH_STALE', 'TAKE_FOREIGN', 'STREAM_NOT_FOUND', 'STORAGE_NOT_FOUND'])
/** Segments that wait while the storage can't be written; those before are left out. */
const MAX_WAITING = 512
/** Bit rates are told in steps of a tenth, so that the multivariant playlist changes seldom. */
const RATE_STEPS = 1.1

/**
 * The live playlist of one stream in its storage. It goes on with the one that is there, whoever wrote that, unless it is of a
 * higher epoch: then, and when the control plane says so, this node has lost the stream, and writes no more.
 */
export class LivePlaylist {
  readonly #deps: LivePlaylistDeps
  #take: TakeInfo
  #listing: TakeInfo | undefined
  #state: LiveState | undefined
  #waiting: Waiting[] = []
  #gap = false
  #tracks: readonly TrackInfo[] = []
  #peakBps = 0
  #index = ''
  #end = false
  #endWritten = false
  /** The storage knows no conditions. */
  #unconditional = false
  #stale = false
  #writing: Promise<void> | undefined
  #wake: AbortController | undefined

  constructor(take: TakeInfo, deps: LivePlaylistDeps) {
    this.#take = take
    this.#deps = deps
  }

  /** The newest take of the stream. */
  get take(): TakeInfo {
    return this.#take
  }

  /** The take of the newest segment. */
  get listing(): TakeInfo | undefined {
    return this.#listing
  }

  /** Another take of the stream has begun, or the stream has after all not ended. */
  begin(take: TakeInfo): void {
    if ((take.epoch ?? 0) > (this.#take.epoch ?? 0)) this.#stale = false
    this.#take = take
    this.#end = false
    this.#endWritten = false
  }

  /** The segments to come have these tracks. */
  tracks(tracks: readonly TrackInfo[]): void {
    this.#tracks = tracks
  }

  /** A segment is in the storage. */
  add(take: TakeInfo, entry: Stored): void {
    if (this.#stale) return
    this.#listing = take
    this.#waiting.push({ take, entry, discontinuity: entry.discontinuity || this.#gap })
    this.#gap = this.#waiting.length > MAX_WAITING
    if (this.#gap) this.#waiting.shift()
    this.#peakBps = Math.max(this.#peakBps, (entry.bytes * 8000) / Math.max(1, entry.duration_ms))
    this.#start()
  }

  /** Some of the stream is missing before the next segment. */
  gap(): void {
    this.#gap = true
  }

  /** The stream has ended. Resolves when the playlist says so, or nothing is to be said by this node. */
  async end(): Promise<void> {
    this.#end = true
    this.#start()
    await this.#writing
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#writing
  }

  /** What was in the way may be over. */
  wake(): void {
    this.#wake?.abort()
  }

  #start(): void {
    if (!this.#writing && this.#due) this.#writing = this.#writeAll()
  }

  get #due(): boolean {
    const ends = this.#end && !this.#endWritten
    return !this.#stale && !this.#deps.signal.aborted && (this.#waiting.length > 0 || ends)
  }

  async #writeAll(): Promise<void> {
    for (let failures = 0; this.#due;) {
      try {
        await this.#write()
        failures = 0
      } catch (error) {
        if (this.#lost(error)) break
        if (errorCode(error) === 'STORAGE_PRECONDITION') this.#state = undefined
        await this.#failed(error, failures++)
      }
    }
    // in the same turn as the last look, so that nothing that comes is missed
    this.#writing = undefined
  }

  async #write(): Promise<void> {
    const take = this.#take
    this.#state ??= await this.#read(take)
    const { etag, ...before } = this.#state
    const waiting = [...this.#waiting]
    const ends = this.#end
    // asked again, whether the stream is still this node's
    if (ends) this.#deps.grants.forget(take, { name: MEDIA, method: 'PUT' })
    let { playlist } = before
    for (const { take: from, entry, discontinuity } of waiting) {
      playlist = extended(playlist, listed(from, entry, discontinuity), (take.liveWindowS ?? 1) * 1_000_000)
    }
    if (ends && playlist.segments.length > 0 && !playlist.ended) playlist = { ...playlist, ended: true }
    if (playlist !== before.playlist) {
      if (take.epoch !== null) playlist = { ...playlist, epoch: take.epoch }
      const written = await this.#put(take, MEDIA, writeMediaPlaylist(playlist), etag)
      // without an ETag the next write begins with a look
      this.#state = written === undefined ? undefined : { playlist, etag: written }
    }
    this.#waiting = this.#waiting.filter((one) => !waiting.includes(one))
    this.#endWritten = ends && this.#end
    await this.#writeIndex(take)
  }

  /** The playlist that is there, to go on with. */
  async #read(take: TakeInfo): Promise<LiveState> {
    const { grants, objects, signal } = this.#deps
    const grant = await grants.get(take, { name: MEDIA, method: 'GET' })
    try {
      const state = readLive(await objects.get(grant, { idleMs: IDLE_MS, signal }))
      // without an epoch it is the control plane that knows, which has granted this
      if (take.epoch === null || (state.playlist.epoch ?? 0) <= take.epoch) return state
    } catch (error) {
      grants.forget(take, { name: MEDIA, method: 'GET' })
      throw error
    }
    throw new CodedError('EPOCH_STALE', 'another node writes the live playlist')
  }

  /** The multivariant playlist, when there is something new in it. */
  async #writeIndex(take: TakeInfo): Promise<void> {
    // of a take of an earlier run it may not be known what is in it
    if (this.#tracks.length === 0) return
    const video = this.#tracks.find(({ kind }) => kind === 'video')
    const { width = 0, height = 0, fps = 0 } = video ?? {}
    const steps = Math.ceil(Math.log(Math.max(1, this.#peakBps)) / Math.log(RATE_STEPS))
    const text = writeMultivariantPlaylist({
      variants: [
        {
          uri: PLAYLIST_NAMES.media,
          bandwidthBps: Math.ceil(RATE_STEPS ** steps),
          averageBandwidthBps: null,
          codecs: this.#tracks.flatMap(({ codec_string: codec }) => codec ?? []),
          width,
          height,
          frameRate: fps,
        },
      ],
    })
    if (text === this.#index) return
    await this.#put(take, INDEX, text, undefined)
    this.#index = text
  }

  async #put(
    take: TakeInfo,
    name: string,
    text: string,
    ifMatch: string | null | undefined,
  ): Promise<string | undefined> {
    const { grants, objects, signal } = this.#deps
    const grant = await grants.get(take, { name, method: 'PUT' })
    const condition = this.#unconditional ? {} : { ifMatch }
    try {
      const options = { ...PLAYLIST, ...condition, idleMs: IDLE_MS, signal }
      return (await objects.put(grant, new TextEncoder().encode(text), options)).etag
    } catch (error) {
      if (error instanceof CodedError && error.details['status'] === 501) this.#unconditional = true
      grants.forget(take, { name, method: 'PUT' })
      throw error
    }
  }

  #lost(error: unknown): boolean {
    if (!LOST.has(errorCode(error))) return false
    this.#stale = true
    this.#waiting = []
    this.#state = undefined
    this.#deps.logger.info({ code: errorCode(error) }, 'the live playlist is left to others')
    return true
  }

  async #failed(error: unknown, failures: number): Promise<void> {
    const told = { code: errorCode(error), error: errorMessage(error) }
    if (failures === 0) this.#deps.logger.warn(told, 'the live playlist cannot be written, trying again')
    this.#wake = new AbortController()
    const signal = AbortSignal.any([this.#deps.signal, this.#wake.signal])
    const delayMs = backoffMs(failures, { ...RETRY, ...this.#deps.retry })
    await delay(delayMs, undefined, { signal, ref: false }).catch(() => {})
  }
}
