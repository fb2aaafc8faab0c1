/** What can be done with a recording while it grows. */
import assert from 'node:assert/strict'
import test from 'node:test'

import type { Clip } from '@millrace/contracts'

import { Cluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { decodeWithFfmpeg } from '../support/ffmpeg.ts'
import { MarkedEncoder } from '../support/marked-encoder.ts'
import { newBucket, radosgwMissing } from '../support/radosgw.ts'
import { recordedMarks } from '../support/recorded-marks.ts'
import { finishedRecording, recordedStream, recordingsOf, storageOf } from '../support/recordings.ts'
import { testScope } from '../support/scope.ts'

const FPS = 25
const KEY_FRAME_EVERY = 25
const CLIP_S = 3

test('a recording is watched from its start, and clipped, while it grows', { skip: radosgwMissing }, async (t) => {
  const scope = testScope(t)
  const cluster = await Cluster.start(scope)
  const api = cluster.api.bind(cluster)
  const [node] = await Promise.all([cluster.startNode('live'), cluster.startWorker()])
  const record = { segment_s: 2, storage_id: await storageOf(api, await newBucket()) }
  const stream = await recordedStream(api, 'grows', record, { reconnect_window_s: 1 })
  const encoder = await MarkedEncoder.start(scope, node.rtmpUrl('live/grows'))
  const pictures = (): readonly { number: number; sentAt: number }[] =>
    encoder.sent.filter(({ kind }) => kind === 'video')
  const recording = await eventually('segments are stored', async () => {
    const [first] = await recordingsOf(api, stream.id)
    return first && first.progress.stored_segments >= 3 && first
  })

  const timeshift = `${cluster.controlUrl}/v1/streams/${stream.id}/timeshift.m3u8?start=${recording.started_at}`
  // longer than there is yet
  const seconds = 10
  const watching = decodeWithFfmpeg(timeshift, seconds, ['-live_start_index', '0'])

  // between two key frames
  const key = pictures()[2 * KEY_FRAME_EVERY]!
  const fromMs = key.sentAt + 500
  const [from, to] = [fromMs, fromMs + CLIP_S * 1000].map((ms) => new Date(ms).toISOString())
  await eventually('the time of the clip is over', () => Date.now() > fromMs + CLIP_S * 1000)
  const { id } = await api<Clip>('clips', { recording_id: recording.id, from, to })
  const clip = await eventually(
    'the clip is ready',
    async () => {
      const now = await api<Clip>(`clips/${id}`)
      return now.status !== 'processing' && now
    },
    60_000,
  )
  assert.equal(clip.status, 'ready', JSON.stringify(clip))
  const marks = await recordedMarks(clip.url!)
  assert.equal(marks.video[0], key.number, 'it begins with the key frame before')
  const expected = (CLIP_S + 0.5) * FPS
  assert.ok(Math.abs(marks.video.length - expected) < FPS / 2, `${marks.video.length} pictures instead of ${expected}`)
  const between = encoder.sent.filter(({ number }) => number >= key.number && number <= marks.video.at(-1)!)
  assert.deepEqual(
    marks.video,
    between.filter(({ kind }) => kind === 'video').map(({ number }) => number),
  )
  const clipped = await decodeWithFfmpeg(clip.url!, 60)
  assert.deepEqual([clipped.errors, clipped.videoFrames], [[], marks.video.length])

  const { errors, videoFrames, audioFrames } = await watching
  assert.deepEqual(errors, [])
  assert.ok(videoFrames >= seconds * FPS - 1 && audioFrames >= seconds * 40, `${videoFrames}, ${audioFrames}`)
  const [still] = await recordingsOf(api, stream.id)
  assert.equal(still?.status, 'recording')

  await encoder.stop()
  const over = await finishedRecording(api, stream.id)
  assert.deepEqual([over.status, over.gaps], ['ready', []])
  const text = await (await fetch(timeshift)).text()
  assert.match(text, /#EXT-X-ENDLIST/)
  const whole = await decodeWithFfmpeg(timeshift, 600)
  assert.deepEqual([whole.errors, whole.videoFrames], [[], pictures().length])
})
