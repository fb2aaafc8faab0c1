import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import test from 'node:test'

import { testScope } from '../../../../test/support/scope.ts'
import { Backend } from './backend.test-support.ts'
import { call } from './call.ts'

const OPTIONS = { timeoutMs: 10_000, verify: true }

/** A server that answers everything with these bytes, and goes on listening. */
async function raw(t: test.TestContext, answer: string): Promise<string> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.write(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

test('nobody at the address, an answer that is no HTTP, one that breaks off: not reached', async (t) => {
  const gone = await raw(t, '')
  const backend = await Backend.start(testScope(t))
  await assert.rejects(call('http://127.0.0.1:1/', OPTIONS), { code: 'CALLBACK_UNREACHABLE' })
  await assert.rejects(call(await raw(t, 'SSH-2.0-x\r\n\r\n'), OPTIONS), { code: 'CALLBACK_UNREACHABLE' })
  await assert.rejects(call(backend.url('/').replace('http:', 'https:'), OPTIONS), { code: 'CALLBACK_UNREACHABLE' })
  await assert.rejects(call(gone, { ...OPTIONS, timeoutMs: 100 }), { code: 'CALLBACK_TIMEOUT' })
})

test('an answer that drips does not hold a client longer than the whole call may take', async (t) => {
  const url = await raw(t, 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0')
  await assert.rejects(call(url, { ...OPTIONS, timeoutMs: 100 }), { code: 'CALLBACK_TIMEOUT' })
})

test('a long answer is an error, or cut where its beginning is enough', async (t) => {
  const backend = await Backend.start(testScope(t))
  backend.answer = () => 'x'.repeat(200_000)
  await assert.rejects(call(backend.url('/'), OPTIONS), { code: 'CALLBACK_ANSWER_TOO_LARGE' })
  const { status, body } = await call(backend.url('/'), { ...OPTIONS, maxBytes: 64, cut: true })
  assert.equal(status, 200)
  assert.ok(body.length > 64)
})

test('who closes need not wait', async (t) => {
  const backend = await Backend.start(testScope(t))
  backend.answer = () => new Promise(() => {})
  const closing = new AbortController()
  const calling = call(backend.url('/'), { ...OPTIONS, signal: closing.signal })
  await backend.until(() => backend.calls.length === 1)
  closing.abort()
  await assert.rejects(calling, { code: 'CALLBACK_UNREACHABLE' })
})
