import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import test from 'node:test'

import { createAddressGuard } from '@millrace/address-guard'
import type { Scope } from '@millrace/core'

import { tempDir, testScope } from '../../../../../test/support/scope.ts'
import { HttpObjects } from './http-objects.ts'
import type { HttpGrant } from './objects.ts'

const grantOf = (url: string, headers: Record<string, string> = {}): HttpGrant => ({
  type: 'http',
  name: '0.m4s',
  method: 'PUT',
  url,
  headers,
  expires_at: '2026-01-01T00:00:00Z',
})
const OPTIONS = {
  contentType: 'video/mp4',
  cacheControl: 'max-age=1',
  idleMs: 5000,
  signal: new AbortController().signal,
}

async function serve(scope: Scope, handler: http.RequestListener): Promise<{ url: string; server: http.Server }> {
  const server = http.createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}/o?s=secret`, server }
}

function client(scope: Scope, allow = ['127.0.0.0/8']): HttpObjects {
  const objects = new HttpObjects(createAddressGuard(allow))
  scope.defer(() => objects.close())
  return objects
}

test('a file is sent as it is, with the headers of the grant, over connections that are kept', async (t) => {
  const scope = testScope(t)
  const seen: { headers: http.IncomingHttpHeaders; bytes: number }[] = []
  const sockets = new Set<net.Socket>()
  const { url } = await serve(scope, async (request, response) => {
    let bytes = 0
    sockets.add(request.socket)
    for await (const chunk of request as AsyncIterable<Buffer>) bytes += chunk.length
    seen.push({ headers: request.headers, bytes })
    response.writeHead(200, { etag: '"e"' }).end()
  })
  const file = path.join(await tempDir(scope), 'segment')
  await writeFile(file, new Uint8Array(3_000_000).fill(7))
  const objects = client(scope)
  for (let i = 0; i < 3; i++) {
    const grant = grantOf(url, { 'x-amz-server-side-encryption': 'AES256' })
    assert.deepEqual(await objects.put(grant, { file, sizeBytes: 3_000_000 }, OPTIONS), { etag: '"e"' })
  }
  assert.deepEqual(
    seen.map(({ bytes }) => bytes),
    [3_000_000, 3_000_000, 3_000_000],
  )
  const [first] = seen
  assert.equal(first?.headers['x-amz-server-side-encryption'], 'AES256')
  assert.equal(first.headers['content-type'], 'video/mp4')
  assert.equal(first.headers['cache-control'], 'max-age=1')
  // the next request may come before the last one has given its connection back
  assert.ok(sockets.size < seen.length, 'connections are used again')
})

test('a file that is not as long as it was recorded is not sent', async (t) => {
  const scope = testScope(t)
  const { url } = await serve(scope, () => assert.fail('sent'))
  const file = path.join(await tempDir(scope), 'segment')
  await writeFile(file, 'short')
  const objects = client(scope)
  await assert.rejects(objects.put(grantOf(url), { file, sizeBytes: 6 }, OPTIONS), { code: 'SPOOL_FILE' })
  await assert.rejects(objects.put(grantOf(url), { file: `${file}-`, sizeBytes: 6 }, OPTIONS), { code: 'SPOOL_FILE' })
})

test('addresses that are not allowed are not connected to, by number or by name', async (t) => {
  const scope = testScope(t)
  const { url } = await serve(scope, () => assert.fail('connected'))
  const objects = client(scope, [])
  for (const target of [url, url.replace('127.0.0.1', 'localhost')]) {
    await assert.rejects(objects.put(grantOf(target), new Uint8Array(1), OPTIONS), { code: 'STORAGE_ADDRESS_BLOCKED' })
  }
})

test('what fails has a code, and never tells the URL', async (t) => {
  const scope = testScope(t)
  let status = 503
  const { url, server } = await serve(scope, (_request, response) =>
    response.writeHead(status).end('<Error><Code>SlowDown</Code></Error>'),
  )
  const objects = client(scope)
  const codeOf = async (body: Uint8Array = new Uint8Array(1)): Promise<string> => {
    const error = await objects.put(grantOf(url), body, OPTIONS).then(
      () => assert.fail('it went well'),
      (failure: Error & { code: string }) => failure,
    )
    assert.doesNotMatch(error.message, /secret/)
    return error.code
  }
  assert.equal(await codeOf(), 'STORAGE_REFUSED')
  status = 403
  assert.equal(await codeOf(), 'STORAGE_DENIED')
  status = 412
  assert.equal(await codeOf(), 'STORAGE_PRECONDITION')
  // an answer before the end of a long request
  status = 503
  assert.match(await codeOf(new Uint8Array(20_000_000)), /^STORAGE_(REFUSED|UNREACHABLE)$/)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  assert.equal(await codeOf(), 'STORAGE_UNREACHABLE')
})

test('a storage that takes nothing times out, one that is slow does not', async (t) => {
  const scope = testScope(t)
  const stuck = net.createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
  await once(stuck, 'listening')
  const open = new Set<net.Socket>()
  stuck.on('connection', (socket) => open.add(socket.pause()))
  scope.defer(() => {
    for (const socket of open) socket.destroy()
    stuck.close()
  })
  const objects = client(scope)
  const url = `http://127.0.0.1:${(stuck.address() as net.AddressInfo).port}/`
  const options = { ...OPTIONS, idleMs: 200 }
  await assert.rejects(objects.put(grantOf(url), new Uint8Array(10), options), { code: 'STORAGE_TIMEOUT' })

  // reads a little at a time, for longer than may pass without progress
  const slow = await serve(scope, (request, response) => {
    request.pause()
    const timer = setInterval(() => request.read(250_000), 20)
    scope.defer(() => clearInterval(timer))
    request.on('readable', () => {})
    request.on('end', () => {
      clearInterval(timer)
      response.end()
    })
  })
  const file = path.join(await tempDir(scope), 'segment')
  await writeFile(file, new Uint8Array(30_000_000))
  await objects.put(grantOf(slow.url), { file, sizeBytes: 30_000_000 }, { ...OPTIONS, idleMs: 1500 })
})

test('what is broken off ends at once', async (t) => {
  const scope = testScope(t)
  const closing = new AbortController()
  const { url } = await serve(scope, () => closing.abort())
  const put = client(scope).put(grantOf(url), new Uint8Array(10), { ...OPTIONS, signal: closing.signal })
  await assert.rejects(put, { code: 'STORAGE_ABORTED' })
})

test('an object is read with its ETag, a missing one is none, and one that is too long is refused', async (t) => {
  const scope = testScope(t)
  const { url } = await serve(scope, ({ url: asked }, response) => {
    if (asked?.startsWith('/none')) return void response.writeHead(404).end()
    response.writeHead(200, { etag: '"e"' }).end(asked?.startsWith('/long') ? Buffer.alloc(2 << 20) : 'text')
  })
  const objects = client(scope)
  assert.deepEqual(await objects.get(grantOf(url), OPTIONS), { text: 'text', etag: '"e"' })
  assert.equal(await objects.get(grantOf(url.replace('/o', '/none')), OPTIONS), undefined)
  await assert.rejects(objects.get(grantOf(url.replace('/o', '/long')), OPTIONS), { code: 'STORAGE_TOO_LARGE' })
})

test('a server that wants ETags without quotes gets them so, and another condition is none', async (t) => {
  const scope = testScope(t)
  let current = 'a'
  const asked: string[] = []
  const { url } = await serve(scope, ({ headers: { 'if-match': match = '' } }, response) => {
    asked.push(match)
    response.writeHead(match === current ? 200 : 412, { etag: '"b"' }).end()
  })
  const objects = client(scope)
  const put = (ifMatch: string) => objects.put(grantOf(url), new Uint8Array(1), { ...OPTIONS, ifMatch })
  await assert.rejects(put('"x"'), { code: 'STORAGE_PRECONDITION' })
  assert.deepEqual(await put('"a"'), { etag: '"b"' })
  current = 'b'
  await assert.rejects(put('"a"'), { code: 'STORAGE_PRECONDITION' })
  await put('"b"')
  assert.deepEqual(asked, ['"x"', 'x', '"a"', 'a', 'a', 'b'])
})
