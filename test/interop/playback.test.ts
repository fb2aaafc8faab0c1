import assert from 'node:assert/strict'
import test, { after } from 'node:test'

import { Scope } from '@millrace/core'

import { eventually } from '../support/eventually.ts'
import { decodeWithFfmpeg, ffprobe, publishWithFfmpeg } from '../support/ffmpeg.ts'
import { FlvPlayer } from '../support/flv-player.ts'
import { startMediaNode } from '../support/media-node.ts'
import { rtmpFirstFrameMs } from '../support/rtmp-player.ts'
import { testScope } from '../support/scope.ts'

const SECONDS = Number(process.env['MILLRACE_INTEROP_SECONDS'] ?? 4)
const FRAMES_PER_SECOND = 25
const AUDIO_FRAMES_PER_SECOND = 44_100 / 1024

const scope = new Scope()
after(() => scope.close())
const node = await startMediaNode(scope)

/** Resolves when a playlist of `stream` lists a segment. */
const hlsReady = (stream: string) =>
  eventually(`segments of ${stream}`, async () => {
    const master = await fetch(node.httpUrl(`${stream}.m3u8`))
    if (!master.ok) return false
    const media = /^[^#].*$/m.exec(await master.text())?.[0]
    if (media === undefined) return false
    if (/\.ts/.test(media)) return true
    const playlist = await fetch(new URL(media, master.url))
    return playlist.ok && /#EXTINF/.test(await playlist.text())
  })

test(
  'RTMP, HTTP-FLV and HLS players decode the same stream without an error line',
  { concurrency: true },
  async (t) => {
    const own = testScope(t)
    await publishWithFfmpeg(own, { url: node.rtmpUrl('live/livestream'), video: 'h264', audio: 'aac' })
    await hlsReady('live/livestream')
    const urls = [
      node.rtmpUrl('live/livestream'),
      node.httpUrl('live/livestream.flv'),
      node.httpUrl('live/livestream.m3u8'),
    ]
    const plays = urls.map((url) =>
      t.test(new URL(url).pathname, async () => {
        const decoded = await decodeWithFfmpeg(url, SECONDS)
        assert.deepEqual(decoded.errors, [])
        assert.ok(decoded.videoFrames >= SECONDS * FRAMES_PER_SECOND * 0.9, `${decoded.videoFrames} video frames`)
        assert.ok(decoded.audioFrames >= SECONDS * AUDIO_FRAMES_PER_SECOND * 0.9, `${decoded.audioFrames} audio frames`)
        const kinds = (await ffprobe(url)).streams.map(({ codec_name }) => codec_name).filter((name) => name)
        assert.deepEqual(kinds.toSorted(), ['aac', 'h264'])
      }),
    )
    await Promise.all(plays)
  },
)

test('the first frame comes at once, also in mid-GOP', async (t) => {
  const own = testScope(t)
  await publishWithFfmpeg(own, { url: node.rtmpUrl('live/first'), video: 'h264', audio: 'aac' })
  const warm = FlvPlayer.play(own, node.httpUrl('live/first.flv'))
  await warm.until('a whole GOP', () => warm.videoFrames > 30)
  for (const url of [node.httpUrl('live/first.flv'), node.wsUrl('live/first.flv')]) {
    const player = FlvPlayer.play(own, url)
    await player.until('the first frame', () => player.firstFrameMs !== undefined)
    t.diagnostic(`${new URL(url).protocol}// first frame after ${player.firstFrameMs?.toFixed(1)} ms`)
    assert.equal(player.flags, 5)
  }
  const rtmpMs = await rtmpFirstFrameMs(own, node.rtmpUrl('live/first'))
  t.diagnostic(`rtmp:// first frame after ${rtmpMs.toFixed(1)} ms`)
})

test('HTTP-FLV answers HEAD and preflight as players expect', async (t) => {
  const own = testScope(t)
  await publishWithFfmpeg(own, { url: node.rtmpUrl('live/head'), video: 'h264', audio: 'aac' })
  const url = node.httpUrl('live/head.flv')
  const head = await fetch(url, { method: 'HEAD', headers: { origin: 'https://player.example' } })
  assert.equal(head.status, 200)
  assert.equal(head.headers.get('content-type'), 'video/x-flv')
  assert.equal(head.headers.get('access-control-allow-origin'), '*')
  const preflight = await fetch(url, {
    method: 'OPTIONS',
    headers: { origin: 'https://player.example', 'access-control-request-method': 'GET' },
  })
  assert.ok(preflight.ok)
  assert.equal(preflight.headers.get('access-control-allow-origin'), '*')
})
