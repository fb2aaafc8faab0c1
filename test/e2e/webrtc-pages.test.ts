/** The pages that publish and watch by WebRTC, in headless Chromium with a camera of moving colours. */
import assert from 'node:assert/strict'
import test from 'node:test'

import type { Page } from 'playwright-core'

import { Scope } from '@millrace/core'

import type { PlayerStats } from '../../packages/web/player/src/state.ts'
import { openPage, startChromium } from '../support/browser.ts'
import { startConfNode } from '../support/conf-node.ts'
import { eventually } from '../support/eventually.ts'
import { startMediaNode } from '../support/media-node.ts'
import { startRtcChromium } from '../support/rtc-page.ts'
import { testScope } from '../support/scope.ts'

const TIMEOUT = { timeout: 30_000 }
const PLAYER = "document.querySelector('live-player')"
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }

const shared = new Scope()
test.after(() => shared.close())
const browser = await startRtcChromium(shared)
const node = await startMediaNode(shared, { env: { MILLRACE_RTC: 'on', MILLRACE_RTC_PORT: '0' } })

async function goLive(page: Page, stream: string): Promise<void> {
  await page.getByLabel('Stream', { exact: true }).fill(stream)
  await page.getByLabel('Resolution').selectOption('360')
  // pictures of few packets: machines of tests are busy
  await page.getByLabel('Bitrate').selectOption('400000')
  await page.getByRole('button', { name: 'Go live' }).click()
}

async function factShows(page: Page, fact: string, pattern: RegExp): Promise<void> {
  await page.locator(`[data-fact=${fact}]`).filter({ hasText: pattern }).waitFor(TIMEOUT)
}

async function pageSays(page: Page, title: string | RegExp): Promise<void> {
  await page.locator('#message strong').filter({ hasText: title }).waitFor(TIMEOUT)
}

async function playerSays(page: Page, title: string): Promise<void> {
  await page.locator('live-player .overlay:not(.free) .title').filter({ hasText: title }).waitFor(TIMEOUT)
}

async function framesGrow(page: Page): Promise<PlayerStats> {
  return eventually(
    'pictures are decoded',
    async () => {
      const stats = await page.evaluate<PlayerStats | undefined>(`${PLAYER}.stats`)
      return stats?.state === 'playing' && stats.decodedFrames > 10 ? stats : undefined
    },
    TIMEOUT.timeout,
  )
}

async function assertFits(page: Page): Promise<void> {
  const [content, viewport] = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, innerWidth]',
  )
  assert.ok(content <= viewport, `${content} px wide in ${viewport}`)
}

test('a camera is published from the one page and watched on the other, with numbers on both', async (t) => {
  const scope = testScope(t)
  const watcher = await openPage(scope, browser)
  await watcher.page.goto(node.httpUrl('?stream=live/camera&via=webrtc'))
  await playerSays(watcher.page, 'Not live yet')
  const publisher = await openPage(scope, browser, { permissions: ['camera', 'microphone'] })
  await publisher.page.goto(node.httpUrl('publish'))
  await goLive(publisher.page, 'live/camera')
  await publisher.page
    .locator('#badge')
    .filter({ hasText: /^Live$/ })
    .waitFor(TIMEOUT)

  const stats = await framesGrow(watcher.page)
  assert.equal(stats.engine, 'webrtc')
  // the encoder may begin with less than was asked for
  assert.ok(stats.height > 0)
  await factShows(watcher.page, 'codec', /H\.264/)
  await factShows(watcher.page, 'resolution', /[1-9]\d* × [1-9]/)
  await factShows(watcher.page, 'bitrate', /[1-9]\d* kbit\/s|[1-9.]+ Mbit\/s/)
  await factShows(watcher.page, 'delay', /[1-9]/)
  await factShows(watcher.page, 'jitter-buffer', /[1-9]\d* ms/)
  await factShows(watcher.page, 'round-trip', /\d ms/)
  await factShows(watcher.page, 'loss', /\d %/)
  await watcher.screenshot('webrtc-watch')

  await factShows(publisher.page, 'codec', /H\.264/)
  await factShows(publisher.page, 'resolution', /[1-9]\d* × [1-9]/)
  await factShows(publisher.page, 'bitrate', /[1-9]/)
  await factShows(publisher.page, 'round-trip', /\d ms/)
  await factShows(publisher.page, 'loss', /\d %/)
  await publisher.screenshot('webrtc-publish')

  await publisher.page.getByRole('button', { name: 'Stop' }).click()
  await publisher.page.getByRole('button', { name: 'Go live' }).waitFor(TIMEOUT)
  await eventually(
    'the stream is over',
    async () => {
      const answer = await fetch(node.apiUrl('api/v1/streams/'))
      const { streams } = (await answer.json()) as { streams: { name: string; publish: { active: boolean } }[] }
      return !streams.some(({ name, publish }) => name === 'camera' && publish.active)
    },
    TIMEOUT.timeout,
  )
  await playerSays(watcher.page, 'The stream has ended')
  for (const { errors, origins } of [publisher, watcher]) {
    assert.deepEqual(errors, [])
    assert.deepEqual([...origins], [new URL(node.httpUrl('')).origin])
  }
})

test('publishes on a phone in three sizes, muted by a button, light and dark', async (t) => {
  const scope = testScope(t)
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, errors, screenshot } = await openPage(scope, browser, {
      ...PHONE,
      colorScheme,
      permissions: ['camera', 'microphone'],
    })
    await page.goto(node.httpUrl('publish'))
    await page.getByLabel('Codec').selectOption('VP8')
    await page.getByRole('switch', { name: 'Simulcast' }).check()
    await goLive(page, `live/phone-${colorScheme}`)
    await page
      .getByRole('row')
      .filter({ hasText: / × 180/ })
      .waitFor(TIMEOUT)
    await page.getByRole('button', { name: 'Mute' }).click()
    assert.equal(await page.evaluate("document.querySelector('#preview').srcObject.getAudioTracks()[0].enabled"), false)
    await screenshot(`webrtc-publish-phone-${colorScheme}`)
    await assertFits(page)
    assert.deepEqual(errors, [])
    await page.close()
  }
})

test('says that the camera is blocked, and what to do', async (t) => {
  const scope = testScope(t)
  const strict = await startChromium(scope, [
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream=deny',
  ])
  const { page, screenshot } = await openPage(scope, strict, PHONE)
  await page.goto(node.httpUrl('publish'))
  await page.getByRole('button', { name: 'Go live' }).click()
  await pageSays(page, 'Camera or microphone is blocked')
  await screenshot('webrtc-publish-denied')
  await assertFits(page)
  await page.getByRole('button', { name: 'Go live' }).waitFor(TIMEOUT)
})

test('says that the server refuses the publisher, and the viewer', async (t) => {
  const scope = testScope(t)
  const strict = await startConfNode(
    scope,
    `listen 127.0.0.1:0; daemon off; srs_log_tank console;
    http_api { enabled on; listen 127.0.0.1:0; } http_server { enabled on; listen 127.0.0.1:0; }
    rtc_server { enabled on; listen 127.0.0.1:0; candidate 127.0.0.1; }
    vhost __defaultVhost__ { rtc { enabled on; } security { enabled on; deny publish all; deny play all; } }`,
  )
  const origin = `http://127.0.0.1:${strict.ports.http}`
  const { page, screenshot } = await openPage(scope, browser, { permissions: ['camera', 'microphone'] })
  await page.goto(`${origin}/publish`)
  await page.getByLabel('Stream key').fill('wrong')
  await goLive(page, 'live/refused')
  await pageSays(page, 'The server refused')
  await page.getByText('The stream key is wrong or missing').waitFor(TIMEOUT)
  await page.getByRole('button', { name: 'Go live' }).waitFor(TIMEOUT)
  await screenshot('webrtc-publish-refused')
  await page.goto(`${origin}/?stream=live/refused&via=webrtc`)
  await playerSays(page, 'Not allowed')
})
