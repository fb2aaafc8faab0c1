/** A storage that is away, slow, and busy while two nodes record to it: one with a disk, one with hardly any. */
import assert from 'node:assert/strict'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import type { Recording, RecordingPlayback } from '@millrace/contracts'
import type { Scope } from '@millrace/core'

import { Cluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { FaultProxy } from '../support/fault-proxy.ts'
import { FlvPlayer } from '../support/flv-player.ts'
import type { FlvTag } from '../support/flv-file.ts'
import { isFrame, marksOf } from '../support/frame-marks.ts'
import { MarkedEncoder, type SentFrame } from '../support/marked-encoder.ts'
import { newBucket, radosgwMissing, startRadosgw } from '../support/radosgw.ts'
import { recordedMarks } from '../support/recorded-marks.ts'
import { finishedRecording, recordedStream, recordingsOf, storageOf } from '../support/recordings.ts'
import { tempDir, testScope } from '../support/scope.ts'

const FAULT_MS = process.env['MILLRACE_TEST_SCALE'] === 'full' ? 60_000 : 7_000
const SLOW_KBIT_S = 100
/** The least that a node takes. */
const TINY_SPOOL_BYTES = 1 << 20
/** A segment that is open when the spool is full, what a file is counted with, and logs. */
const SPOOL_SLACK_BYTES = 256 << 10
/** FLV tag type of metadata. */
const SCRIPT = 18
/** What a node's memory may grow by: that of Node itself, which comes and goes. */
const GROWTH_MB = 120

test(
  'a storage away, slow and busy: nothing is lost, no viewer notices, no node swells',
  { skip: radosgwMissing },
  async (t) => {
    const scope = testScope(t)
    const proxy = await FaultProxy.start(scope, await startRadosgw())
    const cluster = await Cluster.start(scope)
    const api = cluster.api.bind(cluster)
    const record = { segment_s: 1, storage_id: await storageOf(api, await newBucket(proxy.url)) }
    const [roomy, tiny] = await Promise.all([
      broadcast(scope, cluster, { name: 'roomy', record, env: {} }),
      broadcast(scope, cluster, { name: 'tiny', record, env: { MILLRACE_SPOOL_BYTES: String(TINY_SPOOL_BYTES) } }),
      cluster.startWorker(),
    ])
    await Promise.all([roomy, tiny].map(({ streamId }) => stored(streamId, 3)))

    const beforeMb = await residentMb(roomy.pid)
    t.diagnostic(`before: ${beforeMb} MB resident`)
    const faults = { away: () => proxy.down(), slow: () => proxy.throttle(SLOW_KBIT_S), busy: () => proxy.answer503() }
    for (const [name, begin] of Object.entries(faults)) {
      begin()
      await delay(FAULT_MS)
      const [mb, used, bound] = await Promise.all([
        residentMb(roomy.pid),
        spoolBytes(roomy.dataDir),
        spoolBytes(tiny.dataDir),
      ])
      t.diagnostic(`${name}: ${mb} MB resident, ${used >> 10} KiB in the spool, ${bound >> 10} KiB in the tiny one`)
      assert.ok(bound <= TINY_SPOOL_BYTES + SPOOL_SLACK_BYTES, `${bound} bytes in a spool of ${TINY_SPOOL_BYTES}`)
      assert.ok(mb - beforeMb <= GROWTH_MB, `from ${beforeMb} to ${mb} MB`)
    }
    proxy.up()
    await eventually('the backlog is gone', async () => (await spoolBytes(roomy.dataDir)) < 1 << 20, 60_000)
    await delay(2000)
    await Promise.all([roomy.encoder.stop(), tiny.encoder.stop()])

    isUntouched(roomy.seen, roomy.encoder.sent)
    assert.equal(roomy.encoder.sent.at(-1)?.connection, 0, 'the encoder was cut off')

    const whole = await finishedRecording(api, roomy.streamId, 120_000)
    assert.deepEqual([whole.status, whole.gaps], ['ready', []])
    const marks = await marksIn(whole)
    for (const kind of ['video', 'audio'] as const) {
      const sent = roomy.encoder.sent.filter((frame) => frame.kind === kind).map(({ number }) => number)
      assert.deepEqual(marks[kind], sent, kind)
    }

    const broken = await finishedRecording(api, tiny.streamId, 120_000)
    assert.equal(broken.status, 'partial', JSON.stringify(broken))
    isTold(broken, tiny.encoder.sent, await marksIn(broken))

    async function stored(streamId: string, segments: number): Promise<void> {
      await eventually('segments are stored', async () => {
        const [recording] = await recordingsOf(api, streamId)
        return recording && recording.progress.stored_segments >= segments
      })
    }

    async function marksIn({ id }: Recording): Promise<{ video: number[]; audio: number[] }> {
      const { urls } = await api<RecordingPlayback>(`recordings/${id}/playback`)
      return recordedMarks(urls.find(({ type }) => type === 'hls')!.url)
    }
  },
)

interface Broadcast {
  readonly encoder: MarkedEncoder
  readonly streamId: string
  readonly dataDir: string
  readonly pid: number
  /** What a viewer got of them. */
  readonly seen: FlvTag[]
}

/** A node that records one stream, which somebody watches. */
async function broadcast(
  scope: Scope,
  cluster: Cluster,
  { name, record, env }: { name: string; record: object; env: Record<string, string> },
): Promise<Broadcast> {
  const dataDir = await tempDir(scope)
  const { id: streamId } = await recordedStream(cluster.api.bind(cluster), name, record, { reconnect_window_s: 1 })
  const node = await cluster.startNode(name, { MILLRACE_DATA: dataDir, ...env })
  const encoder = await MarkedEncoder.start(scope, node.rtmpUrl(`live/${name}`))
  const seen: FlvTag[] = []
  FlvPlayer.play(scope, node.httpUrl(`live/${name}.flv`), (tag) => {
    if (tag.type !== SCRIPT && isFrame(tag)) seen.push(tag)
  })
  return { encoder, streamId, dataDir, pid: node.program.pid, seen }
}

/** What a viewer saw is what was sent, byte for byte, without a hole. */
function isUntouched(seen: readonly FlvTag[], sent: readonly SentFrame[]): void {
  const numbers = seen.map(({ body }) => marksOf(Buffer.from(body))[0] ?? -1)
  const [first = 0] = numbers
  assert.ok(numbers.length > 100, `${numbers.length} frames`)
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => first + i),
  )
  assert.ok(numbers.at(-1)! >= sent.length - 50, 'the viewer is behind')
  for (const [i, { body }] of seen.entries())
    assert.ok(sent[first + i]!.body.equals(body), `frame ${first + i} is another`)
}

/** All that is missing is in a gap, and what is there is in order. */
function isTold({ gaps }: Recording, sent: readonly SentFrame[], marks: { video: number[]; audio: number[] }): void {
  assert.ok(gaps.length > 0 && gaps.every(({ reason }) => reason === 'storage'), JSON.stringify(gaps))
  for (const kind of ['video', 'audio'] as const)
    assert.deepEqual(
      marks[kind],
      marks[kind].toSorted((a, b) => a - b),
    )
  const there = new Set([...marks.video, ...marks.audio])
  const missing = sent.filter(({ number }) => !there.has(number))
  assert.ok(missing.length > 0)
  const slackMs = 500
  for (const { number, sentAt } of missing) {
    const told = gaps.some(({ from, to }) => Date.parse(from) - slackMs <= sentAt && sentAt <= Date.parse(to) + slackMs)
    assert.ok(told, `frame ${number} of ${new Date(sentAt).toISOString()} is missing: ${JSON.stringify(gaps)}`)
  }
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) >> 10
}

async function spoolBytes(dataDir: string): Promise<number> {
  const entries = await readdir(path.join(dataDir, 'spool'), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  // one that has been stored meanwhile is gone
  const sizes = files.map((file) =>
    stat(path.join(file.parentPath, file.name)).then(
      ({ size }) => size,
      () => 0,
    ),
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
