import { bigint, index, jsonb, pgTable, text } from 'drizzle-orm/pg-core'

import { bigCount, id, moment, stamps } from './columns.ts'
import { projects } from './tenancy.ts'

/** Work that a request asked for and that goes on after its answer (202). Whoever runs it locks the row. */
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
    /** Where the next step begins; null at the beginning. */
    cursor: text(),
    /** Items done; of `total`, where that is known. */
    done: bigCount().default(0),
    total: bigint({ mode: 'number' }),
    /** Code of the failure. */
    errorCode: text(),
    startedAt: moment(),
    finishedAt: moment(),
    ...stamps,
  },
  (t) => [index().on(t.projectId, t.id), index().on(t.status, t.id)],
)
