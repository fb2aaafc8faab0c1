import type { ClientInfo, Protocol } from '@millrace/contracts'
import { index, jsonb, pgTable, text } from 'drizzle-orm/pg-core'

import { id, moment } from './columns.ts'
import { nodes } from './nodes.ts'
import { streams } from './streams.ts'
import { projects } from './tenancy.ts'

/** Who watches now, by the reports of nodes. The row goes with the viewer, or with the boot of the node. */
export const viewers = pgTable(
  'viewers',
  {
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    streamId: text()
      .notNull()
      .references(() => streams.id, { onDelete: 'cascade' }),
    nodeId: text()
      .notNull()
      .references(() => nodes.id, { onDelete: 'cascade' }),
    bootId: text().notNull(),
    protocol: text().$type<Protocol>().notNull(),
    client: jsonb().$type<ClientInfo>().notNull(),
    joinedAt: moment().notNull(),
  },
  (t) => [index().on(t.projectId, t.id), index().on(t.streamId, t.id), index().on(t.nodeId, t.bootId)],
)
