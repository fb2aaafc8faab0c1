import { z } from 'zod'

import { idSchema, timestampSchema } from '../common.ts'
import { eventTypeSchema } from '../events.ts'
import { mergePatchOf, pageQueryOf } from './conventions.ts'

/** Where events are posted. No credentials in it: the signature says who posts. */
const webhookUrlSchema = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine((url) => URL.canParse(url) && new URL(url).username === '' && new URL(url).password === '', {
    message: 'must have no user name or password',
  })

/** What of a webhook endpoint can be changed. */
export const webhookEndpointSettingsSchema = z.strictObject({
  url: webhookUrlSchema,
  description: z.string().max(500).nullable().default(null),
  /** Null for all types. */
  event_types: z.array(eventTypeSchema).min(1).nullable().default(null),
  enabled: z.boolean().default(true),
})
export type WebhookEndpointSettings = z.infer<typeof webhookEndpointSettingsSchema>

/** `POST /v1/webhook-endpoints` */
export const webhookEndpointCreateSchema = webhookEndpointSettingsSchema.meta({ id: 'WebhookEndpointCreate' })

/** `PATCH /v1/webhook-endpoints/{id}` */
export const webhookEndpointPatchSchema = mergePatchOf(webhookEndpointSettingsSchema).meta({
  id: 'WebhookEndpointPatch',
})

export const webhookEndpointSchema = z
  .object({
    id: idSchema('webhookEndpoint'),
    url: z.string(),
    description: z.string().nullable(),
    event_types: z.array(eventTypeSchema).nullable(),
    enabled: z.boolean(),
    /** Why the system turned it off. */
    disabled_reason: z.string().nullable(),
    /** Circuit breaker: `open` after many failed attempts in a row, when nothing is posted; `half_open` when one post may try. */
    circuit: z.enum(['closed', 'open', 'half_open']),
    /** While the circuit is open: until when. */
    circuit_open_until: timestampSchema.nullable(),
    /** Failed attempts since the last success. */
    consecutive_failures: z.int(),
    /** Until when signatures are made with the secret before too; null when there is none. */
    previous_secret_expires_at: timestampSchema.nullable(),
    created_at: timestampSchema,
    updated_at: timestampSchema,
  })
  .meta({ id: 'WebhookEndpoint' })
export type WebhookEndpoint = z.infer<typeof webhookEndpointSchema>

/** A new endpoint; `secret`, for verifying signatures, is shown this once. */
export const webhookEndpointCreatedSchema = webhookEndpointSchema
  .extend({ secret: z.string() })
  .meta({ id: 'WebhookEndpointCreated' })
export type WebhookEndpointCreated = z.infer<typeof webhookEndpointCreatedSchema>

/** `POST /v1/webhook-endpoints/{id}:test` */
export const webhookTestedSchema = z.object({ event_id: idSchema('event') }).meta({ id: 'WebhookTested' })
export type WebhookTested = z.infer<typeof webhookTestedSchema>

/** `POST /v1/webhook-endpoints/{id}:rotate-secret` */
export const webhookSecretRotateSchema = z
  .strictObject({
    /** For so long signatures are made with the old secret too; 0 when it has become known to others. */
    overlap_s: z.int().min(0).max(604_800).default(86_400),
  })
  .meta({ id: 'WebhookSecretRotate' })
export type WebhookSecretRotate = z.infer<typeof webhookSecretRotateSchema>

/** `POST /v1/webhook-endpoints/{id}:redeliver`: the events that happened in `[from, to)`. */
export const webhookRedeliverSchema = z
  .strictObject({
    from: timestampSchema,
    to: timestampSchema,
    /** Null for all that the endpoint takes. */
    event_types: z.array(eventTypeSchema).min(1).nullable().default(null),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { path: ['to'], message: 'must be after from' })
  .meta({ id: 'WebhookRedeliver' })
export type WebhookRedeliver = z.infer<typeof webhookRedeliverSchema>

/** `POST /v1/events/{id}:redeliver` */
export const eventRedeliverSchema = z
  .strictObject({
    /** To this endpoint alone; null for every one that takes such events. */
    endpoint_id: idSchema('webhookEndpoint').nullable().default(null),
  })
  .meta({ id: 'EventRedeliver' })
export type EventRedeliver = z.infer<typeof eventRedeliverSchema>

/** `pending`: waits for its turn or its next attempt. `failed`: no more attempts. */
export const deliveryStatusSchema = z.enum(['pending', 'succeeded', 'failed'])

/** One event on its way to one endpoint. */
export const deliverySchema = z
  .object({
    id: idSchema('delivery'),
    endpoint_id: idSchema('webhookEndpoint'),
    event_id: idSchema('event'),
    event_type: eventTypeSchema,
    status: deliveryStatusSchema,
    attempts: z.int(),
    next_attempt_at: timestampSchema.nullable(),
    last_attempt_at: timestampSchema.nullable(),
    last_status_code: z.int().nullable(),
    last_error: z.string().nullable(),
    completed_at: timestampSchema.nullable(),
    created_at: timestampSchema,
  })
  .meta({ id: 'Delivery' })
export type Delivery = z.infer<typeof deliverySchema>

/** The deliveries that an event goes out by again. */
export const eventRedeliveredSchema = z.object({ data: z.array(deliverySchema) }).meta({ id: 'EventRedelivered' })
export type EventRedelivered = z.infer<typeof eventRedeliveredSchema>

/** A delivery with the log of its attempts, oldest first. */
export const deliveryDetailSchema = deliverySchema
  .extend({
    log: z.array(
      z.object({
        attempt: z.int(),
        at: timestampSchema,
        duration_ms: z.int(),
        status_code: z.int().nullable(),
        error: z.string().nullable(),
        /** Start of the answer's body. */
        answer_excerpt: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'DeliveryDetail' })
export type DeliveryDetail = z.infer<typeof deliveryDetailSchema>

/** `GET /v1/webhook-endpoints/{id}/deliveries`; all that is given must hold. */
export const deliveryQuerySchema = pageQueryOf('delivery').extend({
  status: deliveryStatusSchema.optional(),
  event_type: eventTypeSchema.optional(),
  event_id: idSchema('event').optional(),
  /** Id of what the event is about. */
  subject_id: z
    .string()
    .regex(/^[a-z]+_[0-9a-z]{26}$/)
    .optional(),
  /** Made at or after. */
  from: timestampSchema.optional(),
  /** Made before. */
  to: timestampSchema.optional(),
})
export type DeliveryQuery = z.infer<typeof deliveryQuerySchema>

/** `GET /v1/events` */
export const eventQuerySchema = pageQueryOf('event').extend({
  type: eventTypeSchema.optional(),
  /** Id of the stream, vhost or endpoint. */
  subject_id: z
    .string()
    .regex(/^[a-z]+_[0-9a-z]{26}$/)
    .optional(),
  session_id: idSchema('session').optional(),
  /** `desc`: newest first. `asc`: oldest first, to follow what happens. */
  order: z.enum(['asc', 'desc']).default('desc'),
})
export type EventQuery = z.infer<typeof eventQuerySchema>
