import { createHash, randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { errorCode } from '@millrace/core'

import { storageError } from './errors.ts'

/** A lock this old belongs to a process that has died: holding one takes milliseconds. */
const STALE_MS = 10_000
const WAIT_MS = 3 * STALE_MS
const POLL_MS = 10

/**
 * Runs `work` while no other process of this machine does so for the same name.
 *
 * @param folder of the lock files; made if need be
 */
export async function withLock<T>(folder: string, name: string, work: () => Promise<T>): Promise<T> {
  const file = path.join(folder, createHash('sha256').update(name).digest('hex'))
  await fs.mkdir(folder, { recursive: true })
  const deadlineMs = performance.now() + WAIT_MS
  while (!(await taken(file))) {
    if (performance.now() > deadlineMs) throw storageError('STORAGE_UNREACHABLE', 'the object stays locked')
    await breakStale(file)
    await delay(POLL_MS)
  }
  try {
    return await work()
  } finally {
    await fs.rm(file, { force: true })
  }
}

async function taken(file: string): Promise<boolean> {
  try {
    await fs.writeFile(file, '', { flag: 'wx' })
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

async function breakStale(file: string): Promise<void> {
  try {
    const { mtimeMs } = await fs.stat(file)
    if (Date.now() - mtimeMs < STALE_MS) return
    // renamed first: of several who find it stale, one gets it
    const broken = `${file}.${randomUUID()}`
    await fs.rename(file, broken)
    await fs.rm(broken)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
}
