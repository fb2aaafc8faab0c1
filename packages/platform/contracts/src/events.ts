import { z } from 'zod'

import { clientSchema } from './node-link.ts'
import { gapSchema, recordingFileSchema } from './rest/recordings.ts'
import { recordFormatSchema } from './rest/record-settings.ts'
import { endReasonSchema, healthCodeSchema, idSchema, protocolSchema, timestampSchema, trackSchema } from './common.ts'

/** Version of the shapes below; grows only when one breaks. */
export const EVENT_API_VERSION = '2026-11-01'

/** Longest serialised event. */
export const MAX_EVENT_BYTES = 20_000

const streamNames = { vhost: z.string(), app: z.string(), stream: z.string() }

const keyFacts = {
  key_id: idSchema('key'),
  name: z.string().nullable(),
  last4: z.string(),
  expires_at: timestampSchema.nullable(),
}
const viewerJoinedFacts = z.object({
  viewer_id: idSchema('viewer'),
  protocol: protocolSchema,
  client: clientSchema,
  joined_at: timestampSchema,
})
const viewerLeftFacts = z.object({ viewer_id: idSchema('viewer'), bytes_out: z.int(), duration_s: z.number() })
const pushTargetFacts = z.object({
  stream_id: idSchema('stream'),
  /** Without its credential. */
  url: z.string(),
  node_id: idSchema('node').nullable(),
  error_code: z.string().nullable(),
  error: z.string().nullable(),
})
const recordingFacts = {
  stream_id: idSchema('stream'),
  ...streamNames,
  title: z.string().nullable(),
  mode: z.enum(['automatic', 'manual']),
  format: recordFormatSchema,
  started_at: timestampSchema,
}
const endedRecordingFacts = {
  ...recordingFacts,
  ended_at: timestampSchema,
  /** Of its media, without gaps. */
  duration_s: z.number(),
  size_bytes: z.int(),
  segments: z.int(),
}
const finishedRecordingFacts = z.object({
  ...endedRecordingFacts,
  storage_id: idSchema('storage'),
  files: z.array(recordingFileSchema).max(50),
  /** The first ones; `GET /v1/recordings/{id}` shows all. */
  gaps: z.array(gapSchema).max(50),
  gap_count: z.int(),
})
const clipFacts = {
  stream_id: idSchema('stream'),
  ...streamNames,
  recording_id: idSchema('recording').nullable(),
  title: z.string().nullable(),
  from: timestampSchema,
  to: timestampSchema,
}
const nodeFacts = z.object({ name: z.string(), region: z.string().nullable() })

/** `data` of each type of event. */
export const eventDataSchemas = {
  'stream.created': z.object(streamNames),
  'stream.updated': z.object({ ...streamNames, changed: z.array(z.string()) }),
  'stream.deleted': z.object(streamNames),
  'stream.enabled': z.object(streamNames),
  'stream.disabled': z.object(streamNames),
  /** The publisher's transport was accepted. */
  'stream.connected': z.object({
    ...streamNames,
    protocol: protocolSchema,
    client: clientSchema,
    key_id: idSchema('key').nullable(),
    node_id: idSchema('node'),
    encoder: z.string().nullable(),
  }),
  /** The first playable frame arrived. */
  'stream.live': z.object({ ...streamNames, tracks: z.array(trackSchema), startup_ms: z.int().nullable() }),
  /** The node of the publisher is not heard of: the stream ends unless somebody publishes it by then. */
  'stream.reconnecting': z.object({ ...streamNames, node_id: idSchema('node'), until: timestampSchema }),
  /** It goes on: on the node that came back, or in another session on another node. */
  'stream.resumed': z.object({ ...streamNames, node_id: idSchema('node') }),
  'stream.ended': z.object({
    ...streamNames,
    reason: endReasonSchema,
    error_code: z.string().nullable(),
    duration_s: z.number(),
    bytes: z.int(),
  }),
  /** Something is wrong with what is published; once for each code of a session. */
  'stream.health': z.object({ ...streamNames, code: healthCodeSchema, message: z.string() }),
  /** A publisher was refused. */
  'stream.rejected': z.object({
    ...streamNames,
    protocol: protocolSchema,
    client: clientSchema,
    node_id: idSchema('node'),
    code: z.string(),
    reason: z.string(),
  }),
  'key.created': z.object({ ...streamNames, ...keyFacts }),
  /** A new key has come beside the old ones, which end at `old_keys_expire_at`. */
  'key.rotated': z.object({ ...streamNames, ...keyFacts, old_keys_expire_at: timestampSchema }),
  'key.revoked': z.object({ ...streamNames, key_id: idSchema('key') }),
  /** Only of vhosts with `viewer_events`; several at once. */
  'viewer.joined': z.object({ ...streamNames, viewers: z.array(viewerJoinedFacts) }),
  'viewer.left': z.object({ ...streamNames, viewers: z.array(viewerLeftFacts) }),
  'recording.started': z.object(recordingFacts),
  /** A segment is in the storage. Only for endpoints that name this type. */
  'recording.segment': z.object({
    ...recordingFacts,
    storage_id: idSchema('storage'),
    /** Of the object, below the prefix of the storage. */
    key: z.string(),
    segment_started_at: timestampSchema,
    duration_s: z.number(),
    bytes: z.int(),
    discontinuity: z.boolean(),
  }),
  /** It is over; what nodes still have of it is on its way. */
  'recording.uploading': z.object(endedRecordingFacts),
  'recording.ready': finishedRecordingFacts,
  /** It plays, with media missing. `recording.ready` or another `recording.partial` follows when they come after all. */
  'recording.partial': finishedRecordingFacts,
  'recording.failed': z.object({ ...endedRecordingFacts, error_code: z.string() }),
  'recording.deleted': z.object({ ...endedRecordingFacts, reason: z.enum(['requested', 'retention']) }),
  'clip.ready': z.object({
    ...clipFacts,
    /** The key frame at or before `from`. */
    starts_at: timestampSchema,
    duration_s: z.number(),
    size_bytes: z.int(),
    storage_id: idSchema('storage'),
    files: z.array(recordingFileSchema).max(50),
  }),
  'clip.failed': z.object({ ...clipFacts, error_code: z.string() }),
  'push_target.starting': pushTargetFacts,
  'push_target.live': pushTargetFacts,
  'push_target.retrying': pushTargetFacts,
  'push_target.failed': pushTargetFacts,
  'push_target.stopped': pushTargetFacts,
  /** Events of nodes go to the default project. */
  'node.joined': nodeFacts,
  'node.draining': nodeFacts,
  'node.lost': nodeFacts,
  'node.recovered': nodeFacts,
  'webhook_endpoint.disabled': z.object({ url: z.string(), reason: z.string() }),
  'test.ping': z.object({ message: z.string() }),
} as const

/** A type of event. */
export type EventType = keyof typeof eventDataSchemas

/** Types that are told only to endpoints that name them: there are many of them. */
export const OPT_IN_EVENT_TYPES: readonly EventType[] = ['recording.segment']

/** `data` of an event of type `T`. */
export type EventData<T extends EventType = EventType> = z.infer<(typeof eventDataSchemas)[T]>

/** All types of events. */
export const EVENT_TYPES = Object.keys(eventDataSchemas) as [EventType, ...EventType[]]
export const eventTypeSchema = z.enum(EVENT_TYPES)

/** What an event is about; `seq` grows per subject. */
export const subjectSchema = z.object({
  type: z.enum(['stream', 'vhost', 'webhook_endpoint', 'push_target', 'node', 'recording', 'clip']),
  id: z.string(),
})
export type Subject = z.infer<typeof subjectSchema>

const envelope = {
  id: idSchema('event'),
  timestamp: timestampSchema,
  api_version: z.string(),
  project_id: idSchema('project'),
  subject: subjectSchema,
  session_id: idSchema('session').optional(),
  seq: z.int().min(1),
}

/** One type of event. */
export type EventOf<T extends EventType> = T extends EventType
  ? z.infer<z.ZodObject<typeof envelope>> & { type: T; data: EventData<T> }
  : never

/** An event as `GET /v1/events` shows it and as webhooks carry it. */
export type Event = EventOf<EventType>

const eventOf = (type: EventType) => z.object({ ...envelope, type: z.literal(type), data: eventDataSchemas[type] })

/** Schema of `Event`. */
export const eventSchema = z.discriminatedUnion(
  'type',
  EVENT_TYPES.map(eventOf) as [ReturnType<typeof eventOf>],
) as unknown as z.ZodType<Event>
