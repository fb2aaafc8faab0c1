import { concatBytes } from '@millrace/bytes'
import { rescale } from '@millrace/core'
import type { Frame, Packager, StreamInfo } from '@millrace/media'

import type { HubOptions, Scheduler } from './options.ts'
import { Reader, type ReaderOwner, type Sink } from './reader.ts'

/** Bytes at which a batch is flushed before its time. */
const MAX_BATCH_BYTES = 1024 * 1024
/** Bytes after which a reader that is behind has to take what it was given; the rest stays in the ring, where it is shared. */
const MAX_CATCH_UP_BYTES = 1024 * 1024

const NOTHING = new Uint8Array(0)

/** A packaging that readers can ask for. Readers of one stream with the same `key` share every byte. */
export interface Packaging {
  readonly key: string
  /** Whether a reader may begin anywhere in the sound: it does so with what is kept of it, if anything is, and not at the join point. */
  readonly beginsWithSound?: boolean
  create(): Packager
}

/** Bytes of one flush, shared by all readers. */
interface Batch {
  readonly bytes: Uint8Array
  /** When it was flushed, monotonic. */
  readonly atMs: number
}

/** Where a reader may start: byte `offset` of batch `index`. */
interface JoinPoint {
  readonly index: number
  readonly offset: number
  readonly dtsMs: number
}

/**
 * One packaging of one stream. Encodes each frame once, merges what came within the flush interval into one
 * buffer, and hands that same buffer to every reader that keeps up. A reader that is behind is served from the
 * ring, which reaches back to the newest join point; one that falls too far behind jumps there.
 */
export class View implements ReaderOwner {
  readonly packaging: Packaging
  readonly readers: Reader[] = []
  #options: HubOptions
  readonly #scheduler: Scheduler
  readonly #packager: Packager
  #info: StreamInfo
  /** Flushed batches; the first has index `#firstIndex`. */
  #batches: Batch[] = []
  #firstIndex = 0
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  #cancelFlush: (() => void) | undefined
  /** The flush is due, and waits for more frames. */
  #late = false
  /** The newest join point that was flushed. */
  #join: JoinPoint | undefined
  /** A newer one, among the bytes that wait for the flush. */
  #nextJoin: JoinPoint | undefined
  /** Readers in mid-stream have headers of another publisher. */
  #stale = false
  #departedBytes = 0
  #departedJumps = 0

  constructor(packaging: Packaging, info: StreamInfo, options: HubOptions, scheduler: Scheduler) {
    this.packaging = packaging
    this.#options = options
    this.#scheduler = scheduler
    this.#packager = packaging.create()
    this.#info = info
  }

  /** Goes on with other options, from the next flush on. */
  configure(options: HubOptions): void {
    this.#options = options
  }

  /**
   * Adds a reader; it gets its first bytes now if the stream can be joined, else at the next join point.
   * @param lead the newest frames of the stream, all of which were written: what the reader begins with instead, unless it is nothing
   */
  attach(sink: Sink, lead: readonly Frame[] = []): Reader {
    const reader = new Reader(this, sink, this.#options.gopCache ? 0 : this.#nextIndex, this.#scheduler.nowMs())
    const head = this.#encodeLead(lead)
    // what waits to be merged is in it already
    if (head.length > 0) this.flush()
    this.readers.push(reader)
    if (head.length > 0) this.#give(reader, head, this.#nextIndex, this.#scheduler.nowMs())
    else this.serve(reader)
    return reader
  }

  detach(reader: Reader): void {
    const at = this.readers.indexOf(reader)
    const last = at < 0 ? undefined : this.readers.pop()
    if (!last) return
    if (last !== reader) this.readers[at] = last
    this.#departedBytes += reader.bytes
    this.#departedJumps += reader.jumps
  }

  /** Bytes sent to all readers, those that have left included. */
  get bytesOut(): number {
    return this.readers.reduce((sum, reader) => sum + reader.bytes, this.#departedBytes)
  }

  /** How often readers fell too far behind and lost frames, those that have left included. */
  get jumps(): number {
    return this.readers.reduce((sum, reader) => sum + reader.jumps, this.#departedJumps)
  }

  /** The stream starts or this view was made in mid-stream: takes what it is made of and the frames since the join point. */
  prime(info: StreamInfo, frames: readonly Frame[]): void {
    this.#prepare(info)
    for (const [i, frame] of frames.entries()) this.write(frame, i === 0)
    this.flush()
  }

  /** Tracks or metadata changed: players in mid-stream get the new headers before the next frame. */
  update(info: StreamInfo, dtsMs: number): void {
    const spared = this.#options.reduceHeaders && info.tracks === this.#info.tracks
    this.#prepare(info)
    if (this.#joinable && !spared) this.#add(this.#packager.update(info, dtsMs))
  }

  write(frame: Frame, joins: boolean): void {
    if (joins) {
      const dtsMs = rescale(frame.dtsTicks, frame.track.timescale, 1000)
      if (this.#stale) this.#add(this.#packager.update(this.#info, dtsMs))
      this.#stale = false
      this.#nextJoin = { index: this.#nextIndex, offset: this.#pendingBytes, dtsMs }
    }
    if (this.#joinable) this.#add(this.#packager.encode(frame))
  }

  /** The publisher left: nobody can join until the next join point. */
  interrupt(): void {
    this.flush()
    this.#join = undefined
    this.#nextJoin = undefined
    this.#stale = true
    this.#evict()
  }

  /** Ends the readers that don't wait for another publisher. */
  endReaders(reason: string): void {
    for (const reader of this.readers.slice()) if (!reader.sink.waits) reader.close(reason)
  }

  close(reason: string): void {
    this.#cancelFlush?.()
    for (const reader of this.readers.slice()) reader.close(reason)
  }

  flush(): void {
    this.#cancelFlush?.()
    this.#cancelFlush = undefined
    this.#late = false
    if (this.#pendingBytes === 0) return
    const nowMs = this.#scheduler.nowMs()
    this.#batches.push({ bytes: this.#merge(), atMs: nowMs })
    this.#pending = []
    this.#pendingBytes = 0
    this.#join = this.#nextJoin ?? this.#join
    this.#nextJoin = undefined
    this.#deliver(nowMs)
    this.#evict()
  }

  /** Gives a reader what is due, unless it still has bytes to send. */
  serve(reader: Reader): void {
    if (reader.closed || reader.paused || reader.held || reader.sink.pendingBytes > 0) return
    if (reader.cursor === undefined || reader.cursor < this.#firstIndex) this.#start(reader)
    else this.#send(reader, reader.cursor, 0)
  }

  get #nextIndex(): number {
    return this.#firstIndex + this.#batches.length
  }

  /** Whether there was a key frame since the publisher came: frames before it help nobody. */
  get #joinable(): boolean {
    return this.#join !== undefined || this.#nextJoin !== undefined
  }

  #prepare(info: StreamInfo): void {
    this.#info = info
    this.#packager.prepare?.(info)
  }

  #add(parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.#pending.push(part)
      this.#pendingBytes += part.length
    }
    const { flushMs, minFlushFrames, sendIntervalMs } = this.#options
    const now = sendIntervalMs > 0 || (this.#late && this.#pending.length > minFlushFrames)
    if (now || this.#pendingBytes >= MAX_BATCH_BYTES) this.flush()
    else if (this.#pendingBytes > 0) this.#cancelFlush ??= this.#scheduler.after(flushMs, () => this.#due())
  }

  /** The time of a flush has come: it waits as long again for more frames, if there are to be more. */
  #due(): void {
    const { flushMs, minFlushFrames } = this.#options
    if (this.#late || this.#pending.length > minFlushFrames) return this.flush()
    this.#late = true
    this.#cancelFlush = this.#scheduler.after(flushMs, () => this.flush())
  }

  #merge(): Uint8Array {
    const [first] = this.#pending
    return first && this.#pending.length === 1 ? first : concatBytes(this.#pending)
  }

  #deliver(nowMs: number): void {
    const index = this.#nextIndex - 1
    const { bytes } = this.#batches[index - this.#firstIndex] as Batch
    const { sendIntervalMs } = this.#options
    // backwards, because a reader that is closed takes itself out
    for (let i = this.readers.length - 1; i >= 0; i--) {
      const reader = this.readers[i]
      if (!reader || reader.paused) continue
      if (reader.held || reader.sink.pendingBytes > 0) this.#wait(reader, nowMs)
      else if (reader.cursor === index && sendIntervalMs === 0) this.#give(reader, bytes, index + 1, nowMs)
      else this.serve(reader)
    }
  }

  /** A reader whose peer hasn't taken what it was given. */
  #wait(reader: Reader, nowMs: number): void {
    if (nowMs - reader.sentAtMs > this.#options.stallTimeoutMs) return reader.close('HUB_READER_STALLED')
    this.#park(reader)
    const { cursor } = reader
    // batches from the join point on are kept in any case, so only a reader before it costs memory
    if (cursor === undefined || !this.#join || cursor >= this.#join.index || !this.#lags(cursor, nowMs)) return
    reader.notBefore = cursor + 1
    reader.cursor = undefined
    reader.jumps++
  }

  /** Goes on with a reader as soon as it has sent what it was given, not only at the next flush. */
  #park(reader: Reader): void {
    if (reader.parked || reader.held) return
    reader.parked = true
    reader.sink.whenTaken(() => {
      reader.parked = false
      this.serve(reader)
    })
  }

  /** Whether the batches from `cursor` on are more than a reader may be behind. */
  #lags(cursor: number, nowMs: number): boolean {
    const oldest = this.#batches[cursor - this.#firstIndex]
    if (!oldest || nowMs - oldest.atMs > this.#options.maxLagMs) return true
    let bytes = 0
    for (let at = cursor - this.#firstIndex; at < this.#batches.length; at++)
      bytes += this.#batches[at]?.bytes.length ?? 0
    return bytes > this.#options.maxLagBytes
  }

  /** What a reader that begins with these frames gets first, made for it alone; empty if they are nothing in this packaging. */
  #encodeLead(lead: readonly Frame[]): Uint8Array {
    const [first] = lead
    if (!first) return NOTHING
    const packager = this.packaging.create()
    packager.prepare?.(this.#info)
    const head = packager.init(this.#info, rescale(first.dtsTicks, first.track.timescale, 1000))
    const media = lead.flatMap((frame) => packager.encode(frame))
    return media.length > 0 ? concatBytes([...head, ...media]) : NOTHING
  }

  /** Starts a reader at the join point: headers first, then all since. */
  #start(reader: Reader): void {
    const join = this.#join
    if (!join || join.index < reader.notBefore) return
    const head = reader.started
      ? this.#packager.update(this.#info, join.dtsMs)
      : this.#packager.init(this.#info, join.dtsMs)
    for (const bytes of head) this.#give(reader, bytes, join.index, this.#scheduler.nowMs())
    this.#send(reader, join.index, join.offset)
  }

  #send(reader: Reader, from: number, offset: number): void {
    const nowMs = this.#scheduler.nowMs()
    const { sendIntervalMs } = this.#options
    let sent = 0
    for (let index = from; index < this.#nextIndex; index++) {
      if (sent >= MAX_CATCH_UP_BYTES) return this.#park(reader)
      const bytes = this.#batches[index - this.#firstIndex]?.bytes
      if (!bytes) return
      this.#give(reader, index === from && offset > 0 ? bytes.subarray(offset) : bytes, index + 1, nowMs)
      if (sendIntervalMs > 0) return this.#hold(reader, sendIntervalMs)
      sent += bytes.length
    }
  }

  /** Goes on with a reader when the time between two writes has passed. */
  #hold(reader: Reader, ms: number): void {
    reader.held = true
    this.#scheduler.after(ms, () => {
      reader.held = false
      this.serve(reader)
    })
  }

  #give(reader: Reader, bytes: Uint8Array, next: number, nowMs: number): void {
    reader.cursor = next
    reader.started = true
    reader.sentAtMs = nowMs
    reader.bytes += bytes.length
    reader.sink.write(bytes)
  }

  /** Forgets batches that neither the next reader to join nor one that is behind will ask for. */
  #evict(): void {
    let keepFrom = Math.min(this.#join?.index ?? this.#nextIndex, this.#nextIndex)
    for (const { cursor, paused } of this.readers)
      if (cursor !== undefined && !paused && cursor < keepFrom) keepFrom = cursor
    if (keepFrom <= this.#firstIndex) return
    this.#batches = this.#batches.slice(keepFrom - this.#firstIndex)
    this.#firstIndex = keepFrom
  }
}
