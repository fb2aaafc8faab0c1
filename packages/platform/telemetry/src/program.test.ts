import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import test from 'node:test'

function start(mode: string): { child: ChildProcess; output: Promise<string>; exit: Promise<unknown[]> } {
  const child = fork(new URL('./program.test-child.ts', import.meta.url), [mode], {
    stdio: ['ignore', 'pipe', 2, 'ipc'],
  })
  return { child, output: text(child.stdout!), exit: once(child, 'exit') }
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`tells that it is ready, and closes at ${signal}`, async () => {
    const { child, output, exit } = start('serve')
    const [message] = await once(child, 'message')
    assert.deepEqual(message, { type: 'ready', info: { port: 1 } })
    child.kill(signal)
    assert.deepEqual(await exit, [0, null])
    assert.match(await output, /"msg":"closed"/)
  })
}

test('closes when its supervisor has gone', async () => {
  const { child, output, exit } = start('serve')
  await once(child, 'message')
  child.disconnect()
  assert.deepEqual(await exit, [0, null])
  assert.match(await output, /"msg":"closed"/)
})

test('tells why it cannot start, without secrets, and exits with 1', async () => {
  const { child, output, exit } = start('fail')
  const [message] = await once(child, 'message')
  assert.equal(message.type, 'failed')
  assert.equal(message.code, 'CHILD_BROKEN')
  assert.deepEqual(await exit, [1, null])
  assert.doesNotMatch(JSON.stringify(message) + (await output), /hunter2/)
})

test('closes and exits with 1 after a failure that nobody handled', async () => {
  const { output, exit } = start('crash')
  assert.deepEqual(await exit, [1, null])
  assert.match(await output, /CHILD_CRASHED[^]*"msg":"closed"/)
})

test('does not wait forever for what does not close', async () => {
  const { child, exit } = start('hang')
  await once(child, 'message')
  child.kill('SIGTERM')
  assert.deepEqual(await exit, [1, null])
})

test('a second signal ends it at once', async () => {
  const { child, output, exit } = start('hang')
  await once(child, 'message')
  child.kill('SIGTERM')
  child.kill('SIGINT')
  assert.deepEqual(await exit, [1, null])
  assert.doesNotMatch(await output, /took too long/)
})
