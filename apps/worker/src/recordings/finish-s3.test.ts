import assert from 'node:assert/strict'
import test from 'node:test'

import { initKey, recordingPrefix, segmentKey } from '@millrace/contracts'
import { events, jobs } from '@millrace/db'
import { startTestPostgres, type TestPostgres } from '@millrace/db/testing'
import { eq } from 'drizzle-orm'

import { eventually } from '../../../../test/support/eventually.ts'
import { newBucket, radosgwMissing } from '../../../../test/support/radosgw.ts'
import { testScope } from '../../../../test/support/scope.ts'
import { runJob } from '../work/runner.ts'
import { cut, encode, enlarge, TestArchive } from './archive.test-support.ts'

let postgres: TestPostgres
test.before(async () => {
  postgres = await startTestPostgres()
})
test.after(() => postgres.close())

const NEVER = new AbortController().signal
const MB = 1 << 20

const expectedKeys = (archive: TestArchive, takeId: string, segments: number, made: string[]): string[] => {
  const { streamId } = archive.ids
  const stored = Array.from({ length: segments }, (_, seq) => segmentKey(streamId, takeId, seq, 'fmp4'))
  return [...made, ...stored, initKey(streamId, takeId, 0)].toSorted()
}

test(
  'workers that race on a finish in a bucket make one result and no orphans',
  { skip: radosgwMissing ?? false },
  async (t) => {
    const scope = testScope(t)
    const archive = await TestArchive.create(scope, await postgres.createDatabase(), await newBucket())
    const segments = enlarge(cut(await encode(scope, { video: 'libx264', audio: 'aac' }), 1000), 30)
    const id = await archive.recording({ format: 'mp4' })
    const takeId = await archive.take(id, segments)
    // what an attempt that died has left
    const left = await archive.store.multipart(`${recordingPrefix(id)}video.mp4`)
    await left.part(1, new Uint8Array(5 * MB))
    const job = await archive.enter('recording.finish', { type: 'recording', id })
    await Promise.all([0, 1, 2].map(() => runJob(archive.deps, job.id, NEVER)))
    await eventually('it is ready', async () => {
      // one whose upload another had aborted before it knew that it had lost the job leaves it to be tried again
      await archive.tenant.db.update(jobs).set({ runAt: null }).where(eq(jobs.id, job.id))
      await runJob(archive.deps, job.id, NEVER)
      return (await archive.recordingRow(id)).status === 'ready'
    })
    const row = await archive.recordingRow(id)
    assert.equal(row.errorCode, null)
    assert.ok(row.files.find(({ type }) => type === 'mp4')!.bytes > 30 * MB)
    const made = row.files.map(({ key }) => key)
    assert.deepEqual(await archive.keys(), expectedKeys(archive, takeId, segments.length, made))
    assert.deepEqual(await Array.fromAsync(archive.store.multiparts('')), [])
    assert.equal(await archive.tenant.db.$count(events), 1)
    await archive.do('recording.delete', { type: 'recording', id })
    assert.deepEqual(await archive.keys(), [])
  },
)
