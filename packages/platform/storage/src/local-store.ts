import type { BigIntStats } from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'

import { errorCode } from '@millrace/core'

import { allowedPath } from './allowed-path.ts'
import { codedStream } from './coded-stream.ts'
import { contentTypeOf } from './content-types.ts'
import { storageError } from './errors.ts'
import { folderOf, fullKey } from './keys.ts'
import { localError, onFiles } from './local-errors.ts'
import { etagOf, placeFile, withScratchFile, writeDurably } from './local-files.ts'
import { listFiles } from './local-list.ts'
import { abortPending, beginMultipart, pendingMultiparts } from './local-multipart.ts'
import type {
  GetOptions,
  ListOptions,
  MultipartUpload,
  ObjectBody,
  ObjectEntry,
  ObjectHead,
  ObjectSource,
  ObjectStore,
  PendingMultipart,
  PutOptions,
} from './object-store.ts'
import { clipRange } from './range.ts'

/** Files that are deleted at the same time. */
const DELETES_AT_ONCE = 16

/** Where a local store is. */
export interface LocalStoreOptions {
  /** Absolute. */
  directory: string
  /** Folder below it, default none. */
  prefix?: string
  /** Directories that objects may be kept in, absolute: `MILLRACE_STORAGE_DIRS`. */
  allowed: readonly string[]
}

/**
 * Objects as files of a directory, at the paths of their keys. A write is a new file that is on the disk before it takes the
 * older one's place; what isn't finished lies in a hidden folder of its own. `ifMatch` holds among writers with `ifMatch`, on one
 * machine. Fails with `STORAGE_DIRECTORY_NOT_ALLOWED` for a directory outside `allowed`.
 */
export class LocalStore implements ObjectStore {
  readonly #directory: string
  readonly #allowed: readonly string[]
  #checked: string | undefined

  constructor({ directory, prefix = '', allowed }: LocalStoreOptions) {
    this.#directory = path.join(directory, folderOf(prefix))
    this.#allowed = allowed
  }

  put(key: string, source: ObjectSource, options: PutOptions = {}): Promise<{ etag: string }> {
    return onFiles(async () => {
      const { root, file } = await this.#locate(key)
      return withScratchFile(root, async (scratch) => {
        await writeDurably(scratch, source, options.signal)
        return placeFile(root, scratch, file, options)
      })
    })
  }

  get(key: string, { range, signal }: GetOptions = {}): Promise<ObjectBody> {
    return onFiles(async () => {
      signal?.throwIfAborted()
      const { file } = await this.#locate(key)
      const handle = await openObject(file)
      try {
        const head = await headOf(key, handle.stat({ bigint: true }))
        if (head === undefined) throw notFound()
        const clipped = clipRange(range, head.sizeBytes)
        if (clipped.end < clipped.start) {
          await handle.close()
          return { ...head, range: clipped, stream: Readable.from([], { objectMode: false }) }
        }
        const source = handle.createReadStream({ ...clipped, ...(signal && { signal }) })
        return { ...head, range: clipped, stream: codedStream(source, localError) }
      } catch (error) {
        await handle.close()
        throw error
      }
    })
  }

  head(key: string): Promise<ObjectHead | undefined> {
    return onFiles(async () => {
      const { file } = await this.#locate(key)
      return headOf(key, fs.stat(file, { bigint: true }))
    })
  }

  async *list(prefix: string, { after = '' }: ListOptions = {}): AsyncGenerator<ObjectEntry> {
    try {
      yield* listFiles(await this.#root(), { prefix, after })
    } catch (error) {
      throw localError(error)
    }
  }

  delete(keys: Iterable<string>): Promise<void> {
    return onFiles(async () => {
      const left = [...keys]
      const work = async (): Promise<void> => {
        for (let key = left.pop(); key !== undefined; key = left.pop()) await this.#deleteOne(key)
      }
      await Promise.all(Array.from({ length: DELETES_AT_ONCE }, work))
    })
  }

  copy(from: string, to: string): Promise<{ etag: string }> {
    return onFiles(async () => {
      const { file } = await this.#locate(from)
      return this.put(to, { file })
    })
  }

  multipart(key: string): Promise<MultipartUpload> {
    return onFiles(async () => {
      const { root } = await this.#locate(key)
      return beginMultipart(root, key)
    })
  }

  async *multiparts(prefix: string): AsyncGenerator<PendingMultipart> {
    try {
      yield* pendingMultiparts(await this.#root(), prefix)
    } catch (error) {
      throw localError(error)
    }
  }

  abortMultipart(_key: string, uploadId: string): Promise<void> {
    return onFiles(async () => abortPending(await this.#root(), uploadId))
  }

  /** The path of an object, for a process of this machine that writes it itself. */
  async fileOf(key: string): Promise<string> {
    return (await this.#locate(key)).file
  }

  async #root(): Promise<string> {
    return (this.#checked ??= await allowedPath(this.#directory, this.#allowed))
  }

  async #locate(key: string): Promise<{ root: string; file: string }> {
    const valid = fullKey('', key)
    const root = await this.#root()
    return { root, file: path.join(root, valid) }
  }

  async #deleteOne(key: string): Promise<void> {
    const { root, file } = await this.#locate(key)
    try {
      await fs.unlink(file)
    } catch (error) {
      // a folder is no object either
      if (!['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errorCode(error))) throw error
      return
    }
    try {
      for (let folder = path.dirname(file); folder !== root; folder = path.dirname(folder)) await fs.rmdir(folder)
    } catch {
      // not empty
    }
  }
}

async function openObject(file: string): Promise<fs.FileHandle> {
  try {
    return await fs.open(file)
  } catch (error) {
    if (isMissing(error)) throw notFound()
    throw error
  }
}

const notFound = () => storageError('OBJECT_NOT_FOUND', 'there is no such object')

/** Undefined when there is nothing, or a folder. */
async function headOf(key: string, stats: Promise<BigIntStats>): Promise<ObjectHead | undefined> {
  try {
    const found = await stats
    if (!found.isFile()) return undefined
    return {
      sizeBytes: Number(found.size),
      etag: etagOf(found),
      contentType: contentTypeOf(key),
      cacheControl: undefined,
      modifiedAt: found.mtime,
    }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errorCode(error))
