/** Players and encoders that people have, each by vhosts, parameters and tokens at edges and at a cluster of three origins. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'

import { Scope } from '@millrace/core'

import { Backend } from '../../apps/media-node/src/callbacks/backend.test-support.ts'
import { startConfNode, type ConfNode } from '../support/conf-node.ts'
import { eventually } from '../support/eventually.ts'
import { decodeWithFfmpeg, publishWithFfmpeg } from '../support/ffmpeg.ts'
import { openLivePage } from '../support/live-page.ts'
import { Program, words } from '../support/program.ts'
import { freePort } from '../support/scope.ts'
import { playWithVlc, publishWithVlc } from '../support/vlc.ts'

const VHOST = 'live.example.com'
const CLIP = { video: 'h264', audio: 'aac' } as const

const scope = new Scope()
after(() => scope.close())
const backend = await Backend.start(scope)
// a token in the parameters lets in
backend.answer = ({ body }) => (body.includes('token=good') ? '0' : '1')
const hooks = `http_hooks { enabled on; on_publish ${backend.url('/publish')}; on_play ${backend.url('/play')}; }`
const outputs = 'http_remux { enabled on; } hls { enabled on; hls_fragment 1; } play { mw_latency 50; }'

/** A node that has this vhost alone. */
function start(vhost: string, api = 0): Promise<ConfNode> {
  const listen = `listen 127.0.0.1:0; http_server { enabled on; listen 127.0.0.1:0; }`
  const conf = `${listen} srs_log_tank console; http_api { enabled on; listen 127.0.0.1:${api}; } vhost ${VHOST} { ${vhost} ${outputs} }`
  return startConfNode(scope, conf)
}

const apis = await Promise.all([freePort(), freePort(), freePort()])
const [a, b, c] = await Promise.all(
  apis.map((own) => {
    const others = apis.filter((api) => api !== own).map((api) => `127.0.0.1:${api}`)
    return start(`${hooks} cluster { origin_cluster on; coworkers ${others.join(' ')}; }`, own)
  }),
)
assert.ok(a && b && c)
const [edge, toC] = await Promise.all(
  [a, c].map((origin) => start(`cluster { mode remote; origin 127.0.0.1:${origin.ports.rtmp}; }`)),
)
assert.ok(edge && toC)

const TOKEN = 'token=good'
const rtmp = ({ ports }: ConfNode, path: string): string => `rtmp://127.0.0.1:${ports.rtmp}/${path}`
const http = ({ ports }: ConfNode, path: string, scheme = 'http'): string =>
  `${scheme}://127.0.0.1:${ports.http}/${path}`

// of three encoders, each at another origin, one by way of an edge, with the three ways to name a vhost
await Promise.all([
  publishWithFfmpeg(scope, { ...CLIP, url: rtmp(b, `live/ffmpeg?vhost=${VHOST}&${TOKEN}`) }),
  publishWithFfmpeg(scope, { ...CLIP, url: rtmp(a, `live/domain?domain=${VHOST}&${TOKEN}`) }),
  publishWithVlc(scope, rtmp(toC, `live...vhost...${VHOST}/vlc?${TOKEN}`), { ...CLIP, seconds: 60 }),
])
const names = ['ffmpeg', 'domain', 'vlc']
for (const [index, origin] of [b, a, c].entries()) {
  await eventually(`${names[index]} is published`, async () => {
    const { streams } = (await (await fetch(`http://127.0.0.1:${origin.ports.api}/api/v1/streams`)).json()) as {
      streams: { name: string; video: unknown }[]
    }
    return streams.some(({ name, video }) => name === names[index] && video !== null)
  })
}

function assertPlayed({ videoFrames, audioFrames }: { videoFrames: number; audioFrames: number }): void {
  assert.ok(videoFrames >= 20 && audioFrames >= 20, `${videoFrames} ${audioFrames}`)
}

test.describe('players', { concurrency: 4 }, () => {
  for (const [what, url] of [
    ['RTMP at the origin', rtmp(b, `live/ffmpeg?vhost=${VHOST}&${TOKEN}`)],
    ['RTMP at the edge of another origin', rtmp(edge, `live/ffmpeg?vhost=${VHOST}&${TOKEN}`)],
    ['RTMP by a domain, of what VLC publishes', rtmp(edge, `live/vlc?domain=${VHOST}&${TOKEN}`)],
    ['HTTP-FLV at the edge', http(edge, `live/domain.flv?vhost=${VHOST}&${TOKEN}`)],
    ['HLS at the origin', http(b, `live/ffmpeg.m3u8?vhost=${VHOST}&${TOKEN}`)],
  ] as const) {
    test(`FFmpeg: ${what}`, async () => {
      const played = await decodeWithFfmpeg(url, 1)
      assertPlayed(played)
      assert.deepEqual(played.errors, [])
    })
  }

  for (const [what, url] of [
    ['RTMP at the edge', rtmp(edge, `live...vhost...${VHOST}/ffmpeg?${TOKEN}`)],
    ['HTTP-FLV at the origin', http(b, `live/ffmpeg.flv?vhost=${VHOST}&${TOKEN}`)],
    ['HLS at the origin', http(b, `live/ffmpeg.m3u8?vhost=${VHOST}&${TOKEN}`)],
  ] as const) {
    test(`VLC: ${what}`, async () => assertPlayed(await playWithVlc(url, 3)))
  }

  test('rtmpdump: vhosts, tokens and edges; a redirect is the end for it', async () => {
    const dump = async (url: string): Promise<Program> => {
      const program = await Program.start(scope, 'rtmpdump', words(`-v -r ${url} -B 1 -o /dev/null`))
      await program.finished(20_000)
      return program
    }
    for (const url of [
      rtmp(b, `live?vhost=${VHOST}/ffmpeg?${TOKEN}`),
      rtmp(edge, `live...vhost...${VHOST}/ffmpeg?${TOKEN}`),
    ]) {
      assert.match((await dump(url)).output, /Download complete/)
    }
    const redirected = await dump(rtmp(a, `live?vhost=${VHOST}/ffmpeg?${TOKEN}`))
    assert.doesNotMatch(redirected.output, /Download complete/)
  })

  test('mpegts.js and hls.js in a page of another server', async () => {
    const play = await openLivePage(scope)
    const seen = await Promise.all([
      play('mpegts.js', http(b, `live/ffmpeg.flv?vhost=${VHOST}&${TOKEN}`)),
      play('mpegts.js', http(edge, `live/ffmpeg.flv?vhost=${VHOST}&${TOKEN}`)),
      play('mpegts.js', http(edge, `live/domain.flv?domain=${VHOST}&${TOKEN}`, 'ws')),
      play('hls.js', http(b, `live/ffmpeg.m3u8?vhost=${VHOST}&${TOKEN}`)),
      play('hls.js', http(edge, `live/ffmpeg.m3u8?vhost=${VHOST}&${TOKEN}`)),
    ])
    for (const each of seen) assert.deepEqual(each, { went: true, width: 320, failures: [] })
    const { went } = await play('mpegts.js', http(b, `live/ffmpeg.flv?vhost=${VHOST}`))
    assert.equal(went, false)
  })

  test('without a token, and at a host that no vhost is for, nobody is let in', async () => {
    const urls = [
      rtmp(b, `live/ffmpeg?vhost=${VHOST}`),
      rtmp(b, `live/ffmpeg?${TOKEN}`),
      http(b, `live/ffmpeg.flv?vhost=${VHOST}`),
      http(b, `live/ffmpeg.m3u8?vhost=${VHOST}`),
    ]
    for (const url of urls) await assert.rejects(decodeWithFfmpeg(url, 1), { code: 'SUPPORT_DECODE' })
    await assert.rejects(publishWithFfmpeg(scope, { ...CLIP, url: rtmp(b, `live/y?vhost=${VHOST}`) }))
  })
})
