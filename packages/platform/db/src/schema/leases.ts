import { index, pgTable, text } from 'drizzle-orm/pg-core'

import { bigCount, id, moment } from './columns.ts'
import { nodes } from './nodes.ts'
import { streams } from './streams.ts'

/**
 * Which node has which stream, one row for each stream that was ever published. The epoch grows with each publisher and
 * never goes back: who shows a lower one has lost the stream. Changed under the lock of the stream's row.
 */
export const streamLeases = pgTable(
  'stream_leases',
  {
    streamId: text()
      .primaryKey()
      .references(() => streams.id, { onDelete: 'cascade' }),
    epoch: bigCount(),
    /** Null when nobody has it. */
    nodeId: text().references(() => nodes.id, { onDelete: 'set null' }),
    bootId: text(),
    /** The broadcast, once its node has reported it. */
    sessionId: text(),
    takenAt: moment().notNull(),
    expiresAt: moment().notNull(),
    /** Set when it was found expired: the stream ends then. */
    lostUntil: moment(),
  },
  (t) => [index().on(t.expiresAt), index().on(t.nodeId)],
)

/**
 * Since when the control plane can be heard of, in one row. A node that stays silent while nobody listens is not lost.
 */
export const controlPresence = pgTable('control_presence', {
  /** Always `control`. */
  id: id(),
  /** Beginning of the time without gaps. */
  awakeSince: moment().notNull(),
  lastAwakeAt: moment().notNull(),
})
