import { bigint, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'

import { bigCount, id, moment, stamps } from './columns.ts'
import { projects } from './tenancy.ts'

/**
 * Work that goes on after the answer (202) to the request that asked for it, or that nobody asked for. Whoever runs it locks
 * the row, or shows its attempt.
 */
export const jobs = pgTable(
  'jobs',
  {
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    type: text().notNull(),
    /** The resource that it works on. */
    subjectType: text().notNull(),
    subjectId: text().notNull(),
    status: text({ enum: ['queued', 'running', 'succeeded', 'failed'] })
      .notNull()
      .default('queued'),
    /** What was asked for; by `type`. */
    params: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    /** Grows each time that a worker takes the job: who shows a lower one has lost it, and commits nothing. */
    attempt: integer().notNull().default(0),
    /** Attempts that failed since the last success of a step. */
    failures: integer().notNull().default(0),
    /** Not before; null for now. */
    runAt: moment(),
    /** Where the next step begins; null at the beginning. */
    cursor: text(),
    /** Items done; of `total`, where that is known. */
    done: bigCount().default(0),
    total: bigint({ mode: 'number' }),
    /** Code of the failure, or of the last failed attempt. */
    errorCode: text(),
    startedAt: moment(),
    finishedAt: moment(),
    ...stamps,
  },
  (t) => [index().on(t.projectId, t.id), index().on(t.status, t.id), index().on(t.subjectId, t.type)],
)
