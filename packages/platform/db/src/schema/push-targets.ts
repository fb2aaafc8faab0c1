import type { PushStatus } from '@millrace/contracts'
import { boolean, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

import { id, moment, stamps, version } from './columns.ts'
import { nodes } from './nodes.ts'
import { streams } from './streams.ts'
import { projects } from './tenancy.ts'

/** Where streams can be sent on to. */
export const pushTargets = pgTable(
  'push_targets',
  {
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    name: text(),
    /** Without its credential. */
    url: text().notNull(),
    /** The stream key at the receiver, sealed with the row's id. */
    credentialSealed: text(),
    enabled: boolean().notNull().default(true),
    version: version(),
    ...stamps,
  },
  (t) => [index().on(t.projectId, t.id)],
)

/** Which streams are sent to which targets, and how it goes by the reports of nodes. */
export const streamPushTargets = pgTable(
  'stream_push_targets',
  {
    streamId: text()
      .notNull()
      .references(() => streams.id, { onDelete: 'cascade' }),
    pushTargetId: text()
      .notNull()
      .references(() => pushTargets.id, { onDelete: 'cascade' }),
    status: text().$type<PushStatus>().notNull().default('idle'),
    statusAt: moment(),
    /** Who pushes, or did last. */
    nodeId: text().references(() => nodes.id, { onDelete: 'set null' }),
    /** Attempts since it was last live. */
    retries: integer().notNull().default(0),
    lastErrorCode: text(),
    lastError: text(),
    /** W3C trace context of what attached the target, or changed it last; pushing is part of the same trace. */
    traceparent: text(),
    createdAt: stamps.createdAt,
  },
  (t) => [primaryKey({ columns: [t.streamId, t.pushTargetId] }), index().on(t.pushTargetId)],
)
