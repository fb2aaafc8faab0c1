import assert from 'node:assert/strict'
import test from 'node:test'

import { startConfNode } from '../../../../test/support/conf-node.ts'
import { testScope } from '../../../../test/support/scope.ts'
import { Backend } from './backend.test-support.ts'

test('the node tells again and again that it lives, whatever is answered', async (t) => {
  const scope = testScope(t)
  const backend = await Backend.start(scope)
  backend.answer = () => ({ status: 500, body: 'no' })
  await startConfNode(
    scope,
    `listen 127.0.0.1:0;
     srs_log_tank console;
     heartbeat { enabled on; interval 1; url ${backend.url('/api/v1/servers')}; device_id my-server; summaries on; }
     vhost __defaultVhost__ { }`,
  )
  await backend.until(() => backend.calls.length === 2)
  const [call] = backend.calls
  assert.equal(call?.method, 'POST')
  assert.match(
    call.body,
    /^\{"device_id":"my-server","ip":"[0-9a-f.:]+","summaries":\{"data":\{"ok":true,"now_ms":\d+,"self":/,
  )
})
