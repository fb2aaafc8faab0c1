import assert from 'node:assert/strict'
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import type net from 'node:net'
import path from 'node:path'
import test from 'node:test'

import { writeFlvHeader, writeFlvTag } from '@millrace/flv'

import { tempDir, testScope } from '../../../../../test/support/scope.ts'
import { fileLocator } from '../../io/file-mounts.ts'
import { createHttpServer } from '../../io/http.ts'
import { closerOf, listen } from '../../io/listen.ts'
import { createStaticFiles } from './static-files.ts'

const TAGS = [
  writeFlvTag('data', 0, Uint8Array.of(2, 0, 0)),
  writeFlvTag('video', 0, Uint8Array.of(0x17, 0, 0, 0, 0, 1)),
  writeFlvTag('audio', 0, Uint8Array.of(0xaf, 0, 0x12, 0x10)),
  writeFlvTag('video', 0, Uint8Array.of(0x17, 1, 0, 0, 0, 1)),
  writeFlvTag('video', 40, Uint8Array.of(0x17, 1, 0, 0, 0, 2)),
]
const HEADER = writeFlvHeader({ audio: true, video: true })
const FLV = Buffer.concat([HEADER, ...TAGS])

type Get = (path: string, headers?: Record<string, string>) => Promise<Response>

async function serve(t: test.TestContext): Promise<Get> {
  const scope = testScope(t)
  const folder = path.join(await tempDir(scope), 'html')
  await mkdir(path.join(folder, 'live'), { recursive: true })
  await writeFile(path.join(folder, '../secret.txt'), 'secret')
  await writeFile(path.join(folder, '.htpasswd'), 'secret')
  await writeFile(path.join(folder, 'index.html'), '<p>')
  await writeFile(path.join(folder, 'live/a b.mp4'), '0123456789')
  await writeFile(path.join(folder, 'empty'), '')
  await writeFile(path.join(folder, 'x.flv'), FLV)
  await writeFile(path.join(folder, 'no.flv'), '0123456789')
  await utimes(path.join(folder, 'x.flv'), 1_700_000_000, 1_700_000_000)
  const server: net.Server = createHttpServer({
    handlers: [createStaticFiles(fileLocator(() => [{ host: undefined, prefix: '/', folder }]))],
    maxConnections: 10,
    onError: (error) => assert.fail(String(error)),
  })
  scope.defer(closerOf(server))
  const port = await listen(server, { host: '127.0.0.1', port: 0 }, 'HTTP')
  return (name, headers = {}) => fetch(`http://127.0.0.1:${port}${name}`, { headers })
}

test('a file is sent with its type, and index.html for a folder', async (t) => {
  const get = await serve(t)
  const file = await get('/live/a%20b.mp4')
  assert.deepEqual([file.status, file.headers.get('content-type')], [200, 'video/mp4'])
  assert.equal(await file.text(), '0123456789')
  const index = await get('/')
  assert.deepEqual([await index.text(), index.headers.get('content-type')], ['<p>', 'text/html'])
  const empty = await get('/empty')
  assert.deepEqual([empty.status, await empty.text()], [200, ''])
})

test('parts may be asked for by header, or by parameter as players of SRS do', async (t) => {
  const get = await serve(t)
  const part = await get('/live/a%20b.mp4', { range: 'bytes=2-4' })
  assert.deepEqual([part.status, part.headers.get('content-range'), await part.text()], [206, 'bytes 2-4/10', '234'])
  assert.equal(await (await get('/live/a%20b.mp4?range=7-')).text(), '789')
  assert.equal(await (await get('/live/a%20b.mp4?bytes=0-0')).text(), '0')
  assert.equal((await get('/live/a%20b.mp4', { range: 'bytes=10-' })).status, 416)
})

test('nothing else is reached', async (t) => {
  const get = await serve(t)
  for (const name of [
    '/none',
    '/live',
    '/live/',
    '/.htpasswd',
    '/%2e%2e/secret.txt',
    '/live/..%2f..%2fsecret.txt',
    '//index.html',
    '/a%00b',
  ]) {
    assert.equal((await get(name)).status, 404, name)
  }
})

test('an FLV file is played from a tag on, with header, metadata and sequence headers before it', async (t) => {
  const get = await serve(t)
  const start = FLV.length - (TAGS[4]?.length ?? 0)
  const answer = await get(`/x.flv?start=${start}`)
  assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'video/x-flv'])
  const bytes = Buffer.from(await answer.arrayBuffer())
  assert.deepEqual(bytes, Buffer.concat([HEADER, ...TAGS.slice(0, 3), TAGS[4] ?? HEADER]))
  assert.equal(answer.headers.get('content-length'), String(bytes.length))
  for (const whole of ['/x.flv?start=0', '/x.flv?start=999999', '/x.flv?start=x']) {
    assert.deepEqual(Buffer.from(await (await get(whole)).arrayBuffer()), FLV, whole)
  }
  assert.equal(await (await get('/no.flv?start=5')).text(), '0123456789')
})

test('what has not changed is not sent again', async (t) => {
  const get = await serve(t)
  const young = (await get('/no.flv')).headers.get('last-modified') ?? ''
  assert.equal((await get('/no.flv', { 'if-modified-since': young })).status, 200, 'it may be written again')
  const date = (await get('/x.flv')).headers.get('last-modified') ?? ''
  const again = await get('/x.flv', { 'if-modified-since': date })
  assert.deepEqual([again.status, await again.text()], [304, ''])
  assert.equal((await get('/x.flv', { 'if-modified-since': new Date(0).toUTCString() })).status, 200)
  assert.equal((await get('/x.flv', { 'if-modified-since': 'nonsense' })).status, 200)
  assert.equal((await get('/x.flv', { 'if-range': date, range: 'bytes=0-0' })).status, 206)
  assert.equal((await get('/x.flv', { 'if-range': new Date(0).toUTCString(), range: 'bytes=0-0' })).status, 200)
})
