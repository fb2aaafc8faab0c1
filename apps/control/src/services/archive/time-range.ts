import type { TimeRangeQuery } from '@millrace/contracts'
import { mediaSegments } from '@millrace/db'
import { eq, gte, lt } from 'drizzle-orm'

import { RequestInvalid } from '../failures.ts'
import type { ReadUnit } from '../unit.ts'

const DAY_MS = 86_400_000
/** Longest time that one answer tells of: it reads the index of all of it, 21,600 rows for a day. */
const MAX_RANGE_MS = 32 * DAY_MS

/** The time that is asked about; default the last 24 hours. Throws `REQUEST_INVALID` for one that is too long. */
export function rangeOf({ now }: ReadUnit, query: TimeRangeQuery): { from: Date; to: Date } {
  const to = query.to === undefined ? now : new Date(query.to)
  const from = query.from === undefined ? new Date(to.getTime() - DAY_MS) : new Date(query.from)
  const wrong = (pointer: string, message: string) => new RequestInvalid([{ pointer, code: 'custom', message }])
  if (from >= to) throw wrong('to', 'must be after from')
  if (to.getTime() - from.getTime() > MAX_RANGE_MS) throw wrong('from', 'must be at most 32 days before to')
  return { from, to }
}

/** Segments of a stream that begin in a time. */
export const startsWithin = (streamId: string, from: Date, to: Date) => [
  eq(mediaSegments.streamId, streamId),
  gte(mediaSegments.startsAt, from),
  lt(mediaSegments.startsAt, to),
]
