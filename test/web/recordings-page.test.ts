/** The recordings page in headless Chromium: a node serves it, a control plane with a local storage answers it. */
import assert from 'node:assert/strict'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'

import { newApiToken, newRootSecret } from '@millrace/auth'
import { segmentName } from '@millrace/contracts'
import { Scope } from '@millrace/core'
import { clips, connect, jobs, newId, openDb, projects, recordings, takes } from '@millrace/db'
import { startTestPostgres } from '@millrace/db/testing'
import type { Page } from 'playwright-core'

import { changeRow, newRecording, newTake } from '../../apps/control/src/test-support/archive-rows.ts'
import { openPage, startChromium } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { encodeSegments } from '../support/hls-fixture.ts'
import { startMediaNode } from '../support/media-node.ts'
import { Program, words } from '../support/program.ts'
import { tempDir, testScope } from '../support/scope.ts'

const TIMEOUT = { timeout: 30_000 }
const PLAYER = "document.querySelector('recording-player')"
const MAIN = path.resolve(import.meta.dirname, '../../apps/control/src/main.ts')
const [BEFORE_GAP_S, GAP_S, AFTER_GAP_S] = [12, 10, 8]

const shared = new Scope()
test.after(() => shared.close())
const [browser, node, fixture] = [
  await startChromium(shared),
  await startMediaNode(shared),
  await encodeSegments(shared, { seconds: BEFORE_GAP_S + AFTER_GAP_S }),
]
const postgres = await startTestPostgres()
shared.defer(() => postgres.close())
const databaseUrl = await postgres.createDatabase()
const adminToken = newApiToken()
const storageDir = await tempDir(shared)
const control = await Program.start(shared, process.execPath, [MAIN], {
  ipc: true,
  env: {
    DATABASE_URL: databaseUrl,
    MILLRACE_SECRET: newRootSecret(),
    MILLRACE_ADMIN_TOKEN: adminToken,
    MILLRACE_HOST: '127.0.0.1',
    MILLRACE_CONTROL_PORT: '0',
    MILLRACE_STORAGE_DIRS: storageDir,
    MILLRACE_LOG: 'json',
  },
})
const isReady = (message: unknown): message is { info: { port: number } } =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready'
const controlUrl = `http://127.0.0.1:${(await control.message(isReady)).info.port}`
const sql = connect(databaseUrl, { maxConnections: 2 })
shared.defer(() => sql.end({ timeout: 1 }))
const db = openDb(sql)

async function post(resource: string, body: object): Promise<{ id: string }> {
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
  const response = await fetch(`${controlUrl}/v1/${resource}`, { method: 'POST', headers, body: JSON.stringify(body) })
  assert.ok(response.ok, await response.clone().text())
  return (await response.json()) as { id: string }
}

async function put(key: string, content: string | { copyOf: string }): Promise<void> {
  const file = path.join(storageDir, key)
  await mkdir(path.dirname(file), { recursive: true })
  if (typeof content === 'string') await writeFile(file, content)
  else await copyFile(path.join(fixture.directory, content.copyOf), file)
}

const storage = await post('storages', { name: 'disk', location: { type: 'local', directory: storageDir } })
const stream = await post('streams', { name: 'show' })
/** When the recording began: at noon, so that times of day are the same each time. */
const startMs = Date.UTC(2026, 10, 22, 12)
const at = (seconds: number): Date => new Date(startMs + seconds * 1000)

/** Enters segments of the fixture as a take, from number `first` on. */
async function take(recordingId: string, first: number, count: number, startsAt: Date, epoch: number): Promise<string> {
  const base = { streamId: stream.id, recordingId, storageId: storage.id, durationMs: 1000 }
  const id = await newTake({ db }, { ...base, startsAt, count, epoch })
  const folder = `streams/${stream.id}/${id}`
  await put(`${folder}/init-0.mp4`, { copyOf: 'init-0.mp4' })
  for (let n = 0; n < count; n++) {
    await put(`${folder}/${segmentName(n, 'fmp4')}`, { copyOf: segmentName(first + n, 'fmp4') })
  }
  return id
}

const LENGTH_S = BEFORE_GAP_S + GAP_S + AFTER_GAP_S
const show = await newRecording(
  { db },
  {
    streamId: stream.id,
    storageId: storage.id,
    title: 'Evening show',
    startedAt: at(0),
    endedAt: at(LENGTH_S),
    durationMs: (BEFORE_GAP_S + AFTER_GAP_S) * 1000,
    segmentS: 1,
    segments: BEFORE_GAP_S + AFTER_GAP_S,
    segmentBytes: 2_000_000,
  },
)
await take(show.id, 0, BEFORE_GAP_S, at(0), 1)
await take(show.id, BEFORE_GAP_S, AFTER_GAP_S, at(BEFORE_GAP_S + GAP_S), 2)
const prefix = `recordings/${show.id}/`
// a picture for each ten seconds
await put(
  `${prefix}storyboard.vtt`,
  'WEBVTT\n\n00:00:00.000 --> 00:00:10.000\nstoryboard-0.jpg#xywh=0,0,160,90\n\n00:00:10.000 --> 00:00:20.000\nstoryboard-0.jpg#xywh=160,0,160,90\n',
)
const sheet = await Program.start(shared, 'ffmpeg', [
  ...words('-v error -f lavfi -i testsrc2=size=320x90 -frames:v 1'),
  path.join(storageDir, prefix, 'storyboard-0.jpg'),
])
await sheet.finished(20_000)
await put(`${prefix}video.mp4`, 'the whole of it')
await changeRow({ db }, recordings, show.id, {
  files: [
    { type: 'mp4', key: `${prefix}video.mp4`, bytes: 15 },
    { type: 'storyboard', key: `${prefix}storyboard.vtt`, bytes: 100 },
    { type: 'storyboard_sheet', key: `${prefix}storyboard-0.jpg`, bytes: 100 },
  ],
})

async function becomesTrue(page: Page, expression: string): Promise<void> {
  await eventually(expression, () => page.evaluate<boolean>(expression), TIMEOUT.timeout)
}

/** Seconds from the start of the recording, by the wall clock, that the player shows. */
const shownS = (page: Page) => page.evaluate<number>(`(${PLAYER}.wallMs - ${startMs}) / 1000`)

async function signIn(page: Page, token = adminToken): Promise<void> {
  await page.getByLabel('Control plane').fill(controlUrl)
  await page.getByLabel('API token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Opens the show, and waits until it can be played. */
async function openShow(page: Page): Promise<void> {
  await page.goto(node.httpUrl('recordings'))
  await signIn(page)
  await page.locator('.cards a').filter({ hasText: 'Evening show' }).click(TIMEOUT)
  await page.getByRole('heading', { name: 'Evening show' }).waitFor(TIMEOUT)
  await becomesTrue(
    page,
    `${PLAYER}.wallMs !== undefined && ${PLAYER}.shadowRoot.querySelector('video').readyState >= 3`,
  )
}

test('asks for a token, says what is wrong with it, and forgets it', async (t) => {
  const { page, screenshot } = await openPage(testScope(t), browser)
  await page.goto(node.httpUrl('recordings'))
  assert.match(await page.getByLabel('Control plane').inputValue(), /^http:\/\/127\.0\.0\.1:4000$/)
  await screenshot('recordings-sign-in')
  const notice = page.getByRole('alert')
  await signIn(page, newApiToken())
  await notice.filter({ hasText: 'The token isn’t valid' }).waitFor(TIMEOUT)
  await page.getByLabel('Control plane').fill(new URL(node.httpUrl('')).origin)
  await page.getByLabel('API token').fill(adminToken)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await notice
    .filter({ hasText: 'no control plane' })
    .or(notice.filter({ hasText: 'doesn’t answer' }))
    .waitFor(TIMEOUT)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await signIn(page)
  await page.locator('.cards a').first().waitFor(TIMEOUT)
  await notice.waitFor({ ...TIMEOUT, state: 'hidden' })
  await page.reload()
  await page.locator('.cards a').first().waitFor(TIMEOUT)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('API token').waitFor(TIMEOUT)
  assert.equal(await page.evaluate('sessionStorage.length'), 0)
  assert.equal(await page.evaluate('JSON.stringify(localStorage).includes("tok_")'), false)
})

test('plays on the wall clock, over the gap, with pictures of what is under the pointer', async (t) => {
  const { page, errors, screenshot } = await openPage(testScope(t), browser)
  await openShow(page)
  const card = page.locator('.cards a').filter({ hasText: 'Evening show' })
  assert.match((await card.textContent()) ?? '', /Ready.*0:20.*1 gap/)
  await page.evaluate('document.activeElement.blur()')
  await page.keyboard.press('k')
  await becomesTrue(page, `${PLAYER}.wallMs > ${startMs + 1000}`)
  await page.keyboard.press('Space')
  await becomesTrue(page, `${PLAYER}.shadowRoot.querySelector('video').paused`)

  const timeline = page.getByRole('slider', { name: 'Time' })
  assert.equal(await timeline.getAttribute('aria-valuemax'), String(LENGTH_S))
  assert.equal(await page.locator('recording-player .gap').count(), 1)
  const box = (await page.locator('recording-player .track').boundingBox())!
  const hover = (seconds: number) => page.mouse.move(box.x + (box.width * seconds) / LENGTH_S, box.y + box.height / 2)
  await hover(15)
  const preview = page.locator('recording-player .preview')
  await preview.filter({ hasText: 'Nobody published · 0:10' }).waitFor(TIMEOUT)
  await hover(25)
  await page.locator('recording-player .picture').waitFor(TIMEOUT)
  const position = `getComputedStyle(${PLAYER}.shadowRoot.querySelector('.picture')).backgroundPosition`
  assert.equal(await page.evaluate(position), '-160px 0px')
  await screenshot('recordings-watch')

  // a click in the gap leads to what comes after it
  await hover(16)
  await page.mouse.down()
  await page.mouse.up()
  await becomesTrue(page, `${PLAYER}.wallMs >= ${at(BEFORE_GAP_S + GAP_S).getTime() - 50}`)
  assert.ok((await shownS(page)) < BEFORE_GAP_S + GAP_S + 1)
  await timeline.press('Home')
  await becomesTrue(page, `${PLAYER}.wallMs <= ${startMs + 100}`)
  await timeline.press('ArrowRight')
  await becomesTrue(page, `Math.abs(${PLAYER}.wallMs - ${startMs + 5000}) < 200`)
  const spoken = `${PLAYER}.shadowRoot.querySelector('.timeline').ariaValueText`
  await becomesTrue(page, `${spoken}.endsWith(', 5 seconds from the start')`)
  await page.getByRole('button', { name: /^\d\d:\d\d:\d\d – / }).click()
  await becomesTrue(page, `Math.abs(${PLAYER}.wallMs - ${at(BEFORE_GAP_S - 3).getTime()}) < 200`)
  // it plays through: from before the gap to behind it
  await page.evaluate(`${PLAYER}.seekTo(${at(BEFORE_GAP_S - 1).getTime()})`)
  await page.evaluate(`${PLAYER}.handleKey('k')`)
  await becomesTrue(page, `${PLAYER}.wallMs > ${at(BEFORE_GAP_S + GAP_S + 1).getTime()}`)
  assert.deepEqual(errors, [])
})

test('makes a clip of what is marked, by keyboard, and gives it to download', async (t) => {
  const { page, errors } = await openPage(testScope(t), browser)
  await openShow(page)
  await page.evaluate('document.activeElement.blur()')
  const make = page.getByRole('button', { name: 'Make clip' })
  assert.ok(await make.isDisabled())
  await page.evaluate(`${PLAYER}.seekTo(${at(3.5).getTime()})`)
  await becomesTrue(page, `Math.abs(${PLAYER}.wallMs - ${at(3.5).getTime()}) < 200`)
  await page.keyboard.press('i')
  await page.evaluate(`${PLAYER}.seekTo(${at(8).getTime()})`)
  await becomesTrue(page, `Math.abs(${PLAYER}.wallMs - ${at(8).getTime()}) < 200`)
  await page.keyboard.press('o')
  await page.getByLabel('Title of the clip').fill('The goal')
  await make.click()
  const item = page.locator('.clips li').filter({ hasText: 'The goal' })
  await item.filter({ hasText: 'begins 0.5 s earlier, at a key frame' }).waitFor(TIMEOUT)
  const [clip] = await db.select().from(clips)
  assert.equal(clip?.recordingId, show.id)
  assert.ok(Math.abs(clip.toAt.getTime() - at(8).getTime()) < 200)

  const key = `clips/${clip.id}/video.mp4`
  await put(key, 'a clip')
  await changeRow({ db }, clips, clip.id, { status: 'ready', files: [{ type: 'mp4', key, bytes: 6 }] })
  const [download] = await Promise.all([
    page.waitForEvent('download', TIMEOUT),
    item.getByRole('link', { name: 'Download' }).click(TIMEOUT),
  ])
  assert.equal(download.suggestedFilename(), 'The goal.mp4')
  const [whole] = await Promise.all([
    page.waitForEvent('download', TIMEOUT),
    page.getByRole('link', { name: 'Download MP4' }).click(),
  ])
  assert.equal(whole.suggestedFilename(), 'Evening show 2026-11-22.mp4')
  await changeRow({ db }, jobs, clip.jobId!, { status: 'succeeded' })
  await item.getByRole('button', { name: 'Delete' }).click()
  await item.waitFor({ ...TIMEOUT, state: 'detached' })
  assert.deepEqual(errors, [])
})

test('shows what is waited for: uploads, and how far the finish is', async (t) => {
  const { page, errors } = await openPage(testScope(t), browser)
  const base = { streamId: stream.id, storageId: storage.id, segmentS: 1, segments: 5, durationMs: 5000 }
  const growing = { ...base, title: 'On now', status: 'recording' as const, startedAt: at(1000), endedAt: null }
  const { id } = await newRecording({ db }, growing)
  const takeId = await take(id, 0, 5, at(1000), 3)
  await changeRow({ db }, takes, takeId, {
    closedAt: null,
    segments: null,
    pendingSegments: 3,
    pendingBytes: 1_500_000,
  })
  await page.goto(node.httpUrl(`recordings?recording=${id}`))
  await signIn(page)
  const card = page.locator('.cards a').filter({ hasText: 'On now' })
  await card.filter({ hasText: '3 segments (1.5 MB) to upload' }).waitFor(TIMEOUT)
  await page.getByRole('heading', { name: 'On now' }).waitFor(TIMEOUT)
  await becomesTrue(page, `${PLAYER}.wallMs !== undefined`)

  const [project] = await db.select().from(projects)
  const jobId = newId('job')
  const subject = { subjectType: 'recording', subjectId: id, projectId: project!.id }
  await db
    .insert(jobs)
    .values({ id: jobId, ...subject, type: 'recording.finish', status: 'running', done: 41, total: 100 })
  await changeRow({ db }, takes, takeId, { closedAt: at(1005), segments: 5, pendingSegments: 0 })
  await changeRow({ db }, recordings, id, { status: 'uploading', endedAt: at(1005), jobId })
  await card.filter({ hasText: 'finishing 41 %' }).waitFor(TIMEOUT)
  assert.equal(await card.getByRole('progressbar').getAttribute('value'), '41')
  await changeRow({ db }, jobs, jobId, { status: 'succeeded' })
  await changeRow({ db }, recordings, id, { status: 'ready' })
  await card.filter({ hasText: 'Ready' }).waitFor(TIMEOUT)
  assert.deepEqual(errors, [])
})

test('fits a phone without scrolling sideways, light and dark', async (t) => {
  const scope = testScope(t)
  const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, screenshot } = await openPage(scope, browser, { ...phone, colorScheme })
    await openShow(page)
    await screenshot(`recordings-phone-${colorScheme}`)
    const [content, viewport] = await page.evaluate<[number, number]>(
      '[document.documentElement.scrollWidth, innerWidth]',
    )
    assert.ok(content <= viewport, `${content} px wide in ${viewport}`)
  }
})
