/** The watch page in headless Chromium, on a media node of its own, with streams that FFmpeg publishes. */
import assert from 'node:assert/strict'
import test from 'node:test'

import type { Page } from 'playwright-core'

import { Scope } from '@millrace/core'

import { ENGINE_LABELS, type EngineName } from '../../packages/web/player/src/engine-names.ts'
import type { PlayerStats } from '../../packages/web/player/src/state.ts'
import { openPage, startChromium } from '../support/browser.ts'
import { flvClip } from '../support/clips.ts'
import { eventually } from '../support/eventually.ts'
import { publishWithFfmpeg } from '../support/ffmpeg.ts'
import { startMediaNode } from '../support/media-node.ts'
import { publishFlvFile } from '../support/node-av.ts'
import { freePort, testScope } from '../support/scope.ts'

const TIMEOUT = { timeout: 30_000 }
const PLAYER = "document.querySelector('live-player')"

const shared = new Scope()
test.after(() => shared.close())
const browser = await startChromium(shared)
const node = await startMediaNode(shared, {
  env: { MILLRACE_HLS_SEGMENT_MS: '1000', MILLRACE_RECONNECT_WINDOW_MS: '1000' },
})

function watchUrl(stream: string, via?: EngineName): string {
  return node.httpUrl(`?stream=${stream}${via ? `&via=${via}` : ''}`)
}

function stats(page: Page): Promise<PlayerStats> {
  return page.evaluate<PlayerStats>(`${PLAYER}.stats`)
}

async function becomesTrue(page: Page, expression: string): Promise<void> {
  await eventually(expression, () => page.evaluate<boolean>(expression), TIMEOUT.timeout)
}

/** Waits until it plays and `count` more frames than then have been decoded. */
async function framesGrow(page: Page, count = 25): Promise<PlayerStats> {
  await becomesTrue(page, `${PLAYER}?.stats?.state === 'playing'`)
  const { decodedFrames } = await stats(page)
  await becomesTrue(page, `${PLAYER}.stats?.decodedFrames >= ${decodedFrames + count}`)
  return stats(page)
}

async function factShows(page: Page, fact: string, pattern: RegExp): Promise<void> {
  await page.locator(`[data-fact=${fact}]`).filter({ hasText: pattern }).waitFor(TIMEOUT)
}

async function playerSays(page: Page, text: string | RegExp): Promise<void> {
  await page.locator('live-player .overlay:not(.free) .title').filter({ hasText: text }).waitFor(TIMEOUT)
}

for (const via of ['flv', 'ws-flv', 'hls'] as const) {
  test(`decodes frames by ${via} and shows what it plays`, async (t) => {
    const scope = testScope(t)
    const stream = `live/by-${via}`
    await publishWithFfmpeg(scope, { url: node.rtmpUrl(stream), video: 'h264', audio: 'aac' })
    const { page, errors, origins, screenshot } = await openPage(scope, browser)
    await page.goto(node.httpUrl(''))
    await page.locator('.cards a').filter({ hasText: stream }).click(TIMEOUT)
    await page.getByRole('radio', { name: ENGINE_LABELS[via] }).check({ force: true })
    const first = await framesGrow(page)
    const second = await framesGrow(page)
    assert.ok(second.decodedFrames > first.decodedFrames)
    assert.equal(second.engine, via)
    assert.deepEqual([second.width, second.height], [320, 180])
    assert.match(second.videoCodec ?? '', /^avc1\./)
    assert.equal(second.audioCodec, 'mp4a.40.2')
    await factShows(page, 'codec', /H\.264/)
    await factShows(page, 'resolution', /320 × 180/)
    await factShows(page, 'bitrate', /\d [kM]bit\/s/)
    await factShows(page, 'delay', /\d\.\d s/)
    await factShows(page, 'viewers', /^1$/)
    await screenshot(`watch-${via}`)
    assert.deepEqual(errors, [])
    assert.deepEqual([...origins], [new URL(node.httpUrl('')).origin])
  })
}

test('keeps close to the live edge by FLV', async (t) => {
  const scope = testScope(t)
  await publishWithFfmpeg(scope, { url: node.rtmpUrl('live/edge'), video: 'h264', audio: 'aac' })
  const { page } = await openPage(scope, browser)
  await page.goto(watchUrl('live/edge', 'flv'))
  await framesGrow(page, 50)
  await becomesTrue(page, `${PLAYER}.stats.delayMs < 1500`)
})

for (const via of ['flv', 'ws-flv', 'hls'] as const) {
  test(`waits for a stream that is not live, starts by itself, and comes back after an end, by ${via}`, async (t) => {
    const scope = testScope(t)
    const clip = { url: node.rtmpUrl(`live/later-${via}`), video: 'h264', audio: 'aac' } as const
    const { page, screenshot } = await openPage(scope, browser)
    await page.goto(watchUrl(`live/later-${via}`, via))
    await playerSays(page, 'Not live yet')
    await screenshot(`watch-waiting-${via}`)
    const publisher = await publishWithFfmpeg(scope, clip)
    await framesGrow(page)
    await publisher.stop()
    await playerSays(page, 'The stream has ended')
    await publishWithFfmpeg(scope, clip)
    await framesGrow(page)
  })
}

test('reconnects after the server was gone', async (t) => {
  const scope = testScope(t)
  const env = { MILLRACE_HTTP_PORT: String(await freePort()), MILLRACE_RTMP_PORT: String(await freePort()) }
  const before = await startMediaNode(scope, { env })
  await publishWithFfmpeg(scope, { url: before.rtmpUrl('live/tough'), video: 'h264', audio: 'aac' })
  const { page } = await openPage(scope, browser)
  await page.goto(before.httpUrl('?stream=live/tough'))
  await framesGrow(page)
  await before.program.stop('SIGKILL')
  await playerSays(page, /Reconnecting|has ended/)
  await page.getByRole('alert').filter({ hasText: 'The server doesn’t answer' }).waitFor(TIMEOUT)
  const after = await startMediaNode(scope, { env })
  await publishWithFfmpeg(scope, { url: after.rtmpUrl('live/tough'), video: 'h264', audio: 'aac' })
  await framesGrow(page)
  await page.getByRole('alert').waitFor({ ...TIMEOUT, state: 'hidden' })
})

test('says that the browser lacks a codec, and offers another way', async (t) => {
  const scope = testScope(t)
  const { page, screenshot } = await openPage(scope, browser)
  if (await page.evaluate<boolean>(`MediaSource.isTypeSupported('video/mp4; codecs="hvc1.1.6.L93.B0"')`)) {
    return t.skip('this Chromium decodes HEVC')
  }
  await publishFlvFile(scope, await flvClip({ video: 'hevc', audio: 'aac' }), node.rtmpUrl('live/hevc'))
  await page.goto(watchUrl('live/hevc', 'flv'))
  await playerSays(page, /This browser can’t play HEVC/)
  await screenshot('watch-no-decoder')
  await page.getByRole('button', { name: 'Try HLS' }).click()
  await page.waitForURL(/via=hls/)
})

test('plays a stream without video', async (t) => {
  const scope = testScope(t)
  await publishWithFfmpeg(scope, { url: node.rtmpUrl('live/radio'), audio: 'aac' })
  const { page, screenshot } = await openPage(scope, browser)
  await page.goto(watchUrl('live/radio', 'flv'))
  await page.getByText('Audio only').waitFor(TIMEOUT)
  await becomesTrue(page, `${PLAYER}.shadowRoot.querySelector('video').currentTime > 1`)
  await factShows(page, 'codec', /AAC/)
  await screenshot('watch-audio-only')
})

test('is driven by keyboard: choose, unmute, pause, play', async (t) => {
  const scope = testScope(t)
  await publishWithFfmpeg(scope, { url: node.rtmpUrl('live/keys'), video: 'h264', audio: 'aac' })
  const { page } = await openPage(scope, browser)
  await page.goto(node.httpUrl(''))
  await page.locator('.cards a').filter({ hasText: 'live/keys' }).press('Enter', TIMEOUT)
  await page.waitForURL(/\?stream=live\/keys$/)
  await framesGrow(page)
  assert.equal(await page.evaluate(`${PLAYER}.muted`), true)
  await page.evaluate('document.activeElement.blur()')
  await page.keyboard.press('m')
  assert.equal(await page.evaluate(`${PLAYER}.muted`), false)
  await page.keyboard.press('k')
  await playerSays(page, 'Paused')
  await page.keyboard.press('Space')
  await framesGrow(page)
  await page.goBack()
  await becomesTrue(page, `!${PLAYER}`)
})

test('fits a phone without scrolling sideways, light and dark', async (t) => {
  const scope = testScope(t)
  await publishWithFfmpeg(scope, {
    url: node.rtmpUrl('live/a-rather-long-name-for-a-small-screen-to-show'),
    video: 'h264',
    audio: 'aac',
  })
  const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, errors, screenshot } = await openPage(scope, browser, { ...phone, colorScheme })
    for (const path of ['', '?stream=live/a-rather-long-name-for-a-small-screen-to-show']) {
      await page.goto(node.httpUrl(path))
      await page.locator('.cards a').first().waitFor(TIMEOUT)
      if (path) await framesGrow(page)
      await screenshot(`phone-${path ? 'watch' : 'list'}-${colorScheme}`)
      const [content, viewport] = await page.evaluate<[number, number]>(
        '[document.documentElement.scrollWidth, innerWidth]',
      )
      assert.ok(content <= viewport, `${content} px wide in ${viewport}`)
    }
    assert.deepEqual(errors, [])
  }
})
