import { z } from 'zod'

import { clientSchema } from './node-link.ts'
import { endReasonSchema, idSchema, protocolSchema, timestampSchema, trackSchema } from './common.ts'

/** Version of the shapes below; grows only when one breaks. */
export const EVENT_API_VERSION = '2026-11-01'

/** Longest serialised event. */
export const MAX_EVENT_BYTES = 20_000

const streamNames = { vhost: z.string(), app: z.string(), stream: z.string() }

/** `data` of each type of event. */
export const eventDataSchemas = {
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
  'stream.ended': z.object({
    ...streamNames,
    reason: endReasonSchema,
    error_code: z.string().nullable(),
    duration_s: z.number(),
    bytes: z.int(),
  }),
  /** A publisher was refused. */
  'stream.rejected': z.object({
    ...streamNames,
    protocol: protocolSchema,
    client: clientSchema,
    node_id: idSchema('node'),
    code: z.string(),
    reason: z.string(),
  }),
  'webhook_endpoint.disabled': z.object({ url: z.string(), reason: z.string() }),
  'test.ping': z.object({ message: z.string() }),
} as const

/** A type of event. */
export type EventType = keyof typeof eventDataSchemas

/** `data` of an event of type `T`. */
export type EventData<T extends EventType = EventType> = z.infer<(typeof eventDataSchemas)[T]>

/** All types of events. */
export const EVENT_TYPES = Object.keys(eventDataSchemas) as [EventType, ...EventType[]]
export const eventTypeSchema = z.enum(EVENT_TYPES)

/** What an event is about; `seq` grows per subject. */
export const subjectSchema = z.object({ type: z.enum(['stream', 'vhost', 'webhook_endpoint']), id: z.string() })
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

const eventOf = <T extends EventType>(type: T) =>
  z.object({ ...envelope, type: z.literal(type), data: eventDataSchemas[type] })

/** An event as `GET /v1/events` shows it and as webhooks carry it. */
export const eventSchema = z.discriminatedUnion('type', [
  eventOf('stream.connected'),
  eventOf('stream.live'),
  eventOf('stream.ended'),
  eventOf('stream.rejected'),
  eventOf('webhook_endpoint.disabled'),
  eventOf('test.ping'),
])
export type Event = z.infer<typeof eventSchema>
