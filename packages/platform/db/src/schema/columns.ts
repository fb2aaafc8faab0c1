import { bigint, integer, text, timestamp } from 'drizzle-orm/pg-core'

/** A moment, as `Date`; PostgreSQL keeps microseconds, JavaScript milliseconds, so milliseconds are stored. */
export const moment = () => timestamp({ withTimezone: true, precision: 3, mode: 'date' })

/** When a row was made, and when its settings last changed. */
export const stamps = {
  createdAt: moment().notNull().defaultNow(),
  updatedAt: moment()
    .notNull()
    .defaultNow()
    .$onUpdate(() => new Date()),
}

/** Version of a row's settings: its ETag. Status changes don't touch it. */
export const version = () => integer().notNull().default(1)

/** Primary key with a prefix, made by `newId`. */
export const id = () => text().primaryKey()

/** A count that may pass 2^31; exact up to 2^53. */
export const bigCount = () => bigint({ mode: 'number' }).notNull()
