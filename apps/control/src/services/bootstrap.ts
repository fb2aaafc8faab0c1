import { hashSecret, type Keyring } from '@millrace/auth'
import { DEFAULT_VHOST, type Scope } from '@millrace/contracts'
import { apiTokens, type Db, newId, projects, storages, transaction, type Tx, vhosts } from '@millrace/db'
import { and, eq, ne } from 'drizzle-orm'

/** Name of the project that exists from the first start. */
export const DEFAULT_PROJECT = 'default'

/** Tokens that the operator sets where the program is started. */
export interface EnvironmentTokens {
  admin?: string
  node?: string
}

/**
 * Makes what must exist: the default project, the default vhost (open to anybody, as in SRS, until it is changed), the tokens
 * of the environment, and where there are directories for objects a storage in the first of them. Safe to run by many processes
 * at once, and at each start. Returns who may publish to the default vhost.
 */
export function ensureDefaults(
  db: Db,
  keyring: Keyring,
  tokens: EnvironmentTokens,
  storageDirs: readonly string[] = [],
): Promise<{ defaultAccess: 'open' | 'keyed' | 'hook' }> {
  return transaction(db, async (tx) => {
    await tx
      .insert(projects)
      .values({ id: newId('project'), name: DEFAULT_PROJECT })
      .onConflictDoNothing()
    const [project] = await tx.select().from(projects).where(eq(projects.name, DEFAULT_PROJECT))
    const projectId = project!.id
    await tx
      .insert(vhosts)
      .values({ id: newId('vhost'), projectId, name: DEFAULT_VHOST, access: 'open' })
      .onConflictDoNothing()
    const [vhost] = await tx.select().from(vhosts).where(eq(vhosts.name, DEFAULT_VHOST))
    await ensureToken(tx, keyring, { projectId, name: 'MILLRACE_ADMIN_TOKEN', secret: tokens.admin, scopes: ['admin'] })
    await ensureToken(tx, keyring, {
      projectId,
      name: 'MILLRACE_NODE_TOKEN',
      secret: tokens.node,
      scopes: ['nodes:link'],
    })
    await ensureStorage(tx, projectId, storageDirs[0])
    return { defaultAccess: vhost!.access }
  })
}

/** For a project that has none and never chose one. */
async function ensureStorage(tx: Tx, projectId: string, directory: string | undefined): Promise<void> {
  if (directory === undefined) return
  // locked, so that of several processes one makes it
  const [project] = await tx.select().from(projects).where(eq(projects.id, projectId)).for('update')
  const [known] = await tx.select({ id: storages.id }).from(storages).where(eq(storages.projectId, projectId)).limit(1)
  if (project!.defaultStorageId !== null || known !== undefined) return
  const id = newId('storage')
  const location = { type: 'local' as const, directory, prefix: '' }
  await tx.insert(storages).values({ id, projectId, name: 'local', location })
  await tx.update(projects).set({ defaultStorageId: id }).where(eq(projects.id, projectId))
}

interface WantedToken {
  projectId: string
  name: string
  secret: string | undefined
  scopes: Scope[]
}

/** The one token of this name from the environment: what was set before is gone, as is all when nothing is set. */
async function ensureToken(tx: Tx, keyring: Keyring, { projectId, name, secret, scopes }: WantedToken): Promise<void> {
  const hash = secret === undefined ? '' : hashSecret(keyring, secret)
  await tx
    .delete(apiTokens)
    .where(and(eq(apiTokens.name, name), eq(apiTokens.origin, 'environment'), ne(apiTokens.hash, hash)))
  if (secret === undefined) return
  await tx
    .insert(apiTokens)
    .values({ id: newId('token'), projectId, name, hash, last4: secret.slice(-4), scopes, origin: 'environment' })
    .onConflictDoNothing()
}
