import { open, seal } from '@millrace/auth'
import {
  type Page,
  type PageQuery,
  type PushGrant,
  type PushGrantRequest,
  type PushTarget,
  type PushTargetCreate,
  pushTargetCreateSchema,
  type PushStatus,
} from '@millrace/contracts'
import { newId, notifyRouting, pushTargets, streamPushTargets, streams, vhosts } from '@millrace/db'
import { activeTraceparent } from '@millrace/telemetry'
import { and, desc, eq, inArray, sql } from 'drizzle-orm'

import { failure } from './failures.ts'
import { afterCursor, fetchCount, timestamp, toPage } from './lists.ts'
import { type IfMatch, patched, requireVersion } from './settings.ts'
import { audit, type ReadUnit, type Versioned, type WriteUnit } from './unit.ts'

export type PushTargetRow = typeof pushTargets.$inferSelect
export type AttachmentRow = typeof streamPushTargets.$inferSelect

/** The best of a target's streams is what it shows. */
const RANK: Readonly<Record<PushStatus, number>> = { live: 4, retrying: 3, starting: 2, failed: 1, idle: 0 }

export async function createPushTarget(unit: WriteUnit, input: PushTargetCreate): Promise<Versioned<PushTarget>> {
  const id = newId('pushTarget')
  const { credential, ...settings } = input
  const [row] = await unit.db
    .insert(pushTargets)
    .values({
      id,
      projectId: unit.principal.projectId,
      ...settings,
      credentialSealed: credential === null ? null : seal(unit.keyring, credential, id),
    })
    .returning()
  await audit(unit, 'push_target.created', { type: 'push_target', id }, settings)
  return { value: present(row!, []), version: row!.version }
}

export async function listPushTargets(unit: ReadUnit, query: PageQuery): Promise<Page<PushTarget>> {
  const rows = await unit.db
    .select()
    .from(pushTargets)
    .where(and(eq(pushTargets.projectId, unit.principal.projectId), afterCursor(pushTargets.id, query)))
    .orderBy(desc(pushTargets.id))
    .limit(fetchCount(query))
  const attached = await attachmentsOf(
    unit,
    rows.map(({ id }) => id),
  )
  return toPage(rows, query, (row) => present(row, attached.get(row.id) ?? []))
}

export async function getPushTarget(unit: ReadUnit, id: string): Promise<Versioned<PushTarget>> {
  const row = await findPushTarget(unit, id)
  return { value: present(row, (await attachmentsOf(unit, [id])).get(id) ?? []), version: row.version }
}

export async function updatePushTarget(
  unit: WriteUnit,
  id: string,
  patch: Record<string, unknown>,
  ifMatch: IfMatch,
): Promise<Versioned<PushTarget>> {
  const row = await lock(unit, id)
  requireVersion(ifMatch, row.version)
  const { credential, ...settings } = patched(pushTargetCreateSchema, { ...row }, patch)
  await unit.db
    .update(pushTargets)
    .set({
      ...settings,
      ...('credential' in patch
        ? { credentialSealed: credential === null ? null : seal(unit.keyring, credential, id) }
        : {}),
      version: sql`${pushTargets.version} + 1`,
    })
    .where(eq(pushTargets.id, id))
  await unit.db
    .update(streamPushTargets)
    .set({ traceparent: activeTraceparent() ?? null })
    .where(eq(streamPushTargets.pushTargetId, id))
  await audit(unit, 'push_target.updated', { type: 'push_target', id }, settings)
  await notifyRouting(unit.db)
  return getPushTarget(unit, id)
}

/** Deletes a target; pushing to it ends. */
export async function deletePushTarget(unit: WriteUnit, id: string, ifMatch: IfMatch): Promise<void> {
  const row = await lock(unit, id)
  requireVersion(ifMatch, row.version)
  await unit.db.delete(pushTargets).where(eq(pushTargets.id, id))
  await audit(unit, 'push_target.deleted', { type: 'push_target', id }, { url: row.url })
  await notifyRouting(unit.db)
}

/**
 * Where a node is to push to, with the credential. Throws `PUSH_TARGET_NOT_FOUND` when it isn't attached to the stream,
 * `PUSH_TARGET_DISABLED`.
 */
export async function grantPush(unit: ReadUnit, request: PushGrantRequest): Promise<PushGrant> {
  const [found] = await unit.db
    .select({ target: pushTargets, vhost: vhosts.name, app: streams.app, stream: streams.name })
    .from(streamPushTargets)
    .innerJoin(pushTargets, eq(pushTargets.id, streamPushTargets.pushTargetId))
    .innerJoin(streams, eq(streams.id, streamPushTargets.streamId))
    .innerJoin(vhosts, eq(vhosts.id, streams.vhostId))
    .where(
      and(
        eq(streamPushTargets.pushTargetId, request.push_target_id),
        eq(streamPushTargets.streamId, request.stream_id),
      ),
    )
  if (found === undefined) throw failure('PUSH_TARGET_NOT_FOUND', 'it is not attached to this stream')
  const { target, ...names } = found
  if (!target.enabled) throw failure('PUSH_TARGET_DISABLED', 'the push target is disabled')
  const credential = target.credentialSealed === null ? null : open(unit.keyring, target.credentialSealed, target.id)
  return { ...destinationOf(target.url, credential, names.stream), ...names, version: target.version }
}

/** A WHIP endpoint is told the credential beside its URL; of RTMP it is part. */
function destinationOf(url: string, credential: string | null, stream: string): Pick<PushGrant, 'url' | 'bearer'> {
  if (/^https?:/i.test(url)) return { url, ...(credential !== null && { bearer: credential }) }
  return { url: `${url.replace(/\/+$/, '')}/${credential ?? stream}` }
}

/** The caller's push target. Throws `PUSH_TARGET_NOT_FOUND`. */
export async function findPushTarget(unit: ReadUnit, id: string): Promise<PushTargetRow> {
  const [row] = await unit.db
    .select()
    .from(pushTargets)
    .where(and(eq(pushTargets.id, id), eq(pushTargets.projectId, unit.principal.projectId)))
  if (row === undefined) throw failure('PUSH_TARGET_NOT_FOUND', `no push target ${id}`)
  return row
}

async function lock(unit: WriteUnit, id: string): Promise<PushTargetRow> {
  await findPushTarget(unit, id)
  const [row] = await unit.db.select().from(pushTargets).where(eq(pushTargets.id, id)).for('update')
  if (row === undefined) throw failure('PUSH_TARGET_NOT_FOUND', `no push target ${id}`)
  return row
}

async function attachmentsOf(unit: ReadUnit, ids: readonly string[]): Promise<Map<string, AttachmentRow[]>> {
  if (ids.length === 0) return new Map()
  const rows = await unit.db
    .select()
    .from(streamPushTargets)
    .where(inArray(streamPushTargets.pushTargetId, [...ids]))
  return Map.groupBy(rows, ({ pushTargetId }) => pushTargetId)
}

/** How pushing goes, as it is shown. */
export function presentState(row: AttachmentRow | undefined) {
  return {
    status: row?.status ?? 'idle',
    status_at: row?.statusAt == null ? null : timestamp(row.statusAt),
    node_id: row?.nodeId ?? null,
    retries: row?.retries ?? 0,
    last_error_code: row?.lastErrorCode ?? null,
    last_error: row?.lastError ?? null,
  }
}

function present(row: PushTargetRow, attached: readonly AttachmentRow[]): PushTarget {
  const [best] = attached.toSorted((a, b) => RANK[b.status] - RANK[a.status])
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    has_credential: row.credentialSealed !== null,
    enabled: row.enabled,
    ...presentState(best),
    created_at: timestamp(row.createdAt),
    updated_at: timestamp(row.updatedAt),
  }
}
