/** Workers that have the same recording to finish: one after the other has died in the middle of it, and several at the same time. */
import assert from 'node:assert/strict'
import test, { describe } from 'node:test'

import { type Job, streamPrefix } from '@millrace/contracts'

import { eventually } from '../support/eventually.ts'
import { bucketContents, radosgwMissing } from '../support/radosgw.ts'
import { testScope } from '../support/scope.ts'
import { SlowFinish } from '../support/slow-finish.ts'

const TAKEN_AWAY = 2

// for the most part these wait: for what is slow, and for the lock of a worker that is gone
describe('workers finish a recording', { skip: radosgwMissing, concurrency: true }, () => {
  test('one is killed while it uploads the file: another makes it, once, and nothing of the first is left', async (t) => {
    const scope = testScope(t)
    const finish = await SlowFinish.start(scope, 'killed', 1)
    await eventually(
      'the file is being uploaded',
      async () => (await bucketContents(finish.bucket)).uploads.length > 0,
      60_000,
    )
    assert.equal((await finish.workers[0]!.stop('SIGKILL')).signal, 'SIGKILL')
    assert.equal((await finish.recording())?.status, 'uploading')
    const second = await finish.cluster.startWorker()
    const recording = await finish.result()
    const job = await finish.cluster.api<Job>(`jobs/${recording.job_id}`)
    assert.deepEqual([job.status, job.error_code], ['succeeded', null])
    assert.match(second.output, /"attempt":2,.*"job done"/)
  })

  test('they race: one result, and nothing else in the bucket', async (t) => {
    const scope = testScope(t)
    const finish = await SlowFinish.start(scope, 'race', 2)
    const count = (message: string): number =>
      finish.workers
        .flatMap(({ output }) => output.split('\n'))
        .filter((line) => line.includes('"recording.finish"') && line.includes(`"${message}"`)).length
    await eventually('it is being finished', async () => (await finish.recording())?.progress.finish_percent != null)
    for (let lost = 1; lost <= TAKEN_AWAY; lost++) {
      // the queue doesn't know that somebody has it, and gives it to the next
      await finish.cluster.flushQueue()
      await eventually('another has it too', () => count('job is in other hands') >= lost, 60_000)
    }
    const recording = await finish.result()
    const { keys } = await bucketContents(finish.bucket)
    const ofStream = keys.filter((key) => key.startsWith(streamPrefix(finish.streamId)))
    assert.equal(ofStream.length, recording.segments + 1, 'segments and their init')
    const made = recording.files.map(({ key }) => key)
    // the sweep of a storage claims it, whenever it comes by
    const others = keys.filter((key) => !ofStream.includes(key) && !made.includes(key) && key !== 'millrace.json')
    assert.deepEqual(others, [])
    await eventually('one has told of its end', () => count('job done') === 1)
  })
})
