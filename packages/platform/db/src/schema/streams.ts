import type {
  AdmissionHook,
  ClientInfo,
  EndReason,
  IpRule,
  Protocol,
  RecordSettings,
  ReferRules,
  StreamSource,
  TrackInfo,
} from '@millrace/contracts'
import { boolean, doublePrecision, index, integer, jsonb, pgTable, text, unique } from 'drizzle-orm/pg-core'

import { bigCount, id, moment, stamps, version } from './columns.ts'
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
    /**
     * `open`: anybody may publish and a stream is made at its first publish. `keyed`: a valid key is needed. `hook`: the
     * admission hook decides.
     */
    access: text({ enum: ['open', 'keyed', 'hook'] }).notNull(),
    /** `signed`: plain URLs are refused, a playback token is needed. The stricter of vhost and stream holds. */
    playbackPolicy: text({ enum: ['public', 'signed'] })
      .notNull()
      .default('public'),
    enabled: boolean().notNull().default(true),
    ipRules: jsonb().$type<IpRule[]>().notNull().default([]),
    referRules: jsonb().$type<ReferRules>().notNull().default({ publish: [], play: [], all: [] }),
    /** Null for all. */
    corsOrigins: text().array(),
    callbackFormat: text({ enum: ['native', 'srs'] })
      .notNull()
      .default('native'),
    admissionHook: jsonb().$type<AdmissionHook>(),
    /** What native calls of the hook are signed with, sealed with the row's id. */
    hookSecretSealed: text(),
    /** The secret before, which signs too until `previousHookSecretUntil`. */
    previousHookSecretSealed: text(),
    previousHookSecretUntil: moment(),
    /** Whether viewers' coming and going make events. */
    viewerEvents: boolean().notNull().default(false),
    /** How broadcasts of streams without a setting of their own are recorded; null for not at all. */
    record: jsonb().$type<RecordSettings>(),
    dvrWindowS: integer().notNull().default(0),
    livePlaylist: boolean().notNull().default(false),
    liveWindowS: integer().notNull().default(60),
    version: version(),
    ...stamps,
  },
  (t) => [index().on(t.projectId, t.id)],
)

/** More names of vhosts. No name is in both tables: writers lock the name first. */
export const vhostAliases = pgTable(
  'vhost_aliases',
  {
    name: text().primaryKey(),
    vhostId: text()
      .notNull()
      .references(() => vhosts.id, { onDelete: 'cascade' }),
  },
  (t) => [index().on(t.vhostId)],
)

/**
 * Last answers of admission hooks: a cache, in a table without write-ahead log. `hash` is of the vhost's hook and all that
 * the hook was told about.
 */
export const hookAnswers = pgTable(
  'hook_answers',
  {
    hash: text().primaryKey(),
    vhostId: text()
      .notNull()
      .references(() => vhosts.id, { onDelete: 'cascade' }),
    answer: jsonb().$type<Record<string, unknown>>().notNull(),
    answeredAt: moment().notNull(),
    /** When it may be forgotten. */
    expiresAt: moment().notNull(),
  },
  (t) => [index().on(t.expiresAt), index().on(t.vhostId)],
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
    latency: text({ enum: ['ultra', 'low', 'standard'] })
      .notNull()
      .default('standard'),
    /** Null for the node's own setting. */
    reconnectWindowS: integer(),
    /** Null for no limit. */
    maxBitrateKbps: integer(),
    maxDurationS: integer(),
    source: jsonb().$type<StreamSource>().notNull().default({ type: 'push' }),
    /** W3C trace context of what set the source, or enabled the stream, last; pulling is part of the same trace. */
    sourceTraceparent: text(),
    /** Null, as the next three: as the vhost says. */
    record: jsonb().$type<RecordSettings>(),
    dvrWindowS: integer(),
    livePlaylist: boolean(),
    liveWindowS: integer(),
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
    /** Networks it may be used from; null for all. */
    allowIps: text().array(),
    /** Null for all. */
    protocols: text().array().$type<Protocol[]>(),
    expiresAt: moment(),
    revokedAt: moment(),
    lastUsedAt: moment(),
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
    /** No reference: a broadcast is remembered when its node is gone for good. */
    nodeId: text().notNull(),
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
