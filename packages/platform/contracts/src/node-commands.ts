import { z } from 'zod'

import { archiveOrderSchema } from './archive.ts'
import { idSchema } from './common.ts'

/**
 * What control asks of a node, by the node's own queue. At least once: doing it again must be harmless. The node answers
 * with the report `command.done`.
 */
export const nodeCommandSchema = z.discriminatedUnion('type', [
  z.object({
    id: idSchema('nodeCommand'),
    /** End this broadcast, and no later one, as `kicked`. */
    type: z.literal('kick_stream'),
    stream_id: idSchema('stream'),
    session_id: idSchema('session'),
    vhost: z.string(),
    app: z.string(),
    stream: z.string(),
  }),
  z.object({
    id: idSchema('nodeCommand'),
    /** Another node has the stream now: end the broadcasts of it that have a lower epoch, as `replaced`. */
    type: z.literal('evict'),
    stream_id: idSchema('stream'),
    epoch: z.int().min(1),
  }),
  z.object({
    id: idSchema('nodeCommand'),
    type: z.literal('kick_viewer'),
    viewer_id: idSchema('viewer'),
  }),
  z.object({
    id: idSchema('nodeCommand'),
    /** Archive this broadcast from now on as ordered, or end its archive. Changes nothing for a broadcast that is over. */
    type: z.literal('archive'),
    stream_id: idSchema('stream'),
    session_id: idSchema('session'),
    order: archiveOrderSchema.nullable(),
  }),
  /** Take no new publishers and players, hand over long-lived jobs, let the rest end. */
  z.object({ id: idSchema('nodeCommand'), type: z.literal('drain') }),
  /** Take them again. */
  z.object({ id: idSchema('nodeCommand'), type: z.literal('undrain') }),
  /** Forget cached grants: something that they rest on has changed. `stream_id` null for all streams of all vhosts. */
  z.object({ id: idSchema('nodeCommand'), type: z.literal('reload'), stream_id: idSchema('stream').nullable() }),
])
export type NodeCommand = z.infer<typeof nodeCommandSchema>
export type NodeCommandType = NodeCommand['type']

/** A command without its id. */
export type NodeCommandOf<T extends NodeCommandType = NodeCommandType> = T extends NodeCommandType
  ? Omit<Extract<NodeCommand, { type: T }>, 'id'>
  : never

/**
 * `POST /node/v1/push-grant`: where to push to. 404 `PUSH_TARGET_NOT_FOUND` when it isn't attached to the stream any more;
 * 409 `PUSH_TARGET_DISABLED`.
 */
export const pushGrantRequestSchema = z.object({
  node_id: idSchema('node'),
  push_target_id: idSchema('pushTarget'),
  stream_id: idSchema('stream'),
})
export type PushGrantRequest = z.infer<typeof pushGrantRequestSchema>

export const pushGrantSchema = z.object({
  /** Ready to be dialled: `rtmp://host/app/key` with the credential in it, or `https://…` of a WHIP endpoint. Never to be logged. */
  url: z.string(),
  /** The credential for a WHIP endpoint; without it, none. Never to be logged. */
  bearer: z.string().optional(),
  /** Names of the stream to read. */
  vhost: z.string(),
  app: z.string(),
  stream: z.string(),
  /** Changes when the target's settings do: begin again then. */
  version: z.int(),
})
export type PushGrant = z.infer<typeof pushGrantSchema>

/**
 * `POST /node/v1/pull-grant`: where to pull a stream from. 404 `STREAM_NOT_FOUND`, 409 `STREAM_NOT_PULLED` when it is not to
 * be pulled any more.
 */
export const pullGrantRequestSchema = z.object({ node_id: idSchema('node'), stream_id: idSchema('stream') })
export type PullGrantRequest = z.infer<typeof pullGrantRequestSchema>

export const pullGrantSchema = z.object({
  /** `rtmp://…`, `http://….flv`; may hold a secret of the source. Never to be logged. */
  url: z.string(),
  /** Names to publish it under. */
  vhost: z.string(),
  app: z.string(),
  stream: z.string(),
})
export type PullGrant = z.infer<typeof pullGrantSchema>
