import { readFile } from 'node:fs/promises'
import path from 'node:path'

import { parseTakeObject, segmentName } from '@millrace/contracts'
import { CodedError, errorCode, errorMessage, type BackoffOptions, type Logger } from '@millrace/core'

import type { ObjectAccess } from './objects.ts'
import { StorageLane } from './storage-lane.ts'
import type { GrantedObject, StorageGrants } from './storage-grants.ts'
import type { TakeUploads, Upload } from './take-uploads.ts'

export interface UploaderDeps {
  readonly grants: Pick<StorageGrants, 'get' | 'forget'>
  readonly objects: ObjectAccess
  readonly logger: Logger
  /** Uploads at once, to each storage. */
  readonly parallel: number
  readonly retry?: BackoffOptions
  /** See StorageLaneOptions. */
  readonly idleMs?: number
}

/** Refusals that nothing will change: what they are for is lost. */
const FINAL: ReadonlySet<string> = new Set([
  'STREAM_NOT_FOUND',
  'STORAGE_NOT_FOUND',
  'TAKE_FOREIGN',
  'OBJECT_NAME_INVALID',
  'SPOOL_FILE',
])
/** Segments whose grants are asked for together with that of the one before. */
const AHEAD = 3
/** Objects are written once: caches may keep them for ever. */
const CACHE_CONTROL = 'public, max-age=31536000, immutable'
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.ts': 'video/mp2t',
  '.m4s': 'video/mp4',
  '.mp4': 'video/mp4',
}

/**
 * Brings what the takes have to their storages, in turn and several at a time, from disk. What fails is tried again for ever;
 * doing it twice writes the same bytes under the same key.
 */
export class Uploader {
  readonly #deps: UploaderDeps
  readonly #lanes = new Map<string, StorageLane>()
  readonly #closing = new AbortController()
  readonly #active = new Set<Promise<void>>()
  #takes: TakeUploads[] = []
  #timer: NodeJS.Timeout | undefined
  #idle: (() => void) | undefined

  constructor(deps: UploaderDeps) {
    this.#deps = deps
  }

  get takes(): readonly TakeUploads[] {
    return this.#takes
  }

  add(take: TakeUploads): void {
    this.#takes.push(take)
    take.advance()
  }

  remove(take: TakeUploads): void {
    this.#takes = this.#takes.filter((other) => other !== take)
    this.#tellIdle()
  }

  /** Starts what may start now. */
  pump(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#closing.signal.aborted) return
    let nextAtMs = Infinity
    for (let started = true; started;) {
      started = false
      nextAtMs = Infinity
      for (const take of this.#takes) {
        const atMs = this.#startOne(take)
        started ||= atMs === 'started'
        if (atMs !== 'started') nextAtMs = Math.min(nextAtMs, atMs)
      }
    }
    // the next turn begins with another
    const [first, ...others] = this.#takes
    if (first) this.#takes = [...others, first]
    if (nextAtMs === Infinity) return
    this.#timer = setTimeout(() => this.pump(), Math.max(1, nextAtMs - performance.now())).unref()
  }

  /** What was in the way may be over: tries again at once. */
  wake(): void {
    for (const lane of this.#lanes.values()) lane.wake()
    this.pump()
  }

  /** Waits until all takes are done with, for so long at most, and stops. What is left stays in the spool. */
  async close(graceMs: number): Promise<void> {
    if (this.#takes.length > 0 && graceMs > 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#idle = resolve
      const timer = setTimeout(resolve, graceMs)
      await promise
      clearTimeout(timer)
    }
    this.#closing.abort()
    clearTimeout(this.#timer)
    await Promise.all(this.#active)
    await Promise.all(this.#takes.map((take) => take.close()))
  }

  /** Starts an upload of the take, or tells when one may start. */
  #startOne(take: TakeUploads): 'started' | number {
    const upload = take.next()
    if (!upload) return Infinity
    const lane = this.#laneOf(take.info.storageId)
    const atMs = lane.nextAtMs()
    if (atMs > performance.now()) return atMs
    upload.state = 'busy'
    const sizeBytes = upload.entry.type === 'segment.stored' ? upload.entry.bytes : 0
    lane.started(sizeBytes)
    const work = this.#upload(take, upload, { lane, sizeBytes }).finally(() => {
      this.#active.delete(work)
      take.advance()
    })
    this.#active.add(work)
    return 'started'
  }

  async #upload(
    take: TakeUploads,
    upload: Upload,
    { lane, sizeBytes }: { lane: StorageLane; sizeBytes: number },
  ): Promise<void> {
    const startedMs = performance.now()
    try {
      await this.#put(take, upload, lane)
      lane.succeeded(sizeBytes, performance.now() - startedMs)
      upload.state = 'done'
    } catch (error) {
      const code = errorCode(error)
      if (FINAL.has(code)) {
        lane.cancelled(sizeBytes)
        this.#log(take, upload, error, 'segment lost')
        if (upload.entry.type === 'segment.stored') take.lose(upload, code)
        else upload.state = 'done'
        return
      }
      upload.state = 'waiting'
      if (this.#closing.signal.aborted) return lane.cancelled(sizeBytes)
      if (lane.failures === 0) this.#log(take, upload, error, 'upload failed, trying again')
      lane.failed(sizeBytes, performance.now())
    }
  }

  async #put(take: TakeUploads, { entry, object = '' }: Upload, lane: StorageLane): Promise<void> {
    const { grants, objects } = this.#deps
    const wanted = { name: object, method: 'PUT' } as const
    const grant = await grants.get(take.info, wanted, aheadOf(take, object))
    const file = path.join(take.folder.dir, object)
    try {
      const body = entry.type === 'segment.stored' ? { file, sizeBytes: entry.bytes } : await readInit(file)
      const { signal } = this.#closing
      const contentType = CONTENT_TYPES[path.extname(object)] ?? 'application/octet-stream'
      await objects.put(grant, body, { contentType, cacheControl: CACHE_CONTROL, idleMs: lane.idleMs, signal })
    } finally {
      // used, or perhaps the reason of the failure
      grants.forget(take.info, wanted)
    }
  }

  #laneOf(storageId: string): StorageLane {
    let lane = this.#lanes.get(storageId)
    if (!lane) {
      const { parallel, retry, idleMs } = this.#deps
      lane = new StorageLane({ parallel, ...(retry && { retry }), ...(idleMs !== undefined && { idleMs }) })
      this.#lanes.set(storageId, lane)
    }
    return lane
  }

  #log({ info }: TakeUploads, { object }: Upload, error: unknown, message: string): void {
    const { takeId, storageId } = info
    const told = { code: errorCode(error), error: errorMessage(error) }
    this.#deps.logger.warn({ take: takeId, storage: storageId, object, ...told }, message)
  }

  #tellIdle(): void {
    if (this.#takes.length === 0) this.#idle?.()
  }
}

/** The segments after this one, by the names they will have. */
function aheadOf({ info }: TakeUploads, object: string): GrantedObject[] {
  const parsed = parseTakeObject(object)
  if (parsed?.type !== 'segment') return []
  return Array.from({ length: AHEAD }, (_, i) => ({
    name: segmentName(parsed.segment + 1 + i, info.format),
    method: 'PUT',
  }))
}

async function readInit(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new CodedError('SPOOL_FILE', errorMessage(error), { cause: error })
  }
}
