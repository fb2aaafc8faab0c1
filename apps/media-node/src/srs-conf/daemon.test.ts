import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'

import type { Scope } from '@millrace/core'

import { startConfProgram } from '../../../../test/support/conf-node.ts'
import { eventually } from '../../../../test/support/eventually.ts'
import { Program } from '../../../../test/support/program.ts'
import { tempDir, testScope } from '../../../../test/support/scope.ts'
import { publishTestStream } from '../../../../test/support/test-stream.ts'

const CONF = 'disable_daemon_for_docker off; daemon on; vhost __defaultVhost__ { }'

/** A folder with a configuration file. */
async function folderWith(scope: Scope, conf: string): Promise<string> {
  const folder = await tempDir(scope)
  await mkdir(path.join(folder, 'conf'))
  await writeFile(path.join(folder, 'conf/srs.conf'), conf)
  return folder
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

interface Ready {
  readonly type: 'ready'
  readonly info: { readonly ports: { readonly rtmp: number } }
}

const isReady = (message: unknown): message is Ready => (message as Ready).type === 'ready'

test('a daemon stays when the command has ended, in a session of its own', async (t) => {
  const scope = testScope(t)
  const folder = await folderWith(scope, `listen 127.0.0.1:0; ${CONF}`)
  const pidOf = async (): Promise<number> => Number(await readFile(path.join(folder, 'objs/srs.pid'), 'utf8'))
  // it outlives the command, and must not outlive the test
  scope.defer(async () => {
    const pid = await pidOf().catch(() => 0)
    if (pid > 0) process.kill(pid, 'SIGKILL')
  })
  const command = await startConfProgram(scope, folder, ['-c', 'conf/srs.conf'])
  const ready = command.message(isReady)
  assert.deepEqual(await command.finished(20_000), { code: 0, signal: null })
  const pid = await pidOf()
  assert.notEqual(pid, command.pid)
  const session = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')[3]
  assert.equal(Number(session), pid)
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8')
  assert.match(environment, /MILLRACE_DAEMON=1/)
  await publishTestStream(scope, (await ready).info.ports.rtmp, 'x')
  process.kill(pid, 'SIGTERM')
  await eventually('its end', () => !runs(pid))
  assert.match(
    await readFile(path.join(folder, 'objs/srs.log'), 'utf8'),
    new RegExp(`\\[${pid}\\]\\[\\w{8}\\] publish started`),
  )
})

test('a daemon that can not start says why, and so does the exit code', async (t) => {
  const scope = testScope(t)
  const folder = await folderWith(scope, `listen 192.0.2.1:1935; ${CONF}`)
  const command = await startConfProgram(scope, folder, ['-c', 'conf/srs.conf'])
  assert.notEqual((await command.finished(20_000)).code, 0)
  assert.match(command.output, /cannot start: .*192\.0\.2\.1/)
})

test('a node that is a process of another ends with it', async (t) => {
  const scope = testScope(t)
  const folder = await folderWith(scope, 'listen 127.0.0.1:0; asprocess on; vhost __defaultVhost__ { }')
  const main = path.resolve(import.meta.dirname, '../main.ts')
  const script = `"${process.execPath}" "${main}" -c conf/srs.conf & echo $!; wait`
  const shell = await Program.start(scope, 'sh', ['-c', script], { cwd: folder })
  const pid = Number(await shell.line(/^\d+$/))
  const log = path.join(folder, 'objs/srs.log')
  await eventually('the node', async () => /media node ready/.test(await readFile(log, 'utf8')))
  process.kill(shell.pid, 'SIGKILL')
  await eventually('its end', () => !runs(pid))
})
