import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'node:test'

import { eventually } from '../support/eventually.ts'
import { publishWithFfmpeg } from '../support/ffmpeg.ts'
import { FlvPlayer } from '../support/flv-player.ts'
import { rawPublisher } from '../support/raw-rtmp.ts'
import { tempDir, testScope } from '../support/scope.ts'
import { Standalone } from '../support/standalone.ts'

test('while a hook hangs, its publishers wait and are refused, and the media of others flows on', async (t) => {
  const scope = testScope(t)
  let asked = 0
  const server = http.createServer(() => void asked++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  scope.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const tree = await Standalone.start(scope, await tempDir(scope))
  await tree.api('vhosts', {
    name: 'hooked.example',
    access: 'hook',
    admission_hook: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, deadline_ms: 5000 },
  })
  await publishWithFfmpeg(scope, { url: tree.rtmpUrl('live/free'), video: 'h264', audio: 'aac' })
  const player = FlvPlayer.play(scope, `${tree.httpUrl}live/free.flv`)
  await eventually('it plays', () => player.videoFrames > 10)

  const port = Number(new URL(tree.rtmpUrl('x')).port)
  let refused = 0
  const publishers = Array.from({ length: 20 }, (_, i) =>
    rawPublisher(scope, port, 'live?vhost=hooked.example', `s${i}`).then(
      () => assert.fail('it was let in'),
      () => refused++,
    ),
  )
  await eventually('all are asked about', () => asked >= 20)
  const before = player.videoFrames
  await eventually('media flows while they wait', () => player.videoFrames >= before + 15)
  assert.equal(refused, 0, 'nobody has been refused yet')
  await Promise.all(publishers)
  const after = player.videoFrames
  await eventually('and afterwards', () => player.videoFrames >= after + 15)
  const rejected = await eventually('each refusal is told', async () => {
    const { data } = await tree.api<{ data: { data: { code: string } }[] }>('events?type=stream.rejected&limit=100')
    return data.length >= 20 && data
  })
  assert.deepEqual(new Set(rejected.map(({ data }) => data.code)), new Set(['HOOK_FAILED']))
})
