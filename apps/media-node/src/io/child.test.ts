import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { type TestContext } from 'node:test'

import { silentLogger } from '@millrace/core'
import { FakeScheduler } from '@millrace/testkit'

import { Program } from '../../../../test/support/program.ts'
import { tempDir, testScope } from '../../../../test/support/scope.ts'
import { Children, findProgram, type ChildrenOptions } from './child.ts'

/** Programs take as long as the machine lets them. */
const LONG = { timeout: 60_000 }

async function setUp(t: TestContext, options: Partial<ChildrenOptions> = {}) {
  const scope = testScope(t)
  const folder = await tempDir(scope)
  const scheduler = new FakeScheduler()
  const children = new Children({ logger: silentLogger, scheduler, ...options })
  scope.defer(() => children.close())
  const output = path.join(folder, 'logs/out.log')
  const shell = (script: string, once = false) =>
    children.start({ name: 'test', program: 'sh', args: ['-c', script], stdout: output, stderr: output, once })
  const written = (wanted: RegExp) =>
    t.waitFor(async () => {
      const text = await readFile(output, 'utf8')
      assert.match(text, wanted)
      return text
    }, LONG)
  return { folder, scheduler, children, shell, written, output }
}

/** Whether any process of the group is there that is more than an entry in a table. */
async function groupLives(pid: number): Promise<boolean> {
  const { readdir } = await import('node:fs/promises')
  const entries = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const stats = await Promise.all(entries.map((entry) => readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '')))
  return stats.some((stat) => {
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(group) === pid && state !== 'Z'
  })
}

test('a program runs in a group of its own, which ends as a whole', async (t) => {
  const { shell, written } = await setUp(t)
  const child = shell('sleep 1000 & echo ready; wait')
  await written(/ready/)
  const pid = child.pid!
  assert.equal(await groupLives(pid), true)
  await child.stop()
  assert.equal(await groupLives(pid), false)
  assert.equal(child.pid, undefined)
})

test('one that does not follow SIGTERM is killed, with those it started', async (t) => {
  const { shell, written, scheduler } = await setUp(t)
  const child = shell('trap "" TERM; sh -c \'trap "" TERM; sleep 1000\' & echo ready; while :; do sleep 1; done')
  await written(/ready/)
  const pid = child.pid!
  const stopped = child.stop()
  scheduler.advance(2000)
  await stopped
  assert.equal(await groupLives(pid), false)
})

test('what ended well is started again after three seconds, its output appended', async (t) => {
  const { shell, written, scheduler } = await setUp(t)
  shell('echo run')
  await written(/^run\n$/)
  await t.waitFor(() => assert.equal(scheduler.pending, 1), LONG)
  scheduler.advance(3000)
  await written(/^run\nrun\n$/)
})

test('one that is killed comes back', async (t) => {
  const { shell, written, scheduler } = await setUp(t)
  const child = shell('echo run; sleep 1000')
  await written(/^run\n$/)
  const first = child.pid!
  process.kill(first, 'SIGKILL')
  await t.waitFor(() => assert.equal(child.pid, undefined), LONG)
  assert.equal(await groupLives(first), false)
  scheduler.advance(2000)
  await written(/^run\nrun\n$/)
  assert.notEqual(child.pid, first)
})

test('one that fails at once is started ever more seldom', async (t) => {
  const { shell, scheduler, output } = await setUp(t)
  shell('echo run; exit 1')
  const runs = async (): Promise<number> => (await readFile(output, 'utf8')).split('\n').length - 1
  for (const [failures, meanMs] of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000].entries()) {
    await t.waitFor(async () => assert.deepEqual([await runs(), scheduler.pending], [failures + 1, 1]), LONG)
    // in steps: the time that is over when it has started is time that it has run
    let waitedMs = 0
    for (; scheduler.pending > 0; waitedMs += 100) scheduler.advance(100)
    assert.ok(waitedMs >= 0.8 * meanMs && waitedMs <= 1.2 * meanMs + 100, `${waitedMs} for ${meanMs} ms`)
  }
})

test('a program that is not there is looked for again, until it is stopped', async (t) => {
  const { children, folder, scheduler, output, written } = await setUp(t)
  const program = path.join(folder, 'late')
  const child = children.start({ name: 'late', program, args: [], stdout: output })
  assert.equal(child.pid, undefined)
  await writeFile(program, '#!/bin/sh\necho here\n')
  await chmod(program, 0o755)
  scheduler.advance(2000)
  await written(/here/)
  await child.stop()
  scheduler.advance(60_000)
  assert.equal(children.size, 0)
  assert.equal(scheduler.pending, 0)
})

test('programs above the limit wait for a place', async (t) => {
  const { shell, scheduler } = await setUp(t, { maxChildren: 1 })
  const first = shell('sleep 1000')
  const second = shell('sleep 1000')
  assert.equal(second.pid, undefined)
  await first.stop()
  scheduler.advance(2000)
  await t.waitFor(() => assert.ok(second.pid), LONG)
})

test('what is to be run once is not run again, and waits for its turn, within bounds', async (t) => {
  const { children, shell, scheduler, written } = await setUp(t, { maxChildren: 1 })
  shell('echo one; exit 1', true)
  shell('echo two', true)
  shell('echo three', true)
  await written(/^one\ntwo\nthree\n$/)
  await t.waitFor(() => assert.equal(children.size, 0), LONG)
  assert.equal(scheduler.pending, 0)
  children.start({ name: 'missing', program: '/none', args: [], once: true })
  assert.equal(children.size, 0)
  const last = shell('sleep 1000', true)
  const waiting = Array.from({ length: 31 }, () => shell('echo never', true))
  assert.throws(() => shell('echo never', true), { code: 'CHILD_LIMIT' })
  await Promise.all(waiting.map((child) => child.stop()))
  const stopped = last.stop()
  scheduler.advance(2000)
  await stopped
  assert.equal(children.size, 0)
})

test('what is run once may finish when it is stopped', async (t) => {
  const { folder, shell, written } = await setUp(t)
  const child = shell(`echo begun; while [ ! -e ${folder}/go ]; do sleep 0.01; done; echo done`, true)
  await written(/begun/)
  const stopped = child.stop()
  await writeFile(path.join(folder, 'go'), '')
  await stopped
  await written(/done/)
})

test('arguments are read by no shell', async (t) => {
  const { children, output, written } = await setUp(t)
  const args = ['%s\n', '$(touch x); `x` > y', '*']
  children.start({ name: 'test', program: 'printf', args, stdout: output })
  assert.equal(await written(/\*/), '$(touch x); `x` > y\n*\n')
})

test('a node that is killed takes its programs with it', { skip: process.platform !== 'linux' }, async (t) => {
  const scope = testScope(t)
  const script = `
    const { Children } = await import(${JSON.stringify(path.join(import.meta.dirname, 'child.ts'))})
    const { systemScheduler } = await import(${JSON.stringify(path.join(import.meta.dirname, 'clock.ts'))})
    const logger = { info: (fields, text) => fields.pid && console.log('pid ' + fields.pid), warn() {} }
    new Children({ logger, scheduler: systemScheduler }).start({ name: 'x', program: 'sleep', args: ['1000'] })
  `
  const node = await Program.start(scope, process.execPath, ['--input-type=module', '-e', script])
  const pid = Number((await node.line(/^pid \d+/)).slice(4))
  // setpriv has become what it was to run
  await t.waitFor(async () => assert.match(await readFile(`/proc/${pid}/cmdline`, 'utf8'), /^\S*sleep/), LONG)
  await node.stop('SIGKILL')
  await t.waitFor(async () => assert.equal(await groupLives(pid), false), LONG)
})

test('FFmpeg is found where it is, other programs only where they are said to be', async (t) => {
  const folder = await tempDir(testScope(t))
  await mkdir(path.join(folder, 'bin'))
  assert.match(findProgram('./objs/ffmpeg/bin/ffmpeg'), /^\/.*\/ffmpeg$/)
  assert.throws(() => findProgram('./objs/sh'), { code: 'CHILD_PROGRAM' })
  assert.throws(() => findProgram('no-such-program'), { code: 'CHILD_PROGRAM' })
  assert.throws(() => findProgram(path.join(folder, 'bin')), { code: 'CHILD_PROGRAM' })
})
