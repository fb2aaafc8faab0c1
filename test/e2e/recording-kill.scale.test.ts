/** A node that is killed again and again while it records. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import type { Gap, RecordingPlayback, Timeline } from '@millrace/contracts'

import { Cluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { decodeWithFfmpeg } from '../support/ffmpeg.ts'
import { MarkedEncoder, type SentFrame } from '../support/marked-encoder.ts'
import type { MediaNode } from '../support/media-node.ts'
import { decodeWithNodeAv } from '../support/node-av.ts'
import { newBucket, radosgwMissing } from '../support/radosgw.ts'
import { recordedMarks } from '../support/recorded-marks.ts'
import { finishedRecording, recordedStream, storageOf } from '../support/recordings.ts'
import { freePort, tempDir, testScope } from '../support/scope.ts'

const KILLS = process.env['MILLRACE_TEST_SCALE'] === 'full' ? 10 : 3
const SEED = Number(process.env['MILLRACE_TEST_SEED'] ?? 1)
/** Media of the open segment that is not on disk yet. */
const OPEN_PART_MS = 1000
/** Media on its way from the encoder to the disk. */
const ON_ITS_WAY_MS = 500
const RECONNECT_WINDOW_S = 10

/** What is missing after a kill: sent before it, and not recorded. */
interface Outage {
  readonly killedAt: number
  readonly backAt: number
  readonly missing: readonly SentFrame[]
}

test('a node is killed at any moment: nothing is missing but its last second', { skip: radosgwMissing }, async (t) => {
  const scope = testScope(t)
  const cluster = await Cluster.start(scope)
  const api = cluster.api.bind(cluster)
  const node = await steadyNode()
  await cluster.startWorker()
  const record = { format: 'mp4', segment_s: 2, storage_id: await storageOf(api, await newBucket()) } as const
  const stream = await recordedStream(api, 'killed', record, { reconnect_window_s: RECONNECT_WINDOW_S })

  let running = await node.start()
  const encoder = await MarkedEncoder.start(scope, running.rtmpUrl('live/killed'))
  const kills: { killedAt: number; backAt: number }[] = []
  const random = randomNumbers(SEED)
  for (let i = 0; i < KILLS; i++) {
    await delay(500 + random() * 4500)
    await running.program.stop('SIGKILL')
    const killedAt = Date.now()
    running = await node.start()
    const first = await eventually('the encoder is back', () =>
      encoder.sent.find(({ connection }) => connection === i + 1),
    )
    kills.push({ killedAt, backAt: first.sentAt })
  }
  await delay(3000)
  await encoder.stop()

  const recording = await finishedRecording(api, stream.id, 120_000)
  assert.equal(recording.status, 'ready', JSON.stringify(recording))
  assert.equal(recording.session_ids.length, KILLS + 1)
  const { urls } = await api<RecordingPlayback>(`recordings/${recording.id}/playback`)
  const url = (type: string): string => urls.find((entry) => entry.type === type)!.url
  const marks = await recordedMarks(url('mp4'))
  const outages = outagesOf(encoder.sent, new Set([...marks.video, ...marks.audio]), kills)
  for (const [i, { missing, killedAt, backAt }] of outages.entries()) {
    const ms = spanMs(missing)
    t.diagnostic(`kill ${i}: ${missing.length} frames missing, ${Math.round(ms)} ms; away for ${backAt - killedAt} ms`)
    assert.ok(ms <= OPEN_PART_MS + ON_ITS_WAY_MS, `kill ${i} cost ${ms} ms`)
  }
  const lost = new Set(outages.flatMap(({ missing }) => missing))
  const kept = encoder.sent.filter((frame) => !lost.has(frame))
  for (const [type, found] of [['mp4', marks] as const, ['hls', await recordedMarks(url('hls'))] as const]) {
    for (const kind of ['video', 'audio'] as const) {
      const expected = kept.filter((frame) => frame.kind === kind).map(({ number }) => number)
      assert.deepEqual(found[kind], expected, `${kind} of ${type}`)
    }
  }
  const pictures = marks.video.length
  for (const type of ['mp4', 'hls']) {
    for (const decode of [decodeWithFfmpeg, decodeWithNodeAv]) {
      const { errors, videoFrames } = await decode(url(type), 600)
      assert.deepEqual([errors, videoFrames], [[], pictures], `${type}: ${decode.name}`)
    }
  }
  const range = `from=${recording.started_at}&to=${recording.ended_at}`
  const timeline = await api<Timeline>(`streams/${stream.id}/timeline?${range}`)
  assert.deepEqual(recording.gaps, timeline.gaps)
  isTold(timeline.gaps, outages)

  /** One that is the same after each start. */
  async function steadyNode(): Promise<{ start: () => Promise<MediaNode> }> {
    const env = {
      MILLRACE_DATA: await tempDir(scope),
      MILLRACE_RTMP_PORT: String(await freePort()),
      MILLRACE_HTTP_PORT: String(await freePort()),
      MILLRACE_NODE_API_PORT: String(await freePort()),
    }
    return { start: () => cluster.startNode('killed', env) }
  }
})

/** How much media these frames are. */
function spanMs(frames: readonly SentFrame[]): number {
  const times = frames.map(({ mediaMs }) => mediaMs)
  return frames.length === 0 ? 0 : Math.max(...times) - Math.min(...times) + 40
}

/** Of each connection that a kill ended, what was sent until then and is not recorded. All else that is not recorded is wrong. */
function outagesOf(
  sent: readonly SentFrame[],
  recorded: ReadonlySet<number>,
  kills: readonly { killedAt: number; backAt: number }[],
): Outage[] {
  return kills.map((kill, connection) => {
    const frames = sent.filter((frame) => frame.connection === connection)
    const last = frames.findLast(({ number }) => recorded.has(number))
    return {
      ...kill,
      missing: frames.filter(({ number, sentAt }) => number > (last?.number ?? -1) && sentAt <= kill.killedAt),
    }
  })
}

/** There is one gap with a reason for each kill, around the time without a connection. */
function isTold(gaps: readonly Gap[], outages: readonly Outage[]): void {
  assert.equal(gaps.length, outages.length, JSON.stringify(gaps))
  for (const [i, { from, to, reason }] of gaps.entries()) {
    const { killedAt, backAt } = outages[i]!
    const about = JSON.stringify({ from, to, reason, killedAt: new Date(killedAt), backAt: new Date(backAt) })
    assert.equal(reason, 'node_lost', about)
    assert.ok(Date.parse(from) <= killedAt && Date.parse(to) > killedAt, about)
    assert.ok(Date.parse(to) - backAt < 1000, about)
  }
}

/** Numbers from 0 to 1 that are the same for a seed. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) / 2 ** 24
  }
}
