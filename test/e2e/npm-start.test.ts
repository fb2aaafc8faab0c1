/** The way from npm to the program and back: signals, exit codes, and no orphan, however the processes between end. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'

import type { Scope } from '@millrace/core'
import { processStart } from '@millrace/db/embedded'

import { eventually } from '../support/eventually.ts'
import { tempDir, testScope } from '../support/scope.ts'
import { gone } from '../support/standalone.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '../..')

/** Tells its pid and its parent's; closes at a signal or when the channel breaks. */
const PROGRAM = `
const alive = setInterval(() => {}, 1000)
const close = (why) => { clearInterval(alive); console.log('closing: ' + why); process.disconnect?.() }
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => close(signal))
process.once('disconnect', () => clearInterval(alive))
console.log('up ' + process.pid + ' ' + process.ppid + ' ' + process.version)
if (process.argv[2]) process.exit(Number(process.argv[2]))
`

interface Started {
  npm: ChildProcess
  /** Of the program, and of `run.mjs` above it. */
  pids: { program: number; runner: number }
  version: string
  output: () => string
  exit: Promise<unknown[]>
}

/** A repository in small, with the real `run.mjs` and the real scripts' form, started by npm in a process group of its own. */
async function npmStart(scope: Scope, ...args: string[]): Promise<Started> {
  const root = await tempDir(scope)
  await fs.mkdir(path.join(root, 'infra/dev'), { recursive: true })
  await fs.mkdir(path.join(root, 'node_modules/.bin'), { recursive: true })
  await fs.copyFile(path.join(REPOSITORY, 'infra/dev/run.mjs'), path.join(root, 'infra/dev/run.mjs'))
  await fs.symlink(process.execPath, path.join(root, 'node_modules/.bin/node'))
  const { scripts } = JSON.parse(await fs.readFile(path.join(REPOSITORY, 'package.json'), 'utf8')) as {
    scripts: { start: string }
  }
  const start = scripts.start.replace(/\S+\.ts$/, 'program.mjs')
  await fs.writeFile(path.join(root, 'program.mjs'), PROGRAM)
  await fs.writeFile(path.join(root, 'package.json'), JSON.stringify({ name: 'x', type: 'module', scripts: { start } }))
  // installed already: npm's record is not older than the lock file
  await fs.writeFile(path.join(root, 'package-lock.json'), '{}')
  await fs.writeFile(path.join(root, 'node_modules/.package-lock.json'), '{}')
  const npm = spawn('npm', ['start', '--silent', '--', ...args], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 2],
  })
  scope.defer(() => void npm.kill('SIGKILL'))
  let output = ''
  npm.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text))
  const exit = once(npm, 'exit')
  const [, program, runner, version] = await eventually('up', () => /^up (\d+) (\d+) (\S+)$/m.exec(output) ?? undefined)
  return {
    npm,
    pids: { program: Number(program), runner: Number(runner) },
    version: String(version),
    output: () => output,
    exit,
  }
}

test('runs with the Node of the dependencies, and passes arguments and the exit code on', async (t) => {
  const { exit, version } = await npmStart(testScope(t), '7')
  assert.equal(version, process.version)
  assert.deepEqual(await exit, [7, null])
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} to npm closes the program, and npm waits for it`, async (t) => {
    const { npm, pids, exit, output } = await npmStart(testScope(t))
    npm.kill(signal)
    assert.deepEqual(await exit, [0, null])
    assert.match(output(), new RegExp(`closing: ${signal}`))
    assert.equal(processStart(pids.program), undefined)
  })
}

test('Ctrl-C, a signal to the whole group, closes the program', async (t) => {
  const { npm, pids, exit } = await npmStart(testScope(t))
  process.kill(-(npm.pid ?? 0), 'SIGINT')
  await exit
  await gone([pids.program, pids.runner])
})

test('the program closes when npm or what npm started is killed', async (t) => {
  const scope = testScope(t)
  const first = await npmStart(scope)
  first.npm.kill('SIGKILL')
  await gone([first.pids.program, first.pids.runner])
  const second = await npmStart(scope)
  process.kill(second.pids.runner, 'SIGKILL')
  await gone([second.pids.program])
})
