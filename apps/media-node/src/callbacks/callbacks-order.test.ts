/** In which order clients are asked about, and rules of the file looked at. */
import assert from 'node:assert/strict'
import test from 'node:test'

import { startConfNode } from '../../../../test/support/conf-node.ts'
import { freePort, testScope } from '../../../../test/support/scope.ts'
import { publishTestStream } from '../../../../test/support/test-stream.ts'
import { Backend } from './backend.test-support.ts'
import { asked, conf, start } from './callbacks.test-support.ts'

test('URLs are asked in order, and let in when all do; until one says no; all are told', async (t) => {
  const scope = testScope(t)
  const backend = await Backend.start(scope)
  const list = ['/1', '/2', '/3'].map((path) => backend.url(path)).join(' ')
  const node = await startConfNode(scope, conf(`on_publish ${list}; on_close ${list};`))
  await publishTestStream(scope, node.ports.rtmp, 'good')
  assert.deepEqual(
    backend.calls.splice(0).map(({ path }) => path),
    ['/1', '/2', '/3'],
  )
  backend.answer = ({ path }) => (path === '/2' ? '1' : '0')
  assert.match(await asked(scope, node.ports.rtmp, 'publish', 'x'), /Denied/)
  await backend.until(() => backend.calls.length === 5)
  assert.deepEqual(
    backend.calls.map(({ path }) => path),
    ['/1', '/2', '/1', '/2', '/3'],
  )
})

test('whether the vhost is on, refer of all, on_connect, security, refer of publishers, on_publish, whether somebody publishes', async (t) => {
  const scope = testScope(t)
  const told = async (rest: string, refuse = ''): Promise<unknown[]> => {
    const { node, backend } = await start(scope, { rest })
    backend.answer = ({ path }) => (path === `/${refuse}` ? '1' : '0')
    await asked(scope, node.ports.rtmp, 'publish', 'x')
    await backend.until(() => backend.of('on_close').length === 1)
    return backend.actions()
  }
  const deny = 'security { enabled on; allow publish all; deny publish all; }'
  assert.deepEqual(await told('enabled off;'), ['on_close'])
  assert.deepEqual(await told('refer { enabled on; all a.com; }'), ['on_close'])
  assert.deepEqual(await told(deny), ['on_connect', 'on_close'])
  assert.deepEqual(await told(deny, 'on_connect'), ['on_connect', 'on_close'])
  assert.deepEqual(await told('refer { enabled on; publish a.com; }'), ['on_connect', 'on_close'])
  assert.deepEqual(await told('', 'on_publish'), ['on_connect', 'on_publish', 'on_close'])

  const { node, backend } = await start(scope)
  await publishTestStream(scope, node.ports.rtmp, 'x')
  await asked(scope, node.ports.rtmp, 'publish', 'x')
  await backend.until(() => backend.of('on_close').length === 1)
  assert.deepEqual(backend.actions().slice(2), ['on_connect', 'on_publish', 'on_unpublish', 'on_close'])
})

test('an edge asks its origin after on_connect, and before its own security', async (t) => {
  const scope = testScope(t)
  const gone = `127.0.0.1:${await freePort()}`
  const traverse = `cluster { mode remote; origin ${gone}; token_traverse on; }`
  const { node, backend } = await start(scope, { rest: `${traverse} security { enabled on; deny publish all; }` })
  assert.match(await asked(scope, node.ports.rtmp, 'publish', 'x'), /ORIGIN_UNREACHABLE/)
  await backend.until(() => backend.of('on_close').length === 1)
  assert.deepEqual(backend.actions(), ['on_connect', 'on_close'])
})

test('security of players comes before on_play, whatever the protocol', async (t) => {
  const scope = testScope(t)
  const { node, backend } = await start(scope, {
    rest: 'security { enabled on; allow play all; deny play 127.0.0.1; }',
  })
  assert.match(await asked(scope, node.ports.rtmp, 'play', 'x'), /SECURITY_DENIED/)
  assert.equal((await fetch(`http://127.0.0.1:${node.ports.http}/live/x.flv`)).status, 403)
  await backend.until(() => backend.of('on_close').length === 1)
  assert.deepEqual(backend.actions(), ['on_connect', 'on_close'])
})

test('on_forward is the last to be asked, waits as long as callbacks do, and refuses as they do', async (t) => {
  const scope = testScope(t)
  const backend = await Backend.start(scope)
  const hook = `timeout 0.3; on_publish ${backend.url('/on_publish')};`
  const node = await startConfNode(scope, conf(hook, `forward { enabled on; backend ${backend.url('/on_forward')}; }`))
  for (const answer of ['1', 'ok', '{"code":0}', { status: 500, body: '0' }, new Promise<string>(() => {})]) {
    backend.calls.length = 0
    backend.answer = ({ path }) => (path === '/on_forward' ? answer : '0')
    assert.match(await asked(scope, node.ports.rtmp, 'publish', 'x'), /Publish.Denied.*FORWARD_BACKEND/s)
    assert.deepEqual(backend.actions(), ['on_publish', 'on_forward'])
  }
})

test('on_play comes before refer of players, and on_stop even when that refuses', async (t) => {
  const scope = testScope(t)
  const { node, backend } = await start(scope, { rest: 'refer { enabled on; play a.com; }' })
  await asked(scope, node.ports.rtmp, 'play', 'x')
  await backend.until(() => backend.of('on_close').length === 1)
  assert.deepEqual(backend.actions(), ['on_connect', 'on_play', 'on_stop', 'on_close'])
})
