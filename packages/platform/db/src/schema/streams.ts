import type { ClientInfo, EndReason, Protocol, TrackInfo } from '@millrace/contracts'
import { boolean, doublePrecision, index, integer, jsonb, pgTable, text, unique } from 'drizzle-orm/pg-core'

import { bigCount, id, moment, stamps, version } from './columns.ts'
import { nodes } from './nodes.ts'
import { projects } from './tenancy.ts'

/** Virtual hosts. Names are host names and so unique among all tenants. */
export const vhosts = pgTable(
  'vhosts',
  {
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    name: text().notNull().unique(),
    /** `open`: anybody may publish and a stream is made at its first publish. `keyed`: a valid key is needed. */
    access: text({ enum: ['open', 'keyed'] }).notNull(),
    /** `signed`: plain URLs are refused, a playback token is needed. The stricter of vhost and stream holds. */
    playbackPolicy: text({ enum: ['public', 'signed'] })
      .notNull()
      .default('public'),
    enabled: boolean().notNull().default(true),
    version: version(),
    ...stamps,
  },
  (t) => [index().on(t.projectId, t.id)],
)

/** Streams, found by vhost, app and name. */
export const streams = pgTable(
  'streams',
  {
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    vhostId: text()
      .notNull()
      .references(() => vhosts.id),
    app: text().notNull(),
    name: text().notNull(),
    title: text(),
    metadata: jsonb().$type<Record<string, string>>().notNull().default({}),
    tags: text().array().notNull().default([]),
    externalId: text(),
    /** `signed`: plain URLs are refused, a playback token is needed. The stricter of vhost and stream holds. */
    playbackPolicy: text({ enum: ['public', 'signed'] })
      .notNull()
      .default('public'),
    enabled: boolean().notNull().default(true),
    /** Follows the broadcast; `enabled: false` is shown as `disabled` over it. */
    status: text({ enum: ['idle', 'connecting', 'live', 'reconnecting'] })
      .notNull()
      .default('idle'),
    /** The broadcast that is on now. No reference, as sessions refer to streams. */
    currentSessionId: text(),
    version: version(),
    ...stamps,
  },
  (t) => [
    unique('streams_vhost_app_name_unique').on(t.vhostId, t.app, t.name),
    index().on(t.projectId, t.id),
    index().on(t.projectId, t.externalId),
  ],
)

/** Stream keys, by keyed hash. A revoked one stays, so that its use is refused with the true reason. */
export const streamKeys = pgTable(
  'stream_keys',
  {
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    streamId: text()
      .notNull()
      .references(() => streams.id, { onDelete: 'cascade' }),
    name: text(),
    hash: text().notNull().unique(),
    last4: text().notNull(),
    enabled: boolean().notNull().default(true),
    expiresAt: moment(),
    revokedAt: moment(),
    lastUsedAt: moment(),
    ...stamps,
  },
  (t) => [index().on(t.streamId, t.id)],
)

/** Public names of a stream for players. */
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
    policy: text({ enum: ['public', 'signed', 'admission'] })
      .notNull()
      .default('public'),
    /** Web origins whose pages may play by it; none: all, and players that are no page. */
    allowedOrigins: text().array().notNull().default([]),
    ...stamps,
  },
  (t) => [index().on(t.streamId, t.id)],
)

/** Broadcasts, made and moved on by the reports of nodes. */
export const sessions = pgTable(
  'sessions',
  {
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    streamId: text()
      .notNull()
      .references(() => streams.id, { onDelete: 'cascade' }),
    nodeId: text()
      .notNull()
      .references(() => nodes.id),
    bootId: text().notNull(),
    keyId: text(),
    protocol: text().$type<Protocol>().notNull(),
    client: jsonb().$type<ClientInfo>().notNull(),
    encoder: text(),
    status: text({ enum: ['connected', 'live', 'ended'] }).notNull(),
    tracks: jsonb().$type<TrackInfo[]>().notNull().default([]),
    startedAt: moment().notNull(),
    liveAt: moment(),
    endedAt: moment(),
    endReason: text().$type<EndReason>(),
    errorCode: text(),
    durationS: doublePrecision().notNull().default(0),
    bytesIn: bigCount().default(0),
    bytesOut: bigCount().default(0),
    players: integer().notNull().default(0),
    ...stamps,
  },
  (t) => [index().on(t.streamId, t.id), index().on(t.projectId, t.id), index().on(t.nodeId, t.status)],
)
