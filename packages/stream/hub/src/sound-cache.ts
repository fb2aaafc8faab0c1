import { rescale } from '@millrace/core'
import type { Frame } from '@millrace/media'

import type { HubOptions } from './options.ts'

type SoundOptions = Pick<HubOptions, 'soundCacheMs' | 'maxSoundCacheBytes'>

/** The newest sound of a stream, for readers that begin with it. Bounded in media time and bytes. */
export class SoundCache {
  #options: SoundOptions
  #frames: Frame[] = []
  #bytes = 0

  constructor(options: SoundOptions) {
    this.#options = options
  }

  /** In the order of their decoding times. */
  get frames(): readonly Frame[] {
    return this.#frames
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Goes on with other bounds, from the next frame on; without any, at once. */
  configure(options: SoundOptions): void {
    this.#options = options
    if (options.soundCacheMs === 0) this.clear()
  }

  /** Takes every frame of the stream, and keeps a copy if it is sound. */
  add(frame: Frame): void {
    const { soundCacheMs, maxSoundCacheBytes } = this.#options
    if (soundCacheMs === 0 || frame.track.kind !== 'audio') return
    // the memory it lies in may be much larger, and would be kept with it
    const payload = frame.payload.slice()
    this.#frames.push({ ...frame, payload })
    this.#bytes += payload.length
    const endMs = startMs(frame)
    for (let oldest = this.#frames[0]; oldest; oldest = this.#frames[0]) {
      if (endMs - startMs(oldest) < soundCacheMs && this.#bytes <= maxSoundCacheBytes) return
      this.#frames.shift()
      this.#bytes -= oldest.payload.length
    }
  }

  clear(): void {
    this.#frames = []
    this.#bytes = 0
  }
}

const startMs = ({ dtsTicks, track }: Frame): number => rescale(dtsTicks, track.timescale, 1000)
