/** Workers that have the same recording to finish at the same time. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { type Event, type Page, type RecordingPlayback, streamPrefix } from '@millrace/contracts'

import { Cluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { FaultProxy } from '../support/fault-proxy.ts'
import { decodeWithFfmpeg } from '../support/ffmpeg.ts'
import { MarkedEncoder } from '../support/marked-encoder.ts'
import { bucketContents, newBucket, radosgwMissing, startRadosgw } from '../support/radosgw.ts'
import { finishedRecording, recordedStream, recordingsOf, storageOf } from '../support/recordings.ts'
import { testScope } from '../support/scope.ts'

/** Makes a file of several parts of an upload within seconds. */
const PADDING_BYTES = 60_000
const SECONDS = 9
/** Slow enough that all workers are in the middle of it. */
const KBIT_S = 12_000
const TAKEN_AWAY = 2

test(
  'workers race on the same finish: one result, and nothing else in the bucket',
  { skip: radosgwMissing },
  async (t) => {
    const scope = testScope(t)
    const proxy = await FaultProxy.start(scope, await startRadosgw())
    const cluster = await Cluster.start(scope)
    const api = cluster.api.bind(cluster)
    const bucket = await newBucket(proxy.url)
    const [node, ...workers] = await Promise.all([
      cluster.startNode('race'),
      cluster.startWorker(),
      cluster.startWorker(),
    ])
    const record = { format: 'mp4', segment_s: 2, storage_id: await storageOf(api, bucket) } as const
    const stream = await recordedStream(api, 'race', record, { reconnect_window_s: 4 })
    const encoder = await MarkedEncoder.start(scope, node.rtmpUrl('live/race'), PADDING_BYTES)
    await delay(SECONDS * 1000)
    await encoder.stop()
    await eventually('all is stored', () => node.program.output.includes('"take stored"'))
    proxy.throttle(KBIT_S)

    const count = (message: string): number =>
      workers
        .flatMap(({ output }) => output.split('\n'))
        .filter((line) => line.includes('"recording.finish"') && line.includes(`"${message}"`)).length
    await eventually('it is being finished', async () => {
      const [recording] = await recordingsOf(api, stream.id)
      return recording?.progress.finish_percent != null
    })
    for (let lost = 1; lost <= TAKEN_AWAY; lost++) {
      // the queue doesn't know that somebody has it, and gives it to the next
      await cluster.flushQueue()
      await eventually('another has it too', () => count('job is in other hands') >= lost, 60_000)
    }
    proxy.up()
    const recording = await finishedRecording(api, stream.id)
    assert.equal(recording.status, 'ready', JSON.stringify(recording))
    const file = recording.files.find(({ type }) => type === 'mp4')
    assert.ok(file && file.bytes > 10 << 20, JSON.stringify(recording.files))

    const made = recording.files.map(({ key }) => key).toSorted()
    await eventually('nothing else is left', async () => {
      const { keys, uploads } = await bucketContents(bucket)
      const ofStream = keys.filter((key) => key.startsWith(streamPrefix(stream.id)))
      assert.equal(ofStream.length, recording.segments + 1, 'segments and their init')
      // the sweep of a storage claims it, whenever it comes by
      const others = keys.filter((key) => !ofStream.includes(key) && key !== 'millrace.json')
      assert.deepEqual([others, uploads], [made, []])
      return true
    })
    assert.equal(count('job done'), 1)
    const { data } = await api<Page<Event>>('events?limit=100')
    assert.equal(data.filter(({ type }) => type === 'recording.ready').length, 1)
    const { urls } = await api<RecordingPlayback>(`recordings/${recording.id}/playback`)
    for (const { url } of urls.filter(({ type }) => type === 'hls' || type === 'mp4')) {
      const { errors, videoFrames } = await decodeWithFfmpeg(url, 600)
      assert.deepEqual([errors, videoFrames], [[], encoder.sent.filter(({ kind }) => kind === 'video').length], url)
    }
  },
)
