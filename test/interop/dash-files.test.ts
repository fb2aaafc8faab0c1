/** DASH as an `srs.conf` wants it, in files, played live by FFmpeg. */
import assert from 'node:assert/strict'
import test, { after } from 'node:test'

import { Scope } from '@millrace/core'

import type { Clip } from '../support/clips.ts'
import { startConfNode } from '../support/conf-node.ts'
import { eventually } from '../support/eventually.ts'
import { decodeWithFfmpeg, publishWithFfmpeg } from '../support/ffmpeg.ts'
import { testScope } from '../support/scope.ts'

const SECONDS = 4

const scope = new Scope()
after(() => scope.close())
const node = await startConfNode(
  scope,
  `listen 127.0.0.1:0; srs_log_tank console; daemon off;
  http_server { enabled on; listen 127.0.0.1:0; dir ./html; }
  vhost __defaultVhost__ { dash { enabled on; dash_fragment 1; dash_update_period 1; dash_timeshift 10; dash_path ./html; } }`,
)

test('FFmpeg plays a live manifest without an error line', { concurrency: true }, async (t) => {
  const cases: readonly (readonly [string, Clip])[] = [
    ['both', { video: 'h264', audio: 'aac' }],
    ['sound', { audio: 'aac' }],
    ['pictures', { video: 'h264' }],
  ]
  const plays = cases.map(([name, clip]) =>
    t.test(name, async (own) => {
      await publishWithFfmpeg(testScope(own), { ...clip, url: `rtmp://127.0.0.1:${node.ports.rtmp}/live/${name}` })
      const url = `http://127.0.0.1:${node.ports.http}/live/${name}.mpd`
      await eventually(url, async () => (await fetch(url)).ok)
      const { errors, videoFrames, audioFrames } = await decodeWithFfmpeg(url, SECONDS)
      assert.deepEqual(errors, [])
      if (clip.video) assert.ok(videoFrames >= SECONDS * 25 * 0.9, `${videoFrames} video frames`)
      if (clip.audio) assert.ok(audioFrames >= SECONDS * 38 * 0.9, `${audioFrames} audio frames`)
    }),
  )
  await Promise.all(plays)
})
