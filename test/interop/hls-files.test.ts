/** HLS as an `srs.conf` wants it, in files: encrypted, of sound alone, in FFmpeg and in Chromium with hls.js. */
import assert from 'node:assert/strict'
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { after } from 'node:test'

import { Scope } from '@millrace/core'

import { openPage, startChromium } from '../support/browser.ts'
import type { Clip } from '../support/clips.ts'
import { startConfNode } from '../support/conf-node.ts'
import { eventually } from '../support/eventually.ts'
import { decodeWithFfmpeg, ffprobe, publishWithFfmpeg } from '../support/ffmpeg.ts'
import { testScope } from '../support/scope.ts'

const HLS_JS = path.resolve(import.meta.dirname, '../../node_modules/hls.js/dist/hls.min.js')
const SECONDS = 3
const HLS = 'enabled on; hls_fragment 1; hls_window 6; hls_aof_ratio 1; hls_path ./html;'

const scope = new Scope()
after(() => scope.close())
const node = await startConfNode(
  scope,
  `listen 127.0.0.1:0; srs_log_tank console; daemon off;
  http_api { enabled on; listen 127.0.0.1:0; }
  http_server { enabled on; listen 127.0.0.1:0; dir ./html; }
  vhost plain.example { hls { ${HLS} hls_m3u8_file [vhost]/[app]/[stream]/index.m3u8; hls_ts_file [vhost]/[app]/[stream]/[2006]/[seq]-[duration].ts; } }
  vhost sealed.example { hls { ${HLS} hls_keys on; hls_fragments_per_key 2; hls_ctx off; } }
  vhost short.example { hls { ${HLS} hls_window 2; hls_td_ratio 1; hls_dts_directly off; hls_dispose 1; hls_ts_ctx off; } }`,
)
const web = (resource: string): string => `http://127.0.0.1:${node.ports.http}/${resource}`
const publish = (own: Scope, clip: Clip, vhost: string, name: string) =>
  publishWithFfmpeg(own, { ...clip, url: `rtmp://127.0.0.1:${node.ports.rtmp}/live/${name}?vhost=${vhost}` })

/** The text at `url` once it is there. */
const textAt = (url: string): Promise<string> =>
  eventually(url, async () => {
    const answer = await fetch(url)
    const text = await answer.text()
    return answer.ok && text
  })

test('FFmpeg decodes encrypted HLS and that of sound alone without an error line', { concurrency: true }, async (t) => {
  const cases: readonly (readonly [string, Clip, string])[] = [
    ['sealed', { video: 'h264', audio: 'aac' }, 'sealed.example'],
    ['aac', { audio: 'aac' }, 'sealed.example'],
    ['mp3', { audio: 'mp3' }, 'sealed.example'],
    ['steady', { video: 'h264', audio: 'aac' }, 'short.example'],
  ]
  const plays = cases.map(([name, clip, vhost]) =>
    t.test(name, async (own) => {
      await publish(testScope(own), clip, vhost, name)
      const url = web(`live/${name}.m3u8`)
      await textAt(url)
      const { errors, videoFrames, audioFrames } = await decodeWithFfmpeg(url, SECONDS)
      assert.deepEqual(errors, [])
      if (clip.video) assert.ok(videoFrames >= SECONDS * 25 * 0.9, `${videoFrames} video frames`)
      assert.ok(audioFrames >= SECONDS * 38 * 0.9, `${audioFrames} audio frames`)
      const { streams } = await ffprobe(url)
      assert.deepEqual(
        streams.map(({ codec_name }) => codec_name).toSorted(),
        [clip.video, clip.audio].filter((codec) => codec !== undefined).toSorted(),
      )
    }),
  )
  await Promise.all(plays)
})

test('names are those of the templates, and a viewer has a context that playlists repeat', async (t) => {
  await publish(testScope(t), { video: 'h264', audio: 'aac' }, 'plain.example', 'x')
  const url = web('plain.example/live/x/index.m3u8')
  const context = /^\/plain\.example\/live\/x\/index\.m3u8\?hls_ctx=(\w{8})&token=a%22b$/m.exec(
    await textAt(`${url}?token=a%22b`),
  )?.[1]
  assert.ok(context)
  const list = await textAt(`${url}?hls_ctx=${context}`)
  const year = new Date().getFullYear()
  const segment = new RegExp(`^${year}/0-\\d{3,4}\\.ts\\?hls_ctx=${context}$`, 'm').exec(list)?.[0]
  assert.ok(segment, list)
  const answer = await fetch(new URL(segment, url))
  assert.equal(answer.headers.get('content-type'), 'video/MP2T')
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const file = path.join(node.folder, 'html/plain.example/live/x', segment.replace(/\?.*/, ''))
  assert.deepEqual(new Uint8Array(await readFile(file)), bytes)
  assert.equal(
    await readFile(path.join(node.folder, 'html/plain.example/live/x/index.m3u8'), 'utf8').then((text) =>
      text.includes('hls_ctx'),
    ),
    false,
  )
  const { clients } = (await (await fetch(`http://127.0.0.1:${node.ports.api}/api/v1/clients`)).json()) as {
    clients: readonly { id: string; publish: boolean }[]
  }
  assert.ok(clients.some(({ id, publish: publishes }) => id === context && !publishes))
})

test('old segments are removed, and all of it when nothing comes any more', async (t) => {
  const own = testScope(t)
  const publisher = await publish(own, { video: 'h264', audio: 'aac' }, 'short.example', 'gone')
  const files = async (): Promise<string[]> =>
    (await readdir(path.join(node.folder, 'html/live')).catch(() => [])).filter((name) => name.startsWith('gone'))
  await eventually(
    'the first segment is removed',
    async () => {
      const names = await files()
      return names.length > 2 && !names.includes('gone-0.ts')
    },
    30_000,
  )
  await publisher.stop()
  await eventually('no file is left', async () => (await files()).length === 0)
})

test('hls.js plays encrypted HLS in Chromium', async (t) => {
  const own = testScope(t)
  await publish(own, { video: 'h264', audio: 'aac' }, 'sealed.example', 'browser')
  await textAt(web('live/browser.m3u8'))
  const page = '<!doctype html><link rel="icon" href="data:,"><video muted></video><script src="/hls.min.js"></script>'
  await writeFile(path.join(node.folder, 'html/page.html'), page)
  await copyFile(HLS_JS, path.join(node.folder, 'html/hls.min.js'))
  const { page: tab, errors } = await openPage(own, await startChromium(own))
  await tab.goto(web('page.html'))
  const seen: { failures: string[] } = await tab.evaluate(`(async () => {
    const video = document.querySelector('video')
    const failures = []
    let keys = 0
    const hls = new Hls()
    hls.on(Hls.Events.ERROR, (_, data) => failures.push(data.details))
    hls.on(Hls.Events.KEY_LOADED, () => keys++)
    hls.loadSource('/live/browser.m3u8')
    hls.attachMedia(video)
    await video.play()
    const from = video.currentTime
    await new Promise((resolve, reject) => {
      video.ontimeupdate = () => video.currentTime > from + 3 && resolve()
      setTimeout(() => reject(new Error('stuck at ' + video.currentTime + ' ' + failures)), 20_000)
    })
    return { failures, width: video.videoWidth, severalKeys: keys > 1 }
  })()`)
  // where the sound begins before the picture, hls.js steps over the difference
  const failures = seen.failures.filter((details) => details !== 'bufferSeekOverHole')
  assert.deepEqual({ ...seen, failures }, { failures: [], width: 320, severalKeys: true })
  assert.deepEqual(errors, [])
})
