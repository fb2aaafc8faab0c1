import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import type net from 'node:net'
import path from 'node:path'
import test from 'node:test'

import { tempDir, testScope } from '../../../../../test/support/scope.ts'
import { createHttpServer } from '../../io/http.ts'
import { closerOf, listen } from '../../io/listen.ts'
import { createStaticFiles } from './static-files.ts'

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
  const server: net.Server = createHttpServer({
    handlers: [createStaticFiles(folder)],
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
