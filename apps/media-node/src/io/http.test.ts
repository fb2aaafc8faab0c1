import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import test, { type TestContext } from 'node:test'

import { createHttpServer, json, send, text, type HttpHandler } from './http.ts'
import { closerOf, listen } from './listen.ts'

/** What a request came as, for assertions. */
const echo: HttpHandler = ({ path, params, search, host, method }, response) => {
  if (!path.startsWith('/echo')) return false
  send(response, json(200, { path, params, search, host, method }))
  return true
}

async function setUp(
  t: TestContext,
  handlers: readonly HttpHandler[] = [echo],
): Promise<{ port: number; errors: unknown[] }> {
  const errors: unknown[] = []
  const server = createHttpServer({
    handlers,
    upgrades: [
      ({ path }, socket) => {
        if (path !== '/ws') return false
        socket.end('upgraded')
        return true
      },
    ],
    maxConnections: 100,
    onError: (error) => errors.push(error),
  })
  t.after(closerOf(server))
  return { port: await listen(server, { host: '127.0.0.1', port: 0 }, 'HTTP'), errors }
}

/** Sends bytes as they are, and returns all that comes back until the server closes. */
async function exchange(port: number, request: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1').setEncoding('latin1')
  socket.write(request, 'latin1')
  let answer = ''
  socket.on('data', (chunk: string) => (answer += chunk))
  socket.on('error', () => {})
  await once(socket, 'close')
  return answer
}

const get = (port: number, target: string, head = 'Host: a.example:8080'): Promise<string> =>
  exchange(port, `GET ${target} HTTP/1.1\r\n${head}\r\nConnection: close\r\n\r\n`)

const bodyOf = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))

test('a URL is taken apart and decoded', async (t) => {
  const { port } = await setUp(t)
  assert.deepEqual(bodyOf(await get(port, '/echo/a%20b%2Fc?vhost=v&vhost=w&x=%41&__proto__=p')), {
    path: '/echo/a b/c',
    params: { vhost: 'w', x: 'A', ['__proto__']: 'p' },
    search: '?vhost=v&vhost=w&x=%41&__proto__=p',
    host: 'a.example',
    method: 'GET',
  })
})

for (const [target, host, path, expected] of [
  ['/echo', 'Host: [2001:db8::1]:8080', '/echo', '2001:db8::1'],
  ['/echo', 'Host: [::1]', '/echo', '::1'],
  ['/echo', 'Host: [::1', '/echo', ''],
  ['/echo', 'Host: 10.0.0.1:80', '/echo', '10.0.0.1'],
  ['/echo', 'Host:', '/echo', ''],
  ['http://b.example:81/echo?x', 'Host: a.example', '/echo', 'b.example'],
  ['HTTPS://user:secret@[::1]:81/echo', 'Host: a.example', '/echo', '::1'],
] as const) {
  test(`${target} with "${host}" is ${path} of "${expected}"`, async (t) => {
    const { port } = await setUp(t)
    const body = bodyOf(await get(port, target, host)) as { path: string; host: string }
    assert.deepEqual([body.path, body.host], [path, expected])
  })
}

test('a client of HTTP/1.0 is answered, with or without a host', async (t) => {
  const { port } = await setUp(t)
  const answer = await exchange(port, 'GET /echo HTTP/1.0\r\n\r\n')
  assert.match(answer, /^HTTP\/1\.1 200 .*connection: close/is)
  assert.equal((bodyOf(answer) as { host: string }).host, '')
})

for (const [what, request, status] of [
  ['a path that is not UTF-8', 'GET /echo/%ff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
  ['half an escape', 'GET /echo/%4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
  ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
  ['another scheme', 'GET ftp://a/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
  ['an absolute URL without a path', 'GET http://a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 404],
  ['no host', 'GET /echo HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  ['a URL of 20 KB', `GET /echo/${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
  ['a raw NUL', 'GET /echo/\0 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['no HTTP at all', '\x03garbage\r\n\r\n', 400],
  ['two lengths', 'GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx', 400],
  [
    'both length and chunks',
    'GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['a folded header', 'GET /echo HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n: w\r\n\r\n', 400],
  ['a chunk of no length', 'POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
] as const) {
  test(`${what} gets a clean ${status}`, async (t) => {
    const { port, errors } = await setUp(t)
    assert.match(await exchange(port, request), new RegExp(`^HTTP/1\\.1 ${status} `))
    assert.deepEqual(errors, [])
  })
}

test('a body that nobody asked for is thrown away, and the connection goes on', async (t) => {
  const { port } = await setUp(t)
  const body = 'x'.repeat(100_000)
  const answer = await exchange(
    port,
    `GET /echo/1 HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}` +
      'GET /echo/2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  )
  assert.deepEqual(answer.match(/echo\/\d/g), ['echo/1', 'echo/2'])
})

test('requests in a row are answered in order', async (t) => {
  const { port } = await setUp(t)
  const requests = ['1', '2', '3'].map((n) => `GET /echo/${n} HTTP/1.1\r\nHost: a\r\n\r\n`).join('')
  const answer = await exchange(port, `${requests}GET /echo/4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  assert.deepEqual(answer.match(/echo\/\d/g), ['echo/1', 'echo/2', 'echo/3', 'echo/4'])
})

test('a client that piles up requests behind one without end is cut off', async (t) => {
  let open = 0
  const { port } = await setUp(t, [
    (_request, response) => {
      open++
      response.once('close', () => open--)
      return true
    },
  ])
  assert.equal(await exchange(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1000)), '')
  assert.equal(open, 0)
})

test('only WebSocket is an upgrade; offers of other protocols get a plain answer', async (t) => {
  const { port } = await setUp(t)
  const offer = (path: string, protocol: string): Promise<string> =>
    get(port, path, `Host: a\r\nUpgrade: ${protocol}\r\nConnection: Upgrade`)
  assert.match(await offer('/echo', 'h2c'), /^HTTP\/1\.1 200 /)
  assert.equal(await offer('/ws', 'WebSocket'), 'upgraded')
  const refused = await offer('/other', 'websocket')
  assert.match(refused, /^HTTP\/1\.1 404 Not Found\r\n.*connection: close.*\r\n\r\nnot found\n$/is)
})

test('a handler that fails is a 500 that tells nothing, and is told to the owner', async (t) => {
  const { port, errors } = await setUp(t, [() => Promise.reject(new Error('secret'))])
  const answer = await get(port, '/')
  assert.match(answer, /^HTTP\/1\.1 500 /)
  assert.doesNotMatch(answer, /secret/)
  assert.equal(errors.length, 1)
})

test('HEAD gets the length and no body; answers without body have no length', async (t) => {
  const { port } = await setUp(t, [
    ({ path }, response) => {
      send(response, path === '/none' ? { status: 204, headers: {} } : text(200, 'four'))
      return true
    },
  ])
  const head = await exchange(port, 'HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  assert.match(head, /content-length: 5\r\n.*\r\n\r\n$/is)
  assert.doesNotMatch(await get(port, '/none'), /content-length/i)
})
