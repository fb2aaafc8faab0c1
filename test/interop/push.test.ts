import assert from 'node:assert/strict'
import test from 'node:test'

import { silentLogger, type Scope } from '@millrace/core'
import { Hub, type LiveStream } from '@millrace/hub'

import { systemScheduler } from '../../apps/media-node/src/io/clock.ts'
import { Pusher, type PusherStatus } from '../../apps/media-node/src/outputs/push/pusher.ts'
import { startPull } from '../../apps/media-node/src/sources/pull/pull.ts'
import { nginxRtmp } from '../load/servers/nginx-rtmp.ts'
import { eventually } from '../support/eventually.ts'
import { decodeWithFfmpeg, publishWithFfmpeg } from '../support/ffmpeg.ts'
import { startMediaNode } from '../support/media-node.ts'
import { Program, words } from '../support/program.ts'
import { freePort, testScope } from '../support/scope.ts'

/** A stream of the hub with pictures and sounds that decode. */
async function liveStream(scope: Scope): Promise<LiveStream> {
  const source = await startMediaNode(scope)
  await publishWithFfmpeg(scope, { video: 'h264', audio: 'aac', url: source.rtmpUrl('live/x') })
  const hub = new Hub(systemScheduler)
  scope.defer(() => hub.close())
  const stream = hub.open({ vhost: 'v', app: 'live', name: 'x' })
  const url = source.rtmpUrl('live/x')
  const pull = startPull({ url, publish: (onEnd) => stream.publish(onEnd), logger: silentLogger })
  scope.defer(() => pull.close('publisher_closed'))
  return stream
}

function push(scope: Scope, stream: LiveStream, url: string): PusherStatus[] {
  const told: PusherStatus[] = []
  const pusher = new Pusher({
    url: new URL(url),
    stream,
    onStatus: (status) => told.push(status),
    logger: silentLogger,
    retry: { baseMs: 100, maxMs: 100 },
  })
  scope.defer(() => pusher.close())
  return told
}

test('nginx-rtmp takes a push, and what it plays decodes without an error', async (t) => {
  const scope = testScope(t)
  const nginx = await nginxRtmp.start(scope, { flushMs: 0 })
  const told = push(scope, await liveStream(scope), nginx.publishUrl)
  await eventually('the push is live', () => told.some(({ state }) => state === 'live'))
  const decoded = await decodeWithFfmpeg(nginx.playUrl('rtmp'), 2)
  assert.deepEqual(decoded.errors, [])
  // nginx has no GOP cache: pictures begin up to a second later than sounds
  assert.ok(decoded.videoFrames >= 20 && decoded.audioFrames > 40, JSON.stringify(decoded))
})

test('FFmpeg as a server takes a push, and gets what decodes without an error', async (t) => {
  const scope = testScope(t)
  const stream = await liveStream(scope)
  const url = `rtmp://127.0.0.1:${await freePort()}/live/x`
  const receiver = await Program.start(scope, 'ffmpeg', words(`-v error -listen 1 -i ${url} -t 2 -f framecrc -`))
  push(scope, stream, url)
  assert.deepEqual(await receiver.finished(20_000), { code: 0, signal: null })
  assert.deepEqual(receiver.errorLines, [])
  assert.ok(receiver.output.split('\n').filter((line) => /^[01],/.test(line)).length > 60)
})
