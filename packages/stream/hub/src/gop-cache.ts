import { rescale } from '@millrace/core'
import type { Frame, StreamInfo } from '@millrace/media'

import type { GopBudget } from './gop-budget.ts'
import type { HubOptions } from './options.ts'

type GopOptions = Pick<HubOptions, 'maxGopBytes' | 'maxGopMs' | 'maxGopFrames' | 'audioBurstMs'>

/** The frames since the last join point: where a new reader may start. Bounded in bytes and media time. */
export class GopCache {
  readonly #options: GopOptions
  readonly #budget: GopBudget
  #frames: Frame[] = []
  #bytes = 0
  /** Media time of the join point; before there is one, of the first frame. */
  #startMs: number | undefined
  /** Join points made because a bound was reached, not because of a key frame. */
  overflows = 0

  constructor(options: GopOptions, budget: GopBudget) {
    this.#options = options
    this.#budget = budget
  }

  get frames(): readonly Frame[] {
    return this.#frames
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Adds a frame; true if it is a join point, from which the cache then starts anew. */
  add(frame: Frame, info: StreamInfo): boolean {
    const dtsMs = rescale(frame.dtsTicks, frame.track.timescale, 1000)
    this.#startMs ??= dtsMs
    const joins = this.#joins(frame, dtsMs - this.#startMs, info)
    if (joins) {
      this.clear()
      this.#startMs = dtsMs
    }
    // frames before the first key frame help nobody
    if (joins || this.#frames.length > 0) {
      this.#frames.push(frame)
      this.#hold(this.#bytes + frame.payload.length)
    }
    return joins
  }

  clear(): void {
    this.#frames = []
    this.#hold(0)
    this.#startMs = undefined
  }

  #hold(bytes: number): void {
    this.#budget.changed(this.#bytes, bytes)
    this.#bytes = bytes
  }

  #joins(frame: Frame, spanMs: number, info: StreamInfo): boolean {
    const hasVideo = info.tracks.some((track) => track.kind === 'video')
    if (!hasVideo) return this.#frames.length === 0 || spanMs >= this.#options.audioBurstMs
    if (frame.track.kind === 'video' && frame.key) return true
    const { maxGopBytes, maxGopMs, maxGopFrames } = this.#options
    const bytes = this.#bytes + frame.payload.length
    const many = maxGopFrames > 0 && this.#frames.length >= maxGopFrames
    const full = many || bytes > maxGopBytes || spanMs > maxGopMs || this.#budget.refuses(bytes)
    if (full && this.#frames.length > 0) this.overflows++
    return full
  }
}
