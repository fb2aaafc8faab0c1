import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'

import { newApiToken, newRootSecret } from '@millrace/auth'
import { ServiceError } from '@millrace/core'

/** Where a secret comes from, and what it is. */
export interface Secret {
  value: string
  /** The file that has it, or undefined when the environment gave it. */
  file: string | undefined
}

export interface Secrets {
  root: Secret
  adminToken: Secret
  nodeToken: Secret
  /** Of whoever queues jobs in the embedded database. */
  queuePassword: string
}

/**
 * The secrets of this installation: from the environment, else from files in `dataDir`, which are made on the first start
 * and only the owner can read. Throws `STANDALONE_SECRET_LOST` when there is a database, but not the secret it needs.
 */
export async function loadSecrets(
  dataDir: string,
  env: Readonly<Record<string, string | undefined>>,
  hasDatabase: boolean,
): Promise<Secrets> {
  const load = async (variable: string, name: string, create: () => string): Promise<Secret> => {
    const value = env[variable]
    if (value) return { value, file: undefined }
    const file = path.join(dataDir, name)
    return { value: await readOrCreate(file, create), file }
  }
  const rootFile = path.join(dataDir, 'secret')
  if (hasDatabase && !env['MILLRACE_SECRET'] && !existsSync(rootFile)) {
    throw new ServiceError(
      'STANDALONE_SECRET_LOST',
      `${rootFile} is gone, and the database cannot be used without it: bring it back, set MILLRACE_SECRET, or start afresh with another MILLRACE_DATA`,
    )
  }
  return {
    root: await load('MILLRACE_SECRET', 'secret', newRootSecret),
    adminToken: await load('MILLRACE_ADMIN_TOKEN', 'admin-token', newApiToken),
    nodeToken: await load('MILLRACE_NODE_TOKEN', 'node-token', newApiToken),
    queuePassword: await readOrCreate(path.join(dataDir, 'queue-password'), newPassword),
  }
}

const newPassword = (): string => randomBytes(24).toString('base64url')

async function readOrCreate(file: string, create: () => string): Promise<string> {
  try {
    const text = (await fs.readFile(file, 'utf8')).trim()
    await fs.chmod(file, 0o600)
    if (text !== '') return text
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const value = create()
  // made aside and renamed: a crash half-way leaves no half secret
  const fresh = `${file}.new`
  await fs.rm(fresh, { force: true })
  await fs.writeFile(fresh, `${value}\n`, { mode: 0o600, flag: 'wx', flush: true })
  await fs.rename(fresh, file)
  return value
}
