import { FormatError } from '@millrace/core'
import type { MediaPacket } from '@millrace/media'

import type { AssembledFrame, Depacketizer } from './payloads/payload-format.ts'

/** Settings of a FrameAssembler. */
export interface FrameAssemblerOptions {
  /** How long a lost packet is waited for, so that it can be sent again; default 200. */
  readonly latencyMs?: number
  /**
   * Most packets that wait for others; default 2048.
   * SRS: 512, into which a key frame of 4K pictures doesn't fit.
   */
  readonly maxPackets?: number
  /** Most bytes that wait; default 16 MiB. */
  readonly maxBytes?: number
}

/** A frame with the time of its packets. */
export interface TimedFrame extends AssembledFrame {
  /** RTP timestamp as `MediaPacket.timestamp`: when it is presented, in ticks of the track's clock rate. */
  readonly timestamp: number
  /** When the first of its packets came, monotonic. */
  readonly arrivedMs: number
}

/** What went wrong since the layer began. */
export interface AssemblyLosses {
  /** Packets that never came, or too late. */
  packets: number
  /** Times that the picture stood still up to the next key frame. */
  freezes: number
  /** Frames that could not be read. */
  damaged: number
}

/** Sequence numbers further apart than this are of another source: the publisher has begun again. */
const MAX_JUMP = 5000
/** So are late packets whose timestamps are further apart. */
const MAX_LATE_SECONDS = 5

/**
 * Jitter buffer of one layer of one track: takes its packets as they come and returns complete frames in their order.
 * A packet that is missing is waited for; after that audio goes on without it, and video stands still up to the next
 * key frame, which `wantsKeyFrame` asks for. The first frame of a video is a key frame. Packets without payload (padding) count as arrived.
 */
export class FrameAssembler {
  readonly losses: AssemblyLosses = { packets: 0, freezes: 0, damaged: 0 }
  readonly #depacketizer: Depacketizer
  readonly #isVideo: boolean
  readonly #latencyMs: number
  readonly #maxPackets: number
  readonly #maxBytes: number
  /** Behind a gap, by sequence numbers; in the order they came. */
  readonly #waiting = new Map<number, MediaPacket>()
  /** Of the frame that is under way, in order and without gaps. */
  #parts: MediaPacket[] = []
  /** Whether one of them begins a key frame. */
  #hasKey = false
  /** Whether they are all since the frame began, as far as is known. */
  #fromStart = true
  #afterGap = false
  #bytes = 0
  /** The next sequence number to be taken; undefined before the first packet. */
  #next: number | undefined
  /** Of the packet taken last. */
  #timestamp = 0
  /** A packet from so far away that only another like it makes it believed. */
  #stray: MediaPacket | undefined
  #frozen: boolean

  constructor(depacketizer: Depacketizer, kind: 'video' | 'audio', options: FrameAssemblerOptions = {}) {
    this.#depacketizer = depacketizer
    this.#isVideo = kind === 'video'
    this.#frozen = this.#isVideo
    this.#latencyMs = options.latencyMs ?? 200
    this.#maxPackets = options.maxPackets ?? 2048
    this.#maxBytes = options.maxBytes ?? 16 * 2 ** 20
  }

  /** Whether no picture can be shown before a key frame, and none is under way. */
  get wantsKeyFrame(): boolean {
    if (!this.#frozen || this.#hasKey) return false
    for (const { key } of this.#waiting.values()) if (key) return false
    return true
  }

  /** What waits, for others of its frame or behind a gap. */
  get waiting(): { packets: number; bytes: number } {
    return { packets: this.#waiting.size + this.#parts.length, bytes: this.#bytes }
  }

  /** When a packet that is missing is given up, monotonic: call `advance` then. Undefined while none is. */
  get deadlineMs(): number | undefined {
    // the packet that came first of all behind the gap has shown it
    for (const { arrivedMs } of this.#waiting.values()) return arrivedMs + this.#latencyMs
    return undefined
  }

  /** Takes a packet; returns the frames that are complete with it, and by `nowMs`. */
  push(packet: MediaPacket, nowMs: number): TimedFrame[] {
    const frames: TimedFrame[] = []
    for (const next of this.#believed(packet)) {
      this.#insert(next)
      this.#drain(frames)
    }
    this.#expire(nowMs, frames)
    return frames
  }

  /** Gives up what has been waited for long enough by `nowMs`; returns the frames that are complete then. */
  advance(nowMs: number): TimedFrame[] {
    const frames: TimedFrame[] = []
    this.#expire(nowMs, frames)
    return frames
  }

  /** Forgets all packets, for a source that begins again; the configuration stays. */
  reset(): void {
    this.#waiting.clear()
    this.#dropParts()
    this.#fromStart = true
    this.#afterGap = false
    this.#bytes = 0
    this.#next = undefined
    this.#stray = undefined
    this.#frozen = this.#isVideo
  }

  /** The packets to take now; begins again when two that follow each other come from far away. */
  #believed(packet: MediaPacket): MediaPacket[] {
    const stray = this.#stray
    this.#stray = this.#isStray(packet) ? packet : undefined
    if (!this.#stray) return [packet]
    if (!stray || Math.abs(packet.sequence - stray.sequence) !== 1) return []
    this.reset()
    return stray.sequence < packet.sequence ? [stray, packet] : [packet, stray]
  }

  #isStray({ sequence, timestamp, track }: MediaPacket): boolean {
    if (this.#next === undefined) return false
    if (Math.abs(sequence - this.#next) > MAX_JUMP) return true
    return sequence < this.#next && Math.abs(timestamp - this.#timestamp) > MAX_LATE_SECONDS * track.clockRate
  }

  #insert(packet: MediaPacket): void {
    this.#next ??= packet.sequence
    if (packet.sequence < this.#next || this.#waiting.has(packet.sequence)) return
    this.#waiting.set(packet.sequence, packet)
    this.#bytes += packet.payload.length
  }

  /** Takes what has no gap before it. */
  #drain(frames: TimedFrame[]): void {
    let next = this.#next ?? 0
    for (let packet = this.#waiting.get(next); packet; packet = this.#waiting.get(++next)) {
      this.#waiting.delete(next)
      this.#next = next + 1
      this.#take(packet, frames)
    }
  }

  #expire(nowMs: number, frames: TimedFrame[]): void {
    for (let due = this.deadlineMs; due !== undefined; due = this.deadlineMs) {
      if (nowMs < due && !this.#isFull()) break
      this.#skipGap()
      this.#drain(frames)
    }
    // one frame alone is too large
    if (this.#isFull()) this.#freeze()
  }

  #isFull(): boolean {
    return this.#waiting.size + this.#parts.length > this.#maxPackets || this.#bytes > this.#maxBytes
  }

  #skipGap(): void {
    let first = Infinity
    for (const sequence of this.#waiting.keys()) first = Math.min(first, sequence)
    this.losses.packets += first - (this.#next ?? first)
    this.#next = first
    this.#afterGap = true
    this.#freeze()
  }

  /** Gives the frame under way up, and for video all up to the next key frame. */
  #freeze(): void {
    this.#dropParts()
    if (!this.#isVideo || this.#frozen) return
    this.#frozen = true
    this.losses.freezes++
  }

  #dropParts(): void {
    for (const { payload } of this.#parts) this.#bytes -= payload.length
    this.#parts = []
    this.#hasKey = false
  }

  /** Takes the next packet in order. */
  #take(packet: MediaPacket, frames: TimedFrame[]): void {
    if (packet.timestamp !== this.#timestamp) {
      this.#finish(frames)
      this.#timestamp = packet.timestamp
    }
    if (this.#afterGap) this.#fromStart = this.#afterGap = false
    // SEI before its first slice belongs to a key frame; what is left of a frame without its start belongs to none
    this.#fromStart ||= packet.key
    if (packet.payload.length > 0 && this.#fromStart) {
      this.#hasKey ||= packet.key
      this.#parts.push(packet)
    } else this.#bytes -= packet.payload.length
    if (packet.marker || !this.#isVideo) this.#finish(frames)
  }

  #finish(frames: TimedFrame[]): void {
    const parts = this.#parts
    const [first] = parts
    const wanted = !this.#frozen || this.#hasKey
    this.#fromStart = true
    this.#dropParts()
    if (!first || !wanted) return
    const frame = this.#assemble(parts)
    if (!frame || (this.#frozen && !frame.key)) return
    this.#frozen = false
    const arrivedMs = parts.reduce((least, packet) => Math.min(least, packet.arrivedMs), first.arrivedMs)
    frames.push({ ...frame, timestamp: first.timestamp, arrivedMs })
  }

  #assemble(parts: readonly MediaPacket[]): AssembledFrame | undefined {
    try {
      return this.#depacketizer.assemble(parts.map(({ payload }) => payload))
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      this.losses.damaged++
      this.#freeze()
      return undefined
    }
  }
}
