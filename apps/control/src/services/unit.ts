import type { Keyring } from '@millrace/auth'
import type { Scope } from '@millrace/contracts'
import type { Logger } from '@millrace/core'
import { auditLog, type Queryable, type Tx } from '@millrace/db'
import type { Stores } from '@millrace/storage'
import type { Tracer } from '@millrace/telemetry'

import type { HookDeps } from './hook-gate.ts'

/** Who asks: a token of a project. */
export interface Principal {
  tokenId: string
  projectId: string
  scopes: readonly Scope[]
  /** The limit of its project, instead of everybody's. */
  requestsPerMinute?: number
}

/** What is worth knowing about a request beside its answer; part of its log line, so never a secret. */
export type Notes = Record<string, string | number | boolean>

/** What every service may use. */
interface BaseUnit {
  requestId: string
  now: Date
  keyring: Keyring
  log: Logger
  tracer: Tracer
  /** Opens storages. */
  stores: Stores
  notes: Notes
}

/** Work for nobody in particular: public routes. */
export interface PublicUnit extends BaseUnit {
  db: Queryable
}

/** Reading for a token. */
export interface ReadUnit extends PublicUnit {
  principal: Principal
}

/** Writing for a token: `db` is one transaction, which commits when the verb returns. */
export interface WriteUnit extends ReadUnit {
  db: Tx
}

/**
 * Work for a token that waits for somebody else in between: `db` is the pool, and each `write` is a transaction of its own
 * whose work may run again after a deadlock.
 */
export interface LongUnit extends ReadUnit {
  hooks: HookDeps
  write<T>(verb: (unit: WriteUnit) => Promise<T>): Promise<T>
}

/** A resource and the version of its settings, its ETag. */
export interface Versioned<T> {
  value: T
  version: number
}

/** Writes who changed what, in the same transaction. `details` never holds a secret. */
export async function audit(
  unit: WriteUnit,
  action: string,
  subject: { type: string; id: string },
  details: Record<string, unknown> = {},
): Promise<void> {
  await unit.db.insert(auditLog).values({
    projectId: unit.principal.projectId,
    tokenId: unit.principal.tokenId,
    action,
    subjectType: subject.type,
    subjectId: subject.id,
    requestId: unit.requestId,
    at: unit.now,
    details,
  })
}
