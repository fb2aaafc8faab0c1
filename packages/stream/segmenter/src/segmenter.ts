import { rescale } from '@millrace/core'
import type { Frame, Track } from '@millrace/media'
import { sameTrack, sameTracks } from './same-track.ts'

/** What a segment begins with. */
export interface SegmentStart {
  readonly tracks: readonly Track[]
  /** Decoding time of its first frame, 90 kHz. */
  readonly start90k: number
  /** Wall time of its first frame in milliseconds since the epoch. */
  readonly wallMs: number
  /** Timestamps, tracks or configurations don't continue those of the segment before; true for the first segment. */
  readonly discontinuity: boolean
}

export interface SegmentEnd {
  /** Up to the first frame of the next segment where that one continues it, else to the end of its last frame. */
  readonly duration90k: number
}

/** Takes what the segmenter cuts: `open`, one `frame` or more, `close`, and again. */
export interface SegmentSink {
  open(start: SegmentStart): void
  /** `frame.track` has the id of one of the segment's tracks. */
  frame(frame: Frame): void
  close(end: SegmentEnd): void
}

export interface SegmenterOptions {
  /** A segment ends at the first key frame at or after this, default 2000 ms. A function is asked as each segment begins. */
  targetMs?: number | (() => number)
  /** The same for the first segment of a publish, so that playback can start early; default 500 ms. */
  firstTargetMs?: number
  /** A segment ends here even without a key frame; default 20 000 ms. A function is asked as each segment begins. */
  maxMs?: number | (() => number)
  /** Whether segments wait for a key frame, default true; else any picture ends one that is long enough. */
  waitKeyFrame?: boolean
  /** A segment ends when its payloads reach this, even without a key frame; default 64 MiB. */
  maxBytes?: number
  /** A jump of timestamps further forward than this is a discontinuity; default 5000 ms. */
  gapMs?: number
  /** A video track without a frame for this long doesn't hold up cuts any more; default 5000 ms. */
  videoWaitMs?: number
  /** Audio from so long before the key frame that a publish begins with is kept; default 500 ms. */
  leadMs?: number
}

/** Key frames that come this much early are still taken: encoders' clocks and millisecond timestamps jitter. */
const SLACK_90K = 100 * 90
/** A jump of a track's timestamps back by more than this is a discontinuity; less is left to the decoder. */
const BACK_90K = 90_000
/** Wall times are extrapolated along the timestamps until they are off by more than this. */
const WALL_DRIFT_MS = 1000

interface OpenSegment {
  readonly tracks: readonly Track[]
  readonly start90k: number
  readonly target90k: number
  readonly max90k: number
  sizeBytes: number
}

/** Audio that waits for the first key frame. */
interface Lead {
  readonly frame: Frame
  readonly at90k: number
}

/**
 * Cuts the frames of one stream into segments. Segments of a stream with video begin with a key frame, unless none came
 * for `maxMs`; others are cut by duration. Changed tracks, a jump of timestamps and `end` make the next one a discontinuity.
 *
 * Frames go to the sink in the order they come. Those before the first key frame, but for audio just before it, and those that
 * fit neither the open segment's tracks nor a new one, are dropped.
 */
export class Segmenter {
  readonly #sink: SegmentSink
  readonly #targetMs: () => number
  readonly #firstTargetMs: number
  readonly #maxMs: () => number
  readonly #waitKeyFrame: boolean
  readonly #maxBytes: number
  readonly #gap90k: number
  readonly #videoWait90k: number
  readonly #lead90k: number
  #tracks: readonly Track[] = []
  #open: OpenSegment | null = null
  #first = true
  #discontinuity = true
  /** Wall time at one timestamp. */
  #anchor: { at90k: number; wallMs: number } | null = null
  /** Newest timestamp and newest step of each track, by track id. */
  readonly #clocks = new Map<number, { last90k: number; step90k: number }>()
  #newest90k: number | null = null
  /** Newest video frame, or the first frame of all while there was none. */
  #lastVideo90k = 0
  /** First frame seen since no segment is open. */
  #waiting90k: number | null = null
  /** The newest audio since then, `leadMs` of it. */
  #lead: Lead[] = []

  constructor(sink: SegmentSink, options: SegmenterOptions = {}) {
    this.#sink = sink
    this.#targetMs = asked(options.targetMs ?? 2000)
    this.#firstTargetMs = options.firstTargetMs ?? 500
    this.#maxMs = asked(options.maxMs ?? 20_000)
    this.#waitKeyFrame = options.waitKeyFrame ?? true
    this.#maxBytes = options.maxBytes ?? 64 << 20
    this.#gap90k = (options.gapMs ?? 5000) * 90
    this.#videoWait90k = (options.videoWaitMs ?? 5000) * 90
    this.#lead90k = (options.leadMs ?? 500) * 90
  }

  /** Sets the tracks of the frames to come. A change takes effect, with a new segment, at the next frame that may start one. */
  setTracks(tracks: readonly Track[]): void {
    this.#tracks = tracks
  }

  /** Takes the next frame; `wallMs` is the time of its arrival in milliseconds since the epoch. */
  push(frame: Frame, wallMs: number): void {
    const at90k = rescale(frame.dtsTicks, frame.track.timescale, 90_000)
    if (this.#jumps(frame, at90k)) this.#interrupt()
    this.#follow(frame, at90k)
    if (this.#open ? this.#isDue(this.#open, frame, at90k) : this.#mayStart(frame, at90k)) this.#cut(at90k, wallMs)
    if (this.#open) this.#add(this.#open, frame)
    else if (frame.track.kind === 'audio') this.#keepLead(frame, at90k)
  }

  /** The publish ended: closes the open segment. Frames after this are another timeline. */
  end(): void {
    this.#interrupt()
    this.#first = true
  }

  #add(open: OpenSegment, frame: Frame): void {
    const track = open.tracks.find(({ id }) => id === frame.track.id)
    if (!track || !sameTrack(track, frame.track)) return
    open.sizeBytes += frame.payload.length
    this.#sink.frame(frame)
  }

  #keepLead(frame: Frame, at90k: number): void {
    this.#lead.push({ frame, at90k })
    while (this.#lead[0] && this.#lead[0].at90k < at90k - this.#lead90k) this.#lead.shift()
  }

  #jumps(frame: Frame, at90k: number): boolean {
    const clock = this.#clocks.get(frame.track.id)
    const back = clock !== undefined && at90k < clock.last90k - BACK_90K
    return back || (this.#newest90k !== null && at90k > this.#newest90k + this.#gap90k)
  }

  #follow(frame: Frame, at90k: number): void {
    const clock = this.#clocks.get(frame.track.id)
    if (clock) {
      clock.step90k = Math.max(0, at90k - clock.last90k)
      clock.last90k = at90k
    } else {
      this.#clocks.set(frame.track.id, { last90k: at90k, step90k: 0 })
    }
    if (frame.track.kind === 'video' || this.#newest90k === null) this.#lastVideo90k = at90k
    this.#newest90k = Math.max(this.#newest90k ?? at90k, at90k)
    if (!this.#open) this.#waiting90k ??= at90k
  }

  #isDue(open: OpenSegment, frame: Frame, at90k: number): boolean {
    const elapsed90k = at90k - open.start90k
    if (elapsed90k >= open.max90k || open.sizeBytes >= this.#maxBytes) return true
    const due = elapsed90k >= open.target90k - SLACK_90K || !sameTracks(open.tracks, this.#tracks)
    return due && this.#mayStart(frame, at90k)
  }

  /** Whether a segment may begin with this frame. */
  #mayStart(frame: Frame, at90k: number): boolean {
    if (!this.#tracks.some((track) => sameTrack(track, frame.track))) return false
    if (frame.track.kind === 'video') return frame.key || this.#takesAny(at90k)
    const video = this.#tracks.some(({ kind }) => kind === 'video')
    return !video || at90k - this.#lastVideo90k > this.#videoWait90k
  }

  /** Whether a picture that is no key frame may begin a segment. */
  #takesAny(at90k: number): boolean {
    if (this.#open) return !this.#waitKeyFrame
    return this.#waiting90k !== null && at90k - this.#waiting90k >= this.#maxMs() * 90
  }

  #cut(at90k: number, wallMs: number): void {
    if (this.#open) {
      this.#discontinuity ||= !sameTracks(this.#open.tracks, this.#tracks)
      this.#sink.close({ duration90k: Math.max(0, at90k - this.#open.start90k) })
    }
    const targetMs = this.#targetMs()
    const target90k = (this.#first ? Math.min(this.#firstTargetMs, targetMs) : targetMs) * 90
    this.#open = { tracks: this.#tracks, start90k: at90k, target90k, max90k: this.#maxMs() * 90, sizeBytes: 0 }
    const discontinuity = this.#discontinuity
    this.#first = false
    this.#discontinuity = false
    this.#waiting90k = null
    this.#sink.open({ tracks: this.#tracks, start90k: at90k, wallMs: this.#wallMsAt(at90k, wallMs), discontinuity })
    const lead = this.#lead
    this.#lead = []
    for (const { frame, at90k: from90k } of lead) if (from90k >= at90k - this.#lead90k) this.#add(this.#open, frame)
  }

  #wallMsAt(at90k: number, wallMs: number): number {
    if (this.#anchor) {
      const along = Math.round(this.#anchor.wallMs + (at90k - this.#anchor.at90k) / 90)
      if (Math.abs(along - wallMs) <= WALL_DRIFT_MS) return along
    }
    this.#anchor = { at90k, wallMs }
    return wallMs
  }

  /** Closes the open segment at the end of its last frame. */
  #interrupt(): void {
    if (this.#open) {
      let end90k = this.#open.start90k
      for (const { last90k, step90k } of this.#clocks.values()) end90k = Math.max(end90k, last90k + step90k)
      this.#sink.close({ duration90k: end90k - this.#open.start90k })
      this.#open = null
    }
    this.#discontinuity = true
    this.#clocks.clear()
    this.#newest90k = null
    this.#waiting90k = null
    this.#lead = []
    this.#anchor = null
  }
}

const asked = (value: number | (() => number)): (() => number) => (typeof value === 'number' ? () => value : value)

/**
 * How long segments will be, in 90 kHz, when each group of pictures is as long as the first: the smallest multiple
 * of it that reaches the target.
 */
export function steadyDuration90k(group90k: number, targetMs: number): number {
  if (group90k <= 0) return targetMs * 90
  return group90k * Math.max(1, Math.ceil((targetMs * 90 - SLACK_90K) / group90k))
}
