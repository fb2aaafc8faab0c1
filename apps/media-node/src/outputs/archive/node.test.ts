/** A whole node, killed and started again, under a control plane that only says yes. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { json } from 'node:stream/consumers'
import test, { type TestContext } from 'node:test'
import { promisify } from 'node:util'

import {
  nodeHeartbeatSchema,
  nodeReportSchema,
  type ArchiveReport,
  type NodeReports,
  type UploadBacklog,
} from '@millrace/contracts'
import type { Scope } from '@millrace/core'

import { flvClip } from '../../../../../test/support/clips.ts'
import { eventually } from '../../../../../test/support/eventually.ts'
import { publishWithFfmpeg } from '../../../../../test/support/ffmpeg.ts'
import { flvFrameTimes, readFlv } from '../../../../../test/support/flv-file.ts'
import { publishFlvFile } from '../../../../../test/support/node-av.ts'
import { startMediaNode, type MediaNode } from '../../../../../test/support/media-node.ts'
import { words } from '../../../../../test/support/program.ts'
import { tempDir, testScope } from '../../../../../test/support/scope.ts'
import { GrantingControl, ObjectServer, order, STREAM_ID } from './archive.test-support.ts'

const run = promisify(execFile)
const SECONDS = 4

/** Admits everybody to one stream, to be archived, and remembers what it is told. */
class YesControl {
  readonly reports: ArchiveReport[] = []
  uploads: UploadBacklog[] = []
  #epoch = 0
  readonly #applied = new Set<string>()
  readonly #grants: GrantingControl

  constructor(objects: ObjectServer) {
    this.#grants = new GrantingControl((key) => objects.url(key))
  }

  async listen(scope: Scope): Promise<string> {
    const server = http.createServer((request, response) => void this.#serve(request, response)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    scope.defer(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  of<T extends ArchiveReport['type']>(type: T): Extract<ArchiveReport, { type: T }>[] {
    return this.reports.filter((report): report is Extract<ArchiveReport, { type: T }> => report.type === type)
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = request.method === 'POST' ? await json(request) : null
    const answer = await this.#answer(request.url ?? '', body)
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}))
  }

  async #answer(url: string, body: unknown): Promise<object | undefined> {
    if (url === '/node/v1/register') return { node_id: 'node_01jd8y4v5xk3q9m2w7r6t0abcd' }
    if (url === '/node/v1/storage-grants') return this.#grants.post(url, body)
    if (url === '/node/v1/heartbeat') {
      this.uploads = nodeHeartbeatSchema.parse(body).uploads ?? []
      return { ok: true }
    }
    if (url === '/node/v1/admit') {
      const names = { vhost: '__defaultVhost__', app: 'live', stream: 'x', stream_id: STREAM_ID, key_id: null }
      return { allow: true, ...names, ttl_s: 0, epoch: ++this.#epoch, archive: order() }
    }
    return url === '/node/v1/reports' ? this.#take(body as NodeReports) : undefined
  }

  #take({ boot_id: boot, reports }: NodeReports): object {
    for (const raw of reports) {
      const report = nodeReportSchema.parse(raw)
      const id = `${boot} ${report.seq}`
      if ('take_id' in report && !this.#applied.has(id)) this.reports.push(report)
      this.#applied.add(id)
    }
    return { accepted_through: reports.at(-1)?.seq ?? 0, rejected: [] }
  }
}

async function setUp(t: TestContext) {
  const scope = testScope(t)
  const objects = await ObjectServer.start(scope)
  const control = new YesControl(objects)
  const env = {
    MILLRACE_CONTROL_URL: await control.listen(scope),
    MILLRACE_NODE_TOKEN: 't',
    MILLRACE_DATA: await tempDir(scope),
    MILLRACE_STORAGE_ALLOW: '127.0.0.0/8',
    MILLRACE_RECONNECT_WINDOW_MS: '0',
  }
  return { scope, objects, control, start: (): Promise<MediaNode> => startMediaNode(scope, { env }) }
}

/** Frames that FFmpeg finds in a take, and what it says. */
async function framesOf(
  scope: Scope,
  { objects, control }: { objects: ObjectServer; control: YesControl },
  takeId: string,
) {
  const segments = control.of('segment.stored').filter(({ take_id }) => take_id === takeId)
  assert.deepEqual(
    segments.map(({ segment }) => segment),
    segments.map((_, i) => i),
  )
  const names = ['init-0.mp4', ...segments.map(({ segment }) => `${segment}.m4s`)]
  const bodies = names.map((name) => objects.objects.get(`streams/${STREAM_ID}/${takeId}/${name}`)?.body)
  const file = path.join(await tempDir(scope), 'take.mp4')
  await writeFile(file, Buffer.concat(bodies.map((body) => body ?? assert.fail('no object'))))
  const args = words('-v error -count_frames -show_entries stream=codec_type,nb_read_frames -of json')
  const { stdout, stderr } = await run('ffprobe', [...args, file])
  assert.equal(stderr, '')
  const { streams } = JSON.parse(stdout) as { streams: { codec_type: string; nb_read_frames: string }[] }
  const read = (kind: string): number =>
    Number(streams.find(({ codec_type: type }) => type === kind)?.nb_read_frames ?? 0)
  const told = (pick: (segment: (typeof segments)[number]) => number): number =>
    segments.reduce((sum, segment) => sum + pick(segment), 0)
  assert.equal(
    read('video'),
    told(({ video_frames: frames }) => frames),
  )
  assert.equal(
    read('audio'),
    told(({ audio_frames: frames }) => frames),
  )
  return { video: read('video'), audio: read('audio'), segments }
}

test('a broadcast by RTMP is in the storage, frame for frame', async (t) => {
  const rig = await setUp(t)
  const node = await rig.start()
  const clip = { video: 'h264', audio: 'aac', seconds: SECONDS } as const
  const publisher = await publishFlvFile(rig.scope, await flvClip(clip), node.rtmpUrl('live/x'))
  await publisher.finished(30_000)
  const closed = await eventually('the take is closed', () => rig.control.of('take.closed')[0])
  const published = flvFrameTimes(readFlv(await readFile(await flvClip(clip))))
  const { video, audio } = await framesOf(rig.scope, rig, closed.take_id)
  assert.deepEqual([video, audio], [published.video.length, published.audio.length])
  const metrics = await (await fetch(node.apiUrl('metrics'))).text()
  assert.match(metrics, /millrace_node_segments_total\{result="stored"\} [1-9]/)
  assert.match(metrics, /millrace_node_spool_bytes 0\n/)
})

test('a node that is killed while nothing can be uploaded stores what it had at its next start', async (t) => {
  const rig = await setUp(t)
  rig.objects.behaviour = 'unavailable'
  const node = await rig.start()
  await publishWithFfmpeg(rig.scope, { video: 'h264', audio: 'aac', url: node.rtmpUrl('live/x') })
  // heartbeats tell of the backlog
  await eventually('two segments wait', () => (rig.control.uploads[0]?.segments ?? 0) >= 2)
  process.kill(node.program.pid, 'SIGKILL')
  await node.program.exited
  rig.objects.behaviour = 'well'
  await rig.start()
  const closed = await eventually('the take is closed', () => rig.control.of('take.closed')[0])
  const { video, segments } = await framesOf(rig.scope, rig, closed.take_id)
  assert.equal(closed.segments, segments.length)
  assert.ok(video >= 4 * 25, `${video} frames`)
  // whole seconds of 25 pictures: a part is lost at most, never a piece of one
  assert.equal(video % 25, 0)
})
