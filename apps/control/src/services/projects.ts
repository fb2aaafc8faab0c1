import { hashSecret, newApiToken } from '@millrace/auth'
import {
  type Page,
  type PageQuery,
  type Project,
  type ProjectCreate,
  type ProjectCreated,
  projectSettingsSchema,
} from '@millrace/contracts'
import {
  apiTokens,
  auditLog,
  brokenConstraint,
  dbErrorCode,
  events,
  idempotencyKeys,
  jobs,
  newId,
  projects,
  signingKeys,
  storages,
} from '@millrace/db'
import { and, desc, eq, sql } from 'drizzle-orm'

import { DEFAULT_PROJECT } from './bootstrap.ts'
import { failure } from './failures.ts'
import { afterCursor, fetchCount, timestamp, toPage } from './lists.ts'
import { type IfMatch, patched, requireVersion } from './settings.ts'
import { audit, type ReadUnit, type Versioned, type WriteUnit } from './unit.ts'

type Row = typeof projects.$inferSelect

/** Makes a tenant, and a token for it that may do everything there. */
export async function createProject(unit: WriteUnit, input: ProjectCreate): Promise<Versioned<ProjectCreated>> {
  await requireOperator(unit)
  const [row] = await unit.db
    .insert(projects)
    .values({ id: newId('project'), name: input.name, limits: input.limits })
    .returning()
    .catch(nameTaken(input.name))
  const token = newApiToken()
  await unit.db.insert(apiTokens).values({
    id: newId('token'),
    projectId: row!.id,
    name: 'first token',
    scopes: ['admin'],
    hash: hashSecret(unit.keyring, token),
    last4: token.slice(-4),
  })
  await audit(unit, 'project.created', { type: 'project', id: row!.id }, { name: input.name })
  return { value: { ...present(row!), token }, version: row!.version }
}

/** All tenants for the operator; a tenant sees itself. */
export async function listProjects(unit: ReadUnit, query: PageQuery): Promise<Page<Project>> {
  const own = (await isOperator(unit)) ? undefined : eq(projects.id, unit.principal.projectId)
  const rows = await unit.db
    .select()
    .from(projects)
    .where(and(own, afterCursor(projects.id, query)))
    .orderBy(desc(projects.id))
    .limit(fetchCount(query))
  return toPage(rows, query, present)
}

export async function getProject(unit: ReadUnit, id: string): Promise<Versioned<Project>> {
  return versioned(await findProject(unit, id))
}

/** Changes a tenant: its limits and name by the operator, its default storage by itself as well. */
export async function updateProject(
  unit: WriteUnit,
  id: string,
  patch: Record<string, unknown>,
  ifMatch: IfMatch,
): Promise<Versioned<Project>> {
  const row = await findProject(unit, id, 'update')
  requireVersion(ifMatch, row.version)
  if (Object.keys(patch).some((name) => name !== 'default_storage_id')) await requireOperator(unit)
  const current = { ...row, default_storage_id: row.defaultStorageId }
  const { default_storage_id: storageId, ...settings } = patched(projectSettingsSchema, current, patch)
  if (row.name === DEFAULT_PROJECT && settings.name !== DEFAULT_PROJECT) {
    throw failure('PROJECT_IS_DEFAULT', 'the default project keeps its name')
  }
  if (storageId !== null && storageId !== row.defaultStorageId) await requireStorage(unit, id, storageId)
  const [updated] = await unit.db
    .update(projects)
    .set({ ...settings, defaultStorageId: storageId, version: sql`${projects.version} + 1` })
    .where(eq(projects.id, id))
    .returning()
    .catch(nameTaken(settings.name))
  await audit(unit, 'project.updated', { type: 'project', id }, { ...settings, default_storage_id: storageId })
  return versioned(updated!)
}

/**
 * Deletes a tenant that has nothing left but tokens, storages, signing keys and its history.
 * Throws `PROJECT_IN_USE`, `PROJECT_IS_DEFAULT`.
 */
export async function deleteProject(unit: WriteUnit, id: string, ifMatch: IfMatch): Promise<void> {
  const row = await findProject(unit, id, 'update')
  await requireOperator(unit)
  requireVersion(ifMatch, row.version)
  if (row.name === DEFAULT_PROJECT) throw failure('PROJECT_IS_DEFAULT', 'the default project stays')
  try {
    await unit.db.transaction(async (tx) => {
      for (const table of [apiTokens, idempotencyKeys, signingKeys, storages, events, jobs, auditLog]) {
        await tx.delete(table).where(eq(table.projectId, id))
      }
      await tx.delete(projects).where(eq(projects.id, id))
    })
  } catch (error) {
    if (dbErrorCode(error) !== '23503') throw error
    throw failure('PROJECT_IN_USE', 'it has vhosts, streams, push targets or webhook endpoints: delete them first')
  }
  await audit(unit, 'project.deleted', { type: 'project', id }, { name: row.name })
}

/** Whether the token is one of the default project, whose admins run the installation. */
async function isOperator(unit: ReadUnit): Promise<boolean> {
  const [row] = await unit.db
    .select({ name: projects.name })
    .from(projects)
    .where(eq(projects.id, unit.principal.projectId))
  return row?.name === DEFAULT_PROJECT
}

/** Throws `PROJECT_NOT_DEFAULT` unless the token is one of the default project. */
export async function requireOperator(unit: ReadUnit): Promise<void> {
  if (!(await isOperator(unit))) {
    throw failure('PROJECT_NOT_DEFAULT', 'only tokens of the default project may do this')
  }
}

async function findProject(unit: ReadUnit, id: string, lock?: 'update'): Promise<Row> {
  const query = unit.db.select().from(projects).where(eq(projects.id, id))
  const [row] = await (lock === undefined ? query : query.for(lock))
  if (row === undefined || (row.id !== unit.principal.projectId && !(await isOperator(unit)))) {
    throw failure('PROJECT_NOT_FOUND', `no project ${id}`)
  }
  return row
}

async function requireStorage(unit: WriteUnit, projectId: string, id: string): Promise<void> {
  const [row] = await unit.db
    .select({ id: storages.id })
    .from(storages)
    .where(and(eq(storages.id, id), eq(storages.projectId, projectId)))
    .for('share')
  if (row === undefined) throw failure('STORAGE_NOT_FOUND', `the project has no storage ${id}`)
}

const nameTaken = (name: string) => (error: unknown) => {
  if (brokenConstraint(error) === 'projects_name_unique') {
    throw failure('PROJECT_EXISTS', `there is a project ${name} already`)
  }
  throw error
}

const versioned = (row: Row): Versioned<Project> => ({ value: present(row), version: row.version })

function present(row: Row): Project {
  return {
    id: row.id,
    name: row.name,
    default_storage_id: row.defaultStorageId,
    limits: row.limits,
    created_at: timestamp(row.createdAt),
    updated_at: timestamp(row.updatedAt),
  }
}
