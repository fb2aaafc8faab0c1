import { createHash } from 'node:crypto'

import { open } from '@millrace/auth'
import type { AdmissionHook, AdmitDenial, HookEvent } from '@millrace/contracts'
import { errorCode } from '@millrace/core'
import { hookAnswers, newId } from '@millrace/db'
import { type AddressGuard } from '@millrace/address-guard'
import { guardedPost, type PostAnswer, signedHeaders } from '@millrace/webhooks'
import { eq } from 'drizzle-orm'

import { failure } from './failures.ts'
import { HOOK_FORMATS, type HookAnswer, hookAnswerSchema, type HookQuestion } from './hook-formats.ts'
import type { HookDeps } from './hook-gate.ts'
import type { PublicUnit } from './unit.ts'
import type { VhostRow } from './vhosts.ts'

/** How long an answer is kept for when the hook is away, milliseconds. */
const KEPT_MS = 24 * 3600 * 1000
const MAX_ANSWER_BYTES = 16 * 1024
/** A connection that could not be made is tried once more; after an answer has begun nothing is. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'])

/** What hooks decided. */
export type HookVerdict =
  | (Extract<HookAnswer, { allow: true }> & { ttlS: number })
  | {
      allow: false
      code: Extract<AdmitDenial, 'HOOK_DENIED' | 'HOOK_FAILED'>
      reason?: string | undefined
      ttlS: number
    }

type Question = Omit<HookQuestion, 'event'>

/** The events about which the vhost's hook is to be asked, in this order, for a client that wants to do `action`. */
export function hookEvents(
  { admissionHook }: Pick<VhostRow, 'admissionHook'>,
  action: 'publish' | 'play',
  protocol: HookQuestion['protocol'],
): HookEvent[] {
  const rtmp = protocol === 'rtmp' || protocol === 'rtmps'
  const events: HookEvent[] = rtmp ? ['connect', action] : [action]
  return events.filter((event) => admissionHook?.events.includes(event) === true)
}

/**
 * Asks a vhost's hook, or remembers what it said. Never throws for what the hook does: its faults are a verdict by the
 * hook's `on_error`. Holds no transaction and no database connection while the hook is thinking.
 */
export async function askHook(
  unit: PublicUnit,
  deps: HookDeps,
  vhost: VhostRow,
  events: readonly HookEvent[],
  question: Question,
): Promise<HookVerdict> {
  let verdict: HookVerdict = { allow: true, ttlS: Infinity }
  for (const event of events) {
    const next = await askOne(unit, deps, vhost, { ...question, event })
    if (!next.allow) return next
    verdict = { ...verdict, ...next, ttlS: Math.min(verdict.ttlS, next.ttlS) }
  }
  return verdict
}

async function askOne(unit: PublicUnit, deps: HookDeps, vhost: VhostRow, question: HookQuestion): Promise<HookVerdict> {
  const hook = vhost.admissionHook!
  const hash = hashOf(vhost, hook, question)
  const [kept] = await unit.db.select().from(hookAnswers).where(eq(hookAnswers.hash, hash))
  const ageS = kept === undefined ? Infinity : (unit.now.getTime() - kept.answeredAt.getTime()) / 1000
  const last = hookAnswerSchema.safeParse(kept?.answer).data
  if (last !== undefined && ageS < hook.cache_ttl_s) return verdictOf(last, Math.floor(hook.cache_ttl_s - ageS))
  try {
    const answer = await call(unit, deps, vhost, hook, question)
    await remember(unit, vhost.id, hash, answer)
    return verdictOf(answer, hook.cache_ttl_s)
  } catch (error) {
    unit.log.warn({ vhost: vhost.name, hook_event: question.event, code: errorCode(error) }, 'admission hook failed')
    return onError(hook, question.event, last)
  }
}

function verdictOf(answer: HookAnswer, ttlS: number): HookVerdict {
  return answer.allow ? { ...answer, ttlS } : { allow: false, code: 'HOOK_DENIED', reason: answer.reason, ttlS }
}

/** `connect` is followed by something else, so it takes the stricter way. */
function onError({ on_error: policy }: AdmissionHook, event: HookEvent, last: HookAnswer | undefined): HookVerdict {
  const way = event === 'play' ? policy.play : policy.publish
  if (way === 'allow') return { allow: true, ttlS: 0 }
  if (way === 'last_answer' && last !== undefined) return verdictOf(last, 0)
  return { allow: false, code: 'HOOK_FAILED', ttlS: 0 }
}

/** One question and its answer. Throws ServiceErrors of `guardedPost`, `HOOK_BUSY`, `HOOK_ANSWER_INVALID`. */
async function call(
  unit: PublicUnit,
  { guard, gate }: HookDeps,
  vhost: VhostRow,
  hook: AdmissionHook,
  question: HookQuestion,
): Promise<HookAnswer> {
  const format = HOOK_FORMATS[vhost.callbackFormat]
  const id = newId('hookCall')
  const body = JSON.stringify(format.write(id, unit.now, question))
  const headers = headersOf(unit, vhost, id, body)
  const raw = await gate.run(vhost.id, hook.deadline_ms, (leftMs) =>
    postOnceMore({ url: hook.url, headers, body, maxBodyBytes: MAX_ANSWER_BYTES }, leftMs, guard),
  )
  const answer = format.read(raw)
  if (answer === undefined) {
    throw failure('HOOK_ANSWER_INVALID', `the hook's answer (${raw.statusCode}) is none`)
  }
  return answer
}

function headersOf(unit: PublicUnit, vhost: VhostRow, id: string, body: string): Record<string, string> {
  const until = vhost.previousHookSecretUntil
  const previous = until !== null && until > unit.now ? vhost.previousHookSecretSealed : null
  const secrets = [vhost.hookSecretSealed, previous].flatMap((sealed) =>
    sealed === null ? [] : open(unit.keyring, sealed, vhost.id),
  )
  return signedHeaders(id, unit.now, body, secrets)
}

async function postOnceMore(
  post: Omit<Parameters<typeof guardedPost>[0], 'timeoutMs'>,
  deadlineMs: number,
  guard: AddressGuard,
): Promise<PostAnswer> {
  const startedMs = performance.now()
  try {
    return await guardedPost({ ...post, timeoutMs: deadlineMs }, guard)
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    const leftMs = Math.floor(deadlineMs - (performance.now() - startedMs))
    if (leftMs <= 0 || !NOT_CONNECTED.has(errorCode(cause))) throw error
    return guardedPost({ ...post, timeoutMs: leftMs }, guard)
  }
}

async function remember(unit: PublicUnit, vhostId: string, hash: string, answer: HookAnswer): Promise<void> {
  const fresh = { answer, answeredAt: unit.now, expiresAt: new Date(unit.now.getTime() + KEPT_MS) }
  await unit.db
    .insert(hookAnswers)
    .values({ hash, vhostId, ...fresh })
    .onConflictDoUpdate({ target: hookAnswers.hash, set: fresh })
}

/** Of all that the hook is told of and might decide by, but for the moment and the node. */
function hashOf(
  vhost: VhostRow,
  { url }: AdmissionHook,
  { event, protocol, app, stream, params, client, keyId }: HookQuestion,
): string {
  const sorted = Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const told = [
    vhost.id,
    vhost.callbackFormat,
    url,
    event,
    protocol,
    app,
    stream,
    sorted,
    client.ip,
    client.page_url,
    keyId,
  ]
  return createHash('sha256').update(JSON.stringify(told)).digest('base64url')
}
