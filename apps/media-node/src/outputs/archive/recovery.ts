import { open, readdir, truncate } from 'node:fs/promises'
import path from 'node:path'
import { crc32 } from 'node:zlib'

import { parseTakeObject } from '@millrace/contracts'

import { ifMissing } from './append-log.ts'
import { NOTHING, partLineSchema, partLogHeadSchema, type Recorded } from './open-segment.ts'
import type { Spool } from './spool.ts'
import { removeFile, TakeFolder } from './take-folder.ts'
import { openedEntry, storedEntry } from './take-writer.ts'

/**
 * Brings a take that a run of the node left behind to its end: the open segment is cut after its last whole part and becomes
 * a segment, the take is closed, and files that nothing tells of are removed. Counts what is left into the spool.
 *
 * @returns undefined when nothing of it was left; it is gone then
 */
export async function recoverTake(spool: Spool, takeId: string): Promise<TakeFolder | undefined> {
  const dir = spool.folderOf(takeId)
  const folder = await TakeFolder.found(dir)
  if (!folder || folder.info.takeId !== takeId) {
    await TakeFolder.fresh(dir, UNKNOWN).remove()
    return undefined
  }
  try {
    const { closed, next } = await survey(folder)
    if (!closed) await close(folder, next)
    await sweep(folder, spool)
    return folder
  } catch (error) {
    await folder.close()
    throw error
  }
}

/** Of what can't be told what it was. */
const UNKNOWN = {
  takeId: '',
  streamId: '',
  sessionId: '',
  storageId: '',
  epoch: null,
  format: 'fmp4',
  liveWindowS: null,
  reconnectWindowMs: 0,
} as const

async function survey(folder: TakeFolder): Promise<{ closed: boolean; next: number }> {
  let next = 0
  let closed = false
  for await (const { entry } of folder.entries(0)) {
    if (entry.type === 'take.closed') closed = true
    if ('segment' in entry) next = entry.segment + 1
  }
  return { closed, next }
}

async function close(folder: TakeFolder, next: number): Promise<void> {
  const takeId = folder.info.takeId
  if (folder.log.sizeBytes === 0) await folder.append(openedEntry(folder.info))
  const segments = next + ((await recoverSegment(folder, next)) ? 1 : 0)
  await folder.append({ type: 'take.closed', take_id: takeId, segments })
}

/** Makes a segment of what there is of the open one, if it is this one. */
async function recoverSegment(folder: TakeFolder, segment: number): Promise<boolean> {
  const lines: unknown[] = []
  for await (const { text } of folder.partLog.lines(0)) lines.push(parsed(text))
  const head = partLogHeadSchema.safeParse(lines[0])
  if (!head.success || head.data.segment !== segment) return false
  const file = folder.segmentFile(segment)
  const recorded = await wholeParts(file, lines.slice(1))
  if (recorded.bytes === 0) return false
  await truncate(file, recorded.bytes)
  await folder.append(storedEntry(folder.info.takeId, segment, head.data, recorded))
  return true
}

/** How far the file is as the part log tells. */
async function wholeParts(file: string, lines: readonly unknown[]): Promise<Recorded> {
  const handle = await open(file, 'r').catch(ifMissing(() => undefined))
  if (!handle) return NOTHING
  let recorded: Recorded = NOTHING
  try {
    const { size } = await handle.stat()
    for (const line of lines) {
      const part = partLineSchema.safeParse(line)
      if (!part.success || part.data.bytes <= recorded.bytes || part.data.bytes > size) break
      const bytes = Buffer.alloc(part.data.bytes - recorded.bytes)
      await handle.read(bytes, 0, bytes.length, recorded.bytes)
      if (crc32(bytes) !== part.data.crc) break
      recorded = part.data
    }
  } finally {
    await handle.close()
  }
  return recorded
}

/** Counts the files that wait to be uploaded, and removes those that don't. */
async function sweep(folder: TakeFolder, spool: Spool): Promise<void> {
  const waiting = new Set<string>()
  for await (const { entry } of folder.entries(folder.cursorBytes)) {
    folder.waits(entry)
    const name = folder.objectOf(entry)
    if (name !== undefined) waiting.add(name)
  }
  for (const name of await readdir(folder.dir)) {
    if (parseTakeObject(name) === undefined) continue
    const file = path.join(folder.dir, name)
    if (waiting.has(name)) spool.addFile(await sizeOf(file))
    else await removeFile(file)
  }
}

async function sizeOf(file: string): Promise<number> {
  const handle = await open(file, 'r')
  try {
    return (await handle.stat()).size
  } finally {
    await handle.close()
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
