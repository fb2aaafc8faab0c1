import { index, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import type { StorageLocation } from '@millrace/contracts'

import { id, stamps, version } from './columns.ts'
import { projects } from './tenancy.ts'

/** Where recordings and segments go. */
export const storages = pgTable(
  'storages',
  {
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    name: text().notNull(),
    location: jsonb().$type<StorageLocation>().notNull(),
    /** The secret access key of an S3 storage, sealed with the row's id. */
    secretSealed: text(),
    version: version(),
    ...stamps,
  },
  (t) => [index().on(t.projectId, t.id)],
)
