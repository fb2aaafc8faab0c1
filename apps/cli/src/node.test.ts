import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'

import { Program } from '../../../test/support/program.ts'
import { tempDir, testScope } from '../../../test/support/scope.ts'

const MAIN = path.join(import.meta.dirname, 'main.ts')

test('millrace node becomes the media node: its pid, its signals, its exit code', async (t) => {
  const scope = testScope(t)
  const folder = await tempDir(scope)
  const millrace = (...args: string[]): Promise<Program> =>
    Program.start(scope, process.execPath, [MAIN, 'node', ...args], { cwd: folder })
  assert.equal((await (await millrace('-t')).finished(20_000)).code, 255)
  await writeFile(
    path.join(folder, 'srs.conf'),
    'listen 127.0.0.1:0; srs_log_tank console; pid srs.pid; vhost __defaultVhost__ { }',
  )
  const tested = await millrace('-t', '-c', 'srs.conf')
  assert.equal((await tested.finished(20_000)).code, 0)
  assert.match(tested.output, /srs.conf: the configuration is ok/)
  const node = await millrace('-c', 'srs.conf')
  await node.line(/media node ready/)
  assert.equal(Number(await readFile(path.join(folder, 'srs.pid'), 'utf8')), node.pid)
  node.signal('SIGHUP')
  await node.line(/nothing has changed/)
  assert.deepEqual(await node.stop('SIGTERM'), { code: 0, signal: null })
})

test('a node that has nothing to do takes less than 100 MB', { skip: process.platform !== 'linux' }, async (t) => {
  const scope = testScope(t)
  const folder = await tempDir(scope)
  const listen = 'enabled on; listen 127.0.0.1:0;'
  await writeFile(
    path.join(folder, 'srs.conf'),
    `listen 127.0.0.1:0; srs_log_tank console; pid srs.pid; http_api { ${listen} } http_server { ${listen} }
     vhost __defaultVhost__ { hls { enabled on; } http_remux { enabled on; } }`,
  )
  const start = (): Promise<Program> =>
    Program.start(scope, process.execPath, [MAIN, 'node', '-c', 'srs.conf'], { cwd: folder })
  // what the first start compiles is there for the next
  const first = await start()
  await first.line(/media node ready/)
  await first.stop('SIGTERM')
  const node = await start()
  await node.line(/media node ready/)
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${node.pid}/status`, 'utf8')) ?? []
  assert.ok(Number(kilobytes) < 100_000, `${kilobytes} kB`)
})
