import { stat } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'

import { CodedError, errorCode, errorMessage } from '@millrace/core'
import { LocalStore } from '@millrace/storage/local'

import {
  MAX_READ_BYTES,
  type FileGrant,
  type ObjectAccess,
  type ObjectBody,
  type PutOptions,
  type ReadObject,
} from './objects.ts'

/** Objects in directories of this machine, below those that the operator named, whatever a grant says. */
export class LocalObjects implements ObjectAccess<FileGrant> {
  readonly #stores: readonly { readonly root: string; readonly store: LocalStore }[]

  constructor(directories: readonly string[]) {
    this.#stores = directories.map((directory) => {
      return { root: path.resolve(directory), store: new LocalStore({ directory, allowed: [directory] }) }
    })
  }

  async put(grant: FileGrant, body: ObjectBody, { ifMatch, signal }: PutOptions): Promise<{ etag: string }> {
    const { store, key } = this.#locate(grant)
    if (!(body instanceof Uint8Array)) await checkFile(body)
    return store.put(key, body, {
      signal,
      ...(typeof ifMatch === 'string' && { ifMatch }),
      ...(ifMatch === null && { ifNoneMatch: '*' }),
    })
  }

  async get(grant: FileGrant): Promise<ReadObject | undefined> {
    const { store, key } = this.#locate(grant)
    try {
      const { stream, etag, sizeBytes } = await store.get(key, { range: { start: 0, end: MAX_READ_BYTES - 1 } })
      const read = await text(stream)
      if (sizeBytes > MAX_READ_BYTES) throw new CodedError('STORAGE_TOO_LARGE', 'an object of more than 1 MiB')
      return { text: read, etag }
    } catch (error) {
      if (errorCode(error) === 'OBJECT_NOT_FOUND') return undefined
      throw error
    }
  }

  #locate({ path: file }: FileGrant): { store: LocalStore; key: string } {
    const target = path.resolve(file)
    const found = this.#stores.find(({ root }) => target.startsWith(path.join(root, path.sep)))
    if (found) return { store: found.store, key: path.relative(found.root, target).split(path.sep).join('/') }
    throw new CodedError('STORAGE_DIRECTORY_NOT_ALLOWED', 'not in a directory of MILLRACE_STORAGE_DIRS')
  }
}

async function checkFile({ file, sizeBytes }: { file: string; sizeBytes: number }): Promise<void> {
  const { size } = await stat(file).catch((error: unknown) => {
    throw new CodedError('SPOOL_FILE', errorMessage(error), { cause: error })
  })
  if (size !== sizeBytes) throw new CodedError('SPOOL_FILE', `${size} bytes instead of ${sizeBytes}`)
}
