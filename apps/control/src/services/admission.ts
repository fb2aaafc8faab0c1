import { isDeepStrictEqual } from 'node:util'

import { equalHashes, hashSecret } from '@millrace/auth'
import {
  type AdmitAnswer,
  type AdmitDenial,
  type AdmitRequest,
  type GrantLimits,
  type HookEvent,
  pathNameSchema,
  publicStreamNameSchema,
  streamSettingsSchema,
} from '@millrace/contracts'
import { errorCode } from '@millrace/core'
import { archiveOrderOf, streamKeys, streams, vhosts } from '@millrace/db'
import { and, eq, isNull, lt, or, sql } from 'drizzle-orm'

import { askHook, hookEvents, type HookVerdict } from './admission-hooks.ts'
import { inNetworks, ruleRefusal, rulesLookAtClient } from './admission-rules.ts'
import type { HookQuestion } from './hook-formats.ts'
import { playbackTerms } from './playback-terms.ts'
import { withLease } from './leases.ts'
import { ensureStream, streamByName, type StreamRow } from './streams.ts'
import { LAST_USED_EVERY_MS } from './tokens.ts'
import type { LongUnit, WriteUnit } from './unit.ts'
import { resolveVhost, type VhostRow } from './vhosts.ts'

/**
 * How long a node may use an answer without asking again, seconds. Publishers are rare and a revoked key must be refused
 * at once, so each is asked for; nodes keep the last grant for when the control plane is away.
 */
const TTL_S = { publish: 0, play: 10, denied: 1 } as const

const REASONS: Readonly<Record<AdmitDenial, string>> = {
  STREAM_NAME_INVALID: 'this stream name is not allowed',
  VHOST_DISABLED: 'this vhost is disabled',
  KEY_REQUIRED: 'a stream key is needed: ?key=sk_… or the key in place of the stream name',
  KEY_INVALID: 'the stream key is not valid for this stream',
  KEY_REVOKED: 'the stream key was revoked',
  KEY_DISABLED: 'the stream key is disabled',
  KEY_EXPIRED: 'the stream key has expired',
  KEY_PROTOCOL: 'the stream key is not for this protocol',
  KEY_IP: 'the stream key may not be used from this address',
  IP_DENIED: 'this address is not allowed here',
  REFER_DENIED: 'this page is not allowed here',
  HOOK_DENIED: 'refused by the owner of this vhost',
  HOOK_FAILED: 'the server that decides about this vhost gives no answer, try again',
  STREAM_LIMIT_REACHED: 'the owner of this vhost may have no more streams',
  STREAM_DISABLED: 'this stream is disabled',
  STREAM_IS_PULLED: 'this stream is pulled from a source and takes no publisher',
}

type KeyRow = typeof streamKeys.$inferSelect

interface Keyed {
  key: KeyRow
  stream: StreamRow
  vhost: VhostRow
}

/** The hook has to be asked before anything more can be said. */
interface Ask {
  vhost: VhostRow
  events: HookEvent[]
  question: Omit<HookQuestion, 'event'>
}

type Allowed = Extract<HookVerdict, { allow: true }>
type Decision = AdmitAnswer | { ask: Ask }

/** Whom a publisher is taken for. */
interface Publisher {
  vhost: VhostRow
  app: string
  name: string
  key: KeyRow | null
}

/**
 * Decides whether a client may publish or play. A stream that is unknown on an open vhost is made by its first publisher.
 * The vhost's hook is asked between two transactions, so that one that is slow holds no connection.
 */
export async function admit(unit: LongUnit, request: AdmitRequest): Promise<AdmitAnswer> {
  const first = await unit.write((tx) => decide(tx, request, undefined))
  if (!('ask' in first)) return first
  const { vhost, events, question } = first.ask
  const verdict = await askHook(unit, unit.hooks, vhost, events, question)
  if (!verdict.allow) return { ...deny(verdict.code, verdict.reason), per_client: true }
  const second = await unit.write((tx) => decide(tx, request, verdict))
  // the vhost has changed meanwhile: the client comes again
  return 'ask' in second ? deny('HOOK_FAILED') : second
}

async function decide(unit: WriteUnit, request: AdmitRequest, verdict: Allowed | undefined): Promise<Decision> {
  if (request.action === 'play') return admitPlay(unit, request, verdict)
  const decision = await admitPublish(unit, request, verdict)
  return 'ask' in decision ? decision : withLease(unit, request, decision)
}

async function admitPublish(unit: WriteUnit, request: AdmitRequest, verdict: Allowed | undefined): Promise<Decision> {
  const publisher = await publisherOf(unit, request)
  if (typeof publisher === 'string') return deny(publisher)
  const { vhost, app, key } = publisher
  const refusal = ruleRefusal(vhost, 'publish', request.client)
  if (refusal !== undefined) return deny(refusal)
  const ask = questionOf(vhost, request, { app, stream: publisher.name, keyId: key?.id ?? null })
  if (ask !== undefined && verdict === undefined) {
    const known = await streamByName(unit.db, vhost.id, app, publisher.name)
    return known?.enabled === false ? deny('STREAM_DISABLED') : { ask }
  }
  // a key is for one stream
  const name = key === null ? (verdict?.stream ?? publisher.name) : publisher.name
  const stream = await streamFor(unit, vhost, app, name)
  if (stream === undefined) return deny('STREAM_LIMIT_REACHED')
  if (!stream.enabled) return deny('STREAM_DISABLED')
  if (stream.source.type === 'pull') return deny('STREAM_IS_PULLED')
  if (key !== null) await noteUse(unit, key)
  if (verdict?.metadata !== undefined) await keepMetadata(unit, stream, verdict.metadata)
  const answer = grant(vhost, stream, key?.id ?? null, TTL_S.publish)
  const byClient = rulesLookAtClient(vhost, 'publish') || (key?.allowIps ?? null) !== null || verdict !== undefined
  const archive = await archiveOrderOf(unit.db, stream.id, { starting: true })
  return { ...answer, per_client: byClient, limits: limitsOf(stream, verdict), archive }
}

/** Whom a publisher is to be taken for by its names and key, or why it is refused. */
async function publisherOf(unit: WriteUnit, request: AdmitRequest): Promise<Publisher | AdmitDenial> {
  const asName = request.stream.startsWith('sk_')
  const secret = asName ? request.stream : request.params['key']
  // someone else's `key=` means nothing to us where no key is needed
  const keyed = secret?.startsWith('sk_') === true ? await findKey(unit, secret) : undefined
  if (asName) return keyed === undefined ? 'KEY_INVALID' : publisherByKey(unit, request, keyed)

  const vhost = await resolveVhost(unit, request.vhost)
  if (!vhost.enabled) return 'VHOST_DISABLED'
  if (!validNames(request)) return 'STREAM_NAME_INVALID'
  const { app, stream: name } = request
  const addressed = keyed?.stream.vhostId === vhost.id && keyed.stream.app === app && keyed.stream.name === name
  if (vhost.access === 'keyed') {
    if (secret === undefined || secret === '') return 'KEY_REQUIRED'
    return keyed !== undefined && addressed ? publisherByKey(unit, request, keyed) : 'KEY_INVALID'
  }
  const key = keyed !== undefined && addressed && refusalOf(unit, request, keyed.key) === undefined ? keyed.key : null
  return { vhost, app, name, key }
}

function publisherByKey(
  unit: WriteUnit,
  request: AdmitRequest,
  { key, stream, vhost }: Keyed,
): Publisher | AdmitDenial {
  const refusal = refusalOf(unit, request, key)
  if (refusal !== undefined) return refusal
  if (!vhost.enabled) return 'VHOST_DISABLED'
  return { vhost, app: stream.app, name: stream.name, key }
}

async function admitPlay(unit: WriteUnit, request: AdmitRequest, verdict: Allowed | undefined): Promise<Decision> {
  const vhost = await resolveVhost(unit, request.vhost)
  if (!vhost.enabled) return deny('VHOST_DISABLED')
  if (!validNames(request)) return deny('STREAM_NAME_INVALID')
  const byClient = rulesLookAtClient(vhost, 'play')
  const refusal = ruleRefusal(vhost, 'play', request.client)
  if (refusal !== undefined) return { ...deny(refusal), per_client: byClient }
  const { app } = request
  const ask = questionOf(vhost, request, { app, stream: request.stream, keyId: null })
  if (ask !== undefined && verdict === undefined) {
    const known = await streamByName(unit.db, vhost.id, app, request.stream)
    return known?.enabled === false ? deny('STREAM_DISABLED') : { ask }
  }
  const name = verdict?.stream ?? request.stream
  const stream = await streamByName(unit.db, vhost.id, app, name)
  if (stream?.enabled === false) return deny('STREAM_DISABLED')
  const asked = hookEvents(vhost, 'play', request.protocol).includes('play')
  return {
    ...grant(vhost, { id: stream?.id ?? null, app, name }, null, playTtlS(request, verdict)),
    per_client: byClient || verdict !== undefined,
    playback: await playbackTerms(unit, vhost, stream, asked),
    limits: limitsOf(stream, verdict),
    cors_origins: vhost.corsOrigins,
  }
}

/** What the vhost's hook is to be asked, or undefined when it isn't. */
function questionOf(
  vhost: VhostRow,
  { node_id: nodeId, action, protocol, params, client }: AdmitRequest,
  names: Pick<HookQuestion, 'app' | 'stream' | 'keyId'>,
): Ask | undefined {
  const events = hookEvents(vhost, action, protocol)
  if (events.length === 0) return undefined
  const told = Object.entries(params).filter(([name, value]) => name !== 'key' || !value.startsWith('sk_'))
  const question = { nodeId, protocol, vhost: vhost.name, params: Object.fromEntries(told), client, ...names }
  return { vhost, events, question }
}

/** A player of HLS asks again and again, and is the same one for a while. */
function playTtlS({ protocol }: AdmitRequest, verdict: Allowed | undefined): number {
  if (verdict === undefined || protocol === 'hls') return TTL_S.play
  return Math.min(TTL_S.play, verdict.ttlS)
}

function limitsOf(stream: StreamRow | undefined, verdict: Allowed | undefined): GrantLimits {
  const least = (...limits: (number | null | undefined)[]) => {
    const set = limits.filter((limit) => typeof limit === 'number')
    return set.length === 0 ? null : Math.min(...set)
  }
  return {
    max_bitrate_kbps: least(stream?.maxBitrateKbps, verdict?.max_bitrate_kbps),
    max_duration_s: least(stream?.maxDurationS, verdict?.lifetime_s),
    reconnect_window_s: stream?.reconnectWindowS ?? null,
  }
}

/** The stream of these names, made if it is missing; undefined when the project may have no more. */
async function streamFor(unit: WriteUnit, vhost: VhostRow, app: string, name: string): Promise<StreamRow | undefined> {
  try {
    return await ensureStream(unit, vhost, app, name)
  } catch (error) {
    if (errorCode(error) === 'STREAM_LIMIT_REACHED') return undefined
    throw error
  }
}

async function keepMetadata(unit: WriteUnit, stream: StreamRow, metadata: Record<string, string>): Promise<void> {
  const merged = { ...stream.metadata, ...metadata }
  const checked = streamSettingsSchema.shape.metadata.safeParse(merged)
  if (!checked.success || isDeepStrictEqual(merged, stream.metadata)) return
  await unit.db
    .update(streams)
    .set({ metadata: merged, version: sql`${streams.version} + 1` })
    .where(eq(streams.id, stream.id))
}

function refusalOf({ now }: WriteUnit, { protocol, client }: AdmitRequest, key: KeyRow): AdmitDenial | undefined {
  if (key.revokedAt !== null) return 'KEY_REVOKED'
  if (!key.enabled) return 'KEY_DISABLED'
  if (key.expiresAt !== null && key.expiresAt <= now) return 'KEY_EXPIRED'
  if (key.protocols !== null && !key.protocols.includes(protocol)) return 'KEY_PROTOCOL'
  if (key.allowIps !== null && !inNetworks(key.allowIps, client.ip)) return 'KEY_IP'
  return undefined
}

async function findKey(unit: WriteUnit, secret: string): Promise<Keyed | undefined> {
  const hash = hashSecret(unit.keyring, secret)
  const [found] = await unit.db
    .select({ key: streamKeys, stream: streams, vhost: vhosts })
    .from(streamKeys)
    .innerJoin(streams, eq(streams.id, streamKeys.streamId))
    .innerJoin(vhosts, eq(vhosts.id, streams.vhostId))
    .where(eq(streamKeys.hash, hash))
  return found !== undefined && equalHashes(found.key.hash, hash) ? found : undefined
}

async function noteUse({ db, now }: WriteUnit, key: KeyRow): Promise<void> {
  const stale = new Date(now.getTime() - LAST_USED_EVERY_MS)
  if (key.lastUsedAt !== null && key.lastUsedAt >= stale) return
  await db
    .update(streamKeys)
    .set({ lastUsedAt: now })
    .where(and(eq(streamKeys.id, key.id), or(isNull(streamKeys.lastUsedAt), lt(streamKeys.lastUsedAt, stale))))
}

function validNames({ app, stream }: AdmitRequest): boolean {
  return pathNameSchema.safeParse(app).success && publicStreamNameSchema.safeParse(stream).success
}

function grant(
  vhost: VhostRow,
  { id, app, name }: { id: string | null; app: string; name: string },
  keyId: string | null,
  ttlS: number,
): Extract<AdmitAnswer, { allow: true }> {
  return { allow: true, vhost: vhost.name, app, stream: name, stream_id: id, key_id: keyId, ttl_s: ttlS }
}

function deny(code: AdmitDenial, reason: string = REASONS[code]): Extract<AdmitAnswer, { allow: false }> {
  return { allow: false, code, reason, ttl_s: TTL_S.denied }
}
