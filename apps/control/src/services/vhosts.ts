import { newWebhookSecret, seal } from '@millrace/auth'
import {
  DEFAULT_VHOST,
  type HookSecret,
  type Page,
  type PageQuery,
  type Vhost,
  type VhostCreate,
  type VhostCreated,
  type VhostSettings,
  vhostSettingsSchema,
  type WebhookSecretRotate,
} from '@millrace/contracts'
import { brokenConstraint, dbErrorCode, newId, type Queryable, type Tx, vhostAliases, vhosts } from '@millrace/db'
import { and, asc, desc, eq, exists, inArray, or, sql } from 'drizzle-orm'

import { requireStorageFor } from './archive-settings.ts'
import { failure, RequestInvalid } from './failures.ts'
import { afterCursor, fetchCount, timestamp, toPage } from './lists.ts'
import { type IfMatch, patched, requireVersion } from './settings.ts'
import { audit, type PublicUnit, type ReadUnit, type Versioned, type WriteUnit } from './unit.ts'

export type VhostRow = typeof vhosts.$inferSelect

export async function createVhost(unit: WriteUnit, input: VhostCreate): Promise<Versioned<VhostCreated>> {
  const { name, ...settings } = input
  requireSense(settings)
  await requireStorageFor(unit, unit.principal.projectId, settings)
  await lockNames(unit.db, [name, ...settings.aliases])
  const id = newId('vhost')
  const secret = newWebhookSecret()
  const [row] = await unit.db
    .insert(vhosts)
    .values({
      id,
      projectId: unit.principal.projectId,
      name,
      ...columns(settings),
      hookSecretSealed: seal(unit.keyring, secret, id),
    })
    .returning()
    .catch((error: unknown) => {
      if (brokenConstraint(error) === 'vhosts_name_unique') throw taken(name)
      throw error
    })
  const [alias] = await unit.db.select().from(vhostAliases).where(eq(vhostAliases.name, name))
  if (alias !== undefined) throw taken(name)
  await setAliases(unit.db, row!, settings.aliases)
  await audit(unit, 'vhost.created', { type: 'vhost', id }, input)
  return { value: { ...present(row!, settings.aliases), hook_secret: secret }, version: row!.version }
}

export async function listVhosts(unit: ReadUnit, query: PageQuery): Promise<Page<Vhost>> {
  const rows = await unit.db
    .select()
    .from(vhosts)
    .where(and(eq(vhosts.projectId, unit.principal.projectId), afterCursor(vhosts.id, query)))
    .orderBy(desc(vhosts.id))
    .limit(fetchCount(query))
  const aliases = await aliasesOf(
    unit.db,
    rows.map(({ id }) => id),
  )
  return toPage(rows, query, (row) => present(row, aliases.get(row.id) ?? []))
}

export async function getVhost(unit: ReadUnit, id: string): Promise<Versioned<Vhost>> {
  const row = await findVhost(unit, id)
  return versioned(row, await aliasesOfOne(unit.db, id))
}

export async function updateVhost(
  unit: WriteUnit,
  id: string,
  patch: unknown,
  ifMatch: IfMatch,
): Promise<Versioned<Vhost>> {
  const row = await lockVhost(unit, id)
  requireVersion(ifMatch, row.version)
  const settings = patched(vhostSettingsSchema, settingsOf(row, await aliasesOfOne(unit.db, id)), patch)
  requireSense(settings)
  await requireStorageFor(unit, row.projectId, settings)
  if (settings.admission_hook !== null && settings.callback_format === 'native' && row.hookSecretSealed === null) {
    throw failure('HOOK_SECRET_MISSING', `make one first: POST /v1/vhosts/${id}:rotate-hook-secret`)
  }
  await lockNames(unit.db, settings.aliases)
  await setAliases(unit.db, row, settings.aliases)
  const [updated] = await unit.db
    .update(vhosts)
    .set({ ...columns(settings), version: sql`${vhosts.version} + 1` })
    .where(eq(vhosts.id, id))
    .returning()
  await audit(unit, 'vhost.updated', { type: 'vhost', id }, settings)
  return versioned(updated!, settings.aliases)
}

/** Replaces the secret that native calls of the admission hook are signed with; for `overlap_s` the old one signs too. */
export async function rotateHookSecret(
  unit: WriteUnit,
  id: string,
  { overlap_s: overlapS }: WebhookSecretRotate,
): Promise<HookSecret> {
  const row = await lockVhost(unit, id)
  const secret = newWebhookSecret()
  await unit.db
    .update(vhosts)
    .set({
      hookSecretSealed: seal(unit.keyring, secret, id),
      previousHookSecretSealed: overlapS === 0 ? null : row.hookSecretSealed,
      previousHookSecretUntil: overlapS === 0 ? null : new Date(unit.now.getTime() + overlapS * 1000),
      updatedAt: row.updatedAt,
    })
    .where(eq(vhosts.id, id))
  await audit(unit, 'vhost.hook_secret_rotated', { type: 'vhost', id }, { overlap_s: overlapS })
  return { hook_secret: secret }
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
  const alias = unit.db
    .select({ one: sql`1` })
    .from(vhostAliases)
    .where(and(eq(vhostAliases.vhostId, vhosts.id), eq(vhostAliases.name, name)))
  const rows = await unit.db
    .select()
    .from(vhosts)
    .where(or(inArray(vhosts.name, wanted), exists(alias)))
  const row =
    rows.find((candidate) => candidate.name === name) ??
    rows.find((candidate) => candidate.name !== DEFAULT_VHOST) ??
    rows[0]
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

/** Settings that need one another. */
function requireSense({ access, admission_hook: hook }: VhostSettings): void {
  if (access !== 'hook' || hook?.events.includes('publish') === true) return
  const message = 'access by hook needs an admission hook for publish'
  throw new RequestInvalid([{ pointer: '/admission_hook', code: 'missing_hook', message }])
}

const taken = (name: string) => failure('VHOST_EXISTS', `there is a vhost ${name} already`)

/** Puts those who give out the same names in line, as no constraint spans both tables of names. */
async function lockNames(tx: Tx, names: readonly string[]): Promise<void> {
  for (const name of names.toSorted()) {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`vhost ${name}`}, 0))`)
  }
}

/** Gives a vhost these aliases and no others; the names are locked. Throws `VHOST_EXISTS`. */
async function setAliases(tx: Tx, vhost: VhostRow, aliases: readonly string[]): Promise<void> {
  await tx.delete(vhostAliases).where(eq(vhostAliases.vhostId, vhost.id))
  if (aliases.length === 0) return
  const [other] = await tx
    .select({ name: vhosts.name })
    .from(vhosts)
    .where(inArray(vhosts.name, [...aliases]))
  if (other !== undefined) throw taken(other.name)
  const made = await tx
    .insert(vhostAliases)
    .values(aliases.map((name) => ({ name, vhostId: vhost.id })))
    .onConflictDoNothing()
    .returning()
  const missing = aliases.find((name) => !made.some((row) => row.name === name))
  if (missing !== undefined) throw taken(missing)
}

async function aliasesOf(db: Queryable, ids: readonly string[]): Promise<Map<string, string[]>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .select()
    .from(vhostAliases)
    .where(inArray(vhostAliases.vhostId, [...ids]))
    .orderBy(asc(vhostAliases.name))
  const groups = Map.groupBy(rows, ({ vhostId }) => vhostId)
  return new Map([...groups].map(([id, list]) => [id, list.map(({ name }) => name)]))
}

const aliasesOfOne = async (db: Queryable, id: string) => (await aliasesOf(db, [id])).get(id) ?? []

/** The settings as the API names them. */
function settingsOf(row: VhostRow, aliases: string[]): VhostSettings {
  return {
    access: row.access,
    aliases,
    playback_policy: row.playbackPolicy,
    enabled: row.enabled,
    ip_rules: row.ipRules,
    refer_rules: row.referRules,
    cors_origins: row.corsOrigins,
    callback_format: row.callbackFormat,
    admission_hook: row.admissionHook,
    viewer_events: row.viewerEvents,
    record: row.record,
    dvr_window_s: row.dvrWindowS,
    live_playlist: row.livePlaylist,
    live_window_s: row.liveWindowS,
  }
}

/** The settings as the table names them. */
function columns(settings: VhostSettings) {
  return {
    access: settings.access,
    playbackPolicy: settings.playback_policy,
    enabled: settings.enabled,
    ipRules: settings.ip_rules,
    referRules: settings.refer_rules,
    corsOrigins: settings.cors_origins,
    callbackFormat: settings.callback_format,
    admissionHook: settings.admission_hook,
    viewerEvents: settings.viewer_events,
    record: settings.record,
    dvrWindowS: settings.dvr_window_s,
    livePlaylist: settings.live_playlist,
    liveWindowS: settings.live_window_s,
  }
}

const versioned = (row: VhostRow, aliases: string[]): Versioned<Vhost> => ({
  value: present(row, aliases),
  version: row.version,
})

function present(row: VhostRow, aliases: string[]): Vhost {
  return {
    id: row.id,
    name: row.name,
    ...settingsOf(row, aliases),
    aliases: aliases.toSorted(),
    created_at: timestamp(row.createdAt),
    updated_at: timestamp(row.updatedAt),
  }
}
