import type { MediaPlaylist } from './playlist.ts'

/** What is added to a window. */
export interface NewSegment<T> {
  readonly durationUs: number
  readonly discontinuity: boolean
  readonly wallMs: number | null
  /** Size of the segment. */
  readonly sizeBytes: number
  /** Whatever the owner keeps with it: its bytes, a file name. */
  readonly body: T
}

export interface WindowSegment<T> extends NewSegment<T> {
  readonly sequence: number
}

export interface SlidingWindowOptions<T = unknown> {
  /** Playlists list at least this much, as soon as there is as much; default 30 000 000 µs. */
  windowUs?: number
  /** Playlists never list more, default 512. */
  maxSegments?: number
  /** Listed and removed segments together hold no more, except that the newest one always stays; default 128 MiB. */
  maxBytes?: number
  /** Smallest EXT-X-TARGETDURATION, default 1. */
  targetDurationS?: number
  /** Number of the first segment, default 0. */
  firstSequence?: number
  /** Told of a segment that is not available any more. */
  onForgotten?: (segment: WindowSegment<T>) => void
}

/** Peak and average segment bit rates. */
export interface Bandwidth {
  readonly peakBps: number
  readonly averageBps: number
}

/**
 * The segments of a live media playlist. Those that slid out of the playlist stay available for their own duration
 * plus that of the longest playlist that listed them, unless `maxBytes` is reached.
 *
 * The target duration never falls, unless `configure` says so. It rises when a segment turns out longer, which RFC 8216 §6.2.1 doesn't provide for:
 * the other choice for a source whose key frames come later than they used to would be segments no decoder can start with.
 *
 * @see RFC 8216 §6.2.2
 */
export class SlidingWindow<T> {
  #windowUs: number
  readonly #maxSegments: number
  readonly #maxBytes: number
  #onForgotten: ((segment: WindowSegment<T>) => void) | undefined
  readonly #listed: WindowSegment<T>[] = []
  readonly #removed: { segment: WindowSegment<T>; untilMs: number }[] = []
  #nextSequence: number
  #discontinuitySequence = 0
  #targetDurationS: number
  #leastTargetS: number
  /** As long as segments before this one are listed, the target duration may fall. */
  #settledFrom: number | undefined
  #listedUs = 0
  #longestUs = 0
  #sizeBytes = 0

  constructor(options: SlidingWindowOptions<T> = {}) {
    this.#windowUs = options.windowUs ?? 30_000_000
    this.#maxSegments = options.maxSegments ?? 512
    this.#maxBytes = options.maxBytes ?? 128 << 20
    this.#leastTargetS = Math.max(1, options.targetDurationS ?? 1)
    this.#targetDurationS = this.#leastTargetS
    this.#nextSequence = options.firstSequence ?? 0
    this.#onForgotten = options.onForgotten
  }

  /** Bytes held, listed and removed. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Listed segments. */
  get length(): number {
    return this.#listed.length
  }

  get targetDurationS(): number {
    return this.#targetDurationS
  }

  /**
   * Goes on with other bounds: what is listed stays, and slides out in its turn. The target duration falls with it to what the new
   * segments need.
   */
  configure({
    windowUs,
    targetDurationS,
    onForgotten,
  }: Required<Pick<SlidingWindowOptions<T>, 'windowUs' | 'targetDurationS' | 'onForgotten'>>): void {
    this.#windowUs = windowUs
    this.#leastTargetS = Math.max(1, targetDurationS)
    this.#settledFrom = this.#nextSequence
    this.#onForgotten = onForgotten
    this.#lowerTarget()
  }

  /** Makes sure that segments of this duration need no higher target duration. */
  expectDuration(durationUs: number): void {
    this.#targetDurationS = Math.max(this.#targetDurationS, Math.round(durationUs / 1e6))
  }

  /** Appends a segment, numbers it, and slides. `nowMs` is monotonic. */
  add(segment: NewSegment<T>, nowMs: number): WindowSegment<T> {
    const added = { ...segment, sequence: this.#nextSequence++ }
    this.expectDuration(added.durationUs)
    this.#listed.push(added)
    this.#listedUs += added.durationUs
    this.#sizeBytes += added.sizeBytes
    this.#slide(nowMs)
    this.#lowerTarget()
    this.#longestUs = Math.max(this.#longestUs, this.#listedUs)
    this.prune(nowMs)
    return added
  }

  /** Forgets removed segments whose time is over. */
  prune(nowMs: number): void {
    for (let first = this.#removed[0]; first; first = this.#removed[0]) {
      if (first.untilMs > nowMs && this.#sizeBytes <= this.#maxBytes) return
      this.#sizeBytes -= first.segment.sizeBytes
      this.#removed.shift()
      this.#onForgotten?.(first.segment)
    }
  }

  /** A segment that is listed or still available. */
  get(sequence: number): WindowSegment<T> | undefined {
    const index = sequence - (this.#listed[0]?.sequence ?? this.#nextSequence)
    return index < 0 ? this.#removed.find((entry) => entry.segment.sequence === sequence)?.segment : this.#listed[index]
  }

  /** The playlist as it is now, its URIs made by `uri`. */
  playlist(uri: (sequence: number) => string, ended = false): MediaPlaylist {
    return {
      targetDurationS: this.#targetDurationS,
      mediaSequence: this.#listed[0]?.sequence ?? this.#nextSequence,
      discontinuitySequence: this.#discontinuitySequence,
      segments: this.#listed.map(({ durationUs, discontinuity, wallMs, sequence }) => {
        return { uri: uri(sequence), durationUs, discontinuity, wallMs }
      }),
      ended,
    }
  }

  /** Bit rates of the listed segments; zeros while there are none. Segments under half the target duration make no peak. */
  bandwidth(): Bandwidth {
    let bytes = 0
    let peakBps = 0
    for (const { sizeBytes, durationUs } of this.#listed) {
      bytes += sizeBytes
      if (durationUs * 2 >= this.#targetDurationS * 1e6) peakBps = Math.max(peakBps, bitrateBps(sizeBytes, durationUs))
    }
    const averageBps = bitrateBps(bytes, this.#listedUs)
    return { peakBps: Math.max(peakBps, averageBps), averageBps }
  }

  #slide(nowMs: number): void {
    const keepUs = Math.max(this.#windowUs, 3 * this.#targetDurationS * 1e6)
    while (this.#listed.length > 1) {
      const first = this.#listed[0] as WindowSegment<T>
      const tooLong = this.#listedUs - first.durationUs >= keepUs || this.#listed.length > this.#maxSegments
      if (!tooLong && this.#listedBytes() <= this.#maxBytes) return
      this.#listed.shift()
      this.#listedUs -= first.durationUs
      if (first.discontinuity) this.#discontinuitySequence++
      const untilMs = nowMs + (first.durationUs + this.#longestUs) / 1000
      this.#removed.push({ segment: first, untilMs })
    }
  }

  #lowerTarget(): void {
    if (this.#settledFrom === undefined) return
    const longestUs = Math.max(0, ...this.#listed.map(({ durationUs }) => durationUs))
    this.#targetDurationS = Math.max(this.#leastTargetS, Math.round(longestUs / 1e6))
    if ((this.#listed[0]?.sequence ?? 0) >= this.#settledFrom) this.#settledFrom = undefined
  }

  #listedBytes(): number {
    let bytes = 0
    for (const segment of this.#listed) bytes += segment.sizeBytes
    return bytes
  }
}

function bitrateBps(sizeBytes: number, durationUs: number): number {
  return durationUs > 0 ? Math.ceil((sizeBytes * 8e6) / durationUs) : 0
}
