/** A stream that goes on at another node while it is recorded, with a live playlist in the bucket that everybody can read. */
import assert from 'node:assert/strict'
import test, { after, describe, type TestContext } from 'node:test'

import {
  livePlaylistKey,
  type Playback,
  type Recording,
  type RecordingPlayback,
  type Stream,
} from '@millrace/contracts'
import { Scope } from '@millrace/core'

import { Cluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { FaultProxy } from '../support/fault-proxy.ts'
import { decodeWithFfmpeg } from '../support/ffmpeg.ts'
import { MarkedEncoder } from '../support/marked-encoder.ts'
import { PlaylistWatch } from '../support/playlist-watch.ts'
import { makePublic, newBucket, radosgwMissing } from '../support/radosgw.ts'
import { recordedMarks } from '../support/recorded-marks.ts'
import { finishedRecording, recordedStream, recordingsOf, storageOf } from '../support/recordings.ts'
import { testScope } from '../support/scope.ts'

const SEGMENT_S = 1
const FPS = 25
/** From one connection of the encoder to the next key frame on another. */
const MOVE_S = 1.5

const takeOf = (uri: string): string => /tak_\w+/.exec(uri)?.[0] ?? ''
const takesOf = (uris: readonly string[]): string[] => [...new Set(uris.map(takeOf))]

describe('recordings over two nodes', { skip: radosgwMissing }, async () => {
  const scope = new Scope()
  after(() => scope.close())
  const cluster = await Cluster.start(scope)
  const api = cluster.api.bind(cluster)
  // what the first node has of the control plane
  const [control, queue] = await Promise.all(
    [cluster.controlUrl, cluster.queueUrl].map((url) => FaultProxy.start(scope, url)),
  )
  const bucket = await newBucket()
  const base = await makePublic(bucket)
  const [first, second] = await Promise.all([
    cluster.startNode('first', {
      MILLRACE_CONTROL_URL: control!.url,
      QUEUE_URL: queue!.url.replace('http:', 'redis:'),
    }),
    cluster.startNode('second'),
    cluster.startWorker(),
  ])
  const storageId = await storageOf(api, bucket, base)

  test('a stream moves: one recording and one live playlist, which anybody plays from the bucket', async (t) => {
    const { own, stream, watch, url } = await watched(t, 'moves')
    const encoder = await MarkedEncoder.start(own, first.rtmpUrl('live/moves'))
    await eventually('segments of the first node', () => watch.uris.length >= 4)
    const live = await api<Playback>(`playback/${stream.playback_ids[0]!.id}`)
    assert.ok(live.urls.some((entry) => entry.url === url))
    await plays(url, 2)

    encoder.move(second.rtmpUrl('live/moves'))
    await eventually('segments of the second node', () => takesOf(watch.uris).length === 2)
    await plays(url, 4, MOVE_S)
    const seen = watch.uris.length
    await eventually('it slides over the change', () => watch.uris.length >= seen + 12, 30_000)
    await encoder.stop()
    await eventually('it ends', () => watch.newest?.ended)
    watch.isContinuous()
    assert.equal(takesOf(watch.uris).length, 2)
    // that of each take, the first among them
    assert.equal(watch.newest?.discontinuitySequence, 2)

    const recording = await finishedRecording(api, stream.id)
    assert.deepEqual([recording.status, recording.session_ids.length], ['ready', 2], JSON.stringify(recording))
    assert.equal((await recordingsOf(api, stream.id)).length, 1)
    const marks = await recordedMarks(await hlsOf(recording))
    // the last ones may not have left the encoder's connection before it was dropped
    const onItsWay = encoder.sent
      .filter(({ number, connection }) => connection === 0 && number > marks.video.at(0)!)
      .at(-1)!
    const recorded = new Set([...marks.video, ...marks.audio])
    const missing = encoder.sent.filter(({ number }) => !recorded.has(number))
    assert.ok(missing.length < 10 && missing.every(({ number }) => number > onItsWay.number - 10), `${missing.length}`)
    assert.deepEqual(recorded.size, marks.video.length + marks.audio.length, 'frames twice')
    const decoded = await decodeWithFfmpeg(await hlsOf(recording), 600)
    assert.deepEqual([decoded.errors, decoded.videoFrames], [[], marks.video.length])
  })

  test('a node that nobody can tell that it has lost a stream writes nothing over', async (t) => {
    const { own, stream, watch } = await watched(t, 'cut-off')
    const lost = await MarkedEncoder.start(own, first.rtmpUrl('live/cut-off'))
    await eventually('segments of the first node', () => watch.uris.length >= 3)
    control!.down()
    queue!.down()
    own.defer(() => [control, queue].forEach((proxy) => proxy!.up()))
    const encoder = await MarkedEncoder.start(own, second.rtmpUrl('live/cut-off'))
    await eventually('segments of the second node', () => takesOf(watch.uris).length === 2)
    const [before, after] = takesOf(watch.uris)
    const ofLost = lost.sent.length
    await eventually('both go on', () => watch.uris.length >= 10 && lost.sent.length > ofLost + 300)
    assert.equal(lost.sent.at(-1)!.connection, 0, 'the first node has let its publisher go')
    await lost.stop()
    control!.up()
    queue!.up()
    const said = (message: string, of: string): boolean =>
      first.program.output.split('\n').some((line) => line.includes(`"${message}"`) && line.includes(of))
    await eventually('the first node has done with it', () => said('take stored', before!))
    assert.ok(said('the live playlist is left to others', stream.id))
    const seen = watch.uris.length
    await eventually('the second goes on', () => watch.uris.length >= seen + 2)
    await encoder.stop()
    await eventually('it ends', () => watch.newest?.ended)
    watch.isContinuous()
    const takes = watch.uris.map(takeOf)
    assert.ok(takes.lastIndexOf(before!) < takes.indexOf(after!), 'the takes are mixed')

    const recording = await finishedRecording(api, stream.id)
    assert.equal((await recordingsOf(api, stream.id)).length, 1)
    const { video } = await recordedMarks(await hlsOf(recording))
    const change = video.findIndex((number, i) => i > 0 && number < video[i - 1]!)
    assert.deepEqual(
      video.slice(change),
      encoder.sent.filter(({ kind }) => kind === 'video').map(({ number }) => number),
    )
    const decoded = await decodeWithFfmpeg(await hlsOf(recording), 600)
    assert.deepEqual(decoded.errors, [])
    // both nodes recorded the time of the change, in one segment at most: FFmpeg leaves out what is behind
    assert.ok(decoded.videoFrames >= video.length - SEGMENT_S * FPS, `${decoded.videoFrames} of ${video.length}`)
  })

  /** A recorded stream with a live playlist, which is watched. */
  async function watched(
    t: TestContext,
    name: string,
  ): Promise<{ own: Scope; stream: Stream; watch: PlaylistWatch; url: string }> {
    const own = testScope(t)
    const settings = { live_playlist: true, live_window_s: 10, reconnect_window_s: 3 }
    const stream = await recordedStream(api, name, { segment_s: SEGMENT_S, storage_id: storageId }, settings)
    const urlOf = (playlist: 'index' | 'media'): string => `${base}/${livePlaylistKey(stream.id, playlist)}`
    return { own, stream, watch: PlaylistWatch.start(own, urlOf('media')), url: urlOf('index') }
  }

  async function hlsOf({ id }: Recording): Promise<string> {
    const { urls } = await api<RecordingPlayback>(`recordings/${id}/playback`)
    return urls.find(({ type }) => type === 'hls')!.url
  }
})

/** Plays from the live edge; so many seconds of it may be missing. */
async function plays(url: string, seconds: number, missingS = 0): Promise<void> {
  const { errors, videoFrames, audioFrames } = await decodeWithFfmpeg(url, seconds)
  assert.deepEqual(errors, [], url)
  const least = (seconds - missingS) * FPS * 0.9
  assert.ok(videoFrames >= least && audioFrames >= least, `${videoFrames} pictures and ${audioFrames} sounds`)
}
