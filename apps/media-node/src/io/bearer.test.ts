import assert from 'node:assert/strict'
import test from 'node:test'

import { testScope } from '../../../../test/support/scope.ts'
import { startNode } from '../testing.ts'

const TOKEN = 'token-of-the-scraper'

test('with a token, the node API and /metrics are for who has it; media and the watch page for all', async (t) => {
  const ports = await startNode(testScope(t), { MILLRACE_METRICS_TOKEN: TOKEN })
  const status = async (port: number, path: string, authorization?: string, method = 'GET') => {
    const headers = authorization === undefined ? {} : { authorization }
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers })
    await response.body?.cancel()
    return response.status
  }
  for (const [port, path] of [
    [ports.api, '/metrics'],
    [ports.api, '/api/v1/streams'],
    [ports.http, '/api/v1/streams'],
  ] as const) {
    for (const wrong of [undefined, '', 'Bearer', `Basic ${TOKEN}`, 'Bearer token'])
      assert.equal(await status(port, path, wrong), 401, `${path} ${wrong}`)
    assert.notEqual(await status(port, path, undefined, 'OPTIONS'), 401)
  }
  assert.equal(await status(ports.api, '/metrics', `Bearer ${TOKEN}`), 200)
  assert.equal(await status(ports.api, '/api/v1/streams', `Bearer ${TOKEN}`), 200)
  assert.equal(await status(ports.http, '/'), 200)
})

test('without one they are open', async (t) => {
  const ports = await startNode(testScope(t))
  assert.equal((await fetch(`http://127.0.0.1:${ports.api}/metrics`)).status, 200)
})
