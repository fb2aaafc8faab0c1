import assert from 'node:assert/strict'
import test from 'node:test'

import { NODE_METRICS } from '@millrace/telemetry'

import { eventually } from '../../../../test/support/eventually.ts'
import { FlvPlayer } from '../../../../test/support/flv-player.ts'
import { rawPublisher, rtmpMessage } from '../../../../test/support/raw-rtmp.ts'
import { testScope } from '../../../../test/support/scope.ts'
import { startNode } from '../testing.ts'

const VIDEO = 9
const AUDIO = 8
const AVC_CONFIG =
  '170000000001640028ffe1001967640028acd940780227e5c04400000fa40003a9803c60c65801000668ebe3cb22c0fdf8f800'
const AVC_KEY_FRAME = '170100000000000003658880'

const media = (type: number, body: string): Buffer => rtmpMessage(6, type, 1, Buffer.from(body, 'hex'))
const CONFIGURATIONS = Buffer.concat([media(VIDEO, AVC_CONFIG), media(AUDIO, 'af001210')])
const PICTURE_AND_SOUND = Buffer.concat([media(VIDEO, AVC_KEY_FRAME), media(AUDIO, 'af012110')])

/** What a scrape says: value by name and labels. */
async function scrape(apiPort: number): Promise<Map<string, number>> {
  const answer = await fetch(`http://127.0.0.1:${apiPort}/metrics`)
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}

test('/metrics tells what the node does, and forgets nothing when a stream ends', async (t) => {
  const scope = testScope(t)
  const ports = await startNode(scope, { MILLRACE_FLUSH_MS: '0', MILLRACE_RECONNECT_WINDOW_MS: '0' })
  const publisher = await rawPublisher(scope, ports.rtmp, 'live', 'cam')
  publisher.write(CONFIGURATIONS)
  const timer = setInterval(() => publisher.writable && publisher.write(PICTURE_AND_SOUND), 10)
  scope.defer(() => clearInterval(timer))
  await eventually('the stream is live', async () => (await scrape(ports.api)).get('millrace_node_streams') === 1)
  const player = FlvPlayer.play(scope, `http://127.0.0.1:${ports.http}/live/cam.flv`)
  await player.until('three frames', () => player.videoFrames >= 3)

  const during = await scrape(ports.api)
  assert.equal(during.get('millrace_node_streams'), 1)
  assert.equal(during.get('millrace_node_publishers'), 1)
  assert.equal(during.get('millrace_node_players{protocol="http-flv"}'), 1)
  assert.equal(during.get('millrace_node_admissions_total{action="publish",protocol="rtmp",result="allowed"}'), 1)
  assert.equal(during.get('millrace_node_admission_duration_seconds_count{action="play"}'), 1)
  assert.equal(during.get('millrace_node_reports_backlog'), 0)
  // every frame has the same timestamp
  assert.ok((during.get('millrace_node_timeline_repairs_total{kind="non_monotonic"}') ?? 0) >= 2)
  const counters = ['received_bytes', 'sent_bytes', 'frames', 'timeline_repairs'].flatMap((what) =>
    [...during.keys()].filter((name) => name.startsWith(`millrace_node_${what}_total`)),
  )
  assert.equal(counters.length, 6)
  assert.ok((during.get('millrace_node_sent_bytes_total') ?? 0) > 0)

  publisher.destroy()
  const after = await eventually('the stream is freed', async () => {
    const now = await scrape(ports.api)
    return now.get('millrace_node_publishers') === 0 && !now.has('millrace_node_players{protocol="http-flv"}')
      ? now
      : undefined
  })
  for (const name of counters) assert.ok((after.get(name) ?? -1) >= (during.get(name) ?? 0), name)
})

test('every metric of the table is there, and no other of ours', async (t) => {
  const ports = await startNode(testScope(t))
  const text = await (await fetch(`http://127.0.0.1:${ports.api}/metrics`)).text()
  const names = [...text.matchAll(/^# TYPE (millrace_\w+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`)
  const table = Object.values(NODE_METRICS).map(({ name, type }) => `${name} ${type}`)
  assert.deepEqual(names.toSorted(), table.toSorted())
})
