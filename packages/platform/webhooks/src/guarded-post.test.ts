import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import test from 'node:test'

import { CodedError, type Scope } from '@millrace/core'

import { testScope } from '../../../../test/support/scope.ts'
import { createAddressGuard } from '@millrace/address-guard'
import { guardedPost, type GuardedPost } from './guarded-post.ts'

const open = createAddressGuard(['127.0.0.0/8'])

async function listen(scope: Scope, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.defer(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function receiver(scope: Scope, handler: http.RequestListener): Promise<string> {
  const server = http.createServer(handler)
  scope.defer(() => server.closeAllConnections())
  return `http://127.0.0.1:${await listen(scope, server)}/hook`
}

const post = (url: string, options: Partial<GuardedPost> = {}) =>
  guardedPost({ url, headers: { 'x-a': 'b' }, body: '{"ü":1}', ...options }, open)

const failsWith = (code: string) => (error: unknown) => {
  assert.ok(error instanceof CodedError)
  assert.equal(error.code, code)
  return true
}

test('posts headers and body, and gives status, retry-after and the start of the answer', async (t) => {
  let got: unknown
  const url = await receiver(testScope(t), (request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      got = { method: request.method, url: request.url, header: request.headers['x-a'], body }
      response.writeHead(503, { 'retry-after': '7' }).end('a\u0000b\r\n\u001b[31m' + 'x'.repeat(5000))
    })
  })
  const answer = await post(url, { maxBodyBytes: 20 })
  assert.deepEqual(got, { method: 'POST', url: '/hook', header: 'b', body: '{"ü":1}' })
  const { body, ...told } = answer
  assert.deepEqual(told, {
    statusCode: 503,
    retryAfter: '7',
    excerpt: `ab\n[31m${'x'.repeat(10)}`,
    complete: false,
  })
  assert.equal(new TextDecoder().decode(body), `a\0b\r\n\u001B[31m${'x'.repeat(10)}`)
})

test('does not follow redirects', async (t) => {
  const scope = testScope(t)
  let followed = false
  const target = await receiver(scope, (_request, response) => {
    followed = true
    response.end()
  })
  const url = await receiver(scope, (_request, response) => response.writeHead(307, { location: target }).end())
  assert.equal((await post(url)).statusCode, 307)
  assert.equal(followed, false)
})

test('resolves the host once and connects to that answer alone', async (t) => {
  const url = new URL(await receiver(testScope(t), (request, response) => response.end(request.headers.host)))
  url.hostname = 'receiver.example'
  let resolved = 0
  const answer = await post(url.href, {
    resolve: async (host) => {
      assert.equal(host, 'receiver.example')
      // were it asked again, the second answer would lead elsewhere
      return resolved++ === 0 ? [{ address: '127.0.0.1', family: 4 }] : [{ address: '10.0.0.1', family: 4 }]
    },
  })
  assert.equal(resolved, 1)
  assert.equal(answer.excerpt, `receiver.example:${url.port}`)
})

test('of several addresses only the permitted ones are used', async (t) => {
  const url = new URL(await receiver(testScope(t), (_request, response) => response.end('here')))
  url.hostname = 'receiver.example'
  const addresses = [
    { address: '169.254.169.254', family: 4 },
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ]
  assert.equal((await post(url.href, { resolve: async () => addresses })).excerpt, 'here')
})

test('never connects to an address that is not permitted, however it is written', async (t) => {
  const scope = testScope(t)
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.destroy()
  })
  const port = await listen(scope, server)
  const strict = createAddressGuard()
  const hosts = [
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '2130706433',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    'localhost',
    '0',
  ]
  for (const host of hosts) {
    const attempt = guardedPost({ url: `http://${host}:${port}/`, headers: {}, body: '' }, strict)
    await assert.rejects(attempt, failsWith('WEBHOOK_ADDRESS_BLOCKED'), host)
  }
  assert.equal(connections, 0)
})

test('a receiver that accepts and says nothing is given up in time', async (t) => {
  const scope = testScope(t)
  const port = await listen(
    scope,
    createServer((socket) => scope.defer(() => void socket.destroy())),
  )
  await assert.rejects(post(`http://127.0.0.1:${port}/`, { timeoutMs: 100 }), failsWith('WEBHOOK_TIMEOUT'))
})

test('can be broken off', async (t) => {
  const scope = testScope(t)
  const port = await listen(
    scope,
    createServer((socket) => scope.defer(() => void socket.destroy())),
  )
  const attempt = post(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(50) })
  await assert.rejects(attempt, failsWith('WEBHOOK_INTERRUPTED'))
})

test('a resolver that says nothing is given up in time', async () => {
  const attempt = post('http://receiver.example/', { timeoutMs: 50, resolve: () => new Promise(() => {}) })
  await assert.rejects(attempt, failsWith('WEBHOOK_TIMEOUT'))
})

test('the status counts even when the body never ends', async (t) => {
  const url = await receiver(testScope(t), (_request, response) => void response.writeHead(200).write('partial'))
  const { statusCode, excerpt, complete } = await post(url, { timeoutMs: 200 })
  assert.deepEqual([statusCode, excerpt, complete], [200, 'partial', false])
})

test('other failures are told apart by code', async (t) => {
  const scope = testScope(t)
  const garbage = await listen(
    scope,
    createServer((socket) => socket.end('garbage\r\n\r\n')),
  )
  await assert.rejects(post(`http://127.0.0.1:${garbage}/`), failsWith('WEBHOOK_CONNECTION'))
  await assert.rejects(post('http://127.0.0.1:1/'), failsWith('WEBHOOK_CONNECTION'))
  await assert.rejects(post('ftp://127.0.0.1/'), failsWith('WEBHOOK_URL_INVALID'))
  await assert.rejects(post('nonsense'), failsWith('WEBHOOK_URL_INVALID'))
  const unknown = { resolve: () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })) }
  await assert.rejects(post('http://receiver.example/', unknown), failsWith('WEBHOOK_NOT_RESOLVED'))
})
