import { createHash } from 'node:crypto'

import { type Keyring, open, seal } from '@millrace/auth'
import { MAX_IDEMPOTENCY_KEY } from '@millrace/contracts'
import type { Logger } from '@millrace/core'
import { type Db, idempotencyKeys, transaction, type Tx } from '@millrace/db'
import type { Stores } from '@millrace/storage'
import { passingTracer, type Tracer } from '@millrace/telemetry'
import { and, eq, lt } from 'drizzle-orm'

import type { HookDeps } from './hook-gate.ts'
import { failure } from './failures.ts'
import type { LongUnit, Notes, Principal, PublicUnit, ReadUnit, WriteUnit } from './unit.ts'

/** How long an `Idempotency-Key` is remembered, seconds. */
const IDEMPOTENCY_TTL_S = 24 * 3600

/** What a verb answers. `body` is JSON; `version` becomes the ETag. */
export interface Reply {
  status: number
  body?: unknown
  /** Instead of JSON. */
  text?: { type: string; text: string }
  version?: number
  headers?: Readonly<Record<string, string>>
}

/** A request as far as services need to know it. */
export interface Call {
  requestId: string
  notes: Notes
  /** With an `Idempotency-Key`: the key, and method, path and body, which must be the same again. */
  idempotency?: { key: string; request: readonly (string | Uint8Array)[] }
}

/** What `Work` runs on. */
export interface WorkDeps {
  db: Db
  keyring: Keyring
  log: Logger
  tracer?: Tracer | undefined
  hooks: HookDeps
  stores: Stores
  requestsPerMinute?: number | undefined
  now: () => Date
}

/** Runs verbs: reads on the pool, long ones as they divide themselves, writes each in one transaction that also keeps the answer for a repeated request. */
export interface Work {
  /** By each token; undefined for no limit. */
  requestsPerMinute: number | undefined
  anybody<T>(call: Call, verb: (unit: PublicUnit) => Promise<T>): Promise<T>
  read<T>(call: Call, principal: Principal, verb: (unit: ReadUnit) => Promise<T>): Promise<T>
  long<T>(call: Call, principal: Principal, verb: (unit: LongUnit) => Promise<T>): Promise<T>
  write(
    call: Call,
    principal: Principal,
    verb: (unit: WriteUnit) => Promise<Reply>,
  ): Promise<Reply & { replayed?: boolean }>
}

export function createWork({
  db,
  keyring,
  log,
  tracer = passingTracer,
  hooks,
  stores,
  requestsPerMinute,
  now,
}: WorkDeps): Work {
  const base = ({ requestId, notes }: Call) => ({
    requestId,
    notes,
    keyring,
    tracer,
    stores,
    now: now(),
    log: log.child({ request_id: requestId }),
  })
  return {
    requestsPerMinute,
    anybody: (call, verb) => verb({ ...base(call), db }),
    read: (call, principal, verb) => verb({ ...base(call), db, principal }),
    long: (call, principal, verb) =>
      verb({
        ...base(call),
        db,
        principal,
        hooks,
        write: (step) => transaction(db, (tx) => step({ ...base(call), db: tx, principal })),
      }),
    write: (call, principal, verb) =>
      transaction(db, async (tx) => {
        const unit: WriteUnit = { ...base(call), db: tx, principal }
        if (call.idempotency === undefined) return verb(unit)
        const { key, request } = call.idempotency
        const kept = await claim(unit, tx, key, fingerprintOf(request))
        if (kept !== undefined) return { ...kept, replayed: true }
        const reply = await verb(unit)
        await keep(unit, tx, key, reply)
        return reply
      }),
  }
}

function fingerprintOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(String(part.length)).update(':').update(part)
  return hash.digest('base64url')
}

/**
 * Makes the key this transaction's own, or returns the answer that was kept for it. While another transaction has the key
 * the insert waits for its end, so of any number of equal requests at once one works and the others get its answer.
 */
async function claim(unit: WriteUnit, tx: Tx, key: string, fingerprint: string): Promise<Reply | undefined> {
  if (!/^[\x21-\x7e]+$/.test(key) || key.length > MAX_IDEMPOTENCY_KEY) {
    throw failure(
      'IDEMPOTENCY_KEY_INVALID',
      `Idempotency-Key must be 1 to ${MAX_IDEMPOTENCY_KEY} printable ASCII characters`,
    )
  }
  const { projectId } = unit.principal
  const fresh = {
    fingerprint,
    answerSealed: null,
    createdAt: unit.now,
    expiresAt: new Date(unit.now.getTime() + IDEMPOTENCY_TTL_S * 1000),
  }
  const claimed = await tx
    .insert(idempotencyKeys)
    .values({ projectId, key, ...fresh })
    .onConflictDoUpdate({
      target: [idempotencyKeys.projectId, idempotencyKeys.key],
      set: fresh,
      setWhere: lt(idempotencyKeys.expiresAt, unit.now),
    })
    .returning({ key: idempotencyKeys.key })
  if (claimed.length > 0) return undefined
  const [kept] = await tx
    .select()
    .from(idempotencyKeys)
    .where(and(eq(idempotencyKeys.projectId, projectId), eq(idempotencyKeys.key, key)))
  if (kept?.fingerprint !== fingerprint || kept.answerSealed === null) {
    throw failure('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used for another request')
  }
  return JSON.parse(open(unit.keyring, kept.answerSealed, `${projectId} ${key}`)) as Reply
}

/** The answer is sealed: it may hold a secret that is shown once. */
async function keep(unit: WriteUnit, tx: Tx, key: string, reply: Reply): Promise<void> {
  const { projectId } = unit.principal
  await tx
    .update(idempotencyKeys)
    .set({ answerSealed: seal(unit.keyring, JSON.stringify(reply), `${projectId} ${key}`) })
    .where(and(eq(idempotencyKeys.projectId, projectId), eq(idempotencyKeys.key, key)))
}
