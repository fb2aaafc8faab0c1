import { randomBytes } from 'node:crypto'

import { ID_PREFIXES, type IdKind } from '@millrace/contracts'
import { sortableId } from '@millrace/core'

/** The fine clock counts from the start of the process and doesn't see steps of the wall clock or sleep. */
const MAX_DIFFERENCE_MS = 1000

/**
 * A new id of this kind. Ids made one after the other by one process sort in this order, even within a millisecond: the
 * first 16 of the 80 random bits are the fraction of the millisecond (as RFC 9562 §6.2 method 3 does for UUIDs).
 */
export function newId(kind: IdKind): string {
  const wallMs = Date.now()
  const fineMs = performance.timeOrigin + performance.now()
  const random = randomBytes(10)
  if (Math.abs(fineMs - wallMs) > MAX_DIFFERENCE_MS) return sortableId(ID_PREFIXES[kind], wallMs, random)
  random.writeUInt16BE(Math.floor((fineMs % 1) * 0x10000))
  return sortableId(ID_PREFIXES[kind], Math.floor(fineMs), random)
}
