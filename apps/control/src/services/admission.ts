import { equalHashes, hashSecret } from '@millrace/auth'
import {
  type AdmitAnswer,
  type AdmitDenial,
  type AdmitRequest,
  pathNameSchema,
  publicStreamNameSchema,
} from '@millrace/contracts'
import { streamKeys, streams, vhosts } from '@millrace/db'
import { and, eq, isNull, lt, or } from 'drizzle-orm'

import { playbackTerms } from './playback-terms.ts'
import { withLease } from './leases.ts'
import { ensureStream, streamByName, type StreamRow } from './streams.ts'
import { LAST_USED_EVERY_MS } from './tokens.ts'
import type { WriteUnit } from './unit.ts'
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
}

type KeyRow = typeof streamKeys.$inferSelect

interface Keyed {
  key: KeyRow
  stream: StreamRow
  vhost: VhostRow
}

/** Decides whether a client may publish or play. A stream that is unknown on an open vhost is made by its first publisher. */
export async function admit(unit: WriteUnit, request: AdmitRequest): Promise<AdmitAnswer> {
  if (request.action === 'play') return admitPlay(unit, request)
  return withLease(unit, request, await admitPublish(unit, request))
}

async function admitPublish(unit: WriteUnit, request: AdmitRequest): Promise<AdmitAnswer> {
  const asName = request.stream.startsWith('sk_')
  const secret = asName ? request.stream : request.params['key']
  // someone else's `key=` means nothing to us where no key is needed
  const keyed = secret?.startsWith('sk_') === true ? await findKey(unit, secret) : undefined
  if (asName) return keyed === undefined ? deny('KEY_INVALID') : grantByKey(unit, keyed)

  const vhost = await resolveVhost(unit, request.vhost)
  if (!vhost.enabled) return deny('VHOST_DISABLED')
  if (!validNames(request)) return deny('STREAM_NAME_INVALID')
  const { app, stream: name } = request
  const addressed = keyed?.stream.vhostId === vhost.id && keyed.stream.app === app && keyed.stream.name === name
  if (vhost.access === 'keyed') {
    if (secret === undefined || secret === '') return deny('KEY_REQUIRED')
    return keyed !== undefined && addressed ? grantByKey(unit, keyed) : deny('KEY_INVALID')
  }
  const stream = await ensureStream(unit, vhost, app, name)
  if (!stream.enabled) return deny('STREAM_DISABLED')
  const key = keyed !== undefined && addressed && refusalOf(unit, keyed.key) === undefined ? keyed.key : undefined
  if (key !== undefined) await noteUse(unit, key)
  return grant(vhost, stream, key?.id ?? null, TTL_S.publish)
}

async function admitPlay(unit: WriteUnit, request: AdmitRequest): Promise<AdmitAnswer> {
  const vhost = await resolveVhost(unit, request.vhost)
  if (!vhost.enabled) return deny('VHOST_DISABLED')
  if (!validNames(request)) return deny('STREAM_NAME_INVALID')
  const { app, stream: name } = request
  const stream = await streamByName(unit.db, vhost.id, app, name)
  if (stream?.enabled === false) return deny('STREAM_DISABLED')
  const answer = grant(vhost, { id: stream?.id ?? null, app, name }, null, TTL_S.play)
  return { ...answer, playback: await playbackTerms(unit, vhost, stream, false) }
}

async function grantByKey(unit: WriteUnit, { key, stream, vhost }: Keyed): Promise<AdmitAnswer> {
  const refusal = refusalOf(unit, key)
  if (refusal !== undefined) return deny(refusal)
  if (!vhost.enabled) return deny('VHOST_DISABLED')
  if (!stream.enabled) return deny('STREAM_DISABLED')
  await noteUse(unit, key)
  return grant(vhost, stream, key.id, TTL_S.publish)
}

function refusalOf({ now }: WriteUnit, key: KeyRow): AdmitDenial | undefined {
  if (key.revokedAt !== null) return 'KEY_REVOKED'
  if (!key.enabled) return 'KEY_DISABLED'
  if (key.expiresAt !== null && key.expiresAt <= now) return 'KEY_EXPIRED'
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

function deny(code: AdmitDenial): AdmitAnswer {
  return { allow: false, code, reason: REASONS[code], ttl_s: TTL_S.denied }
}
