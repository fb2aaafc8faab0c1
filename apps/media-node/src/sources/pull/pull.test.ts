import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import { readFile } from 'node:fs/promises'
import test, { type TestContext } from 'node:test'

import { createAddressGuard } from '@millrace/address-guard'
import { Scope, silentLogger } from '@millrace/core'
import { Hub, type EndReason } from '@millrace/hub'
import { mutations } from '@millrace/testkit'

import { selfSignedCertificate } from '../../../../../test/support/certificate.ts'
import { flvHeader, flvTag } from '../../../../../test/support/flv-file.ts'
import { rawPublisher, rtmpMessage } from '../../../../../test/support/raw-rtmp.ts'
import { testScope } from '../../../../../test/support/scope.ts'
import { systemScheduler } from '../../io/clock.ts'
import { startNode } from '../../testing.ts'
import { startPull, type Pull, type PullOptions, type PullStatus } from './pull.ts'

const KEY = { vhost: '__defaultVhost__', app: 'live', name: 'copy' }
const AUDIO = 8
const VIDEO = 9
const AVC_CONFIG = Buffer.from(
  '170000000001640028ffe1001967640028acd940780227e5c04400000fa40003a9803c60c65801000668ebe3cb22c0fdf8f800',
  'hex',
)
const AVC_KEY_FRAME = Buffer.from('170100000000000003658880', 'hex')
const AAC_CONFIG = Buffer.from('af001210', 'hex')
const AAC_FRAME = Buffer.from('af012110', 'hex')

/** A second of video, a key frame each 100 ms. */
const FLV = Buffer.concat([
  flvHeader([{ type: VIDEO, timestampMs: 0, body: AVC_CONFIG }]),
  flvTag({ type: VIDEO, timestampMs: 0, body: AVC_CONFIG }),
  ...Array.from({ length: 10 }, (_, i) => flvTag({ type: VIDEO, timestampMs: i * 100, body: AVC_KEY_FRAME })),
])

const media = (video: Uint8Array, audio: Uint8Array): Buffer =>
  Buffer.concat([rtmpMessage(6, VIDEO, 1, video), rtmpMessage(6, AUDIO, 1, audio)])

/** A pull into a hub of its own, and what it tells. */
function pullInto(scope: Scope, options: Partial<PullOptions> & { url: string }) {
  const hub = new Hub(systemScheduler, { settleMs: 0 })
  scope.defer(() => hub.close())
  const stream = hub.open(KEY)
  const statuses: PullStatus[] = []
  const waiters = new Set<() => void>()
  const pull: Pull = startPull({
    logger: silentLogger,
    publish: (onEnd) => stream.publish(onEnd),
    retry: { baseMs: 10, maxMs: 20 },
    ...options,
    onStatus(status) {
      statuses.push(status)
      for (const waiter of waiters) waiter()
    },
  })
  scope.defer(() => pull.close('kicked'))
  const until = async (done: () => boolean): Promise<void> => {
    if (done()) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiter = (): void => {
      if (done()) resolve()
    }
    waiters.add(waiter)
    await promise
    waiters.delete(waiter)
  }
  const became = (state: PullStatus['state']): Promise<void> =>
    until(() => statuses.some((status) => status.state === state))
  return { stream, pull, statuses, until, became }
}

const states = (statuses: readonly PullStatus[]): string[] => statuses.map(({ state }) => state)
const codes = (statuses: readonly PullStatus[]): string[] =>
  statuses.flatMap((status) => ('error' in status && status.error ? [status.error.code] : []))

async function listening(t: TestContext, server: net.Server): Promise<string> {
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const httpSource = (t: TestContext, serve: http.RequestListener): Promise<string> =>
  listening(t, http.createServer(serve))

test('a URL that is no source is refused at once', () => {
  for (const url of [
    '',
    'x',
    'srt://h/a',
    'rtmp://h',
    'rtmp://h/app',
    'rtmp://h/app/',
    'rtmp:///a/b',
    'file:///x.flv',
  ]) {
    const options = { url, logger: silentLogger, publish: () => assert.fail() }
    assert.throws(() => startPull(options), { code: 'PULL_URL_INVALID' }, url)
  }
})

for (const protocol of ['rtmp', 'http', 'rtmps'] as const) {
  test(`what a node serves by ${protocol} is pulled, with its tracks, until the source ends`, async (t) => {
    const scope = testScope(t)
    const { certFile, keyFile } = await selfSignedCertificate(scope)
    const source = new Scope()
    scope.defer(() => source.close())
    const env = { MILLRACE_RTMPS_CERT: certFile, MILLRACE_RTMPS_KEY: keyFile, MILLRACE_RTMPS_PORT: '0' }
    const ports = await startNode(source, { ...env, MILLRACE_FLUSH_MS: '0' })
    const publisher = await rawPublisher(source, ports.rtmp, 'live', 'x')
    publisher.write(media(AVC_CONFIG, AAC_CONFIG))
    const timer = setInterval(() => publisher.writable && publisher.write(media(AVC_KEY_FRAME, AAC_FRAME)), 10)
    source.defer(() => clearInterval(timer))
    const url = {
      rtmp: `rtmp://127.0.0.1:${ports.rtmp}/live/x`,
      rtmps: `rtmps://127.0.0.1:${ports.rtmps}/live/x?ignored=1`,
      http: `http://127.0.0.1:${ports.http}/live/x.flv`,
    }[protocol]
    const ca = await readFile(certFile, 'utf8')
    const { stream, statuses, became, pull } = pullInto(scope, { url, ca, timeoutMs: 5000 })
    await became('live')
    assert.deepEqual(states(statuses), ['connecting', 'live'])
    const framed = Promise.withResolvers<void>()
    stream.listen({ info() {}, frame: () => framed.resolve(), interrupted() {}, closed() {} })
    await framed.promise
    assert.deepEqual(
      stream.info.tracks.map(({ codec, codecString }) => [codec, codecString]),
      [
        ['h264', 'avc1.640028'],
        ['aac', 'mp4a.40.2'],
      ],
    )
    await source.close()
    await became('retrying')
    assert.equal(stream.publication, undefined)
    pull.close('kicked')
    assert.deepEqual(statuses.at(-1), { state: 'stopped', reason: 'kicked', error: null })
  })
}

test('a source that ends is pulled again, on one timeline, and each time as a publication of its own', async (t) => {
  const scope = testScope(t)
  let requests = 0
  const at = await httpSource(t, (_, response) => {
    requests++
    response.end(FLV)
  })
  const { stream, statuses, until } = pullInto(scope, { url: `http://${at}/x.flv` })
  const times: number[] = []
  stream.listen({ info() {}, frame: ({ dtsTicks }) => times.push(dtsTicks), interrupted() {}, closed() {} })
  await until(() => states(statuses).filter((state) => state === 'live').length === 3)
  assert.equal(requests, 3)
  const round = ['connecting', 'live', 'retrying']
  assert.deepEqual(states(statuses).slice(0, 8), [...round, ...round, 'connecting', 'live'])
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  )
  assert.deepEqual(new Set(codes(statuses)), new Set(['PULL_ENDED']))
})

test('headers go to the source and where it leads within its origin, never elsewhere', async (t) => {
  const scope = testScope(t)
  const seen: unknown[] = []
  const other = await httpSource(t, ({ headers }, response) => {
    seen.push(headers['x-secret'])
    response.write(FLV)
  })
  const at = await httpSource(t, ({ url, headers }, response) => {
    seen.push(headers['x-secret'])
    const location = url === '/1' ? '/2' : `http://${other}/x.flv`
    response.writeHead(302, { location }).end()
  })
  const { became } = pullInto(scope, { url: `http://${at}/1`, headers: { 'x-secret': 's' } })
  await became('live')
  assert.deepEqual(seen, ['s', 's', undefined])
})

test('what goes wrong has a code', async (t) => {
  const scope = testScope(t)
  const { certFile, keyFile } = await selfSignedCertificate(scope)
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)])
  const refusing = await httpSource(t, (_, response) => void response.writeHead(403).end())
  const circular = await httpSource(t, (_, response) => void response.writeHead(302, { location: '/' }).end())
  const page = await httpSource(t, (_, response) => void response.end('<html>not an FLV stream</html>'))
  const silent = await listening(t, net.createServer())
  const rude = await listening(
    t,
    net.createServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'.padEnd(4000, '.'))),
  )
  const untrusted = await listening(
    t,
    https.createServer({ cert, key }, (_, response) => void response.end(FLV)),
  )
  const closed = net.createServer()
  const gone = await listening(t, closed)
  closed.close()
  const wanted: readonly (readonly [string, string, EndReason])[] = [
    [`http://${refusing}/`, 'PULL_REFUSED', 'publisher_closed'],
    [`http://${circular}/`, 'PULL_REFUSED', 'publisher_closed'],
    [`http://${page}/`, 'FLV_SIGNATURE', 'rejected_media'],
    [`http://${silent}/`, 'PULL_TIMEOUT', 'timeout'],
    [`rtmp://${silent}/live/x`, 'PULL_TIMEOUT', 'timeout'],
    [`rtmp://${rude}/live/x`, 'RTMP_VERSION', 'rejected_media'],
    [`http://${gone}/`, 'PULL_UNREACHABLE', 'publisher_closed'],
    [`rtmp://${gone}/live/x`, 'PULL_UNREACHABLE', 'publisher_closed'],
    [`https://${untrusted}/`, 'PULL_UNREACHABLE', 'publisher_closed'],
    [`rtmps://${untrusted}/live/x`, 'PULL_UNREACHABLE', 'publisher_closed'],
  ]
  for (const [url, code, reason] of wanted) {
    const timeoutMs = code === 'PULL_TIMEOUT' ? 300 : 60_000
    const { statuses, became } = pullInto(scope, { url, retry: false, timeoutMs })
    await became('stopped')
    const last = statuses.at(-1)
    assert.ok(last?.state === 'stopped', url)
    assert.deepEqual([last.error?.code, last.reason], [code, reason], url)
  }
})

test('a pull whose publication is ended by another publisher stops for good', async (t) => {
  const scope = testScope(t)
  let closed = 0
  const at = await httpSource(t, (request, response) => {
    request.socket.on('close', () => closed++)
    response.write(FLV)
  })
  const { stream, statuses, became } = pullInto(scope, { url: `http://${at}/x.flv` })
  await became('live')
  stream.publish(() => {})
  assert.deepEqual(statuses.at(-1), { state: 'stopped', reason: 'replaced', error: null })
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setInterval(() => closed > 0 && resolve(), 10)
  await promise
  clearInterval(timer)
})

test('sources of garbage cost an attempt, and nothing else', async (t) => {
  const scope = testScope(t)
  const bodies = [...mutations(FLV, 60)]
  const served = await httpSource(t, ({ url }, response) => void response.end(bodies[Number(url?.slice(1))]))
  for (const i of bodies.keys()) {
    const { statuses, became } = pullInto(scope, { url: `http://${served}/${i}`, retry: false, timeoutMs: 2000 })
    await became('stopped')
    for (const code of codes(statuses)) assert.match(code, /^(PULL|FLV|INGEST|RTMP)_/)
  }
})

for (const scheme of ['rtmp', 'rtmps', 'http', 'https']) {
  test(`a ${scheme} source at an address that is not allowed is not connected to`, async (t) => {
    const server = net.createServer(() => assert.fail('connected')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const { port } = server.address() as net.AddressInfo
    for (const host of ['127.0.0.1', 'localhost']) {
      const { promise, resolve } = Promise.withResolvers<PullStatus>()
      startPull({
        url: `${scheme}://${host}:${port}/live/x`,
        guard: createAddressGuard(),
        retry: false,
        logger: silentLogger,
        publish: () => assert.fail('published'),
        onStatus: (status) => status.state === 'stopped' && resolve(status),
      })
      const stopped = await promise
      assert.ok(stopped.state === 'stopped' && /address|allowed/.test(stopped.error?.message ?? ''))
    }
  })
}
