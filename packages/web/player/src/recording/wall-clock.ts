/** A stretch of media along which the wall clock runs evenly. */
export interface Stretch {
  /** On the player's own clock, seconds. */
  startS: number
  endS: number
  /** Wall clock of its start, milliseconds since the epoch. */
  wallMs: number
}

/** A segment of a playlist as hls.js tells of it. */
export interface DatedFragment {
  start: number
  duration: number
  programDateTime: number | null
}

/** How far two segments may be from each other on the wall clock and still be one stretch, milliseconds. */
const TOLERANCE_MS = 250

/** The stretches that the segments of a playlist make, in order. Segments before the first dated one are left out. */
export function stretchesOf(fragments: Iterable<DatedFragment>): Stretch[] {
  const stretches: Stretch[] = []
  for (const { start, duration, programDateTime } of fragments) {
    const last = stretches.at(-1)
    const impliedMs = last && wallWithin(last, start)
    const wallMs = programDateTime ?? impliedMs
    if (wallMs === undefined) continue
    const goesOn = impliedMs !== undefined && Math.abs(wallMs - impliedMs) <= TOLERANCE_MS
    if (last && goesOn) last.endS = Math.max(last.endS, start + duration)
    else stretches.push({ startS: start, endS: start + duration, wallMs })
  }
  return stretches
}

/** Wall clock of a position, milliseconds since the epoch; undefined while nothing is known. */
export function wallAt(stretches: readonly Stretch[], positionS: number): number | undefined {
  const stretch = stretches.findLast(({ startS }) => startS <= positionS) ?? stretches[0]
  return stretch && wallWithin(stretch, Math.min(Math.max(positionS, stretch.startS), stretch.endS))
}

/** The position of a moment: where there are no media, that of the next ones; at last the end. Undefined while nothing is known. */
export function positionAt(stretches: readonly Stretch[], wallMs: number): number | undefined {
  const stretch = stretches.find((candidate) => wallMs < wallWithin(candidate, candidate.endS)) ?? stretches.at(-1)
  if (!stretch) return undefined
  return Math.min(stretch.endS, Math.max(stretch.startS, stretch.startS + (wallMs - stretch.wallMs) / 1000))
}

function wallWithin({ startS, wallMs }: Stretch, positionS: number): number {
  return wallMs + (positionS - startS) * 1000
}
