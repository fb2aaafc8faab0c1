import fs from 'node:fs/promises'
import path from 'node:path'

import { errorCode } from '@millrace/core'

import { storageError } from './errors.ts'

/**
 * The path without links, if it is one of `allowed` or below one. It needn't exist.
 *
 * @param file absolute
 * @param allowed absolute paths of directories: `MILLRACE_STORAGE_DIRS`
 * @throws ServiceError `STORAGE_DIRECTORY_NOT_ALLOWED`
 */
export async function allowedPath(file: string, allowed: readonly string[]): Promise<string> {
  if (path.isAbsolute(file)) {
    const real = await realPath(path.normalize(file))
    for (const directory of allowed) {
      const root = await realPath(path.normalize(directory))
      if (real === root || real.startsWith(root.endsWith(path.sep) ? root : root + path.sep)) return real
    }
  }
  throw storageError(
    'STORAGE_DIRECTORY_NOT_ALLOWED',
    `${file} is not in a directory for objects on this machine (MILLRACE_STORAGE_DIRS)`,
  )
}

/** Follows the links in as much of the path as exists. */
async function realPath(file: string): Promise<string> {
  try {
    return await fs.realpath(file)
  } catch (error) {
    const parent = path.dirname(file)
    if (errorCode(error) !== 'ENOENT' || parent === file) {
      throw storageError('STORAGE_DIRECTORY_NOT_ALLOWED', `${file} can't be looked at: ${errorCode(error)}`, {
        cause: error,
      })
    }
    return path.join(await realPath(parent), path.basename(file))
  }
}
