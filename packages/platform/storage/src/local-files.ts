import { randomUUID } from 'node:crypto'
import { constants, type BigIntStats } from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'

import { errorCode } from '@millrace/core'

import { storageError } from './errors.ts'
import { HIDDEN_FOLDER } from './keys.ts'
import type { ObjectSource, PutOptions } from './object-store.ts'
import { withLock } from './local-lock.ts'

/** How often a folder that another process deletes meanwhile is made again. */
const PLACE_ATTEMPTS = 10

/** The ETag of a file that is only ever replaced by another: its inode, time and size. */
export const etagOf = ({ ino, mtimeNs, size }: Pick<BigIntStats, 'ino' | 'mtimeNs' | 'size'>): string =>
  `"${[ino, mtimeNs, size].map((part) => part.toString(36)).join('-')}"`

/** Calls `write` with the path of a new file in the store's hidden folder, which is gone afterwards unless it was moved away. */
export async function withScratchFile<T>(root: string, write: (scratch: string) => Promise<T>): Promise<T> {
  const folder = path.join(root, HIDDEN_FOLDER, 'tmp')
  await fs.mkdir(folder, { recursive: true })
  const scratch = path.join(folder, randomUUID())
  try {
    return await write(scratch)
  } finally {
    await fs.rm(scratch, { force: true })
  }
}

/** Writes a new file, and waits until the disk has it. */
export async function writeDurably(file: string, source: ObjectSource, signal?: AbortSignal): Promise<void> {
  if (source instanceof Uint8Array) {
    await fs.writeFile(file, source, { flag: 'wx', flush: true, ...(signal && { signal }) })
    return
  }
  await fs.copyFile(source.file, file, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  const handle = await fs.open(file, 'r+')
  try {
    await handle.sync()
    // the copy has the source's time on some file systems, and an ETag needs its own
    const now = new Date()
    await handle.utimes(now, now)
  } finally {
    await handle.close()
  }
}

/**
 * Moves a finished file to where the object is, under the conditions of `put`. Returns its ETag.
 *
 * @throws ServiceError `STORAGE_PRECONDITION`
 */
export async function placeFile(
  root: string,
  scratch: string,
  target: string,
  { ifMatch, ifNoneMatch }: PutOptions,
): Promise<{ etag: string }> {
  const etag = etagOf(await fs.stat(scratch, { bigint: true }))
  if (ifMatch !== undefined) {
    await withLock(path.join(root, HIDDEN_FOLDER, 'locks'), target, async () => {
      const current = await currentEtag(target)
      if (current !== ifMatch) throw storageError('STORAGE_PRECONDITION', 'the object is not the one with this ETag')
      await intoFolder(target, () => fs.rename(scratch, target))
    })
  } else if (ifNoneMatch === undefined) {
    await intoFolder(target, () => fs.rename(scratch, target))
  } else {
    try {
      await intoFolder(target, () => fs.link(scratch, target))
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error
      throw storageError('STORAGE_PRECONDITION', 'there is an object already', { cause: error })
    }
  }
  return { etag }
}

async function currentEtag(file: string): Promise<string | undefined> {
  try {
    return etagOf(await fs.stat(file, { bigint: true }))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Makes the folder and moves; a delete may take the empty folder away in between. */
async function intoFolder(target: string, move: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await fs.mkdir(path.dirname(target), { recursive: true })
    try {
      return await move()
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || attempt === PLACE_ATTEMPTS) throw error
    }
  }
}
