import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import { seal } from '@millrace/auth'
import {
  type Page,
  type PageQuery,
  type Storage,
  type StorageCreate,
  storageCreateSchema,
  type StorageLocation,
  type StorageTest,
} from '@millrace/contracts'
import { clips, dbErrorCode, newId, projects, recordings, storages, streams, takes, vhosts } from '@millrace/db'
import { folderOf } from '@millrace/storage'
import { and, desc, eq, sql } from 'drizzle-orm'

import { failure } from './failures.ts'
import { afterCursor, fetchCount, timestamp, toPage } from './lists.ts'
import { requireOperator } from './projects.ts'
import { type IfMatch, patched, requireVersion } from './settings.ts'
import { audit, type ReadUnit, type Versioned, type WriteUnit } from './unit.ts'

type Row = typeof storages.$inferSelect

/** Throws as `requireUsable` does. */
export async function createStorage(unit: WriteUnit, input: StorageCreate): Promise<Versioned<Storage>> {
  const id = newId('storage')
  const { secret_access_key: secret, public_base_url: publicBaseUrl, ...settings } = input
  await requireUsable(unit, settings.location, secret !== null)
  const [row] = await unit.db
    .insert(storages)
    .values({
      id,
      projectId: unit.principal.projectId,
      ...settings,
      publicBaseUrl,
      secretSealed: secret === null ? null : seal(unit.keyring, secret, id),
    })
    .returning()
  await audit(unit, 'storage.created', { type: 'storage', id }, { ...settings, public_base_url: publicBaseUrl })
  return versioned(row!)
}

export async function listStorages(unit: ReadUnit, query: PageQuery): Promise<Page<Storage>> {
  const rows = await unit.db
    .select()
    .from(storages)
    .where(and(eq(storages.projectId, unit.principal.projectId), afterCursor(storages.id, query)))
    .orderBy(desc(storages.id))
    .limit(fetchCount(query))
  return toPage(rows, query, present)
}

export async function getStorage(unit: ReadUnit, id: string): Promise<Versioned<Storage>> {
  return versioned(await findStorage(unit, id))
}

/** Throws as `requireUsable` does, and `STORAGE_IN_USE` for another place while media are kept where it is. */
export async function updateStorage(
  unit: WriteUnit,
  id: string,
  patch: Record<string, unknown>,
  ifMatch: IfMatch,
): Promise<Versioned<Storage>> {
  const row = await findStorage(unit, id, 'update')
  requireVersion(ifMatch, row.version)
  const current = { ...row, public_base_url: row.publicBaseUrl }
  const {
    secret_access_key: secret,
    public_base_url: publicBaseUrl,
    ...settings
  } = patched(storageCreateSchema, current, patch)
  const hasSecret = 'secret_access_key' in patch ? secret !== null : row.secretSealed !== null
  await requireUsable(unit, settings.location, hasSecret)
  if (!isDeepStrictEqual(placeOf(settings.location), placeOf(row.location))) await requireEmpty(unit, id)
  const [updated] = await unit.db
    .update(storages)
    .set({
      ...settings,
      publicBaseUrl,
      ...('secret_access_key' in patch
        ? { secretSealed: secret === null ? null : seal(unit.keyring, secret, id) }
        : {}),
      version: sql`${storages.version} + 1`,
    })
    .where(eq(storages.id, id))
    .returning()
  await audit(unit, 'storage.updated', { type: 'storage', id }, { ...settings, public_base_url: publicBaseUrl })
  return versioned(updated!)
}

/** Where objects are, whatever server and credentials they are reached by. */
function placeOf(location: StorageLocation): unknown {
  const prefix = folderOf(location.prefix)
  if (location.type === 'local') return { directory: path.normalize(`${location.directory}/`), prefix }
  return { bucket: location.bucket, prefix }
}

/** Rows of the archive would name objects that aren't there any more. */
async function requireEmpty({ db }: WriteUnit, id: string): Promise<void> {
  for (const table of [takes, recordings, clips]) {
    const [row] = await db.select({ id: table.id }).from(table).where(eq(table.storageId, id)).limit(1)
    if (row !== undefined)
      throw failure('STORAGE_IN_USE', 'media are kept in it: make another storage for the new place')
  }
}

/**
 * Deletes the definition, not what is kept there. Throws `STORAGE_IN_USE` for the project's default, one that settings name,
 * and one that has media of the archive.
 */
export async function deleteStorage(unit: WriteUnit, id: string, ifMatch: IfMatch): Promise<void> {
  const row = await findStorage(unit, id, 'update')
  requireVersion(ifMatch, row.version)
  // locked, so that it can't become the default meanwhile
  const [project] = await unit.db
    .select({ defaultStorageId: projects.defaultStorageId })
    .from(projects)
    .where(eq(projects.id, row.projectId))
    .for('share')
  if (project?.defaultStorageId === id) {
    throw failure('STORAGE_IN_USE', 'it is the default storage of the project: choose another one first')
  }
  await requireUnnamed(unit, id)
  await unit.db
    .delete(storages)
    .where(eq(storages.id, id))
    .catch((error: unknown) => {
      if (dbErrorCode(error) !== '23503') throw error
      throw failure(
        'STORAGE_IN_USE',
        'media are kept in it, or were until lately: delete its recordings and clips first',
      )
    })
  await audit(unit, 'storage.deleted', { type: 'storage', id }, { name: row.name })
}

/** What is to be recorded there would be recorded elsewhere, or not at all. */
async function requireUnnamed({ db, principal: { projectId } }: WriteUnit, id: string): Promise<void> {
  for (const table of [vhosts, streams]) {
    const [row] = await db
      .select({ id: table.id })
      .from(table)
      .where(and(eq(table.projectId, projectId), sql`${table.record} ->> 'storage_id' = ${id}`))
      .limit(1)
    if (row !== undefined) throw failure('STORAGE_IN_USE', `${row.id} is recorded there: change its settings first`)
  }
}

/** Tries what a storage has to do, with an object of its own. */
export async function testStorage(unit: ReadUnit, id: string): Promise<StorageTest> {
  return unit.stores.check(await findStorage(unit, id))
}

/**
 * Checks a location as far as can be without asking it. What is the machine's, directories and credentials, is for the default
 * project's alone: other tenants would see each other's objects. Throws `PROJECT_NOT_DEFAULT`, `STORAGE_CREDENTIALS_MISSING`,
 * `STORAGE_DIRECTORY_NOT_ALLOWED`, `STORAGE_ADDRESS_BLOCKED`.
 */
async function requireUsable(unit: ReadUnit, location: StorageLocation, hasSecret: boolean): Promise<void> {
  if (location.type === 'local' || location.access_key_id === null) await requireOperator(unit)
  if (location.type === 's3' && (location.access_key_id !== null) !== hasSecret) {
    throw failure('STORAGE_CREDENTIALS_MISSING', 'access_key_id and secret_access_key go together')
  }
  await unit.stores.requireAllowed(location)
}

/** The caller's storage. Throws `STORAGE_NOT_FOUND`. */
async function findStorage(unit: ReadUnit, id: string, lock?: 'update'): Promise<Row> {
  const own = and(eq(storages.id, id), eq(storages.projectId, unit.principal.projectId))
  const query = unit.db.select().from(storages).where(own)
  const [row] = await (lock === undefined ? query : query.for(lock))
  if (row === undefined) throw failure('STORAGE_NOT_FOUND', `no storage ${id}`)
  return row
}

const versioned = (row: Row): Versioned<Storage> => ({ value: present(row), version: row.version })

function present(row: Row): Storage {
  return {
    id: row.id,
    name: row.name,
    location: row.location,
    public_base_url: row.publicBaseUrl,
    sse: row.sse,
    has_secret: row.secretSealed !== null,
    created_at: timestamp(row.createdAt),
    updated_at: timestamp(row.updatedAt),
  }
}
