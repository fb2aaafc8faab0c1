import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import test from 'node:test'

import { Scope } from '@millrace/core'
import { mutations, Random } from '@millrace/testkit'
import { WebSocket } from 'ws'

import { selfSignedCertificate } from '../../../test/support/certificate.ts'
import { eventually } from '../../../test/support/eventually.ts'
import { openSocket, rtmpCommand, rtmpGreeting } from '../../../test/support/raw-rtmp.ts'
import { testScope } from '../../../test/support/scope.ts'
import { CONFIGURATIONS, PICTURE_AND_SOUND, publishTestStream } from '../../../test/support/test-stream.ts'
import type { NodePorts } from './listeners.ts'
import { startNode } from './testing.ts'

async function streamsOf(port: number): Promise<readonly { name: string; players: number }[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/streams`)
  const { streams } = (await answer.json()) as { streams: { name: string; players: number }[] }
  return streams
}

/** What a client says first. */
interface Visit {
  /** Nothing comes back before a timeout. */
  unanswered?: true
  port: (ports: NodePorts) => number
  hello: (ports: NodePorts) => Uint8Array
}

const play = (name: string) => rtmpCommand(4, 1, 'play', 0, null, name)
const closeStream = rtmpCommand(3, 1, 'closeStream', 0, null)
const rtmp = (...commands: Uint8Array[]): Visit => ({
  port: (ports) => ports.rtmp,
  hello: (ports) => Buffer.concat([rtmpGreeting(ports.rtmp, 'live'), ...commands]),
})
const request = (text: string): Visit => ({ port: (ports) => ports.http, hello: () => Buffer.from(text) })
const get = (path: string, rest = ''): Visit => request(`GET ${path} HTTP/1.1\r\nHost: a\r\n${rest}\r\n`)
const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'

const VISITS: readonly Visit[] = [
  rtmp(play('on')),
  rtmp(play('off')),
  rtmp(play('on'), closeStream, play('off'), closeStream, play('on')),
  rtmp(play('on'), rtmpCommand(3, 1, 'pause', 0, null, true, 0)),
  rtmp(
    play('on'),
    rtmpCommand(3, 1, 'receiveAudio', 0, null, false),
    rtmpCommand(3, 1, 'receiveVideo', 0, null, false),
  ),
  rtmp(rtmpCommand(4, 1, 'play', 0, null, 'on', -2, 20)),
  rtmp(rtmpCommand(4, 1, 'publish', 3, null, 'contested', 'live'), CONFIGURATIONS, PICTURE_AND_SOUND),
  rtmp(rtmpCommand(4, 1, 'publish', 3, null, 'contested', 'live'), closeStream, play('contested')),
  rtmp(rtmpCommand(4, 1, 'publish', 3, null, 'not a name?', 'live')),
  { unanswered: true, port: (ports) => ports.rtmp, hello: () => Buffer.concat([Buffer.from([3]), Buffer.alloc(900)]) },
  get('/live/on.flv'),
  get('/live/off.flv'),
  get('/live/contested.flv'),
  get('/live/on.flv', 'Connection: close\r\n'),
  get('/live/on.flv', UPGRADE),
  get('/live/off.flv', UPGRADE),
  get('/live/off.m3u8'),
  request('GET /live/on.flv HTTP/1.0\r\n\r\n'),
  request('HEAD /live/on.flv HTTP/1.1\r\nHost: a\r\n\r\nGET /live/off.flv HTTP/1.1\r\nHost: a\r\n\r\n'),
  request('GET /live/on.flv HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(5)),
  { ...request('GET /live/on.flv HTTP/1.1\r\nHos'), unanswered: true },
]

const DEPARTURES: readonly ((socket: net.Socket) => void)[] = [
  (socket) => socket.destroy(),
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.end(),
]

/** Comes, and goes at once, in the next turn of the event loop, or after the first bytes. */
async function visit(ports: NodePorts, random: Random): Promise<void> {
  const { port, hello, unanswered } = VISITS[random.int(VISITS.length)] as Visit
  const depart = DEPARTURES[random.int(DEPARTURES.length)] as (socket: net.Socket) => void
  const socket = net.connect(port(ports), '127.0.0.1')
  socket.on('error', () => {})
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  const bytes = hello(ports)
  const cut = random.int(8) === 0 ? random.int(bytes.length) : bytes.length
  socket.write(bytes.subarray(0, cut))
  const stay = random.int(3)
  if (stay === 1) await new Promise((resolve) => setImmediate(resolve))
  if (stay === 2 && !unanswered && cut === bytes.length)
    await Promise.race([once(socket, 'data').catch(() => {}), gone])
  socket.resume()
  depart(socket)
  await gone
}

test('whoever comes and goes, in whatever order: nothing of it is left', async (t) => {
  const scope = testScope(t)
  const ports = await startNode(scope, { MILLRACE_RECONNECT_WINDOW_MS: '100' })
  const publishing = new Scope()
  await publishTestStream(publishing, ports.rtmp, 'on')
  const random = new Random(11)
  for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 50 }, () => visit(ports, random)))
  const [on] = await eventually('all visitors are forgotten', async () => {
    const streams = await streamsOf(ports.api)
    return streams.length === 1 && streams[0]?.players === 0 && streams
  })
  assert.equal(on?.name, 'on')
  await publishing.close()
  await eventually('the publisher is forgotten', async () => (await streamsOf(ports.api)).length === 0)
})

test('a stopped node leaves nothing open, whoever is connected', async (t) => {
  const scope = testScope(t)
  const node = new Scope()
  const { certFile, keyFile } = await selfSignedCertificate(scope)
  const ports = await startNode(node, {
    MILLRACE_RTMPS_PORT: '0',
    MILLRACE_RTMPS_CERT: certFile,
    MILLRACE_RTMPS_KEY: keyFile,
  })
  // has not begun its TLS handshake
  await openSocket(scope, ports.rtmps ?? 0)
  await publishTestStream(scope, ports.rtmp, 'on')
  const webSocket = new WebSocket(`ws://127.0.0.1:${ports.http}/live/on.flv`)
  webSocket.on('error', () => {})
  await once(webSocket, 'message')
  const clients = await Promise.all(
    VISITS.map(async ({ port, hello }) => {
      const socket = await openSocket(scope, port(ports))
      socket.write(hello(ports))
      return socket
    }),
  )
  const [first] = clients
  await once(first as net.Socket, 'data')
  await node.close()
  webSocket.terminate()
  await scope.close()
  await eventually('all is closed', () => {
    const open = process.getActiveResourcesInfo().filter((kind) => /TCP|TLS|Timeout|Immediate/.test(kind))
    // the timer with which `eventually` asks again
    return open.length <= 1 && open.every((kind) => kind === 'Timeout')
  })
})

test('a node that cannot start leaves nothing open', async (t) => {
  const scope = testScope(t)
  const first = await startNode(scope)
  const second = new Scope()
  await assert.rejects(startNode(second, { MILLRACE_NODE_API_PORT: String(first.api) }), {
    code: 'IO_PORT_TAKEN',
    message: new RegExp(`node API port ${first.api} on 127\\.0\\.0\\.1 is taken`),
  })
  await second.close()
})

test('an RTMP client can play one stream after another on one connection', async (t) => {
  const scope = testScope(t)
  const ports = await startNode(scope)
  await publishTestStream(scope, ports.rtmp, 'a')
  await publishTestStream(scope, ports.rtmp, 'b')
  const client = await openSocket(scope, ports.rtmp)
  let received = ''
  client.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
  const picture = Buffer.from('658880', 'hex').toString('latin1')
  const pictures = (): number => received.split(picture).length - 1
  client.write(Buffer.concat([rtmpGreeting(ports.rtmp, 'live'), play('a')]))
  await eventually('pictures of the first', () => pictures() > 2)
  client.write(closeStream)
  await eventually('the first was left', async () => (await streamsOf(ports.api)).every(({ players }) => players === 0))
  received = ''
  client.write(play('b'))
  await eventually('pictures of the second', () => pictures() > 2)
  assert.ok(!client.destroyed)
})

test('a WebSocket player that says goodbye gets the Close frame back, and nothing after it', async (t) => {
  const scope = testScope(t)
  const ports = await startNode(scope, { MILLRACE_FLUSH_MS: '0' })
  await publishTestStream(scope, ports.rtmp, 'on')
  for (let round = 0; round < 20; round++) {
    const webSocket = new WebSocket(`ws://127.0.0.1:${ports.http}/live/on.flv`)
    await once(webSocket, 'message')
    webSocket.close(1000, 'enough')
    const [code, reason] = (await once(webSocket, 'close')) as [number, Buffer]
    assert.deepEqual([code, reason.toString()], [1000, 'enough'])
  }
})

test('a WebSocket player is told why it ends: no publisher, or the publisher has left', async (t) => {
  const scope = testScope(t)
  const ports = await startNode(scope, { MILLRACE_RECONNECT_WINDOW_MS: '50' })
  const never = new WebSocket(`ws://127.0.0.1:${ports.http}/live/never.flv`)
  assert.equal((await once(never, 'close'))[0], 4404)
  const publisher = await publishTestStream(scope, ports.rtmp, 'on')
  const ending = new WebSocket(`ws://127.0.0.1:${ports.http}/live/on.flv`)
  await once(ending, 'message')
  publisher.destroy()
  assert.equal((await once(ending, 'close'))[0], 1000)
})

test('a request that asks for the same stream again and again on one connection is answered each time', async (t) => {
  const scope = testScope(t)
  const ports = await startNode(scope, { MILLRACE_RECONNECT_WINDOW_MS: '20' })
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  scope.defer(() => agent.destroy())
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  scope.defer(() => void process.off('warning', onWarning))
  for (let round = 0; round < 15; round++) {
    const [answer] = (await once(http.get({ port: ports.http, path: '/live/off.flv', agent }), 'response')) as [
      http.IncomingMessage,
    ]
    assert.equal(answer.statusCode, 404)
    answer.resume()
    await once(answer, 'end')
  }
  assert.deepEqual(warnings, [])
})

test('any request line gets a clean answer of 200 to 499, or none', async (t) => {
  const scope = testScope(t)
  const ports = await startNode(scope, { MILLRACE_RECONNECT_WINDOW_MS: '20' })
  const seeds = [
    '/live/on.flv?vhost=a&hevc=legacy',
    '/live/on.m3u8?token=%41',
    '/live/on/media.m3u8',
    '/live/on-1.ts',
    '/api/v1/streams/',
    '/api/v1/versions',
    '/',
    '/%00/../%2e%2e/x.flv',
    'http://[::1]:80/live/x.flv',
    '/__proto__/constructor.flv',
    `/${'a/'.repeat(3000)}x.flv`,
  ]
  const targets = seeds.flatMap((seed, index) => [
    seed,
    ...Array.from(mutations(Buffer.from(seed), 40, index * 100), (bytes) => Buffer.from(bytes).toString('latin1')),
  ])
  const odd: string[] = []
  const ask = async (target: string): Promise<void> => {
    const socket = await openSocket(scope, ports.http)
    let answer = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk))
    const gone = once(socket, 'close')
    socket.write(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`, 'latin1')
    await gone
    if (answer !== '' && !/^HTTP\/1\.1 (2|4)\d\d /.test(answer))
      odd.push(`${target.slice(0, 100)} → ${answer.slice(0, 100)}`)
  }
  for (let at = 0; at < targets.length; at += 50) await Promise.all(targets.slice(at, at + 50).map(ask))
  assert.deepEqual(odd, [])
  assert.equal((await streamsOf(ports.api)).length, 0)
})
