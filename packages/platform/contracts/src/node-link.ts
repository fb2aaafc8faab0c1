import { z } from 'zod'

import { archiveOrderSchema, archiveReportSchemas, MAX_UPLOADS, uploadBacklogSchema } from './archive.ts'
import {
  endReasonSchema,
  healthCodeSchema,
  idSchema,
  NAME_LIMITS,
  protocolSchema,
  timestampSchema,
  trackSchema,
} from './common.ts'
import { numbered } from './report-base.ts'
import { playbackTermsSchema } from './playback-policy.ts'

/** Identifies one run of a node process: any unique string, a UUID for example. */
const bootIdSchema = z.string().min(8).max(64)

/** Public addresses of a node's listeners; what isn't given is not offered to anybody. */
export const nodeAddressesSchema = z.object({
  /** `rtmp://host:1935` */
  rtmp: z.url({ protocol: /^rtmp$/ }).optional(),
  /** `rtmps://host:1936` */
  rtmps: z.url({ protocol: /^rtmps$/ }).optional(),
  /** `http://host:8080`: HTTP-FLV, WS-FLV and HLS */
  http: z.url({ protocol: /^https?$/ }).optional(),
  /** `http://host:8080`: WHIP and WHEP. */
  rtc: z.url({ protocol: /^https?$/ }).optional(),
  /** `http://host:1985`: the node's own API */
  api: z.url({ protocol: /^https?$/ }).optional(),
  /** Where other nodes reach the HTTP listener, to relay streams; `http` when missing. */
  internal: z.url({ protocol: /^https?$/ }).optional(),
})
export type NodeAddresses = z.infer<typeof nodeAddressesSchema>

/** `POST /node/v1/register`: who I am; the same `name` is the same node. Ends what an earlier boot left open (`node_lost`). */
export const nodeRegisterSchema = z.object({
  name: z.string().min(1).max(128),
  boot_id: bootIdSchema,
  version: z.string().max(64),
  region: z.string().max(64).optional(),
  addresses: nodeAddressesSchema,
})
export type NodeRegister = z.infer<typeof nodeRegisterSchema>

export const nodeRegisteredSchema = z.object({
  node_id: idSchema('node'),
  /** Key that tells relay tokens of other nodes for this one from forged ones, 32 bytes in base64url. */
  relay_key: z.string().length(43).optional(),
})
export type NodeRegistered = z.infer<typeof nodeRegisteredSchema>

/** What a node carries right now. */
export const nodeLoadSchema = z.object({
  streams: z.int().min(0),
  players: z.int().min(0),
  in_bps: z.number().min(0),
  out_bps: z.number().min(0),
  /** Share of all cores, 0 to 1. */
  cpu: z.number().min(0).max(1),
})
export type NodeLoad = z.infer<typeof nodeLoadSchema>

/** Counts the publishers of a stream, over all nodes. Null for one that was admitted while control was away. */
const epochSchema = z.int().min(1).nullable()

/** A broadcast as the node that has it knows it. */
export const heldBroadcastSchema = z.object({
  session_id: idSchema('session'),
  stream_id: idSchema('stream'),
  epoch: epochSchema,
})
export type HeldBroadcast = z.infer<typeof heldBroadcastSchema>

/** Most broadcasts in one heartbeat; a node with more sends several. */
export const MAX_HELD_BROADCASTS = 5000

/** `POST /node/v1/heartbeat`, every few seconds. 404 `NODE_NOT_FOUND` asks the node to register again. */
export const nodeHeartbeatSchema = z.object({
  node_id: idSchema('node'),
  boot_id: bootIdSchema,
  load: nodeLoadSchema,
  /** Broadcasts that are on here: their leases are renewed. */
  broadcasts: z.array(heldBroadcastSchema).max(MAX_HELD_BROADCASTS).optional(),
  /** What waits here to be uploaded, the takes with most of it first; missing when nothing is told. */
  uploads: z.array(uploadBacklogSchema).max(MAX_UPLOADS).optional(),
})
export type NodeHeartbeat = z.infer<typeof nodeHeartbeatSchema>

export const nodeHeartbeatAnswerSchema = z.object({
  ok: z.literal(true),
  /** Broadcasts that have lost their stream to another publisher: to be ended as `replaced`. */
  evicted: z.array(idSchema('session')).optional(),
})
export type NodeHeartbeatAnswer = z.infer<typeof nodeHeartbeatAnswerSchema>

/** Who is at the other end. */
export const clientSchema = z.object({
  ip: z.string().max(64),
  user_agent: z.string().max(512).optional(),
  page_url: z.string().max(2048).optional(),
})
export type ClientInfo = z.infer<typeof clientSchema>

/**
 * `POST /node/v1/admit`: may this client publish or play? `vhost` is the host name the client used or the one it named
 * explicitly; an unknown one means the default vhost. `params` are the decoded query parameters, `vhost` among them or not.
 */
export const admitRequestSchema = z.object({
  node_id: idSchema('node'),
  action: z.enum(['publish', 'play']),
  protocol: protocolSchema,
  vhost: z.string().max(NAME_LIMITS.vhost),
  app: z.string().max(NAME_LIMITS.app),
  stream: z.string().max(NAME_LIMITS.stream),
  params: z.record(z.string().max(256), z.string().max(2048)).default({}),
  client: clientSchema,
})
export type AdmitRequest = z.infer<typeof admitRequestSchema>

/** Why admission said no. */
export const admitDenialSchema = z.enum([
  /** The name has characters that no stream may have. */
  'STREAM_NAME_INVALID',
  'VHOST_DISABLED',
  /** A keyed vhost, and no key was given. */
  'KEY_REQUIRED',
  /** No such key, or one of another stream. */
  'KEY_INVALID',
  'KEY_REVOKED',
  'KEY_DISABLED',
  'KEY_EXPIRED',
  /** The key is for other protocols. */
  'KEY_PROTOCOL',
  /** The key is for other addresses. */
  'KEY_IP',
  /** The vhost's IP rules refuse this address. */
  'IP_DENIED',
  /** The vhost's refer rules refuse this page. */
  'REFER_DENIED',
  /** The vhost's admission hook said no. */
  'HOOK_DENIED',
  /** The vhost's admission hook gave no usable answer in time. */
  'HOOK_FAILED',
  /** The tenant may have no more streams. */
  'STREAM_LIMIT_REACHED',
  'STREAM_DISABLED',
  /** The stream comes from a source of its own. */
  'STREAM_IS_PULLED',
])
export type AdmitDenial = z.infer<typeof admitDenialSchema>

/** What a broadcast or player may use; what is missing or null is not limited. */
export const grantLimitsSchema = z.object({
  /** Of the publisher; ended as `rejected_media` when it stays above. */
  max_bitrate_kbps: z.int().min(1).nullable(),
  /** From now on; ended as `max_duration` after it. */
  max_duration_s: z.int().min(1).nullable(),
  /** How long players wait for a publisher that went away to come back; null for the node's own setting. */
  reconnect_window_s: z.int().min(0).nullable(),
})
export type GrantLimits = z.infer<typeof grantLimitsSchema>

/**
 * The answer. When allowed, `vhost`, `app` and `stream` are the names to use from here on (the key that stood in the
 * stream's place is gone from them). The grant may be cached for `ttl_s` under the same request; a refusal too.
 */
export const admitAnswerSchema = z.discriminatedUnion('allow', [
  z.object({
    allow: z.literal(true),
    vhost: z.string(),
    app: z.string(),
    stream: z.string(),
    /** Null when played before it was ever published or provisioned. */
    stream_id: idSchema('stream').nullable(),
    key_id: idSchema('key').nullable(),
    ttl_s: z.int().min(0),
    /** How viewers may come in; of grants to play only. */
    playback: playbackTermsSchema.optional(),
    /** True: this answer is for this client (its address and page) only. Default false: for all that ask the same. */
    per_client: z.boolean().optional(),
    limits: grantLimitsSchema.optional(),
    /** Of a publisher: the stream's lease is the node's with this epoch. Not for use from a cache. */
    epoch: epochSchema.optional(),
    /** Of a publisher: how its broadcast is archived; null or missing for not at all. Holds in a cached grant too. */
    archive: archiveOrderSchema.nullable().optional(),
    /** Web origins that may read the media from a browser; null or missing for all. */
    cors_origins: z.array(z.string()).nullable().optional(),
  }),
  z.object({
    allow: z.literal(false),
    code: admitDenialSchema,
    /** For people: goes into the RTMP status or the HTTP answer. */
    reason: z.string(),
    ttl_s: z.int().min(0),
    /** As in a grant. */
    per_client: z.boolean().optional(),
  }),
])
export type AdmitAnswer = z.infer<typeof admitAnswerSchema>

const reportBase = { ...numbered, session_id: idSchema('session') }

const broadcastNames = {
  vhost: z.string().min(1).max(NAME_LIMITS.vhost),
  app: z.string().min(1).max(NAME_LIMITS.app),
  stream: z.string().min(1).max(NAME_LIMITS.stream),
  stream_id: idSchema('stream').nullable(),
  key_id: idSchema('key').nullable(),
  protocol: protocolSchema,
  client: clientSchema,
}

const counters = {
  duration_s: z.number().min(0),
  bytes_in: z.int().min(0),
  bytes_out: z.int().min(0),
}

/** Somebody who began to watch. Ids are the node's to make. */
export const viewerJoinedSchema = z.object({
  viewer_id: idSchema('viewer'),
  vhost: z.string().min(1).max(NAME_LIMITS.vhost),
  app: z.string().min(1).max(NAME_LIMITS.app),
  stream: z.string().min(1).max(NAME_LIMITS.stream),
  /** Null for a stream that control doesn't know. */
  stream_id: idSchema('stream').nullable(),
  protocol: protocolSchema,
  client: clientSchema,
  joined_at: timestampSchema,
})
export type ViewerJoined = z.infer<typeof viewerJoinedSchema>

/** Somebody who watches no more; may be in the same report as the joining. */
export const viewerLeftSchema = z.object({
  viewer_id: idSchema('viewer'),
  bytes_out: z.int().min(0),
  duration_s: z.number().min(0),
})
export type ViewerLeft = z.infer<typeof viewerLeftSchema>

/** Most viewers in each list of one report. */
export const MAX_VIEWER_CHANGES = 200

/**
 * How pushing one stream to one target goes. `idle`: not on air. `starting`: being dialled. `live`: media is accepted.
 * `retrying`: will be dialled again. `failed`: given up until the target or the stream changes.
 */
export const pushStatusSchema = z.enum(['idle', 'starting', 'live', 'retrying', 'failed'])
export type PushStatus = z.infer<typeof pushStatusSchema>

/**
 * One thing that happened on a node. To a broadcast: `connected`, then at most once `live`, any number of `progress` and `health`, and
 * `ended`; or `rejected` alone. To a take: `opened`, then its `tracks` and segments, and `closed`.
 */
export const nodeReportSchema = z.discriminatedUnion('type', [
  z.object({
    ...reportBase,
    type: z.literal('session.connected'),
    ...broadcastNames,
    /** What the publisher says it is: `Lavf60`, `OBS 31`, … */
    encoder: z.string().max(256).optional(),
    /** As the grant had it. */
    epoch: epochSchema.optional(),
  }),
  z.object({
    ...reportBase,
    type: z.literal('session.live'),
    tracks: z.array(trackSchema).max(32),
    /** From connect to the first playable frame. */
    startup_ms: z.int().min(0).optional(),
  }),
  z.object({
    ...reportBase,
    type: z.literal('session.progress'),
    ...counters,
    players: z.int().min(0),
    /** When they changed since the last report. */
    tracks: z.array(trackSchema).max(32).optional(),
  }),
  z.object({
    ...reportBase,
    type: z.literal('session.ended'),
    reason: endReasonSchema,
    /** Code of the error behind it, if there was one. */
    error_code: z.string().max(64).optional(),
    ...counters,
  }),
  z.object({
    ...reportBase,
    /** Once for each code of a session. */
    type: z.literal('session.health'),
    code: healthCodeSchema,
    message: z.string().max(512),
  }),
  z.object({
    ...reportBase,
    type: z.literal('session.rejected'),
    ...broadcastNames,
    code: z.string().max(64),
    reason: z.string().max(512),
  }),
  z.object({
    ...numbered,
    type: z.literal('viewers.changed'),
    joined: z.array(viewerJoinedSchema).max(MAX_VIEWER_CHANGES),
    left: z.array(viewerLeftSchema).max(MAX_VIEWER_CHANGES),
  }),
  z.object({
    ...numbered,
    type: z.literal('push_target.status'),
    push_target_id: idSchema('pushTarget'),
    stream_id: idSchema('stream'),
    status: pushStatusSchema,
    error_code: z.string().max(64).optional(),
    error: z.string().max(512).optional(),
  }),
  z.object({
    ...numbered,
    /** A command has been carried out, or could not be. */
    type: z.literal('command.done'),
    command_id: idSchema('nodeCommand'),
    /** When it failed. */
    error_code: z.string().max(64).optional(),
    error: z.string().max(512).optional(),
  }),
  ...archiveReportSchemas,
])
export type NodeReport = z.infer<typeof nodeReportSchema>

/** Most reports in one batch. */
export const MAX_REPORTS = 500

/**
 * `POST /node/v1/reports`: a batch that begins with the oldest report not yet confirmed. Applied once each, in order of
 * `seq`: what is not newer than the last applied is skipped; numbers that are missing are taken as lost. A node has one
 * batch on its way at a time, and sends on from `accepted_through + 1`. What an earlier boot left goes before `register`.
 */
export const nodeReportsSchema = z.object({
  node_id: idSchema('node'),
  boot_id: bootIdSchema,
  reports: z.array(nodeReportSchema).max(MAX_REPORTS),
})
export type NodeReports = z.infer<typeof nodeReportsSchema>

/** The same batch with the single reports unchecked: one bad report is refused alone and never blocks those behind it. */
export const nodeReportBatchSchema = nodeReportsSchema.extend({
  reports: z.array(z.looseObject({ seq: z.int().min(1) })).max(MAX_REPORTS),
})

export const nodeReportsAnswerSchema = z.object({
  /** Highest `seq` that is done with, 0 when none. */
  accepted_through: z.int().min(0),
  /** Reports that could not be applied; they are done with, and logged. */
  rejected: z.array(z.object({ seq: z.int(), code: z.string(), message: z.string() })),
})
export type NodeReportsAnswer = z.infer<typeof nodeReportsAnswerSchema>

/** Names of a stream as a grant has them. */
const streamNamesSchema = z.object({
  vhost: z.string().min(1).max(NAME_LIMITS.vhost),
  app: z.string().min(1).max(NAME_LIMITS.app),
  stream: z.string().min(1).max(NAME_LIMITS.stream),
})

/** Most streams in one look-up. */
export const MAX_ORIGIN_LOOKUPS = 500

/** `POST /node/v1/origins`: which nodes have these streams now? */
export const originLookupSchema = z.object({
  node_id: idSchema('node'),
  streams: z.array(streamNamesSchema).max(MAX_ORIGIN_LOOKUPS),
})
export type OriginLookup = z.infer<typeof originLookupSchema>

/** Where a stream is published, and what opens it to the node that asked. */
export const streamOriginSchema = streamNamesSchema.extend({
  node_id: idSchema('node'),
  epoch: z.int().min(1),
  /** FLV over HTTP, for nodes only. */
  url: z.url({ protocol: /^https?$/ }),
  /** For the header `Authorization: Bearer`; good for a few minutes, at that node, for that stream. */
  token: z.string().max(1024),
})
export type StreamOrigin = z.infer<typeof streamOriginSchema>

/** Those that are published at another node than the one that asks; the others are missing. */
export const originAnswerSchema = z.object({ origins: z.array(streamOriginSchema) })
export type OriginAnswer = z.infer<typeof originAnswerSchema>
