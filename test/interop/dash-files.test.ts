/** DASH by `conf/dash.conf`, with short segments, played live by FFmpeg. */
import assert from 'node:assert/strict'
import test, { after } from 'node:test'

import { Scope } from '@millrace/core'

import type { Clip } from '../support/clips.ts'
import { startSample } from '../support/conf-node.ts'
import { eventually } from '../support/eventually.ts'
import { decodeWithFfmpeg, publishWithFfmpeg } from '../support/ffmpeg.ts'
import { testScope } from '../support/scope.ts'

const SECONDS = 4

const scope = new Scope()
after(() => scope.close())
const node = await startSample(scope, 'dash.conf', { SRS_VHOST_DASH_DASH_FRAGMENT: '1' })

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
