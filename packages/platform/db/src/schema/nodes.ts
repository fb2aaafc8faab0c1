import type { NodeAddresses, NodeLoad } from '@millrace/contracts'
import { jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

import { bigCount, id, moment, stamps } from './columns.ts'

/** Media nodes. They serve all tenants. */
export const nodes = pgTable('nodes', {
  id: id(),
  name: text().notNull().unique(),
  bootId: text().notNull(),
  version: text().notNull(),
  region: text(),
  addresses: jsonb().$type<NodeAddresses>().notNull(),
  load: jsonb().$type<NodeLoad>(),
  state: text({ enum: ['ready', 'draining', 'lost'] }).notNull(),
  registeredAt: moment().notNull(),
  lastSeenAt: moment().notNull(),
  ...stamps,
})

/**
 * How far the reports of each boot of a node have been applied. The row is locked while a batch is applied and only ever
 * goes up, so each (node, boot, seq) is applied once.
 */
export const nodeReports = pgTable(
  'node_reports',
  {
    nodeId: text()
      .notNull()
      .references(() => nodes.id, { onDelete: 'cascade' }),
    bootId: text().notNull(),
    appliedThrough: bigCount().default(0),
    ...stamps,
  },
  (t) => [primaryKey({ columns: [t.nodeId, t.bootId] })],
)
