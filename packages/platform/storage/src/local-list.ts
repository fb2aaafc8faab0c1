import type { Dirent } from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'

import { errorCode } from '@millrace/core'

import { HIDDEN_FOLDER } from './keys.ts'
import { etagOf } from './local-files.ts'
import type { ObjectEntry } from './object-store.ts'

/** Which keys are listed: those that start with `prefix` and come behind `after`. */
interface Wanted {
  prefix: string
  after: string
}

/** Objects below a folder in the order of their keys, which S3 has too. Holds the names of one branch of folders at a time. */
export async function* listFiles(root: string, wanted: Wanted, folder = ''): AsyncGenerator<ObjectEntry> {
  for (const { name, isFolder } of await childrenOf(path.join(root, folder))) {
    const key = folder + name
    if (isFolder) {
      if (mayHoldWanted(key, wanted)) yield* listFiles(root, wanted, key)
    } else if (key.startsWith(wanted.prefix) && isBehind(key, wanted.after)) {
      const entry = await entryOf(root, key)
      if (entry !== undefined) yield entry
    }
  }
}

interface Child {
  /** A folder's with a slash, as it is in keys and sorted with it. */
  name: string
  isFolder: boolean
}

async function childrenOf(folder: string): Promise<Child[]> {
  const children = (await existing(() => fs.readdir(folder, { withFileTypes: true })))?.flatMap(childOf) ?? []
  return children.toSorted((a, b) => compareUtf8(a.name, b.name))
}

function childOf(entry: Dirent): Child[] {
  if (entry.isFile()) return [{ name: entry.name, isFolder: false }]
  if (entry.isDirectory() && entry.name !== HIDDEN_FOLDER) return [{ name: `${entry.name}/`, isFolder: true }]
  return []
}

const mayHoldWanted = (folder: string, { prefix, after }: Wanted): boolean =>
  (folder.startsWith(prefix) || prefix.startsWith(folder)) && (after.startsWith(folder) || isBehind(folder, after))

const isBehind = (key: string, after: string): boolean => after === '' || compareUtf8(key, after) > 0

/** By bytes of UTF-8: JavaScript's own order differs beyond the basic plane. */
function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

async function entryOf(root: string, key: string): Promise<ObjectEntry | undefined> {
  const stats = await existing(() => fs.stat(path.join(root, key), { bigint: true }))
  if (stats === undefined) return undefined
  return { key, sizeBytes: Number(stats.size), etag: etagOf(stats), modifiedAt: stats.mtime }
}

/** Undefined for what is deleted meanwhile. */
async function existing<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look()
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined
    throw error
  }
}
