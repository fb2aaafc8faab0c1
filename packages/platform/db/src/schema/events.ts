import type { EventData, EventType, Subject } from '@millrace/contracts'
import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text, unique } from 'drizzle-orm/pg-core'

import { bigCount, id, moment, stamps, version } from './columns.ts'
import { projects } from './tenancy.ts'

/** Everything that happened, in order of `seq` per subject. Subjects may be gone by now, so nothing refers to them. */
export const events = pgTable(
  'events',
  {
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    type: text().$type<EventType>().notNull(),
    subjectType: text().$type<Subject['type']>().notNull(),
    subjectId: text().notNull(),
    sessionId: text(),
    seq: bigCount(),
    data: jsonb().$type<EventData>().notNull(),
    /** When it happened, by the clock of whoever saw it. */
    timestamp: moment().notNull(),
    /** W3C trace context of the work that it came of; deliveries are part of the same trace. */
    traceparent: text(),
    createdAt: moment().notNull().defaultNow(),
  },
  (t) => [
    unique('events_subject_seq_unique').on(t.subjectType, t.subjectId, t.seq),
    index().on(t.projectId, t.id),
    index().on(t.createdAt),
  ],
)

/** Last `seq` given out per subject. Its row lock puts the transactions about one subject in line. */
export const eventCounters = pgTable(
  'event_counters',
  {
    subjectType: text().notNull(),
    subjectId: text().notNull(),
    lastSeq: bigCount(),
  },
  (t) => [primaryKey({ columns: [t.subjectType, t.subjectId] })],
)

/** Where a tenant wants events posted. */
export const webhookEndpoints = pgTable(
  'webhook_endpoints',
  {
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    url: text().notNull(),
    description: text(),
    /** Null for all types. */
    eventTypes: text().array().$type<EventType[]>(),
    secretSealed: text().notNull(),
    /** The secret before, which signs too until `previousSecretUntil`. */
    previousSecretSealed: text(),
    previousSecretUntil: moment(),
    enabled: boolean().notNull().default(true),
    /** Why the system turned it off; null when the user did. */
    disabledReason: text(),
    /** Failed attempts since the last success, over all deliveries. */
    failures: integer().notNull().default(0),
    /** Circuit breaker: how often it has opened since the last success; 0 while it is closed. */
    circuitOpens: integer().notNull().default(0),
    /** While it is open: until when nothing is posted; after that it is half open, and one post may try. */
    circuitUntil: moment(),
    version: version(),
    ...stamps,
  },
  (t) => [index().on(t.projectId, t.id)],
)

/** One event on its way to one endpoint; its id is the `job id`, the event's id is the `webhook-id`. */
export const deliveries = pgTable(
  'deliveries',
  {
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    endpointId: text()
      .notNull()
      .references(() => webhookEndpoints.id, { onDelete: 'cascade' }),
    eventId: text()
      .notNull()
      .references(() => events.id, { onDelete: 'cascade' }),
    subjectType: text().$type<Subject['type']>().notNull(),
    subjectId: text().notNull(),
    seq: bigCount(),
    status: text({ enum: ['pending', 'succeeded', 'failed'] })
      .notNull()
      .default('pending'),
    attempts: integer().notNull().default(0),
    /** Of `attempts`, those before it was asked for again; the schedule counts from there. */
    earlierAttempts: integer().notNull().default(0),
    /** When it was last asked for again. */
    redeliveredAt: moment(),
    nextAttemptAt: moment(),
    /** While an attempt runs: until when its worker may take; then another worker may try. */
    leasedUntil: moment(),
    lastAttemptAt: moment(),
    /** HTTP status of the last attempt; null when there was no answer. */
    lastStatusCode: integer(),
    lastError: text(),
    completedAt: moment(),
    ...stamps,
  },
  (t) => [
    unique('deliveries_endpoint_event_unique').on(t.endpointId, t.eventId),
    index().on(t.endpointId, t.id),
    index('deliveries_pending_idx')
      .on(t.endpointId, t.subjectType, t.subjectId, t.seq)
      .where(sql`status = 'pending'`),
    index('deliveries_due_idx')
      .on(t.nextAttemptAt)
      .where(sql`status = 'pending'`),
    index('deliveries_leased_idx')
      .on(t.endpointId)
      .where(sql`leased_until is not null`),
    index().on(t.createdAt),
  ],
)

/** The log of attempts. */
export const deliveryAttempts = pgTable(
  'delivery_attempts',
  {
    deliveryId: text()
      .notNull()
      .references(() => deliveries.id, { onDelete: 'cascade' }),
    /** 1, 2, 3 … */
    attempt: integer().notNull(),
    at: moment().notNull(),
    durationMs: integer().notNull(),
    statusCode: integer(),
    error: text(),
    /** Start of the answer's body. */
    answerExcerpt: text(),
  },
  (t) => [primaryKey({ columns: [t.deliveryId, t.attempt] })],
)

/**
 * Work that a committed transaction asks of the worker, in order of `id`; the worker deletes what it has turned into jobs.
 * `event`: deliver `eventId` to every endpoint that wants it, or to `endpointId` alone. `retry`: try `deliveryId` again now.
 */
export const outbox = pgTable('outbox', {
  id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  kind: text({ enum: ['event', 'retry'] }).notNull(),
  eventId: text().references(() => events.id, { onDelete: 'cascade' }),
  endpointId: text().references(() => webhookEndpoints.id, { onDelete: 'cascade' }),
  deliveryId: text().references(() => deliveries.id, { onDelete: 'cascade' }),
  createdAt: moment().notNull().defaultNow(),
})
