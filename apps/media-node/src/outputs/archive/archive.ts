import { randomBytes } from 'node:crypto'

import { MAX_UPLOADS, type ArchiveOrder, type UploadBacklog } from '@millrace/contracts'
import { errorCode, errorMessage, sortableId, type BackoffOptions, type Logger } from '@millrace/core'
import type { LiveStream } from '@millrace/hub'

import type { ReportBody } from '../../node-link/reporter.ts'
import type { LivePlaylists } from './live-playlists.ts'
import type { ObjectAccess } from './objects.ts'
import { recoverTake } from './recovery.ts'
import { SessionArchive } from './session-archive.ts'
import type { Spool } from './spool.ts'
import type { StorageGrants } from './storage-grants.ts'
import { TakeFolder, type TakeEntry, type TakeInfo } from './take-folder.ts'
import { endMs, TakeUploads } from './take-uploads.ts'
import { TakeWriter } from './take-writer.ts'
import { Take } from './take.ts'
import { Uploader } from './uploader.ts'

/** A broadcast that may be archived. */
export interface ArchivedSession {
  readonly sessionId: string
  readonly stream: LiveStream
  /** Null for a stream that the control plane doesn't know, which is not archived. */
  readonly streamId: string | null
  readonly epoch: number | null
}

export interface ArchiveDeps {
  readonly spool: Spool
  readonly grants: StorageGrants
  readonly objects: ObjectAccess
  readonly live: LivePlaylists
  /** Resolves when the report can't be lost any more. */
  readonly record: (body: ReportBody) => Promise<void>
  /** A segment is in the storage, so long after its end. */
  readonly onStored: (lagMs: number) => void
  /** Milliseconds since the epoch. */
  readonly wallNowMs: () => number
  readonly logger: Logger
  /** Uploads at once, to each storage. */
  readonly uploads: number
  /** How long uploads may go on when the node closes. */
  readonly closeMs: number
  readonly retry?: BackoffOptions
  readonly idleMs?: number
}

export interface ArchiveMeasures {
  readonly spoolBytes: number
  /** Since the start. */
  readonly storedSegments: number
  readonly lostSegments: number
  /** How long the oldest segment that waits has done so since its end. */
  readonly lagMs: number
}

interface Session extends ArchivedSession {
  readonly streamId: string
  readonly archive: SessionArchive
}

/**
 * Records broadcasts to object storage: cuts them into segments, keeps these on disk until they are stored and reported, and goes
 * on with that after a crash. Whatever goes wrong here, broadcasts and players don't notice.
 */
export class Archive {
  readonly #deps: ArchiveDeps
  readonly #uploader: Uploader
  readonly #sessions = new Map<string, Session>()
  readonly #writers = new Set<TakeWriter>()
  /** Takes that are stored, until their folders are gone. */
  readonly #finishing = new Set<Promise<void>>()
  #stored = 0
  #lost = 0
  #closed = false

  constructor(deps: ArchiveDeps) {
    this.#deps = deps
    const { grants, objects, logger, uploads: parallel, retry, idleMs } = deps
    this.#uploader = new Uploader({
      grants,
      objects,
      logger,
      parallel,
      ...(retry && { retry }),
      ...(idleMs !== undefined && { idleMs }),
    })
  }

  /** A broadcast has begun; `order` as its grant has it. */
  begin(session: ArchivedSession, order: ArchiveOrder | null): void {
    const { sessionId, stream, streamId } = session
    if (streamId === null) return
    const archive = new SessionArchive({
      stream,
      openTake: (takeOrder) => this.#openTake({ ...session, streamId }, takeOrder),
      onFault: (error) => this.#fault(error, 'the archive of a broadcast has stopped'),
    })
    this.#sessions.set(sessionId, { ...session, streamId, archive })
    if (order) archive.order(order)
  }

  /** Starts, changes or ends the archive of a broadcast; nothing if that is over. */
  order(sessionId: string, order: ArchiveOrder | null): void {
    this.#sessions.get(sessionId)?.archive.order(order)
  }

  /** A broadcast is over. */
  end(sessionId: string): void {
    this.#sessions.get(sessionId)?.archive.end()
    this.#sessions.delete(sessionId)
  }

  /** Takes up what earlier runs of the node left in the spool. */
  async recover(): Promise<void> {
    const { spool, logger } = this.#deps
    const own = new Set(this.#uploader.takes.map(({ info }) => info.takeId))
    const takeIds = await spool.takeIds().catch((error: unknown) => {
      this.#fault(error, 'the spool cannot be read')
      return []
    })
    for (const takeId of takeIds.filter((id) => !own.has(id))) {
      if (this.#closed) return
      try {
        const folder = await recoverTake(spool, takeId)
        if (!folder) continue
        const { segments, bytes } = folder.backlog
        logger.info({ take: takeId, segments, bytes }, 'take of an earlier run recovered')
        if (folder.info.liveWindowS !== null) this.#deps.live.begin(folder.info)
        if (folder.cursorBytes < folder.log.sizeBytes) this.#take(folder)
        else this.#finish(folder)
      } catch (error) {
        this.#fault(error, 'a take of an earlier run cannot be recovered')
      }
    }
  }

  /** The control plane can be reached again. */
  wake(): void {
    this.#uploader.wake()
    this.#deps.live.wake()
  }

  /** What waits, the takes with most first. */
  backlog(): UploadBacklog[] {
    const waiting = this.#uploader.takes.map(({ info, folder }) => ({ take_id: info.takeId, ...folder.backlog }))
    return waiting
      .filter(({ segments }) => segments > 0)
      .toSorted((a, b) => b.bytes - a.bytes)
      .slice(0, MAX_UPLOADS)
  }

  measures(): ArchiveMeasures {
    const ends = this.#uploader.takes.flatMap(({ oldestEndMs }) => oldestEndMs ?? [])
    return {
      spoolBytes: this.#deps.spool.usedBytes,
      storedSegments: this.#stored,
      lostSegments: this.#lost,
      lagMs: ends.reduce((lag, end) => Math.max(lag, this.#deps.wallNowMs() - end), 0),
    }
  }

  /** Ends all takes, uploads for a bounded time, and leaves the rest to the next run. */
  async close(): Promise<void> {
    this.#closed = true
    const startedMs = performance.now()
    for (const sessionId of this.#sessions.keys()) this.end(sessionId)
    const writers = [...this.#writers]
    const abandon = setTimeout(() => writers.forEach((writer) => writer.abandon()), this.#deps.closeMs)
    await Promise.all(writers.map(({ ended }) => ended))
    clearTimeout(abandon)
    await this.#uploader.close(this.#deps.closeMs - (performance.now() - startedMs))
    await this.#deps.live.close()
    await Promise.all(this.#finishing)
  }

  #openTake(session: Omit<Session, 'archive'>, order: ArchiveOrder): Take {
    const { sessionId, streamId, epoch, stream } = session
    const info: TakeInfo = {
      takeId: sortableId('tak', this.#deps.wallNowMs(), randomBytes(10)),
      streamId,
      sessionId,
      storageId: order.storage_id,
      epoch,
      format: order.format,
      liveWindowS: order.live_playlist?.window_s ?? null,
      reconnectWindowMs: stream.reconnectWindowMs,
    }
    const logger = this.#deps.logger.child({ take: info.takeId, stream: stream.id })
    return new Take({
      order,
      wallNowMs: this.#deps.wallNowMs,
      logger,
      openWriter: () => this.#openWriter(info, logger),
    })
  }

  #openWriter(info: TakeInfo, logger: Logger): TakeWriter {
    const { spool, live } = this.#deps
    const folder = TakeFolder.fresh(spool.folderOf(info.takeId), info)
    logger.info({ storage: info.storageId, format: info.format }, 'take opened')
    if (info.liveWindowS !== null) live.begin(info)
    const uploads = this.#take(folder)
    const writer = new TakeWriter({ folder, spool, logger, onLogged: () => uploads.advance() })
    this.#writers.add(writer)
    void writer.ended.then(() => this.#writers.delete(writer))
    return writer
  }

  #take(folder: TakeFolder): TakeUploads {
    const { spool, record } = this.#deps
    const uploads: TakeUploads = new TakeUploads({
      folder,
      spool,
      report: (entry) => record(entry),
      onReady: () => this.#uploader.pump(),
      onReported: (entry) => this.#reported(uploads, entry),
      onFault: (error) => this.#fault(error, 'the spool cannot be read or written'),
    })
    this.#uploader.add(uploads)
    return uploads
  }

  #reported(uploads: TakeUploads, entry: TakeEntry): void {
    const { info, folder } = uploads
    if (entry.type === 'segment.stored') {
      this.#stored++
      this.#deps.onStored(Math.max(0, this.#deps.wallNowMs() - endMs(entry)))
    }
    if (entry.type === 'segment.lost') this.#lost++
    if (info.liveWindowS !== null) this.#deps.live.reported(info, entry)
    if (entry.type !== 'take.closed') return
    this.#uploader.remove(uploads)
    this.#finish(folder)
  }

  /** All is reported: the folder stays until the live playlist needs the take no more. */
  #finish(folder: TakeFolder): void {
    const { live, logger } = this.#deps
    const over = folder.info.liveWindowS === null ? Promise.resolve(true) : live.finish(folder.info)
    const finished = over
      .then(async (done) => {
        if (done) await folder.remove()
        else await folder.close()
        logger.info({ take: folder.info.takeId }, 'take stored')
      })
      .catch((error: unknown) => this.#fault(error, 'a take that is stored cannot be removed'))
      .finally(() => this.#finishing.delete(finished))
    this.#finishing.add(finished)
  }

  #fault(error: unknown, message: string): void {
    this.#deps.logger.error({ code: errorCode(error), error: errorMessage(error) }, message)
  }
}
