import {
  DEFAULT_VHOST,
  type Page,
  type PageQuery,
  type Vhost,
  type VhostCreate,
  vhostSettingsSchema,
} from '@millrace/contracts'
import { brokenConstraint, dbErrorCode, newId, vhosts } from '@millrace/db'
import { and, desc, eq, inArray, sql } from 'drizzle-orm'

import { failure } from './failures.ts'
import { afterCursor, fetchCount, timestamp, toPage } from './lists.ts'
import { type IfMatch, patched, requireVersion } from './settings.ts'
import { audit, type PublicUnit, type ReadUnit, type Versioned, type WriteUnit } from './unit.ts'

export type VhostRow = typeof vhosts.$inferSelect

export async function createVhost(unit: WriteUnit, input: VhostCreate): Promise<Versioned<Vhost>> {
  const { playback_policy: playbackPolicy, ...rest } = input
  const [row] = await unit.db
    .insert(vhosts)
    .values({ id: newId('vhost'), projectId: unit.principal.projectId, playbackPolicy, ...rest })
    .returning()
    .catch((error: unknown) => {
      if (brokenConstraint(error) === 'vhosts_name_unique') {
        throw failure('VHOST_EXISTS', `there is a vhost ${input.name} already`)
      }
      throw error
    })
  await audit(unit, 'vhost.created', { type: 'vhost', id: row!.id }, input)
  return versioned(row!)
}

export async function listVhosts(unit: ReadUnit, query: PageQuery): Promise<Page<Vhost>> {
  const rows = await unit.db
    .select()
    .from(vhosts)
    .where(and(eq(vhosts.projectId, unit.principal.projectId), afterCursor(vhosts.id, query)))
    .orderBy(desc(vhosts.id))
    .limit(fetchCount(query))
  return toPage(rows, query, present)
}

export async function getVhost(unit: ReadUnit, id: string): Promise<Versioned<Vhost>> {
  return versioned(await findVhost(unit, id))
}

export async function updateVhost(
  unit: WriteUnit,
  id: string,
  patch: unknown,
  ifMatch: IfMatch,
): Promise<Versioned<Vhost>> {
  const row = await lockVhost(unit, id)
  requireVersion(ifMatch, row.version)
  const current = { ...row, playback_policy: row.playbackPolicy }
  const { playback_policy: playbackPolicy, ...settings } = patched(vhostSettingsSchema, current, patch)
  const [updated] = await unit.db
    .update(vhosts)
    .set({ ...settings, playbackPolicy, version: sql`${vhosts.version} + 1` })
    .where(eq(vhosts.id, id))
    .returning()
  await audit(unit, 'vhost.updated', { type: 'vhost', id }, settings)
  return versioned(updated!)
}

export async function deleteVhost(unit: WriteUnit, id: string, ifMatch: IfMatch): Promise<void> {
  const row = await lockVhost(unit, id)
  requireVersion(ifMatch, row.version)
  if (row.name === DEFAULT_VHOST) throw failure('VHOST_IS_DEFAULT', 'the default vhost stays; it can be disabled')
  await unit.db
    .delete(vhosts)
    .where(eq(vhosts.id, id))
    .catch((error: unknown) => {
      if (dbErrorCode(error) === '23503') throw failure('VHOST_IN_USE', 'it has streams: delete them first')
      throw error
    })
  await audit(unit, 'vhost.deleted', { type: 'vhost', id }, { name: row.name })
}

/** The caller's vhost by name or id. Throws `VHOST_NOT_FOUND`. */
export async function findVhost(unit: ReadUnit, nameOrId: string): Promise<VhostRow> {
  const column = nameOrId.startsWith('vh_') ? vhosts.id : vhosts.name
  const [row] = await unit.db
    .select()
    .from(vhosts)
    .where(and(eq(column, nameOrId), eq(vhosts.projectId, unit.principal.projectId)))
  if (row === undefined) throw failure('VHOST_NOT_FOUND', `no vhost ${nameOrId}`)
  return row
}

/**
 * The vhost that a client means: the one with that name (case and port don't matter), else the default one.
 */
export async function resolveVhost(unit: PublicUnit, host: string): Promise<VhostRow> {
  const name = host.toLowerCase().replace(/:\d+$/, '')
  const wanted = host === DEFAULT_VHOST ? [DEFAULT_VHOST] : [name, DEFAULT_VHOST]
  const rows = await unit.db.select().from(vhosts).where(inArray(vhosts.name, wanted))
  const row =
    rows.find((candidate) => candidate.name === name) ?? rows.find(({ name: found }) => found === DEFAULT_VHOST)
  if (row === undefined) throw failure('VHOST_NOT_FOUND', 'there is no default vhost')
  return row
}

async function lockVhost(unit: WriteUnit, id: string): Promise<VhostRow> {
  const [row] = await unit.db
    .select()
    .from(vhosts)
    .where(and(eq(vhosts.id, id), eq(vhosts.projectId, unit.principal.projectId)))
    .for('update')
  if (row === undefined) throw failure('VHOST_NOT_FOUND', `no vhost ${id}`)
  return row
}

const versioned = (row: VhostRow): Versioned<Vhost> => ({ value: present(row), version: row.version })

function present(row: VhostRow): Vhost {
  return {
    id: row.id,
    name: row.name,
    access: row.access,
    playback_policy: row.playbackPolicy,
    enabled: row.enabled,
    created_at: timestamp(row.createdAt),
    updated_at: timestamp(row.updatedAt),
  }
}
