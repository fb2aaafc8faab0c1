import { rescale } from '@millrace/core'
import type { Frame } from '@millrace/media'

/** Frames of one kind that wait in vain for one of the other. */
const MAX_ALONE = 10

/**
 * Puts the frames of a publisher whose tracks come unevenly in the order of their times: one waits until there is one of the
 * other kind, or until ten of its own kind wait.
 * @see SRS 4 `full.conf`, "mix_correct"
 */
export class MixQueue {
  #frames: { readonly dtsMs: number; readonly frame: Frame }[] = []
  #pictures = 0

  /** Takes a frame; returns those that are due, the earliest first. */
  push(frame: Frame): readonly Frame[] {
    const dtsMs = rescale(frame.dtsTicks, frame.track.timescale, 1000)
    const before = this.#frames.findLastIndex((other) => other.dtsMs <= dtsMs)
    this.#frames.splice(before + 1, 0, { dtsMs, frame })
    if (frame.track.kind === 'video') this.#pictures++
    const due: Frame[] = []
    while (this.#isDue) {
      const [first] = this.#frames.splice(0, 1)
      if (!first) break
      if (first.frame.track.kind === 'video') this.#pictures--
      due.push(first.frame)
    }
    return due
  }

  /** All that wait, in order. */
  flush(): readonly Frame[] {
    const frames = this.#frames.map(({ frame }) => frame)
    this.#frames = []
    this.#pictures = 0
    return frames
  }

  get #isDue(): boolean {
    const sounds = this.#frames.length - this.#pictures
    if (this.#pictures > 0 && sounds > 0) return true
    return this.#frames.length >= MAX_ALONE
  }
}
