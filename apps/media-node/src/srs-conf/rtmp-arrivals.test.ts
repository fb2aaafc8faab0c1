import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'

import type { ConnectInfo, ConnectPolicy } from '@millrace/rtmp'

import { openSocket, rtmpCommand } from '../../../../test/support/raw-rtmp.ts'
import { testScope } from '../../../../test/support/scope.ts'
import { confOf, startConf } from './conf-node.test-support.ts'
import { RtmpArrivals } from './rtmp-arrivals.ts'
import { Vhosts } from './vhosts.ts'

/** Meets clients by a file, at a time. */
function meeting(text: string): (tcUrl: string, nowMs?: number) => ConnectPolicy {
  let atMs = 0
  const arrivals = new RtmpArrivals(new Vhosts(confOf(text)), () => atMs)
  return (tcUrl, nowMs = 0) => {
    atMs = nowMs
    const info = { tcUrl, app: 'live', swfUrl: '' } as ConnectInfo
    return arrivals.meet({ info, clientId: 'abcdefgh', localIp: '10.0.0.1' })
  }
}

test('a client is told whom it has reached, so that log lines of both ends can be found', () => {
  const { data } = meeting('vhost __defaultVhost__ { }')('rtmp://h/live')
  assert.deepEqual([data?.['srs_id'], data?.['srs_server_ip']], ['abcdefgh', '10.0.0.1'])
  assert.equal(data?.['srs_pid'], process.pid)
})

test('windows are those of the vhost that the client names', () => {
  const meet = meeting('vhost __defaultVhost__ { } vhost a { in_ack_size 1000; out_ack_size 0; }')
  const windows = (tcUrl: string): unknown[] => {
    const { acknowledgeBytes, windowBytes } = meet(tcUrl)
    return [acknowledgeBytes, windowBytes]
  }
  assert.deepEqual(windows('rtmp://h/live'), [undefined, 2_500_000])
  assert.deepEqual(windows('rtmp://a/live'), [1000, 0])
  assert.deepEqual(windows('rtmp://h/live?vhost=a'), [1000, 0])
})

const BANDCHECK = 'vhost b { bandcheck { enabled on; key k1; interval 30; limit_kbps 4000; } }'

test('a check of the bandwidth wants the key, and there is one at a time', () => {
  const meet = meeting(`${BANDCHECK} vhost a { }`)
  assert.equal(meet('rtmp://b/app').rejection, 'bandcheck key is wrong')
  assert.deepEqual(meet('rtmp://b/app?key=k1').bandwidthCheck, { limitKbps: 4000 })
  assert.equal(meet('rtmp://b/app?key=k1', 29_000).rejection, 'bandcheck rejected')
  assert.deepEqual(meet('rtmp://b/app?key=k1', 30_000).bandwidthCheck, { limitKbps: 4000 })
  assert.equal(meet('rtmp://a/app?key=k1').bandwidthCheck, undefined)
})

test('the bandwidth of a client is measured over TCP', async (t) => {
  const scope = testScope(t)
  const { rtmp } = await startConf(scope, BANDCHECK)
  const socket = await openSocket(scope, rtmp)
  let received = Buffer.alloc(0)
  const answers = [
    ['onSrsBandCheckStartPlayBytes', 'onSrsBandCheckStartingPlayBytes'],
    ['onSrsBandCheckStopPlayBytes', 'onSrsBandCheckStoppedPlayBytes'],
    ['onSrsBandCheckStartPublishBytes', 'onSrsBandCheckStartingPublishBytes'],
    ['onSrsBandCheckStopPublishBytes', 'onSrsBandCheckStoppedPublishBytes'],
    ['onSrsBandCheckFinished', 'finalClientPacket'],
  ]
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received.subarray(-100_000), chunk])
    const [call = '', answer = ''] = answers[0] ?? []
    if (call === '' || !received.includes(call)) return
    answers.shift()
    socket.write(rtmpCommand(3, 0, answer, 0, null))
    if (!answer.startsWith('onSrsBandCheckStartingPublish')) return
    // far more than the limit lets through
    for (let i = 0; i < 400; i++) socket.write(rtmpCommand(3, 0, 'onSrsBandCheckPublishing', 0, null, 'x'.repeat(9000)))
  })
  const connect = { app: 'app', tcUrl: 'rtmp://b/app?key=k1' }
  socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(2 * 1536), rtmpCommand(3, 0, 'connect', 1, connect)]))
  await once(socket, 'close')
  const figures = received.subarray(received.lastIndexOf('onSrsBandCheckFinished'))
  const figure = (name: string): number => figures.readDoubleBE(figures.indexOf(name) + name.length + 1)
  for (const kbps of [figure('play_kbps'), figure('publish_kbps')]) assert.ok(kbps > 1000 && kbps < 5000, String(kbps))
})
