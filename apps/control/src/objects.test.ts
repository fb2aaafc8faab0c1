import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import { objectUrlSigner } from '@millrace/auth'
import { storages } from '@millrace/db'
import { LocalStore } from '@millrace/storage'
import { eq } from 'drizzle-orm'

import { type ObjectUrlOptions, signedObjectUrls } from './services/objects.ts'
import type { PublicUnit } from './services/unit.ts'
import { startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
let id: string
let store: LocalStore
before(async () => {
  control = await startTestControl()
  const location = { type: 'local', directory: control.storageDir, prefix: 'media' }
  const { body } = await control.call('POST', '/v1/storages', { body: { name: 'local', location } })
  id = body.id
  store = new LocalStore({ directory: control.storageDir, prefix: 'media', allowed: [control.storageDir] })
})
after(() => control.close())

async function urlOf(key: string, options: Partial<ObjectUrlOptions> = {}): Promise<string> {
  const [row] = await control.db.select().from(storages).where(eq(storages.id, id))
  const unit = { keyring: control.keyring } as PublicUnit
  const urls = await signedObjectUrls(unit, row!, { now: control.now(), ttlS: 900, baseUrl: '', ...options })
  return urls(key)
}

const get = async (url: string, headers: Record<string, string> = {}, method = 'GET') =>
  control.raw(url, { method, headers })

const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code

test('whoever has a signed URL reads the object, until it expires', async () => {
  await store.put('streams/str_1/tak_1/0.m4s', new TextEncoder().encode('0123456789'))
  const url = await urlOf('streams/str_1/tak_1/0.m4s')
  const response = await get(url)
  assert.equal(response.status, 200)
  assert.equal(await response.text(), '0123456789')
  const headers = Object.fromEntries(response.headers)
  assert.equal(headers['content-type'], 'video/mp4')
  assert.equal(headers['content-length'], '10')
  assert.equal(headers['accept-ranges'], 'bytes')
  assert.equal(headers['access-control-allow-origin'], '*')
  assert.match(headers['cache-control']!, /^public, max-age=(900|899)$/)
  const head = await get(url, {}, 'HEAD')
  assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, '10', ''])
  control.advance(901_000)
  assert.equal(await codeOf(await get(url)), 'OBJECT_URL_EXPIRED')
})

test('ranges and conditions are obeyed', async () => {
  const { etag } = await store.put('a.ts', new TextEncoder().encode('0123456789'))
  const url = await urlOf('a.ts')
  const cases: [string, number, string, string | null][] = [
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-30', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=5-100', 206, '56789', 'bytes 5-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=-0', 416, '', 'bytes */10'],
    ['bytes=0-1,4-5', 200, '0123456789', null],
    ['bytes=4-2', 200, '0123456789', null],
    ['pages=1-2', 200, '0123456789', null],
  ]
  for (const [range, status, body, contentRange] of cases) {
    const response = await get(url, { range })
    const got = [response.status, await response.text(), response.headers.get('content-range')]
    assert.deepEqual(got, [status, body, contentRange], range)
  }
  assert.equal((await get(url, { range: 'bytes=0-1', 'if-range': etag })).status, 206)
  assert.equal((await get(url, { range: 'bytes=0-1', 'if-range': '"other"' })).status, 200)
  assert.equal((await get(url, { 'if-none-match': `"x", ${etag}` })).status, 304)
  assert.equal((await get(url, { 'if-none-match': '"x"' })).status, 200)
})

test('a download has its name, which the signature covers', async () => {
  await store.put('recordings/rec_1/video.mp4', new Uint8Array(3))
  const url = await urlOf('recordings/rec_1/video.mp4', { downloadAs: 'Spiel & Tor.mp4' })
  const response = await get(url)
  assert.match(response.headers.get('content-disposition')!, /^attachment; filename="Spiel _ Tor\.mp4"/)
  assert.equal(await codeOf(await get(url.replace('Spiel', 'Film'))), 'OBJECT_URL_INVALID')
})

test('names of all kinds come through; an empty object is one', async () => {
  for (const key of ['files/été 1+%#?&=.mp4', 'files/%2e%2e/x', '😀']) {
    await store.put(key, new TextEncoder().encode(key))
    assert.equal(await (await get(await urlOf(key))).text(), key)
  }
  await store.put('empty', new Uint8Array())
  const empty = await get(await urlOf('empty'))
  assert.deepEqual([empty.status, empty.headers.get('content-length'), await empty.text()], [200, '0', ''])
  assert.equal((await get(await urlOf('empty'), { range: 'bytes=0-' })).status, 416)
})

test('without the right signature there is nothing, and with it nothing outside', async () => {
  await store.put('a.ts', new Uint8Array(1))
  const url = await urlOf('a.ts')
  for (const wrong of [
    url.replace('a.ts', 'b.ts'),
    url.replace(/expires=\d/, 'expires=9'),
    url.replace(/signature=./, 'signature=_'),
    url.split('?')[0]!,
    url.replace(id, 'sto_01jd8y4v5xk3q9m2w7r6t0abcd'),
  ]) {
    assert.equal(await codeOf(await get(wrong)), 'OBJECT_URL_INVALID', wrong)
  }
  assert.equal(await codeOf(await get(await urlOf('missing.ts'))), 'OBJECT_NOT_FOUND')
  const sign = objectUrlSigner(control.keyring)
  const expiresS = Math.floor(control.now().getTime() / 1000) + 60
  for (const key of ['../secret', '/etc/passwd', '.millrace/x', 'a/../../b']) {
    const signature = sign({ storageId: id, key, expiresS })
    const response = await get(
      `/v1/objects/${id}/${encodeURIComponent(key)}?expires=${expiresS}&signature=${signature}`,
    )
    assert.equal(await codeOf(response), 'STORAGE_KEY_INVALID', key)
  }
  for (const path of ['/v1/objects/', `/v1/objects/${id}`, `/v1/objects/${id}/%`, '/v1/objects/x/y']) {
    assert.equal(await codeOf(await get(path)), 'OBJECT_NOT_FOUND', path)
  }
})

test('a page of any origin may read, with ranges', async () => {
  const response = await control.raw(await urlOf('a.ts'), {
    method: 'OPTIONS',
    headers: {
      origin: 'https://x.example',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'range',
    },
  })
  assert.equal(response.headers.get('access-control-allow-origin'), '*')
  assert.match(response.headers.get('access-control-allow-headers')!, /range/i)
})
