import assert from 'node:assert/strict'

import { type Event, type Page, type Recording, type RecordingPlayback, recordingPrefix } from '@millrace/contracts'
import type { Scope } from '@millrace/core'

import { Cluster } from './cluster.ts'
import { eventually } from './eventually.ts'
import { FaultProxy } from './fault-proxy.ts'
import { decodeWithFfmpeg } from './ffmpeg.ts'
import { MarkedEncoder } from './marked-encoder.ts'
import type { Program } from './program.ts'
import { bucketContents, newBucket, startRadosgw, type TestBucket } from './radosgw.ts'
import { finishedRecording, recordedStream, recordingsOf, storageOf } from './recordings.ts'

/** Makes a file of several parts of an upload within seconds. */
const PADDING_BYTES = 120_000
const PICTURES = 100
/** So slow that whoever uploads the file is in the middle of it for ten seconds. */
const KBIT_S = 12_000

/** What workers do when a recording is finished over a storage that is slow. */
export class SlowFinish {
  readonly cluster: Cluster
  readonly bucket: TestBucket
  readonly workers: readonly Program[]
  readonly streamId: string
  readonly #proxy: FaultProxy
  readonly #pictures: number

  private constructor(
    { cluster, bucket, workers, streamId }: Pick<SlowFinish, 'cluster' | 'bucket' | 'workers' | 'streamId'>,
    proxy: FaultProxy,
    pictures: number,
  ) {
    this.cluster = cluster
    this.bucket = bucket
    this.workers = workers
    this.streamId = streamId
    this.#proxy = proxy
    this.#pictures = pictures
  }

  /** Records `live/<name>` to an MP4 with so many workers. Resolves when all media are stored and the storage is slow. */
  static async start(scope: Scope, name: string, workerCount: number): Promise<SlowFinish> {
    const proxy = await FaultProxy.start(scope, await startRadosgw())
    const cluster = await Cluster.start(scope)
    const api = cluster.api.bind(cluster)
    const bucket = await newBucket(proxy.url)
    const [node, ...workers] = await Promise.all([
      cluster.startNode(name),
      ...Array.from({ length: workerCount }, () => cluster.startWorker()),
    ])
    const record = { format: 'mp4', segment_s: 1, storage_id: await storageOf(api, bucket) } as const
    // it is slow before the finish begins
    const { id: streamId } = await recordedStream(api, name, record, { reconnect_window_s: 3 })
    const encoder = await MarkedEncoder.start(scope, node.rtmpUrl(`live/${name}`), PADDING_BYTES)
    const pictures = (): number => encoder.sent.filter(({ kind }) => kind === 'video').length
    await eventually('enough is sent', () => pictures() >= PICTURES)
    await encoder.stop()
    await eventually('all is stored', () => node.program.output.includes('"take stored"'))
    proxy.throttle(KBIT_S)
    return new SlowFinish({ cluster, bucket, workers, streamId }, proxy, pictures())
  }

  /** The recording as it is now. */
  async recording(): Promise<Recording | undefined> {
    return (await recordingsOf(this.cluster.api.bind(this.cluster), this.streamId))[0]
  }

  /**
   * Lets the storage be as fast as it is, waits for the end, and returns what came out after it is sure of this: the recording is
   * ready, was told of once, has all pictures, and nothing else of its own is in the bucket.
   */
  async result(): Promise<Recording> {
    this.#proxy.up()
    const api = this.cluster.api.bind(this.cluster)
    const recording = await finishedRecording(api, this.streamId, 90_000)
    assert.equal(recording.status, 'ready', JSON.stringify(recording))
    const file = recording.files.find(({ type }) => type === 'mp4')
    assert.ok(file && file.bytes > 10 << 20, JSON.stringify(recording.files))
    const made = recording.files.map(({ key }) => key).toSorted()
    await eventually('nothing else is left', async () => {
      const { keys, uploads } = await bucketContents(this.bucket)
      const ofRecording = keys.filter((key) => key.startsWith(recordingPrefix(recording.id)))
      assert.deepEqual([ofRecording, uploads], [made, []])
      return true
    })
    const { data } = await api<Page<Event>>('events?limit=100')
    assert.equal(data.filter(({ type }) => type === 'recording.ready').length, 1)
    const { urls } = await api<RecordingPlayback>(`recordings/${recording.id}/playback`)
    for (const { url } of urls.filter(({ type }) => type === 'hls' || type === 'mp4')) {
      const { errors, videoFrames } = await decodeWithFfmpeg(url, 600)
      assert.deepEqual([errors, videoFrames], [[], this.#pictures], url)
    }
    return recording
  }
}
