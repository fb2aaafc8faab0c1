/** A day of segments, ten times in the table: what is asked of it touches what it must, and no more. */
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import { segmentsQuery, type SegmentOwner, type TimeRange } from '@millrace/archive'
import { type SQL, sql } from 'drizzle-orm'

import { newRecording, newTake } from './test-support/archive-rows.ts'
import { startTestControl, type TestControl } from './test-support/control.ts'

const DAY_MS = 86_400_000
const SEGMENTS = 21_600
const STREAMS = 10

let control: TestControl
let day: { streamId: string; recordingId: string; playbackId: string; startMs: number }
before(async () => {
  control = await startTestControl()
  const location = { type: 's3', bucket: 'recordings', access_key_id: 'AKIDEXAMPLE' }
  const body = { name: 'bucket', location, secret_access_key: 'secret' }
  const { id: storageId } = (await control.call('POST', '/v1/storages', { body })).body
  const startMs = Math.floor(control.now().getTime() / 1000) * 1000 - DAY_MS
  for (let n = 0; n < STREAMS; n++) {
    const stream = (await control.call('POST', '/v1/streams', { body: { name: `day${n}` } })).body
    const range = { startedAt: new Date(startMs), endedAt: new Date(startMs + DAY_MS), segments: SEGMENTS }
    const base = { streamId: stream.id, storageId }
    const recording = await newRecording(control, { ...base, ...range, durationMs: DAY_MS })
    await newTake(control, { ...base, recordingId: recording.id, startsAt: range.startedAt, count: SEGMENTS })
    day = { streamId: stream.id, recordingId: recording.id, playbackId: recording.playbackId, startMs }
  }
  await control.db.execute(sql`vacuum analyze media_segments`)
})
after(() => control.close())

interface PlanNode {
  'Node Type': string
  'Index Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: PlanNode[]
}

/** What a query reads: the names of its indexes, rows, and whether it reads a whole table. */
async function planOf(query: SQL): Promise<{ indexes: string[]; rows: number; scansTable: boolean }> {
  const [answer] = await control.db.execute<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    sql`explain (analyze, format json, timing off) ${query}`,
  )
  const nodes: PlanNode[] = []
  const collect = (node: PlanNode): void => {
    nodes.push(node)
    node.Plans?.forEach(collect)
  }
  collect(answer!['QUERY PLAN'][0].Plan)
  const scans = nodes.filter((node) => node['Node Type'].includes('Scan') && node['Node Type'] !== 'Subquery Scan')
  // the rows of a bitmap are counted where they are read
  const reads = scans.filter((node) => node['Node Type'] !== 'Bitmap Index Scan')
  const rows = reads.map((node) => (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'])
  return {
    indexes: [...new Set(scans.flatMap((node) => node['Index Name'] ?? []))],
    rows: rows.reduce((sum, count) => sum + count, 0),
    scansTable: scans.some((node) => node['Node Type'] === 'Seq Scan'),
  }
}

const plan = (owner: SegmentOwner, range?: TimeRange) => planOf(segmentsQuery(owner, range))

test('a place in a day is found by the index, in as many rows as it has', async () => {
  const fromMs = day.startMs + DAY_MS / 2 + 1500
  const byRecording = await plan({ recordingId: day.recordingId }, { fromMs, toMs: fromMs + 30_000 })
  assert.deepEqual(byRecording.indexes, ['media_segments_recording_id_starts_at_index'])
  const byStream = await plan({ streamId: day.streamId }, { fromMs, toMs: fromMs + 30_000 })
  assert.deepEqual(byStream.indexes, ['media_segments_stream_id_starts_at_index'])
  for (const { rows, scansTable } of [byRecording, byStream]) {
    assert.ok(!scansTable)
    // eight or nine segments of four seconds, and the look for the first
    assert.ok(rows <= 12, String(rows))
  }
})

test('a whole day is read by the index, and nothing of other days', async () => {
  for (const owner of [{ recordingId: day.recordingId }, { streamId: day.streamId }]) {
    const { rows, scansTable } = await plan(owner)
    assert.equal(scansTable, false)
    assert.equal(rows, SEGMENTS)
  }
})

test('how long it takes', async (t) => {
  const timed = async (what: string, method: string, path: string, body?: object) => {
    const options = body === undefined ? {} : { body }
    await control.call(method, path, options)
    const runs: number[] = []
    for (let n = 0; n < 5; n++) {
      const startedMs = performance.now()
      const { status, body: answer } = await control.call(method, path, options)
      runs.push(performance.now() - startedMs)
      assert.ok(status < 300, `${what}: ${JSON.stringify(answer)}`)
    }
    t.diagnostic(`${what}: ${runs.toSorted((a, b) => a - b)[2]!.toFixed(1)} ms (median of ${runs.length})`)
  }
  const [from, to] = [new Date(day.startMs + DAY_MS / 3), new Date(day.startMs + DAY_MS / 3 + 60_000)]
  const minute = `${from.toISOString()}&end=${to.toISOString()}`
  await timed('list of recordings', 'GET', '/v1/recordings')
  await timed('playlist of a day, presigned', 'GET', `/v1/playback/${day.playbackId}/media.m3u8`)
  await timed('multivariant playlist', 'GET', `/v1/playback/${day.playbackId}/index.m3u8`)
  await timed('timeline of a day', 'GET', `/v1/streams/${day.streamId}/timeline`)
  await timed('usage of a day', 'GET', `/v1/streams/${day.streamId}/usage`)
  await timed('seek: timeshift over a minute', 'GET', `/v1/streams/${day.streamId}/timeshift.m3u8?start=${minute}`)
  await timed('clip of a minute', 'POST', '/v1/clips', { recording_id: day.recordingId, from, to })
})
