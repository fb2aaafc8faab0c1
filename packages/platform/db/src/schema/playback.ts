import type { PublicJwk } from '@millrace/contracts'
import { index, jsonb, pgTable, text } from 'drizzle-orm/pg-core'

import { id, moment, stamps } from './columns.ts'
import { recordings } from './recordings.ts'
import { streams } from './streams.ts'
import { projects } from './tenancy.ts'

/** Public names of a stream, or of one of its recordings, for players. */
export const playbackIds = pgTable(
  'playback_ids',
  {
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    streamId: text()
      .notNull()
      .references(() => streams.id, { onDelete: 'cascade' }),
    /** Null for a name of the stream itself. */
    recordingId: text().references(() => recordings.id, { onDelete: 'cascade' }),
    policy: text({ enum: ['public', 'signed', 'admission'] })
      .notNull()
      .default('public'),
    /** Web origins whose pages may play by it; none: all, and players that are no page. */
    allowedOrigins: text().array().notNull().default([]),
    ...stamps,
  },
  (t) => [index().on(t.streamId, t.id), index().on(t.recordingId, t.id)],
)

/** Keys that playback tokens are signed with. A revoked one stays, to be seen in lists. */
export const signingKeys = pgTable(
  'signing_keys',
  {
    /** The `kid`. */
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    name: text(),
    algorithm: text({ enum: ['ES256', 'EdDSA'] }).notNull(),
    /** Public members only. */
    publicJwk: jsonb().$type<PublicJwk>().notNull(),
    /** For minting; null when the user imported the public half. */
    privateJwkSealed: text(),
    revokedAt: moment(),
    ...stamps,
  },
  (t) => [index().on(t.projectId, t.id)],
)

/** Playback tokens that are refused although their signature is good. Forgotten once every token they hit has expired. */
export const playbackRevocations = pgTable(
  'playback_revocations',
  {
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    /** Null: tokens of every playback id of the project. */
    playbackId: text().references(() => playbackIds.id, { onDelete: 'cascade' }),
    /** The viewer who is shut out; null for tokens of everybody. */
    vid: text(),
    /** Tokens issued before are refused; null: all of them. */
    notBefore: moment(),
    expiresAt: moment().notNull(),
    ...stamps,
  },
  (t) => [index().on(t.projectId, t.id), index().on(t.expiresAt)],
)
