import { index, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import type { StorageLocation, StorageSse } from '@millrace/contracts'

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
    /** Where everybody can read what is kept; null for nowhere. */
    publicBaseUrl: text(),
    /** How the server encrypts it; null as the bucket does by itself. */
    sse: jsonb().$type<StorageSse>(),
    /** The secret access key of an S3 storage, sealed with the row's id. */
    secretSealed: text(),
    version: version(),
    ...stamps,
  },
  (t) => [index().on(t.projectId, t.id)],
)
