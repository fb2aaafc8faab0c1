/** Push targets of WHIP under a control plane. */
import assert from 'node:assert/strict'
import test from 'node:test'

import type { PushTarget, Stream } from '@millrace/contracts'

import { Cluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { publishWithFfmpeg } from '../support/ffmpeg.ts'
import { FlvPlayer } from '../support/flv-player.ts'
import { testScope } from '../support/scope.ts'

const ENV = {
  MILLRACE_RTC: 'on',
  MILLRACE_RTC_PORT: '0',
  MILLRACE_RTC_ADDRESSES: '127.0.0.1',
  MILLRACE_RECONNECT_WINDOW_MS: '100',
}

test('a stream of RTMP is pushed to a WHIP endpoint with its key as bearer; without it, that is said', async (t) => {
  const scope = testScope(t)
  const cluster = await Cluster.start(scope, { queue: 'postgres' })
  await cluster.startWorker()
  const node = await cluster.startNode('a', ENV)
  await cluster.api('vhosts', { name: 'tv.example', access: 'keyed' })
  const copy = await cluster.api<Stream>('streams', { vhost: 'tv.example', app: 'live', name: 'copy' })
  const { secret } = await cluster.api<{ secret: string }>(`streams/${copy.id}/keys`, { protocols: ['webrtc'] })
  const stream = await cluster.api<Stream>('streams', { app: 'live', name: 'show' })
  const url = node.httpUrl('live/copy/whip?vhost=tv.example')
  const { id } = await cluster.api<PushTarget>('push-targets', { url, credential: 'wrong' })
  await cluster.api(`streams/${stream.id}/push-targets/${id}`, {}, 'PUT')
  const target = (): Promise<PushTarget> => cluster.api(`push-targets/${id}`)

  await publishWithFfmpeg(scope, { video: 'h264', audio: 'aac', url: node.rtmpUrl('live/show') })
  await eventually('the push is refused', async () => (await target()).status === 'retrying')
  assert.equal((await target()).last_error_code, 'PUSH_REFUSED')

  await cluster.api(`push-targets/${id}`, { credential: secret }, 'PATCH')
  await eventually('the push is live', async () => (await target()).status === 'live')
  // whoever asks before the first packets is told that there is nothing
  const player = await eventually('the copy can be played', async () => {
    const copied = FlvPlayer.play(scope, node.httpUrl('live/copy.flv?vhost=tv.example'))
    await copied.until('pictures and sounds', () => copied.videoFrames > 10 && copied.audioFrames > 10)
    return copied
  })
  const { status, retries } = await target()
  assert.deepEqual({ status, retries }, { status: 'live', retries: 0 })
  assert.ok(!node.program.output.includes(secret))

  await cluster.api(`push-targets/${id}`, { enabled: false }, 'PATCH')
  await eventually('the push has ended', async () => (await target()).status === 'idle')
  await player.ended
})
