/** A page that plays with hls.js what Chromium can't play itself. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'

import { Scope } from '@millrace/core'
import type { Browser } from 'playwright-core'

import { openPage, startChromium } from './browser.ts'

const HLS_JS = path.resolve(import.meta.dirname, '../../node_modules/hls.js/dist/hls.min.js')

const PAGE = `<!doctype html><link rel="icon" href="data:,"><video muted></video><script src="/hls.js"></script>`

/** Media may take so much longer to play than it lasts. */
const PLAY_GRACE_MS = 60_000

/** Runs in the page: plays `url` to the end. */
const PLAY = `async (url, graceMs) => {
  const video = document.querySelector('video')
  const failures = []
  const ended = new Promise((resolve, reject) => {
    video.onended = resolve
    video.ondurationchange = () => setTimeout(
      () => reject(new Error('stuck at ' + video.currentTime + ' ' + failures)),
      graceMs + 1000 * (Number.isFinite(video.duration) ? video.duration : 0),
    )
    setTimeout(() => Number.isNaN(video.duration) && reject(new Error('no media: ' + failures)), graceMs)
    video.onerror = () => reject(new Error(video.error.message))
  })
  if (new URL(url, location.href).pathname.endsWith('.m3u8')) {
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

/** What a page saw of media that it played to the end. */
export interface SeenInChromium {
  readonly durationS: number
  /** Pictures, those that were dropped among them. */
  readonly frames: number
  readonly width: number
  /** Errors that hls.js got over. */
  readonly failures: readonly string[]
}

/** One for all that is played in a scope: each has a page of its own. */
const browsers = new WeakMap<Scope, Promise<Browser>>()

/** Plays a URL to its end, in real time. `files` are served beside the page, by their paths. */
export async function playInChromium(
  scope: Scope,
  url: string,
  files: ReadonlyMap<string, Uint8Array | string> = new Map(),
): Promise<SeenInChromium> {
  const served = new Map([...files, ['/', PAGE], ['/hls.js', await readFile(HLS_JS)]])
  const browser = browsers.get(scope) ?? startChromium(scope)
  browsers.set(scope, browser)
  const own = new Scope()
  try {
    const origin = await serve(own, served)
    const { page, errors } = await openPage(own, await browser)
    await page.goto(origin)
    const seen: SeenInChromium = await page.evaluate(`(${PLAY})(${JSON.stringify(url)}, ${PLAY_GRACE_MS})`)
    assert.deepEqual(errors, [])
    return seen
  } finally {
    await own.close()
  }
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
