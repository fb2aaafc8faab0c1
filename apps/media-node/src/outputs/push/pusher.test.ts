import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import net from 'node:net'
import test from 'node:test'

import { silentLogger, type Scope } from '@millrace/core'
import { Hub } from '@millrace/hub'
import { audioTrack, frameAt, videoTrack } from '@millrace/testkit'

import { selfSignedCertificate } from '../../../../../test/support/certificate.ts'
import { eventually } from '../../../../../test/support/eventually.ts'
import { FlvPlayer } from '../../../../../test/support/flv-player.ts'
import { freePort, testScope } from '../../../../../test/support/scope.ts'
import { systemScheduler } from '../../io/clock.ts'
import { startNode } from '../../testing.ts'
import { Pusher, type PusherOptions, type PusherStatus } from './pusher.ts'

const AVC_CONFIG = '01640028ffe1001967640028acd940780227e5c04400000fa40003a9803c60c65801000668ebe3cb22c0fdf8f800'
const PICTURE = Buffer.from('00000003658880', 'hex')
const SOUND = Buffer.from('2110', 'hex')

const QUICK = { baseMs: 20, maxMs: 20 }

/** A stream with a publisher, 25 pictures and as many sounds a second. */
function liveStream(scope: Scope) {
  const hub = new Hub(systemScheduler, { flushMs: 0 })
  const stream = hub.open({ vhost: 'v', app: 'live', name: 'x' })
  const publication = stream.publish(() => {})
  const video = videoTrack({ config: Buffer.from(AVC_CONFIG, 'hex') })
  const audio = audioTrack()
  publication.setTrack(video)
  publication.setTrack(audio)
  let dtsMs = 0
  const timer = setInterval(() => {
    publication.write({ ...frameAt(video, dtsMs, { key: true }), payload: PICTURE })
    publication.write({ ...frameAt(audio, dtsMs), payload: SOUND })
    dtsMs += 40
  }, 10)
  scope.defer(() => clearInterval(timer))
  scope.defer(() => hub.close())
  return stream
}

/** A push, and what it has told so far. */
function push(scope: Scope, url: string, options: Partial<PusherOptions> = {}) {
  const told: PusherStatus[] = []
  const stream = liveStream(scope)
  const pusher = new Pusher({
    url: new URL(url),
    stream,
    onStatus: (status) => told.push(status),
    logger: silentLogger,
    retry: QUICK,
    ...options,
  })
  scope.defer(() => pusher.close())
  const errors = (): string[] => told.flatMap((status) => (status.state === 'retrying' ? [status.error.code] : []))
  const until = (state: PusherStatus['state']) =>
    eventually(`the push is ${state}`, () => told.some((status) => status.state === state))
  return { told, pusher, stream, errors, until }
}

test('the receiver has what is published, under the name in the URL, until the push is closed', async (t) => {
  const scope = testScope(t)
  const ports = await startNode(scope, { MILLRACE_FLUSH_MS: '0', MILLRACE_RECONNECT_WINDOW_MS: '100' })
  const { told, pusher, stream, until } = push(scope, `rtmp://127.0.0.1:${ports.rtmp}/a/b/copy?x=1`)
  await until('live')
  const player = FlvPlayer.play(scope, `http://127.0.0.1:${ports.http}/a/b/copy.flv`)
  await player.until('pictures and sounds', () => player.videoFrames > 10 && player.audioFrames > 10)
  assert.deepEqual(
    told.map(({ state }) => state),
    ['starting', 'live'],
  )
  assert.equal(stream.readerCount, 1)
  pusher.close()
  assert.equal(stream.readerCount, 0)
  await player.ended
  assert.equal(told.length, 2)
})

test('RTMPS is pushed to when the certificate is trusted, and not otherwise', async (t) => {
  const scope = testScope(t)
  const { certFile, keyFile } = await selfSignedCertificate(scope)
  const port = String(await freePort())
  await startNode(scope, { MILLRACE_RTMPS_CERT: certFile, MILLRACE_RTMPS_KEY: keyFile, MILLRACE_RTMPS_PORT: port })
  const url = `rtmps://127.0.0.1:${port}/live/copy`
  const trusting = push(scope, url, { ca: await readFile(certFile, 'utf8') })
  await trusting.until('live')
  const careful = push(scope, url)
  await careful.until('retrying')
  assert.equal(careful.errors()[0], 'PUSH_UNREACHABLE')
})

test('a receiver that refuses, is not there, says nothing or leaves is tried again, each with its code', async (t) => {
  const scope = testScope(t)
  const ports = await startNode(scope)
  const refusing = push(scope, `rtmp://127.0.0.1:${ports.rtmp}/live/no%20name`)
  const absent = push(scope, `rtmp://127.0.0.1:${await freePort()}/live/x`)
  const silent = net.createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
  const leaving = net.createServer((socket) => socket.destroySoon()).listen(0, '127.0.0.1')
  for (const server of [silent, leaving]) scope.defer(() => void server.close())
  await Promise.all([once(silent, 'listening'), once(leaving, 'listening')])
  const at = (server: net.Server): string => `rtmp://127.0.0.1:${(server.address() as net.AddressInfo).port}/live/x`
  const unanswered = push(scope, at(silent), { startTimeoutMs: 50 })
  const left = push(scope, at(leaving))
  for (const each of [refusing, absent, unanswered, left])
    await eventually('three attempts', () => each.errors().length >= 3)
  assert.equal(refusing.errors()[0], 'PUSH_REFUSED')
  assert.equal(absent.errors()[0], 'PUSH_UNREACHABLE')
  assert.equal(unanswered.errors()[0], 'PUSH_TIMEOUT')
  assert.match(left.errors()[0] ?? '', /^PUSH_(ENDED|UNREACHABLE)$/)
  for (const { stream } of [refusing, absent, unanswered, left]) assert.equal(stream.readerCount, 0)
})
