import type { NodeAddresses, NodeCommandOf, NodeCommandType, NodeLoad } from '@millrace/contracts'
import { sql } from 'drizzle-orm'
import { index, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

import { bigCount, id, moment, stamps } from './columns.ts'
import { jobs } from './jobs.ts'

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
  /** What the operator wants it to be; it outlives the node's boots. */
  desiredState: text({ enum: ['ready', 'draining'] })
    .notNull()
    .default('ready'),
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

/**
 * What nodes are to do, written in the transaction that wants it; the worker puts what isn't done into the queue of the node.
 */
export const nodeCommands = pgTable(
  'node_commands',
  {
    /** Of the job as well. */
    id: id(),
    nodeId: text()
      .notNull()
      .references(() => nodes.id, { onDelete: 'cascade' }),
    type: text().$type<NodeCommandType>().notNull(),
    /** The command but for its id. */
    payload: jsonb().$type<NodeCommandOf>().notNull(),
    /** The job whose work it is. */
    jobId: text().references(() => jobs.id, { onDelete: 'set null' }),
    /** W3C trace context of what wanted it; the node's work and its report are part of the same trace. */
    traceparent: text(),
    createdAt: moment().notNull().defaultNow(),
    /** When it was last put into the queue. */
    relayedAt: moment(),
    /** By the node's report, or when it was given up. */
    doneAt: moment(),
    errorCode: text(),
    error: text(),
  },
  (t) => [
    index('node_commands_open_idx')
      .on(t.nodeId, t.id)
      .where(sql`done_at is null`),
    index().on(t.jobId),
    index().on(t.createdAt),
  ],
)
