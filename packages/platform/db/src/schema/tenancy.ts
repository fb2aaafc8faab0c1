import type { ProjectLimits } from '@millrace/contracts'
import { bigint, doublePrecision, index, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

import { id, moment, stamps, version } from './columns.ts'

/** Tenants. One named `default` exists from the first start. */
export const projects = pgTable('projects', {
  id: id(),
  name: text().notNull().unique(),
  limits: jsonb().$type<ProjectLimits>().notNull().default({ max_streams: null, requests_per_minute: null }),
  /** One of its own storages. No reference, as storages refer to projects. */
  defaultStorageId: text(),
  version: version(),
  ...stamps,
})

/** API tokens, by keyed hash. */
export const apiTokens = pgTable(
  'api_tokens',
  {
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    name: text().notNull(),
    hash: text().notNull().unique(),
    last4: text().notNull(),
    scopes: text().array().notNull(),
    /** `environment`: set by the operator where the program is started, and replaced from there. */
    origin: text({ enum: ['api', 'environment'] })
      .notNull()
      .default('api'),
    expiresAt: moment(),
    lastUsedAt: moment(),
    ...stamps,
  },
  (t) => [index().on(t.projectId, t.id)],
)

/** Token buckets of the rate limit; in a table without write-ahead log, as a crash may forget them. */
export const rateBuckets = pgTable('rate_buckets', {
  tokenId: text().primaryKey(),
  /** Requests left at `refilledAt`. */
  level: doublePrecision().notNull(),
  refilledAt: moment().notNull(),
})

/** What a POST with an `Idempotency-Key` answered; the answer is sealed, as it may hold a secret. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    projectId: text()
      .notNull()
      .references(() => projects.id),
    key: text().notNull(),
    /** Hash of method, path and body. */
    fingerprint: text().notNull(),
    answerSealed: text(),
    expiresAt: moment().notNull(),
    createdAt: moment().notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.key] }), index().on(t.expiresAt)],
)

/** Who changed what. Never holds a secret. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    /** No reference: the log outlives the token. */
    tokenId: text(),
    action: text().notNull(),
    subjectType: text().notNull(),
    subjectId: text().notNull(),
    requestId: text().notNull(),
    at: moment().notNull().defaultNow(),
    details: jsonb().$type<Record<string, unknown>>().notNull().default({}),
  },
  (t) => [index().on(t.projectId, t.id), index().on(t.subjectType, t.subjectId)],
)
