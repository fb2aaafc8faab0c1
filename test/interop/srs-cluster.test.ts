import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'node:test'

import { Scope } from '@millrace/core'

import { startNginxRtmp } from '../load/servers/nginx-rtmp.ts'
import { selfSignedCertificate } from '../support/certificate.ts'
import { startConfNode, type ConfNode } from '../support/conf-node.ts'
import { eventually } from '../support/eventually.ts'
import { decodeWithFfmpeg, publishWithFfmpeg } from '../support/ffmpeg.ts'
import { FlvPlayer } from '../support/flv-player.ts'
import { startMediaNode } from '../support/media-node.ts'
import { Program, words } from '../support/program.ts'
import { rawPlayer } from '../support/rtmp-player.ts'
import { freePort, testScope } from '../support/scope.ts'
import { publishTestStream } from '../support/test-stream.ts'

/** A node with one vhost. */
function startServer(scope: Scope, vhost = '', { api = 0, env = {} } = {}): Promise<ConfNode> {
  const conf = `
    listen 127.0.0.1:0;
    srs_log_tank console;
    http_server { enabled on; listen 127.0.0.1:0; }
    http_api { enabled on; listen 127.0.0.1:${api}; }
    vhost __defaultVhost__ { http_remux { enabled on; } ${vhost} }`
  return startConfNode(scope, conf, env)
}

const address = ({ ports }: ConfNode): string => `127.0.0.1:${ports.rtmp}`
const rtmp = (node: ConfNode, stream: string): string => `rtmp://${address(node)}/${stream}`
const flv = (node: ConfNode, stream: string): string => `http://127.0.0.1:${node.ports.http}/${stream}.flv`
const edgeOf = (...origins: string[]): string => `cluster { mode remote; origin ${origins.join(' ')}; }`

/** A stream as a node's API tells of it; undefined when it isn't there. */
async function streamAt({ ports }: ConfNode, name: string): Promise<Stream | undefined> {
  const answer = await fetch(`http://127.0.0.1:${ports.api}/api/v1/streams`)
  const { streams } = (await answer.json()) as { streams: Stream[] }
  return streams.find((stream) => stream.name === name)
}

interface Stream {
  readonly name: string
  readonly clients: number
  readonly publish: { readonly active: boolean }
}

/** Clients of a stream at a node, publisher included. */
const clients = async (node: ConfNode, name: string): Promise<number> => (await streamAt(node, name))?.clients ?? 0

/** Whether a stream has a publisher at a node. */
const isPublished = async (node: ConfNode, name: string): Promise<boolean> =>
  (await streamAt(node, name))?.publish.active ?? false

test('what is published at an edge is played there, at the origin and, by one pull, at another edge', async (t) => {
  const scope = testScope(t)
  const origin = await startServer(scope)
  const [first, second] = await Promise.all([
    startServer(scope, edgeOf(address(origin))),
    startServer(scope, edgeOf(address(origin))),
  ])
  const publisher = await publishTestStream(scope, first.ports.rtmp, 'x')
  await rawPlayer(scope, rtmp(origin, 'live/x'))
  await rawPlayer(scope, rtmp(first, 'live/x'))
  assert.equal(await clients(origin, 'x'), 2)
  const viewers = new Scope()
  scope.defer(() => viewers.close())
  const player = FlvPlayer.play(viewers, flv(second, 'live/x'))
  await Promise.all([
    player.until('pictures', () => player.videoFrames > 5),
    ...[1, 2, 3].map(() => rawPlayer(viewers, rtmp(second, 'live/x'))),
  ])
  assert.equal(await clients(origin, 'x'), 3)
  await viewers.close()
  await eventually('the edge leaves the origin', async () => (await clients(origin, 'x')) === 2)
  publisher.destroy()
  await eventually('the origin has no publisher', async () => !(await isPublished(origin, 'x')))
})

test('a player at an edge goes on when its origin dies', async (t) => {
  const scope = testScope(t)
  const [first, second] = await Promise.all([startServer(scope), startServer(scope)])
  await Promise.all([first, second].map(({ ports }) => publishTestStream(scope, ports.rtmp, 'x')))
  const edge = await startServer(scope, edgeOf(address(first), address(second)))
  const player = FlvPlayer.play(scope, flv(edge, 'live/x'))
  await player.until('pictures', () => player.videoFrames > 5)
  assert.equal(await clients(second, 'x'), 1)
  await first.program.stop('SIGKILL')
  await eventually('the edge is at the second origin', async () => (await clients(second, 'x')) === 2)
  const before = player.videoFrames
  await player.until('more pictures', () => player.videoFrames > before + 5)
})

test('a publisher at an edge goes to the origin that is there, and ends with it', async (t) => {
  const scope = testScope(t)
  const origin = await startServer(scope)
  const edge = await startServer(scope, edgeOf(`127.0.0.1:${await freePort()}`, address(origin)))
  const publisher = await publishTestStream(scope, edge.ports.rtmp, 'x')
  await eventually('the origin has it', () => isPublished(origin, 'x'))
  const closed = once(publisher, 'close')
  await origin.program.stop('SIGKILL')
  await closed
})

test('an origin that has not the stream sends players to the one that has, and edges follow', async (t) => {
  const scope = testScope(t)
  const [apiA, apiB] = await Promise.all([freePort(), freePort()])
  const coworker = (api: number): string => `cluster { origin_cluster on; coworkers 127.0.0.1:${api}; }`
  const [a, b] = await Promise.all([
    startServer(scope, coworker(apiB), { api: apiA }),
    startServer(scope, coworker(apiA), { api: apiB }),
  ])
  await publishTestStream(scope, b.ports.rtmp, 'x')
  const edge = await startServer(scope, edgeOf(address(a)))
  const player = FlvPlayer.play(scope, flv(edge, 'live/x'))
  await player.until('pictures', () => player.videoFrames > 5)
  assert.deepEqual([await clients(a, 'x'), await clients(b, 'x')], [0, 2])

  await assert.rejects(rawPlayer(scope, rtmp(a, 'live/x?token=k')), {
    code: 'RTMP_REFUSED',
    details: { status: 'NetConnection.Connect.Rejected', redirect: `${rtmp(b, 'live/x')}?token=k` },
  })
  await assert.rejects(rawPlayer(scope, rtmp(a, 'live/nowhere')), { code: 'RTMP_REFUSED' })
  await rawPlayer(scope, rtmp(b, 'live/x'))
})

test('nginx-rtmp is an origin: an edge publishes to it and plays from it, without an error', async (t) => {
  const scope = testScope(t)
  const { url } = await startNginxRtmp(scope)
  const [first, second] = await Promise.all([1, 2].map(() => startServer(scope, edgeOf(new URL(url).host))))
  assert.ok(first && second)
  await publishWithFfmpeg(scope, { video: 'h264', audio: 'aac', url: rtmp(first, 'live/bench') })
  const played = await Promise.all([decodeWithFfmpeg(url, 2), decodeWithFfmpeg(rtmp(second, 'live/bench'), 2)])
  for (const { errors, videoFrames, audioFrames } of played) {
    assert.deepEqual(errors, [])
    assert.ok(videoFrames >= 20 && audioFrames > 40, `${videoFrames} ${audioFrames}`)
  }
  const dumped = await Program.start(
    scope,
    'rtmpdump',
    words(`-q -v -r ${rtmp(second, 'live/bench')} -B 1 -o /dev/null`),
  )
  assert.equal((await dumped.finished(20_000)).code, 0)
})

test('streams are passed on to all destinations, over TLS too, and where a backend says', async (t) => {
  const scope = testScope(t)
  const { certFile, keyFile } = await selfSignedCertificate(scope)
  const tls = { MILLRACE_RTMPS_CERT: certFile, MILLRACE_RTMPS_KEY: keyFile, MILLRACE_RTMPS_PORT: '0' }
  const secure = await startMediaNode(scope, { env: tls })
  const { url } = await startNginxRtmp(scope)
  const destinations = `${new URL(url).host} rtmps://127.0.0.1:${secure.ports.rtmps}/copies/[app]-[stream]`
  const env = { NODE_EXTRA_CA_CERTS: certFile }
  const node = await startServer(scope, `forward { enabled on; destination ${destinations}; }`, { env })
  const encoder = await publishWithFfmpeg(scope, { video: 'h264', audio: 'aac', url: rtmp(node, 'live/x') })
  for (const copy of [url.replace('bench', 'x'), secure.rtmpUrl('copies/live-x')]) {
    const { errors, videoFrames } = await decodeWithFfmpeg(copy, 2)
    assert.deepEqual(errors, [])
    assert.ok(videoFrames >= 5, `${copy}: ${videoFrames}`)
  }
  await encoder.stop()

  const asked: { action: string; stream: string; param: string }[] = []
  const backend = http.createServer(async (request, response) => {
    const body = await Array.fromAsync(request)
    const question = JSON.parse(Buffer.concat(body).toString()) as (typeof asked)[0]
    asked.push(question)
    const urls = [`${secure.rtmpUrl(`dynamic/${question.stream}`)}?key=k`]
    response.end(JSON.stringify(question.stream === 'bad' ? { code: 1 } : { code: 0, data: { urls } }))
  })
  backend.listen(0, '127.0.0.1')
  await once(backend, 'listening')
  scope.defer(() => void backend.close())
  const { port } = backend.address() as AddressInfo
  const dynamic = await startServer(scope, `forward { enabled on; backend http://127.0.0.1:${port}/forward; }`)
  await publishTestStream(scope, dynamic.ports.rtmp, 'y')
  await rawPlayer(scope, secure.rtmpUrl('dynamic/y'))
  assert.deepEqual([asked[0]?.action, asked[0]?.stream], ['on_forward', 'y'])
  await assert.rejects(publishTestStream(scope, dynamic.ports.rtmp, 'bad'), { code: 'SUPPORT_RTMP' })
})

test('a stream that is passed on to where it comes from does not go round', async (t) => {
  const scope = testScope(t)
  const port = await freePort()
  const node = await startConfNode(
    scope,
    `listen 127.0.0.1:${port};
    srs_log_tank console;
    http_api { enabled on; listen 127.0.0.1:0; }
    vhost __defaultVhost__ { forward { enabled on; destination rtmp://127.0.0.1:${port}/live/[stream]-again; } }`,
  )
  await publishTestStream(scope, port, 'x')
  await rawPlayer(scope, rtmp(node, 'live/x-again'))
  await node.program.line(/comes back is not passed on again/)
  assert.equal(await clients(node, 'x-again-again'), 0)
})
