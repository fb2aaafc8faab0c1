import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'

import { nodeReportSchema } from '@millrace/contracts'
import { CodedError, silentLogger } from '@millrace/core'
import { Hub, type EndReason } from '@millrace/hub'
import { audioTrack, FakeScheduler, frameAt, videoTrack } from '@millrace/testkit'

import type { AdmissionRequest } from '../admission/admission.ts'
import type { ReportBody } from '../node-link/reporter.ts'
import { Broadcasts, type Publisher } from './broadcasts.ts'

const video = videoTrack()
const audio = audioTrack()
const request: AdmissionRequest = {
  action: 'publish',
  protocol: 'rtmp',
  vhost: 'v',
  app: 'live',
  stream: 'x',
  params: {},
  client: { ip: '127.0.0.1' },
}
const grant = {
  key: { vhost: 'v', app: 'live', name: 'x' },
  streamId: 'str_01jd8y4v5xk3q9m2w7r6t0abcd',
  keyId: null,
  epoch: 1,
}

function setUp(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const scheduler = new FakeScheduler()
  const reports: ReportBody[] = []
  const hub: Hub = new Hub(scheduler, {}, { live: (_stream, publication) => broadcasts.live(publication) })
  const observed: Publisher[] = []
  const broadcasts = new Broadcasts({
    hub,
    observers: [{ began: (publisher) => observed.push(publisher) }],
    stats: { players: () => 2, bytesOut: () => 1000 },
    reports: { report: (body) => reports.push(body) },
    logger: silentLogger,
    nowMs: () => scheduler.nowMs(),
  })
  t.after(() => {
    broadcasts.close()
    hub.close()
  })
  const ends: EndReason[] = []
  const begin = () => broadcasts.begin({ request, grant, encoder: 'Lavf60', onEnd: (reason) => ends.push(reason) })
  return { scheduler, broadcasts, reports, observed, ends, begin }
}

/** Every report must be one that the control plane takes. */
function assertValid(reports: readonly ReportBody[]): void {
  for (const [index, body] of reports.entries())
    nodeReportSchema.parse({ ...body, seq: index + 1, at: '2026-01-01T00:00:00.000Z' })
}

const types = (reports: readonly ReportBody[]): string[] => reports.map(({ type }) => type)

test('a broadcast is told from its beginning to its end', (t) => {
  const { scheduler, reports, begin } = setUp(t)
  const { publication, sessionId } = begin()
  publication.setTrack(video)
  publication.setTrack(audio)
  scheduler.advance(250)
  publication.write(frameAt(video, 0, { key: true, bytes: 40 }))
  t.mock.timers.tick(30_000)
  publication.setTrack({ ...video, width: 640, height: 360 })
  t.mock.timers.tick(30_000)
  t.mock.timers.tick(30_000)
  scheduler.advance(1750)
  publication.end('publisher_closed')
  t.mock.timers.tick(30_000)

  assertValid(reports)
  assert.deepEqual(types(reports), [
    'session.connected',
    'session.live',
    'session.progress',
    'session.progress',
    'session.progress',
    'session.ended',
  ])
  assert.ok(reports.every((report) => 'session_id' in report && report.session_id === sessionId))
  const [connected, live, unchanged, changed, again, ended] = reports as Record<string, unknown>[]
  assert.deepEqual([connected?.['stream_id'], connected?.['encoder']], [grant.streamId, 'Lavf60'])
  assert.equal(live?.['startup_ms'], 250)
  assert.deepEqual([unchanged?.['tracks'], again?.['tracks']], [undefined, undefined])
  const changedTracks = changed?.['tracks'] as { width?: number }[] | undefined
  assert.equal(changedTracks?.[0]?.width, 640)
  assert.deepEqual(
    [ended?.['reason'], ended?.['duration_s'], ended?.['bytes_in'], ended?.['bytes_out']],
    ['publisher_closed', 2, 40, 0],
  )
})

test('a publisher that is replaced hears of it before the next is told', async (t) => {
  const { reports, ends, begin } = setUp(t)
  const first = begin()
  const second = begin()
  assert.deepEqual(ends, ['replaced'])
  assert.equal(await first.ended, 'replaced')
  assert.deepEqual(types(reports), ['session.connected', 'session.ended', 'session.connected'])
  assert.equal(second.stream.publication, second.publication)
})

test('observers are told of each broadcast, and by it of its end', async (t) => {
  const { observed, begin } = setUp(t)
  const { publication, sessionId } = begin()
  publication.end('kicked')
  assert.deepEqual([observed[0]?.sessionId, await observed[0]?.ended], [sessionId, 'kicked'])
})

test('what is wrong with a broadcast is told once, and of nobody', (t) => {
  const { broadcasts, reports, begin } = setUp(t)
  const { stream, publication } = begin()
  for (let i = 0; i < 3; i++) broadcasts.unhealthy(stream, 'b_frames_for_webrtc', 'players do not get them')
  publication.end('kicked')
  broadcasts.unhealthy(stream, 'codec_unsupported', 'nobody publishes')
  assert.deepEqual(types(reports), ['session.connected', 'session.health', 'session.ended'])
  assertValid(reports)
})

test('closing ends all broadcasts', (t) => {
  const { broadcasts, ends, begin } = setUp(t)
  begin()
  broadcasts.close()
  assert.deepEqual(ends, ['kicked'])
})

test('whatever a bitstream claims, its report is one that is taken', (t) => {
  const { reports, begin } = setUp(t)
  const { publication } = begin()
  publication.setTrack({ ...video, width: 1e6, height: 1e6, frameRate: 90_000 })
  publication.setTrack(audio)
  publication.write(frameAt(video, 0, { key: true }))
  assert.deepEqual(types(reports), ['session.connected', 'session.live'])
  assertValid(reports)
})

test('a refusal is told with names cut to what a report may carry, and not without names', (t) => {
  const { broadcasts, reports } = setUp(t)
  const error = new CodedError('KEY_INVALID', 'x'.repeat(2000))
  const long = 'n'.repeat(5000)
  broadcasts.rejected({ ...request, vhost: long, app: long, stream: long }, error)
  broadcasts.rejected({ ...request, stream: '' }, error)
  assert.deepEqual(types(reports), ['session.rejected'])
  assertValid(reports)
})
