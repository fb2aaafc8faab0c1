import { existsSync } from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'

import { CodedError, ServiceError, errorCode, type Scope } from '@millrace/core'
import { takeOwnership } from '@millrace/db/embedded'

import { endLeftovers } from './processes.ts'

/** The folder that one running installation owns. */
export interface DataDir {
  path: string
  /** Of the embedded PostgreSQL. */
  postgres: string
  /** Of the media node. */
  node: string
  /** Lists the processes, for the start after a crash. */
  processes: string
  /** Whether there has been an embedded database. */
  hasDatabase: boolean
}

/**
 * Makes the folder if need be, takes it for this process until `scope` closes, and ends what a killed predecessor left running.
 * Throws `STANDALONE_DATA_DIR` when it cannot be used, `EMBEDDED_PG_IN_USE` when another process has it.
 */
export async function openDataDir(scope: Scope, dir: string): Promise<DataDir> {
  try {
    await fs.mkdir(dir, { recursive: true, mode: 0o700 })
    scope.defer(await takeOwnership(dir))
    const postgres = path.join(dir, 'postgres')
    const node = path.join(dir, 'node')
    const processes = path.join(dir, 'processes.json')
    await fs.mkdir(node, { recursive: true, mode: 0o700 })
    await endLeftovers(processes)
    return { path: dir, postgres, node, processes, hasDatabase: existsSync(path.join(postgres, 'data')) }
  } catch (cause) {
    if (cause instanceof CodedError) throw cause
    throw new ServiceError(
      'STANDALONE_DATA_DIR',
      `cannot use ${dir} for data (${errorCode(cause)}): make it a folder you can write to, or choose another with MILLRACE_DATA`,
      { cause },
    )
  }
}
