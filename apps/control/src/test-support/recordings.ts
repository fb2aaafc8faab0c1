import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

import {
  closeDueRecordings,
  completeRecording,
  gapsOfRecordings,
  isPartial,
  jobs,
  nodeCommands,
  projects,
  recordings,
  startDueFinishes,
  transaction,
} from '@millrace/db'
import { and, eq } from 'drizzle-orm'

import { ArchiveNode, type TestBroadcast } from './archive-node.ts'
import { startTestControl, type TestControl } from './control.ts'

/** How long the keeper of these tests waits for nodes. */
export const GRACE_MS = 3_600_000

/** A moment so many seconds after another. */
export const later = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1000)

/** The application with a default storage, and what the worker would do for recordings. */
export class TestRecordings {
  readonly control: TestControl
  readonly storageId: string

  static async start(): Promise<TestRecordings> {
    const control = await startTestControl()
    const storageId = await newStorage(control)
    const [project] = await control.db.select().from(projects)
    await control.call('PATCH', `/v1/projects/${project!.id}`, { body: { default_storage_id: storageId } })
    return new TestRecordings(control, storageId)
  }

  constructor(control: TestControl, storageId: string) {
    this.control = control
    this.storageId = storageId
  }

  /** A call that must succeed; its body. */
  async ok(method: string, path: string, body?: unknown) {
    const answer = await this.control.call(method, path, body === undefined ? {} : { body })
    assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  /** Status and code of a call that must fail. */
  async refused(method: string, path: string, body?: unknown): Promise<[number, string]> {
    const answer = await this.control.call(method, path, body === undefined ? {} : { body })
    return [answer.status, answer.body.code]
  }

  node(name?: string): Promise<ArchiveNode> {
    return new ArchiveNode(this.control, name).register()
  }

  storage(): Promise<string> {
    return newStorage(this.control)
  }

  /** A stream with settings, by the name that publishers use. */
  stream(settings: object = { record: { mode: 'automatic' } }): Promise<{ id: string; name: string }> {
    return this.ok('POST', '/v1/streams', { name: `s${randomUUID()}`, ...settings })
  }

  /** Recordings of a stream, the oldest first. */
  async of(streamId: string, query = '') {
    return (await this.ok('GET', `/v1/recordings?stream_id=${streamId}${query}`)).data.toReversed()
  }

  get(id: string) {
    return this.ok('GET', `/v1/recordings/${id}`)
  }

  async row(id: string) {
    return (await this.control.db.select().from(recordings).where(eq(recordings.id, id)))[0]!
  }

  /** Types of the events of a recording, without `recording.`, in order. */
  async events(id: string): Promise<string[]> {
    const { data } = await this.ok('GET', `/v1/events?subject_id=${id}&order=asc`)
    return data.map(({ type }: { type: string }) => type.replace('recording.', ''))
  }

  /** What the keeper of the worker does. */
  async keep(): Promise<void> {
    await closeDueRecordings(this.control.db, this.control.now())
    await startDueFinishes(this.control.db, this.control.now(), GRACE_MS)
  }

  /** How many finishes of a recording were started by now, with what is due. */
  async finishes(id: string): Promise<number> {
    await this.keep()
    return this.control.db.$count(jobs, and(eq(jobs.subjectId, id), eq(jobs.type, 'recording.finish')))
  }

  /**
   * Does what the finish job of a recording does in the end; `version` other than the recording's for one that is late.
   * `meanwhile` comes between its look at the index and its end.
   */
  async finish(id: string, version?: number, meanwhile?: () => Promise<void>): Promise<void> {
    const { db } = this.control
    const now = this.control.now()
    const row = await this.row(id)
    const status = (await isPartial(db, row)) ? 'partial' : 'ready'
    const gaps = (await gapsOfRecordings(db, [id])).get(id) ?? []
    const files = [{ type: 'hls' as const, key: `recordings/${id}/index.m3u8`, bytes: 500 }]
    await meanwhile?.()
    await transaction(db, async (tx) => {
      await tx.update(jobs).set({ status: 'succeeded', finishedAt: now }).where(eq(jobs.subjectId, id))
      await completeRecording({ db: tx, now }, id, { version: version ?? row.indexVersion, status, files, gaps })
    })
  }

  /** The orders that a broadcast's node was told by commands. */
  async orders({ sessionId }: TestBroadcast) {
    const rows = await this.control.db
      .select()
      .from(nodeCommands)
      .where(eq(nodeCommands.type, 'archive'))
      .orderBy(nodeCommands.id)
    return rows.flatMap(({ payload }) =>
      payload.type === 'archive' && payload.session_id === sessionId ? [payload.order] : [],
    )
  }
}

async function newStorage(control: TestControl): Promise<string> {
  const body = { name: 'disk', location: { type: 's3', bucket: 'recordings' } }
  return (await control.call('POST', '/v1/storages', { body })).body.id
}
