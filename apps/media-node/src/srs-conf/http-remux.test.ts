import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'

import { FlvPlayer } from '../../../../test/support/flv-player.ts'
import { testScope } from '../../../../test/support/scope.ts'
import { publishTestStream } from '../../../../test/support/test-stream.ts'
import { startConf } from './conf-node.test-support.ts'

/** A player of a stream with picture and sound, in a vhost with this, that has had some pictures. */
async function play(t: TestContext, remux: string): Promise<FlvPlayer> {
  const scope = testScope(t)
  const conf = `http_server { enabled on; listen 127.0.0.1:0; }
    vhost __defaultVhost__ { play { mw_latency 20; } http_remux { enabled on; ${remux} } }`
  const { rtmp, http } = await startConf(scope, conf)
  await publishTestStream(scope, rtmp, 'x')
  const player = FlvPlayer.play(scope, `http://127.0.0.1:${http}/live/x.flv`)
  await player.until('pictures', () => player.videoFrames > 10)
  return player
}

test('the header of FLV announces the tracks there are', async (t) => {
  const player = await play(t, 'has_audio off;')
  assert.equal(player.flags, 5)
  assert.ok(player.audioFrames > 0)
})

test('the header announces what the vhost says, and what it does not announce is left out', async (t) => {
  const player = await play(t, 'guess_has_av off; has_audio off;')
  assert.deepEqual([player.flags, player.audioFrames], [1, 0])
})

test('what the header does not announce is kept where the vhost wants it', async (t) => {
  const player = await play(t, 'guess_has_av off; has_audio off; drop_if_not_match off;')
  assert.equal(player.flags, 1)
  assert.ok(player.audioFrames > 0)
})
