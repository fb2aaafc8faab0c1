import { rescale } from '@millrace/core'
import type { Frame, Metadata, StreamInfo, Track } from '@millrace/media'

import type { GopBudget } from './gop-budget.ts'
import { GopCache } from './gop-cache.ts'
import { MixQueue } from './mix-queue.ts'
import type { HubOptions, Scheduler } from './options.ts'
import { PacketPlane } from './packet-plane.ts'
import { Publication, type EndReason, type PublicationOwner } from './publication.ts'
import type { Reader, Sink } from './reader.ts'
import { SoundCache } from './sound-cache.ts'
import { Timeline } from './timeline.ts'
import { View, type Packaging } from './view.ts'

/** What names a stream: SRS's `vhost/app/stream`. */
export interface StreamKey {
  readonly vhost: string
  readonly app: string
  readonly name: string
}

/** Follows a stream frame by frame: segmenters, recorders, bridges. Methods must not throw. */
export interface StreamListener {
  /** First call for each publication, and again whenever tracks or metadata change. */
  info(info: StreamInfo): void
  frame(frame: Frame): void
  /** The publisher left; another may come. */
  interrupted(reason: EndReason): void
  /** The stream is gone: last call. */
  closed(): void
}

/** Asked by the registry. */
export interface LiveStreamEvents {
  /** The first playable frame of a publication. */
  live(stream: LiveStream, publication: Publication): void
  /** Nobody publishes, reads or listens any more. */
  idle(stream: LiveStream): void
  /** Its packets have another source, or others want them. */
  packetsChanged(stream: LiveStream): void
}

/** What all streams of a hub share. */
export interface LiveStreamDeps {
  options: HubOptions
  scheduler: Scheduler
  gopBudget: GopBudget
}

/** What a publisher may ask for. */
export interface PublishOptions {
  /** How long readers wait for it to come back, default the hub's own. */
  reconnectWindowMs?: number
}

const MAX_LEAD_BYTES = 1 << 20

const EMPTY: StreamInfo = { tracks: [], metadata: null }

/** One stream of the hub: at most one publisher, any number of readers in any packaging, and listeners. */
export class LiveStream implements PublicationOwner {
  readonly key: StreamKey
  /** `vhost/app/name`. */
  readonly id: string
  /** Beside the frames, for players of WebRTC. */
  readonly packets: PacketPlane
  #options: HubOptions
  readonly #scheduler: Scheduler
  readonly #events: LiveStreamEvents
  readonly #timeline = new Timeline()
  readonly #gop: GopCache
  readonly #sound: SoundCache
  readonly #views = new Map<string, View>()
  readonly #listeners = new Set<StreamListener>()
  #info = EMPTY
  /** Of a publisher whose tracks come unevenly. */
  #mix: MixQueue | undefined
  #publication: Publication | undefined
  /** Media time of the first frame while it waits for more tracks; undefined once the stream is live. */
  #settlingFromMs: number | undefined
  /** Audio of the last `settleMs` before the first key frame, for listeners: it belongs to pictures that come. */
  #lead: Frame[] = []
  #live = false
  #cancelLinger: (() => void) | undefined
  #reconnectWindowMs: number
  #bytesOut = 0
  #readerJumps = 0
  #bytesIn = 0
  #framesIn = 0
  #picturesIn = 0

  constructor(key: StreamKey, { options, scheduler, gopBudget }: LiveStreamDeps, events: LiveStreamEvents) {
    this.key = key
    this.id = `${key.vhost}/${key.app}/${key.name}`
    this.#options = options
    this.#reconnectWindowMs = options.reconnectWindowMs
    this.#scheduler = scheduler
    this.#events = events
    this.#gop = new GopCache(options, gopBudget)
    this.#sound = new SoundCache(options)
    this.packets = new PacketPlane(scheduler, {
      changed: () => events.packetsChanged(this),
      unused: () => this.#sweep(),
    })
  }

  get info(): StreamInfo {
    return this.#info
  }

  /** How long readers wait for the publisher to come back, as the latest publisher may have set it. */
  get reconnectWindowMs(): number {
    return this.#reconnectWindowMs
  }

  get publication(): Publication | undefined {
    return this.#publication
  }

  /** Whether a publisher's frames are being delivered. */
  get live(): boolean {
    return this.#live
  }

  get timelineRepairs(): Timeline['repairs'] {
    return this.#timeline.repairs
  }

  get gopBytes(): number {
    return this.#gop.bytes
  }

  /** Latest media time, in milliseconds since the stream began. */
  get headMs(): number {
    return this.#timeline.headMs
  }

  /** Bytes sent to all readers since the stream was made. */
  get bytesOut(): number {
    return [...this.#views.values()].reduce((sum, view) => sum + view.bytesOut, this.#bytesOut)
  }

  /** How often readers fell too far behind and lost frames, since the stream was made. */
  get readerJumps(): number {
    return [...this.#views.values()].reduce((sum, view) => sum + view.jumps, this.#readerJumps)
  }

  /** Payload bytes of all publications since the stream was made. */
  get bytesIn(): number {
    return this.#bytesIn
  }

  /** Frames of all publications since the stream was made. */
  get framesIn(): number {
    return this.#framesIn
  }

  /** Those of them that are video. */
  get picturesIn(): number {
    return this.#picturesIn
  }

  get readerCount(): number {
    return [...this.#views.values()].reduce((sum, { readers }) => sum + readers.length, 0)
  }

  /** Whether anybody reads or follows its frames. */
  get watched(): boolean {
    return this.#views.size > 0 || this.#listeners.size > 0
  }

  /**
   * Goes on with other options: merging and lag at once, the caches for who joins from now on. The bounds of the GOP cache stay, and
   * so does the time to wait for a publisher that has gone.
   */
  configure(options: HubOptions): void {
    this.#options = options
    this.#sound.configure(options)
    for (const view of this.#views.values()) view.configure(options)
  }

  /** Makes a publisher of this stream; one that is there already is ended as `replaced`. */
  publish(onEnd: (reason: EndReason) => void, options: PublishOptions = {}): Publication {
    this.#publication?.end('replaced')
    this.#cancelLinger?.()
    this.#cancelLinger = undefined
    this.#timeline.restart()
    this.#info = EMPTY
    this.#mix = this.#options.mixCorrect ? new MixQueue() : undefined
    this.#reconnectWindowMs = options.reconnectWindowMs ?? this.#options.reconnectWindowMs
    this.#publication = new Publication(this, onEnd)
    return this.#publication
  }

  read(packaging: Packaging, sink: Sink): Reader {
    let view = this.#views.get(packaging.key)
    if (!view) {
      view = new View(packaging, this.#info, this.#options, this.#scheduler)
      this.#views.set(packaging.key, view)
      if (this.#live) view.prime(this.#info, this.#gop.frames)
    }
    return view.attach(sink, packaging.beginsWithSound && this.#live ? this.#sound.frames : [])
  }

  /** Adds a listener; in mid-stream it starts with the frames since the join point. */
  listen(listener: StreamListener): () => void {
    this.#listeners.add(listener)
    if (this.#live) {
      listener.info(this.#info)
      for (const frame of this.#gop.frames) listener.frame(frame)
    }
    return () => {
      this.#listeners.delete(listener)
      this.#sweep()
    }
  }

  /** Frees what no reader uses; called when a reader or listener has left. */
  #sweep(): void {
    for (const [key, view] of this.#views) {
      if (view.readers.length > 0) continue
      this.#bytesOut += view.bytesOut
      this.#readerJumps += view.jumps
      view.close('HUB_VIEW_UNUSED')
      this.#views.delete(key)
    }
    if (!this.#publication && !this.#cancelLinger && !this.watched && !this.packets.wanted) this.#events.idle(this)
  }

  /** Closes a reader and frees what it alone used. */
  leave(reader: Reader, reason: string): void {
    reader.close(reason)
    this.#sweep()
  }

  close(): void {
    this.#publication?.end('kicked')
    this.#cancelLinger?.()
    for (const view of this.#views.values()) view.close('HUB_STREAM_CLOSED')
    this.#views.clear()
    for (const listener of this.#listeners) listener.closed()
    this.#listeners.clear()
    this.packets.close()
  }

  // --- what the publication does ---

  setTrack(track: Track): void {
    this.#writeAll(this.#mix?.flush())
    const tracks = this.#info.tracks.filter(({ id }) => id !== track.id)
    this.#setInfo({ ...this.#info, tracks: [...tracks, track].toSorted((a, b) => a.id - b.id) })
  }

  setMetadata(metadata: Metadata): void {
    this.#setInfo({ ...this.#info, metadata })
  }

  write(raw: Frame): void {
    this.#bytesIn += raw.payload.length
    this.#framesIn++
    if (raw.track.kind === 'video') this.#picturesIn++
    if (this.#mix) this.#writeAll(this.#mix.push(raw))
    else this.#write(raw)
  }

  #writeAll(frames: readonly Frame[] = []): void {
    for (const frame of frames) this.#write(frame)
  }

  #write(raw: Frame): void {
    const frame = this.#timeline.place(raw, this.#scheduler.nowMs())
    const joins = this.#gop.add(frame, this.#info)
    this.#sound.add(frame)
    if (!this.#live) return this.#settle(frame)
    for (const view of this.#views.values()) view.write(frame, joins)
    for (const listener of this.#listeners) listener.frame(frame)
  }

  ended(reason: EndReason): void {
    this.#writeAll(this.#mix?.flush())
    this.#publication = undefined
    const wasLive = this.#live
    this.#live = false
    this.#settlingFromMs = undefined
    this.#lead = []
    this.#gop.clear()
    this.#sound.clear()
    for (const view of this.#views.values()) view.interrupt()
    if (wasLive) for (const listener of this.#listeners) listener.interrupted(reason)
    this.packets.end()
    this.#cancelLinger = this.#scheduler.after(this.#reconnectWindowMs, () => this.#expire())
  }

  #expire(): void {
    this.#cancelLinger = undefined
    for (const view of this.#views.values()) view.endReaders('HUB_STREAM_ENDED')
    this.#sweep()
  }

  #setInfo(info: StreamInfo): void {
    this.#info = info
    if (!this.#live) return
    for (const view of this.#views.values()) view.update(info, this.#timeline.headMs)
    for (const listener of this.#listeners) listener.info(info)
  }

  /**
   * Holds frames back until it is known what the stream is made of: publishers announce tracks that never come,
   * and a player can't be told of a track later than in its first bytes.
   */
  #settle(frame: Frame): void {
    const dtsMs = rescale(frame.dtsTicks, frame.track.timescale, 1000)
    this.#settlingFromMs ??= dtsMs
    const kinds = new Set(this.#info.tracks.map(({ kind }) => kind))
    if (this.#gop.frames.length === 0) this.#keepLead(frame, dtsMs)
    if (kinds.size < 2 && dtsMs - this.#settlingFromMs < this.#options.settleMs) return
    if (this.#gop.frames.length === 0) return
    this.#live = true
    for (const listener of this.#listeners) {
      listener.info(this.#info)
      for (const held of [...this.#lead, ...this.#gop.frames]) listener.frame(held)
    }
    this.#lead = []
    for (const view of this.#views.values()) view.prime(this.#info, this.#gop.frames)
    if (this.#publication) this.#events.live(this, this.#publication)
  }

  #keepLead(frame: Frame, dtsMs: number): void {
    if (frame.track.kind !== 'audio') return
    const fromMs = dtsMs - this.#options.settleMs
    let bytes = 0
    // from the newest to the oldest that is still wanted
    const first = [...this.#lead, frame].findLastIndex(({ dtsTicks, track, payload }) => {
      bytes += payload.length
      return bytes > MAX_LEAD_BYTES || rescale(dtsTicks, track.timescale, 1000) < fromMs
    })
    this.#lead = [...this.#lead, frame].slice(first + 1)
  }
}
