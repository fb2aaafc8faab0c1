import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type TestContext } from 'node:test'

import type { DesiredState } from '@millrace/contracts'
import { CodedError, silentLogger } from '@millrace/core'
import { FakeScheduler } from '@millrace/testkit'

import { DesiredStateFeed } from './desired-state.ts'

const state = (node: 'ready' | 'draining'): DesiredState => ({
  node: { state: node },
  vhosts: [],
  signing_keys: [],
  revocations: [],
})

/** A control plane whose state the test sets, and a folder. */
async function setUp(t: TestContext) {
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace-test-'))
  t.after(() => rm(dir, { recursive: true }))
  const world = { body: state('ready') as unknown, etag: '"1"', away: false, asked: [] as unknown[] }
  const scheduler = new FakeScheduler()
  const file = path.join(dir, 'desired-state.json')
  const open = async (nodeId: string | null = 'node_1'): Promise<DesiredStateFeed> => {
    const feed = await DesiredStateFeed.open({
      control: {
        async get(url, etag) {
          world.asked.push([url, etag])
          await Promise.resolve()
          if (world.away) throw new CodedError('CONTROL_UNREACHABLE', 'away')
          return etag === world.etag ? 'not-modified' : { etag: world.etag, body: world.body }
        },
      },
      nodeId: () => nodeId ?? undefined,
      file,
      logger: silentLogger,
      scheduler,
    })
    t.after(() => feed.close())
    return feed
  }
  return { world, scheduler, file, open }
}

/** Lets two seconds pass, and the answer come. */
async function nextPoll(scheduler: FakeScheduler): Promise<void> {
  scheduler.advance(2000)
  await timerSet(scheduler)
}

async function timerSet(scheduler: FakeScheduler): Promise<void> {
  while (scheduler.pending === 0) await new Promise(setImmediate)
}

test('a state is told to listeners once, and asked for with its ETag from then on', async (t) => {
  const { world, scheduler, open } = await setUp(t)
  const feed = await open()
  const told: DesiredState[] = []
  feed.onChange((changed) => told.push(changed))
  assert.equal(feed.current, undefined)
  await feed.start()
  assert.deepEqual(feed.current, state('ready'))
  await nextPoll(scheduler)
  Object.assign(world, { body: state('draining'), etag: '"2"' })
  await nextPoll(scheduler)
  assert.deepEqual(told, [state('ready'), state('draining')])
  const url = '/node/v1/desired-state?node_id=node_1'
  assert.deepEqual(world.asked, [
    [url, undefined],
    [url, '"1"'],
    [url, '"1"'],
  ])
})

test('it is asked for every two seconds, until it is closed', async (t) => {
  const { world, scheduler, open } = await setUp(t)
  const feed = await open()
  await feed.start()
  for (let polls = 2; polls < 5; polls++) {
    await nextPoll(scheduler)
    assert.equal(world.asked.length, polls)
  }
  feed.close()
  assert.equal(scheduler.pending, 0)
})

test('out of turn it is asked for once a second at most, by whomever, and the answer is newer than the wish', async (t) => {
  const { world, scheduler, open } = await setUp(t)
  const feed = await open()
  await feed.start()
  feed.close()
  const early = Promise.all([feed.refresh(), feed.refresh(), feed.refresh()])
  await timerSet(scheduler)
  scheduler.advance(999)
  assert.equal(world.asked.length, 1)
  Object.assign(world, { body: state('draining'), etag: '"2"' })
  scheduler.advance(1)
  await early
  assert.equal(world.asked.length, 2)
  scheduler.advance(1000)
  await feed.refresh()
  assert.equal(world.asked.length, 3)
})

test('the last state is there at the next start while the control plane is away, for the owner of the file alone', async (t) => {
  const { world, file, open } = await setUp(t)
  await (await open()).start()
  assert.equal(((await stat(file)).mode & 0o777).toString(8), '600')
  world.away = true
  const again = await open()
  assert.deepEqual(again.current, state('ready'))
  await again.start()
  assert.deepEqual(again.current, state('ready'))
  assert.deepEqual(world.asked.at(-1), ['/node/v1/desired-state?node_id=node_1', '"1"'])
})

test('a file that is cut, and an answer that is no state, count as none', async (t) => {
  const { world, file, open } = await setUp(t)
  await (await open()).start()
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, -5))
  const feed = await open()
  assert.equal(feed.current, undefined)
  world.body = { ...state('ready'), node: { state: 'asleep' } }
  await feed.start()
  assert.equal(feed.current, undefined)
})

test('nobody is asked before the node is registered', async (t) => {
  const { world, open } = await setUp(t)
  const feed = await open(null)
  await feed.start()
  assert.deepEqual(world.asked, [])
})
