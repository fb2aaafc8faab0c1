import { rescale } from '@millrace/core'
import type { AdaptationSet, Period, TimelineSegment } from '@millrace/dash'
import type { Track } from '@millrace/media'

/** A media segment that has a file. */
export interface DashSegment extends TimelineSegment {
  readonly number: number
  readonly sizeBytes: number
}

/** What a segment of one track adds to the window. */
export interface DashPiece {
  readonly track: Track
  /** Name of the initialisation segment. */
  readonly initName: string
  readonly segment: DashSegment
}

interface Row {
  readonly track: Track
  readonly initName: string
  segments: DashSegment[]
}

interface Stretch {
  readonly id: string
  readonly startMs: number
  /** Media time that is its start. */
  readonly origin90k: number
  readonly rows: Map<Track['kind'], Row>
}

/** Ends and begins that differ by less are the same. */
const JITTER_90K = 100 * 90

/** Name of a media segment. */
export function segmentName(kind: Track['kind'], number: number): string {
  return `${kind}-${number}.m4s`
}

/** The segments of one stream that its manifest lists, and those that players may still ask for. */
export class DashWindow {
  #windowMs: number
  #stretches: Stretch[] = []
  #newestMs = 0
  #longestMs = 0

  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  /** Lists at least this much from now on. */
  configure(windowMs: number): void {
    this.#windowMs = windowMs
  }

  /** No segment listed so far was longer. */
  get longestMs(): number {
    return this.#longestMs
  }

  /**
   * A segment, with one piece for each track that has something in it.
   *
   * @param wallMs when it began, milliseconds since the epoch; for another stretch only, which begins after the one before
   * @param start90k the media's time at `wallMs`
   */
  add(pieces: readonly DashPiece[], another: boolean, wallMs: number, start90k: number): void {
    const last = this.#stretches.at(-1)
    const stretch = last && !another ? last : this.#begin(pieces, wallMs, start90k)
    for (const { track, initName, segment } of pieces) {
      const row = stretch.rows.get(track.kind) ?? { track, initName, segments: [] }
      stretch.rows.set(track.kind, row)
      row.segments.push(segment)
      this.#newestMs = Math.max(this.#newestMs, endMs(stretch, row, segment))
      this.#longestMs = Math.max(this.#longestMs, Math.ceil((segment.durationTicks * 1000) / row.track.timescale))
    }
  }

  /** What the manifest lists: what ends within the window. */
  periods(): Period[] {
    const fromMs = this.#newestMs - this.#windowMs
    return this.#stretches.flatMap((stretch) => {
      const sets = [...stretch.rows.values()].flatMap((row) => setOf(stretch, row, fromMs))
      return sets.length > 0 ? [{ id: stretch.id, startMs: stretch.startMs, sets }] : []
    })
  }

  /**
   * Forgets what nobody may ask for any more; the result is its names.
   * @see ISO/IEC 23009-1 §A.3.4: a segment is available for the depth of the time shift buffer and its own duration after it has ended
   */
  expire(): string[] {
    const beforeMs = this.#newestMs - this.#windowMs - 2 * this.#longestMs
    const names: string[] = []
    const kept = new Set<string>()
    const inits = new Set<string>()
    for (const stretch of this.#stretches) {
      for (const row of stretch.rows.values()) {
        const isOver = (segment: DashSegment): boolean => endMs(stretch, row, segment) < beforeMs
        names.push(...row.segments.filter(isOver).map(({ number }) => segmentName(row.track.kind, number)))
        row.segments = row.segments.filter((segment) => !isOver(segment))
        if (row.segments.length > 0) kept.add(row.initName)
        inits.add(row.initName)
      }
    }
    const newest = this.#stretches.at(-1)
    for (const { initName } of newest?.rows.values() ?? []) kept.add(initName)
    this.#stretches = this.#stretches.filter(
      (stretch) => stretch === newest || [...stretch.rows.values()].some(({ segments }) => segments.length > 0),
    )
    return [...names, ...[...inits].filter((name) => !kept.has(name))]
  }

  /** Forgets all; the result is its names. */
  clear(): string[] {
    const names = this.#stretches.flatMap(({ rows }) =>
      [...rows.values()].flatMap(({ track, initName, segments }) => [
        initName,
        ...segments.map(({ number }) => segmentName(track.kind, number)),
      ]),
    )
    this.#stretches = []
    return [...new Set(names)]
  }

  #begin(pieces: readonly DashPiece[], wallMs: number, start90k: number): Stretch {
    const starts90k = pieces.map(({ track, segment }) => rescale(segment.startTicks, track.timescale, 90_000))
    const origin90k = Math.max(0, Math.min(...starts90k))
    const stretch = {
      id: String(Math.round(wallMs)),
      startMs: Math.max(Math.round(wallMs + (origin90k - start90k) / 90), this.#newestMs),
      origin90k,
      rows: new Map<Track['kind'], Row>(),
    }
    // two within a millisecond
    const isTaken = this.#stretches.some(({ id }) => id === stretch.id)
    const unique = isTaken ? { ...stretch, id: `${stretch.id}-${pieces[0]?.segment.number}` } : stretch
    this.#stretches.push(unique)
    return unique
  }
}

function endMs({ startMs, origin90k }: Stretch, { track }: Row, { startTicks, durationTicks }: DashSegment): number {
  return startMs + (rescale(startTicks + durationTicks, track.timescale, 90_000) - origin90k) / 90
}

function setOf(stretch: Stretch, row: Row, fromMs: number): AdaptationSet[] {
  const { track, initName } = row
  const listed = row.segments.filter((segment) => endMs(stretch, row, segment) > fromMs)
  const first = listed[0]
  if (!first) return []
  const template = {
    timescale: track.timescale,
    presentationTimeOffsetTicks: rescale(stretch.origin90k, 90_000, track.timescale),
    initialization: initName,
    media: '$RepresentationID$-$Number$.m4s',
    startNumber: first.number,
    segments: listed.map((segment, i) => joined(segment, listed[i + 1], track)),
  }
  const rates = row.segments.map((each) => (each.sizeBytes * 8 * track.timescale) / each.durationTicks)
  const common = { id: track.kind, bandwidthBps: Math.ceil(Math.max(1, ...rates)), codecs: track.codecString }
  const facts =
    track.kind === 'video'
      ? { width: track.width, height: track.height }
      : { sampleRate: track.sampleRate, channels: track.channels }
  const representations = [{ ...common, ...facts }]
  return [{ kind: track.kind, mimeType: `${track.kind}/mp4`, template, representations }]
}

/** Durations are guesses until the next segment is there. */
function joined(
  { startTicks, durationTicks }: DashSegment,
  next: DashSegment | undefined,
  track: Track,
): TimelineSegment {
  const jitterTicks = rescale(JITTER_90K, 90_000, track.timescale)
  const isNear = next !== undefined && next.startTicks - startTicks - durationTicks < jitterTicks
  return { startTicks, durationTicks: isNear ? next.startTicks - startTicks : durationTicks }
}
