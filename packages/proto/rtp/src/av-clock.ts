/** What a sender report says: which time of the publisher's wall clock an RTP timestamp stands for. */
export interface ClockReference {
  /** As packets have it, unwrapped. */
  readonly timestamp: number
  /** Milliseconds since any moment that all tracks of the source share. */
  readonly wallMs: number
}

/** Settings of an AvClock. */
export interface AvClockOptions {
  /** From when it is known where a track belongs, it moves there faster for so long; default 1000. */
  readonly graceMs?: number
}

/** Time that a track may gain or lose against its timestamps while it is corrected. */
const SLEW = 0.05
const SLEW_IN_GRACE = 0.5
/** When timestamps and arrival differ by more from one frame to the next, the timestamps have jumped. */
const MAX_JUMP_MS = 10_000
/** A report that moves a track by more against the others is of another clock. */
const MAX_CORRECTION_MS = 3000

/** Where a track's timestamps lie, in milliseconds to be added to them. */
interface Offsets {
  readonly kind: 'video' | 'audio'
  readonly toClockMs: number
  readonly toWallMs: number
}

/**
 * Puts the RTP timestamps of several tracks onto one clock that begins at 0 with the first packet of any. Each track
 * begins at the time when its first packet came. Once it and the audio have had sender reports, it moves, little by
 * little and never backwards, to where these say that it belongs beside the audio.
 */
export class AvClock {
  readonly #tracks = new Set<TrackClock>()
  readonly #graceMs: number
  #originMs: number | undefined

  constructor(options: AvClockOptions = {}) {
    this.#graceMs = options.graceMs ?? 1000
  }

  /** The clock of one more track or layer. */
  open(kind: 'video' | 'audio', clockRate: number): TrackClock {
    const track = new TrackClock(kind, clockRate, {
      graceMs: this.#graceMs,
      sinceOrigin: (nowMs) => nowMs - (this.#originMs ??= nowMs),
      anchor: () => this.#anchor(),
    })
    this.#tracks.add(track)
    return track
  }

  /** Forgets the clock of a track that has ended. */
  close(track: TrackClock): void {
    this.#tracks.delete(track)
  }

  /** What all others move to: audio, where a correction would be heard, before video. */
  #anchor(): Offsets | undefined {
    let anchor: Offsets | undefined
    for (const { offsets } of this.#tracks) {
      if (offsets && (!anchor || (anchor.kind === 'video' && offsets.kind === 'audio'))) anchor = offsets
    }
    return anchor
  }
}

interface Surroundings {
  readonly graceMs: number
  sinceOrigin(nowMs: number): number
  anchor(): Offsets | undefined
}

/** The clock of one track of an `AvClock`, which opens it. */
export class TrackClock {
  readonly #kind: 'video' | 'audio'
  readonly #clockRate: number
  readonly #surroundings: Surroundings
  /** Added to timestamps in milliseconds; undefined before the first frame. */
  #toClockMs: number | undefined
  #toWallMs: number | undefined
  /** Latest timestamp, in milliseconds, and the first one of the grace, which begins when the track's place is known. */
  #headMs = 0
  #placedMs: number | undefined
  #arrivedMs = 0

  constructor(kind: 'video' | 'audio', clockRate: number, surroundings: Surroundings) {
    this.#kind = kind
    this.#clockRate = clockRate
    this.#surroundings = surroundings
  }

  /** Undefined before the first frame and report. */
  get offsets(): Offsets | undefined {
    if (this.#toClockMs === undefined || this.#toWallMs === undefined) return undefined
    return { kind: this.#kind, toClockMs: this.#toClockMs, toWallMs: this.#toWallMs }
  }

  /** Takes what the sender last reported of this track. */
  report({ timestamp, wallMs }: ClockReference): void {
    this.#toWallMs = wallMs - this.#inMs(timestamp)
  }

  /**
   * When a frame is to be presented, in ticks of the track's clock rate.
   *
   * @param timestamp of its packets, unwrapped
   * @param arrivedMs when they came, monotonic
   */
  ticks(timestamp: number, arrivedMs: number): number {
    const nowMs = this.#inMs(timestamp)
    let toClockMs = this.#toClockMs ?? this.#surroundings.sinceOrigin(arrivedMs) - nowMs
    if (this.#toClockMs !== undefined) {
      const jumpMs = nowMs - this.#headMs - (arrivedMs - this.#arrivedMs)
      if (Math.abs(jumpMs) > MAX_JUMP_MS) {
        // another source, or its clock was set: goes on as its packets came
        toClockMs -= jumpMs
        this.#toWallMs = undefined
        this.#placedMs = undefined
      } else {
        toClockMs += this.#correctionMs(toClockMs, nowMs)
        if (nowMs < this.#headMs) return this.#result(timestamp, toClockMs)
      }
    }
    this.#headMs = nowMs
    this.#arrivedMs = arrivedMs
    this.#toClockMs = toClockMs
    return this.#result(timestamp, toClockMs)
  }

  /** The step towards the anchor that the time since the frame before allows. */
  #correctionMs(toClockMs: number, nowMs: number): number {
    const anchor = this.#surroundings.anchor()
    if (!anchor || this.#toWallMs === undefined) return 0
    const wantedMs = anchor.toClockMs + this.#toWallMs - anchor.toWallMs - toClockMs
    if (wantedMs === 0 || Math.abs(wantedMs) > MAX_CORRECTION_MS) return 0
    this.#placedMs ??= nowMs
    const slew = nowMs - this.#placedMs < this.#surroundings.graceMs ? SLEW_IN_GRACE : SLEW
    const mostMs = Math.max(0, nowMs - this.#headMs) * slew
    return Math.max(-mostMs, Math.min(mostMs, wantedMs))
  }

  #inMs(timestamp: number): number {
    return (timestamp * 1000) / this.#clockRate
  }

  #result(timestamp: number, toClockMs: number): number {
    return timestamp + Math.round((toClockMs * this.#clockRate) / 1000)
  }
}
