/** Fragments as hls.js feeds them to Chromium: they play to the end, each picture, over a change of tracks. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import test from 'node:test'

import { concatBytes } from '@millrace/bytes'
import type { Scope } from '@millrace/core'
import { FlvDemuxer, FlvReader } from '@millrace/flv'
import { writeMediaPlaylist, type MediaSegment } from '@millrace/hls'
import type { Frame, Track } from '@millrace/media'
import { FragmentMuxer, ProgressiveIndex, writeSegmentType } from '@millrace/mp4'

import { openPage, startChromium } from '../support/browser.ts'
import { flvClip, type Clip } from '../support/clips.ts'
import { testScope } from '../support/scope.ts'

const HLS_JS = path.resolve(import.meta.dirname, '../../node_modules/hls.js/dist/hls.min.js')
const SECONDS = 2

async function framesOf(clip: Clip): Promise<Frame[]> {
  const demuxer = new FlvDemuxer()
  const frames: Frame[] = []
  for (const part of new FlvReader().push(
    new Uint8Array(await readFile(await flvClip({ ...clip, seconds: SECONDS }))),
  )) {
    if (part.type !== 'tag') continue
    for (const event of demuxer.push(part.kind, part.timestampMs, part.body)) {
      if (event.type === 'frame') frames.push(event.frame)
    }
  }
  // as segments begin: with a picture, and end: all together
  const first = frames.find(({ track }) => track.kind === 'video') ?? frames[0]
  const startTicks = first?.dtsTicks ?? 0
  const late = frames.filter(({ dtsTicks }) => dtsTicks >= startTicks && dtsTicks - startTicks < SECONDS * 1000)
  return late.map((frame) => {
    return { ...frame, dtsTicks: frame.dtsTicks - startTicks, ptsTicks: frame.ptsTicks - startTicks }
  })
}

const tracksOf = (frames: readonly Frame[]): Track[] => [...new Set(frames.map(({ track }) => track))]

/** One segment for each second, its fragments half a second each. */
function segmentsOf(frames: readonly Frame[]): { init: Uint8Array; segments: Uint8Array[] } {
  const muxer = new FragmentMuxer(tracksOf(frames))
  const init = muxer.initSegment()
  const end = new Map(tracksOf(frames).map(({ id }) => [id, SECONDS * 1000]))
  const halves = Map.groupBy(frames, ({ dtsTicks }) => Math.min(2 * SECONDS - 1, Math.floor(dtsTicks / 500)))
  const fragments = Array.from({ length: 2 * SECONDS }, (_, i) =>
    muxer.fragment(halves.get(i) ?? [], i === 2 * SECONDS - 1 ? end : undefined),
  )
  const segments = Array.from({ length: SECONDS }, (_, i) =>
    concatBytes([writeSegmentType(), ...fragments.slice(2 * i, 2 * i + 2)]),
  )
  return { init, segments }
}

/** Serves files by path, from a port of its own. */
async function serve(scope: Scope, files: ReadonlyMap<string, Uint8Array | string>): Promise<string> {
  const server = http.createServer((request, response) => {
    const body = files.get(request.url ?? '')
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': contentType(request.url ?? '') })
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  scope.defer(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const contentType = (url: string): string => (url === '/' ? 'text/html' : 'application/octet-stream')

const PAGE = `<!doctype html><link rel="icon" href="data:,"><video muted></video><script src="/hls.js"></script>`

/** Runs in the page: plays `url` to the end. */
const PLAY = `async (url) => {
  const video = document.querySelector('video')
  const failures = []
  const ended = new Promise((resolve, reject) => {
    video.onended = resolve
    setTimeout(() => reject(new Error('stuck at ' + video.currentTime + ' ' + failures)), 20_000)
    video.onerror = () => reject(new Error(video.error.message))
  })
  if (url.endsWith('.m3u8')) {
    const hls = new Hls()
    hls.on(Hls.Events.ERROR, (_, data) => failures.push(data.details))
    hls.loadSource(url)
    hls.attachMedia(video)
  } else video.src = url
  await Promise.race([video.play(), ended])
  await ended
  const { totalVideoFrames: frames } = video.getVideoPlaybackQuality()
  return { durationS: video.duration, frames, width: video.videoWidth, failures }
}`

interface Seen {
  readonly durationS: number
  readonly frames: number
  readonly width: number
  readonly failures: readonly string[]
}

async function play(scope: Scope, files: Map<string, Uint8Array | string>, source: string): Promise<Seen> {
  files.set('/', PAGE)
  files.set('/hls.js', await readFile(HLS_JS))
  const origin = await serve(scope, files)
  const { page, errors } = await openPage(scope, await startChromium(scope))
  await page.goto(origin)
  const seen: Seen = await page.evaluate(`(${PLAY})(${JSON.stringify(source)})`)
  assert.deepEqual(errors, [])
  return seen
}

const CLIPS: Readonly<Record<string, Clip>> = {
  'H.264 and AAC': { video: 'h264', audio: 'aac' },
  'AV1 and Opus': { video: 'av1', audio: 'opus' },
  'VP9 alone': { video: 'vp9' },
  'AAC alone': { audio: 'aac' },
}

for (const [name, clip] of Object.entries(CLIPS)) {
  test(`hls.js plays fragments over a change of tracks, and Chromium the progressive file: ${name}`, async (t) => {
    const scope = testScope(t)
    const frames = await framesOf(clip)
    const pictures = frames.filter(({ track }) => track.kind === 'video').length
    const files = new Map<string, Uint8Array | string>()
    const listed: MediaSegment[] = []
    for (const run of [0, 1]) {
      const { init, segments } = segmentsOf(frames)
      files.set(`/init-${run}.mp4`, init)
      for (const [i, segment] of segments.entries()) {
        files.set(`/${run}-${i}.m4s`, segment)
        const mapUri = `init-${run}.mp4`
        listed.push({ uri: `${run}-${i}.m4s`, durationUs: 1e6, discontinuity: i === 0, wallMs: null, mapUri })
      }
    }
    const playlist = { targetDurationS: 1, mediaSequence: 0, discontinuitySequence: 0, segments: listed, ended: true }
    files.set('/media.m3u8', writeMediaPlaylist({ ...playlist, playlistType: 'vod', independentSegments: true }))
    const index = new ProgressiveIndex()
    for (const { payload, ...frame } of frames) index.add({ ...frame, sizeBytes: payload.length })
    files.set('/file.mp4', concatBytes([index.header(), ...frames.map(({ payload }) => payload)]))

    const segmented = await play(scope, files, '/media.m3u8')
    assert.deepEqual(segmented.failures, [])
    assert.ok(Math.abs(segmented.durationS - 2 * SECONDS) < 0.2, `${segmented.durationS} s`)
    assert.equal(segmented.frames, 2 * pictures)
    const whole = await play(scope, files, '/file.mp4')
    assert.ok(Math.abs(whole.durationS - SECONDS) < 0.1, `${whole.durationS} s`)
    assert.equal(whole.frames, pictures)
    assert.equal(whole.width, pictures > 0 ? 320 : 0)
  })
}
