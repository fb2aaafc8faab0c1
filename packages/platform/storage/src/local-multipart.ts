import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'

import { errorCode } from '@millrace/core'

import { storageError } from './errors.ts'
import { HIDDEN_FOLDER } from './keys.ts'
import { onFiles } from './local-errors.ts'
import { placeFile, withScratchFile, writeDurably } from './local-files.ts'
import type { MultipartUpload, PendingMultipart } from './object-store.ts'
import { checkPartNumber, checkParts } from './parts.ts'

/*
 * <root>/.millrace/multipart/<uploadId>/
 *   key            of the object
 *   <number>.part  finished parts
 */
const KEY_FILE = 'key'
const UPLOAD_ID = /^[\da-f-]{36}$/

const uploadsOf = (root: string): string => path.join(root, HIDDEN_FOLDER, 'multipart')

/** Begins an upload in parts: files of their own that `complete` joins. */
export async function beginMultipart(root: string, key: string): Promise<MultipartUpload> {
  const uploadId = randomUUID()
  const folder = path.join(uploadsOf(root), uploadId)
  await fs.mkdir(folder, { recursive: true })
  await fs.writeFile(path.join(folder, KEY_FILE), key)
  return {
    key,
    uploadId,
    part: (number, bytes) =>
      onFiles(async () => {
        checkPartNumber(number)
        await withScratchFile(root, async (scratch) => {
          await writeDurably(scratch, bytes)
          await orGone(() => fs.rename(scratch, path.join(folder, `${number}.part`)))
        })
      }),
    complete: () => onFiles(() => joinParts(root, folder, path.join(root, key))),
    abort: () => onFiles(() => fs.rm(folder, { recursive: true, force: true })),
  }
}

/** Uploads that are neither completed nor aborted, oldest first among those of a key. */
export async function* pendingMultiparts(root: string, prefix: string): AsyncGenerator<PendingMultipart> {
  for (const uploadId of await fs.readdir(uploadsOf(root)).catch(() => [])) {
    try {
      const file = path.join(uploadsOf(root), uploadId, KEY_FILE)
      const [key, { mtime }] = await Promise.all([fs.readFile(file, 'utf8'), fs.stat(file)])
      if (key.startsWith(prefix)) yield { key, uploadId, startedAt: mtime }
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
    }
  }
}

/** Forgets an upload, if it is there. */
export async function abortPending(root: string, uploadId: string): Promise<void> {
  if (UPLOAD_ID.test(uploadId)) await fs.rm(path.join(uploadsOf(root), uploadId), { recursive: true, force: true })
}

async function joinParts(root: string, folder: string, target: string): Promise<{ etag: string }> {
  const names = await orGone(() => fs.readdir(folder))
  const numbers = names.filter((name) => name.endsWith('.part')).map((name) => Number.parseInt(name, 10))
  const parts = await Promise.all(
    numbers
      .toSorted((a, b) => a - b)
      .map(async (number) => {
        const file = path.join(folder, `${number}.part`)
        return { number, file, sizeBytes: (await fs.stat(file)).size }
      }),
  )
  checkParts(parts)
  const placed = await withScratchFile(root, async (scratch) => {
    for (const { file } of parts) {
      await pipeline(createReadStream(file), createWriteStream(scratch, { flags: 'a', flush: true }))
    }
    return placeFile(root, scratch, target, {})
  })
  await fs.rm(folder, { recursive: true, force: true })
  return placed
}

async function orGone<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    throw storageError('STORAGE_UPLOAD_GONE', 'the upload was completed or aborted', { cause: error })
  }
}
