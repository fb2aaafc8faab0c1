import type {
  ArchiveFormat,
  ClipStatus,
  Gap,
  RecordFormat,
  RecordingFile,
  RecordingStatus,
  RecordPlan,
  TrackInfo,
} from '@millrace/contracts'
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'

import { bigCount, id, moment, stamps, version } from './columns.ts'
import { storages } from './storages.ts'
import { streams } from './streams.ts'
import { projects } from './tenancy.ts'

/** The tracks of segments with this `init`. */
export interface TakeTracks {
  init: number
  tracks: TrackInfo[]
  /** Bits per second that the publisher claims; null when it claims nothing. */
  bandwidth: number | null
}

/** Runs of the archive: one broadcast on one node. Made when the node first asks for grants, or reports it. */
export const takes = pgTable(
  'takes',
  {
    /** The node's to make. */
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    streamId: text()
      .notNull()
      .references(() => streams.id, { onDelete: 'cascade' }),
    /** No reference: it is reported apart, and may be unknown. */
    sessionId: text().notNull(),
    /** Nobody else may write it. No reference: the take outlives the node. */
    nodeId: text().notNull(),
    storageId: text()
      .notNull()
      .references(() => storages.id),
    format: text().$type<ArchiveFormat>().notNull(),
    /** Null when it was admitted while control was away. */
    epoch: bigint({ mode: 'number' }),
    /** Null until it is reported. */
    openedAt: moment(),
    /** By `init`. */
    tracks: jsonb().$type<TakeTracks[]>().notNull().default([]),
    /** When all its segments were stored or lost. */
    closedAt: moment(),
    /** How many there are; null until it is closed. */
    segments: integer(),
    /** What waits on the node, as it last said. */
    pendingSegments: integer().notNull().default(0),
    pendingBytes: bigCount().default(0),
    ...stamps,
  },
  (t) => [
    index().on(t.streamId, t.id),
    index('takes_open_idx')
      .on(t.nodeId)
      .where(sql`closed_at is null`),
    index().on(t.storageId),
  ],
)

/** The index of the archive: each segment by the wall clock. Millions of rows, so no column is spare. */
export const mediaSegments = pgTable(
  'media_segments',
  {
    takeId: text()
      .notNull()
      .references(() => takes.id, { onDelete: 'cascade' }),
    /** From 0 within the take. */
    seq: integer().notNull(),
    /** Of the take. */
    streamId: text().notNull(),
    /** Whose range contains it; null for none. */
    recordingId: text().references(() => recordings.id, { onDelete: 'set null' }),
    /** Which tracks of the take it has; its init segment, if it is fMP4. */
    init: integer().notNull().default(0),
    startsAt: moment().notNull(),
    durationMs: doublePrecision().notNull(),
    bytes: bigCount().default(0),
    videoFrames: integer().notNull().default(0),
    audioFrames: integer().notNull().default(0),
    /** Its timestamps don't continue those of the segment before. */
    discontinuity: boolean().notNull().default(false),
    /** Why there is no object; null for one that is stored. */
    lostCode: text(),
  },
  (t) => [
    primaryKey({ columns: [t.takeId, t.seq] }),
    index().on(t.streamId, t.startsAt),
    index()
      .on(t.recordingId, t.startsAt)
      .where(sql`recording_id is not null`),
    index('media_segments_loose_idx')
      .on(t.streamId, t.startsAt)
      .where(sql`recording_id is null`),
  ],
)

/** Parts of the archive that are kept: a range of the time of a stream, which no other recording of it overlaps. */
export const recordings = pgTable(
  'recordings',
  {
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    streamId: text()
      .notNull()
      .references(() => streams.id, { onDelete: 'cascade' }),
    title: text(),
    metadata: jsonb().$type<Record<string, string>>().notNull().default({}),
    mode: text({ enum: ['automatic', 'manual'] }).notNull(),
    plan: text().$type<RecordPlan>().notNull(),
    /** Of the plan `segment`. */
    splitS: integer(),
    status: text().$type<RecordingStatus>().notNull().default('recording'),
    format: text().$type<RecordFormat>().notNull(),
    segmentS: integer().notNull(),
    storageId: text()
      .notNull()
      .references(() => storages.id),
    /** Template of the file's name. */
    path: text(),
    /** Its range: up to `endedAt`, exclusive; null while it grows. */
    startedAt: moment().notNull(),
    endedAt: moment(),
    /** While nobody publishes: when it ends unless somebody does. */
    closeAt: moment(),
    /** Counts of its segments; gaps have none. Files are in `files`. */
    segments: integer().notNull().default(0),
    lostSegments: integer().notNull().default(0),
    durationMs: doublePrecision().notNull().default(0),
    segmentBytes: bigCount().default(0),
    discontinuities: integer().notNull().default(0),
    /** Grows with each change to its range or segments. */
    indexVersion: integer().notNull().default(0),
    /** The `indexVersion` that it was last finished with; null for never. */
    finishedVersion: integer(),
    finishedAt: moment(),
    /** As of the last finish; null before. */
    gaps: jsonb().$type<Gap[]>(),
    files: jsonb().$type<RecordingFile[]>().notNull().default([]),
    /** Days after the end; null for ever. */
    retentionDays: integer(),
    /** When retention ends it. */
    expiresAt: moment(),
    deletedAt: moment(),
    /** The last job that works on it. */
    jobId: text(),
    errorCode: text(),
    version: version(),
    ...stamps,
  },
  (t) => [
    uniqueIndex('recordings_open_unique')
      .on(t.streamId)
      .where(sql`status = 'recording'`),
    index().on(t.projectId, t.id),
    index().on(t.streamId, t.startedAt),
    index('recordings_due_idx')
      .on(t.closeAt)
      .where(sql`status = 'recording'`),
    index('recordings_unfinished_idx')
      .on(t.endedAt)
      .where(sql`ended_at is not null and status <> 'deleted' and finished_version is distinct from index_version`),
    index('recordings_expiry_idx')
      .on(t.expiresAt)
      .where(sql`expires_at is not null and status <> 'deleted'`),
    index().on(t.storageId),
  ],
)

/** Parts cut out of the archive, as files of their own. */
export const clips = pgTable(
  'clips',
  {
    id: id(),
    projectId: text()
      .notNull()
      .references(() => projects.id),
    streamId: text()
      .notNull()
      .references(() => streams.id, { onDelete: 'cascade' }),
    /** The recording that it was cut from, if it was asked of one. */
    recordingId: text().references(() => recordings.id, { onDelete: 'set null' }),
    title: text(),
    metadata: jsonb().$type<Record<string, string>>().notNull().default({}),
    status: text().$type<ClipStatus>().notNull().default('processing'),
    /** As asked for. */
    fromAt: moment().notNull(),
    toAt: moment().notNull(),
    /** Of its first frame; null until it is made. */
    startsAt: moment(),
    durationMs: doublePrecision().notNull().default(0),
    storageId: text()
      .notNull()
      .references(() => storages.id),
    files: jsonb().$type<RecordingFile[]>().notNull().default([]),
    retentionDays: integer(),
    expiresAt: moment(),
    deletedAt: moment(),
    jobId: text(),
    errorCode: text(),
    ...stamps,
  },
  (t) => [
    index().on(t.projectId, t.id),
    index().on(t.streamId, t.fromAt),
    index().on(t.recordingId),
    index('clips_expiry_idx')
      .on(t.expiresAt)
      .where(sql`expires_at is not null and status <> 'deleted'`),
    index().on(t.storageId),
  ],
)
