/** A page that plays live streams with mpegts.js and hls.js, as pages of other servers do. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'

import type { Scope } from '@millrace/core'

import { openPage, startChromium } from './browser.ts'

const MODULES = path.resolve(import.meta.dirname, '../../node_modules')
const PAGE =
  '<!doctype html><link rel="icon" href="data:,"><script src="/mpegts.js"></script><script src="/hls.js"></script>'

/** Runs in the page: plays `url` until it has gone on for a second. */
const PLAY = `async (library, url) => {
  const video = document.body.appendChild(document.createElement('video'))
  video.muted = true
  const failures = []
  if (library === 'hls.js') {
    const hls = new Hls()
    hls.on(Hls.Events.ERROR, (_, { details, fatal }) => fatal && failures.push(details))
    hls.loadSource(url)
    hls.attachMedia(video)
  } else {
    const player = mpegts.createPlayer({ type: 'flv', isLive: true, url })
    player.on(mpegts.Events.ERROR, (_, details) => failures.push(details))
    player.attachMediaElement(video)
    player.load()
  }
  void video.play()
  let begin
  for (let tries = 0; tries < 400; tries++) {
    begin ??= video.currentTime > 0 ? video.currentTime : undefined
    if (failures.length > 0 || video.currentTime > begin + 1) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const went = begin !== undefined && video.currentTime > begin + 1
  video.remove()
  return { went, width: video.videoWidth, failures }
}`

/** What came of playing. */
export interface LiveSeen {
  /** Whether it played for a second. */
  readonly went: boolean
  readonly width: number
  readonly failures: readonly string[]
}

/** Plays a live stream with a player library. */
export type PlayInPage = (library: 'mpegts.js' | 'hls.js', url: string) => Promise<LiveSeen>

/** Opens the page; it closes with `scope`. */
export async function openLivePage(scope: Scope): Promise<PlayInPage> {
  const files = new Map<string | undefined, string | Buffer>([
    ['/', PAGE],
    ['/mpegts.js', await readFile(path.join(MODULES, 'mpegts.js/dist/mpegts.js'))],
    ['/hls.js', await readFile(path.join(MODULES, 'hls.js/dist/hls.min.js'))],
  ])
  const server = http.createServer(({ url }, response) => {
    response.writeHead(files.has(url) ? 200 : 404, { 'content-type': url === '/' ? 'text/html' : 'text/javascript' })
    response.end(files.get(url))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.defer(() => void server.close())
  const { page } = await openPage(scope, await startChromium(scope))
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  return async (library, url) => {
    const seen: LiveSeen = await page.evaluate(`(${PLAY})(${JSON.stringify(library)}, ${JSON.stringify(url)})`)
    assert.ok(seen)
    return seen
  }
}
