/** A worker that dies in the middle of the finish of a recording. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { type Event, type Job, type Page, type RecordingPlayback, recordingPrefix } from '@millrace/contracts'

import { Cluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { FaultProxy } from '../support/fault-proxy.ts'
import { decodeWithFfmpeg } from '../support/ffmpeg.ts'
import { MarkedEncoder } from '../support/marked-encoder.ts'
import { bucketContents, newBucket, radosgwMissing, startRadosgw } from '../support/radosgw.ts'
import { finishedRecording, recordedStream, recordingsOf, storageOf } from '../support/recordings.ts'
import { testScope } from '../support/scope.ts'

/** Makes a file of several parts of an upload within seconds. */
const PADDING_BYTES = 40_000
const SECONDS = 10
/** Slow enough that the worker is in the middle of it. */
const KBIT_S = 12_000

test(
  'a worker is killed while it uploads the file of a recording: another makes it, once, and nothing of the first is left',
  { skip: radosgwMissing },
  async (t) => {
    const scope = testScope(t)
    const proxy = await FaultProxy.start(scope, await startRadosgw())
    const cluster = await Cluster.start(scope)
    const api = cluster.api.bind(cluster)
    const bucket = await newBucket(proxy.url)
    const [node, first] = await Promise.all([cluster.startNode('killed'), cluster.startWorker()])
    const record = { format: 'mp4', segment_s: 2, storage_id: await storageOf(api, bucket) } as const
    const stream = await recordedStream(api, 'killed', record, { reconnect_window_s: 4 })
    const encoder = await MarkedEncoder.start(scope, node.rtmpUrl('live/killed'), PADDING_BYTES)
    await delay(SECONDS * 1000)
    await encoder.stop()
    await eventually('all is stored', () => node.program.output.includes('"take stored"'))
    proxy.throttle(KBIT_S)

    await eventually(
      'the file is being uploaded',
      async () => (await bucketContents(bucket)).uploads.length > 0,
      60_000,
    )
    assert.equal((await first.stop('SIGKILL')).signal, 'SIGKILL')
    proxy.up()
    const [orphaned] = await recordingsOf(api, stream.id)
    assert.equal(orphaned?.status, 'uploading')
    const second = await cluster.startWorker()
    const recording = await finishedRecording(api, stream.id, 90_000)
    assert.equal(recording.status, 'ready', JSON.stringify(recording))

    const made = recording.files.map(({ key }) => key)
    await eventually('nothing else is left', async () => {
      const { keys, uploads } = await bucketContents(bucket)
      return (
        uploads.length === 0 &&
        keys.filter((key) => key.startsWith(recordingPrefix(recording.id))).length === made.length
      )
    })
    const job = await api<Job>(`jobs/${recording.job_id}`)
    assert.deepEqual([job.status, job.error_code], ['succeeded', null])
    assert.match(second.output, /"attempt":2,.*"job done"/)
    const { data } = await api<Page<Event>>('events?limit=100')
    assert.equal(data.filter(({ type }) => type === 'recording.ready').length, 1)
    const { urls } = await api<RecordingPlayback>(`recordings/${recording.id}/playback`)
    for (const { url } of urls.filter(({ type }) => type === 'hls' || type === 'mp4')) {
      const { errors, videoFrames } = await decodeWithFfmpeg(url, 600)
      assert.deepEqual([errors, videoFrames], [[], encoder.sent.filter(({ kind }) => kind === 'video').length], url)
    }
  },
)
