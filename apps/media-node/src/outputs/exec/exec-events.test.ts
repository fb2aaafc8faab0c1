import assert from 'node:assert/strict'
import test from 'node:test'

import { silentLogger } from '@millrace/core'
import type { EndReason } from '@millrace/hub'

import type { Publisher } from '../../broadcast/broadcasts.ts'
import type { ChildCommand } from '../../io/child.ts'
import { Players, type Player } from '../../players/players.ts'
import { ExecEvents, type ExecEventSettings } from './exec-events.ts'

const KEY = { vhost: 'v', app: 'live', name: 'x' }
const REQUEST = {
  action: 'publish',
  protocol: 'rtmp',
  vhost: 'v',
  app: 'live',
  stream: 'x',
  params: {},
  client: { id: 'abcdefgh', ip: '10.0.0.1' },
} as const
const NONE: ExecEventSettings['events'] = {
  exec_publish: [],
  exec_publish_done: [],
  exec_play: [],
  exec_play_done: [],
  exec_record_done: [],
}

/** Programs of a vhost, in words, as they start and stop. */
function setUp(events: Partial<ExecEventSettings['events']>, pull: ExecEventSettings['pull'] = []) {
  const said: string[] = []
  const settings = { events: { ...NONE, ...events }, pull, logDir: '/logs', utc: true }
  const say = ({ once, program, args }: ChildCommand): string => [once ? 'once' : 'runs', program, ...args].join(' ')
  const start = (command: ChildCommand) => {
    said.push(say(command))
    return { pid: 1, stop: async () => void said.push(`stop ${command.program}`) }
  }
  const players = new Players()
  const deps = {
    settingsOf: (vhost: string) => (vhost === 'v' ? settings : undefined),
    rtmpPort: () => 1935,
    children: { start },
    passing: { start },
    logger: silentLogger,
  }
  const exec = new ExecEvents(deps, players)
  players.observe(exec)
  const join = (name = 'x'): Player =>
    players.join({
      key: { ...KEY, name },
      streamId: null,
      protocol: 'rtmp',
      client: { ip: '10.0.0.2' },
      bytes: () => 0,
      kick() {},
    })
  return { said, settings, exec, join }
}

test('a program runs once when somebody publishes, and when they have ended', async () => {
  const { said, exec } = setUp({ exec_publish: [['p', '[ip]', '[client_id]']], exec_publish_done: [['d', '[stream]']] })
  const ended = Promise.withResolvers<EndReason>()
  exec.began({ stream: { key: KEY }, ended: ended.promise } as Publisher, REQUEST)
  assert.deepEqual(said, ['once p 10.0.0.1 abcdefgh'])
  ended.resolve('publisher_closed')
  await ended.promise
  assert.deepEqual(said.splice(1), ['once d x'])
})

test('a program runs once for each who plays, and for each who leaves', () => {
  const { said, join } = setUp({ exec_play: [['p', '[ip]']], exec_play_done: [['d', '[url]']] })
  const [first] = [join(), join()]
  first.leave()
  first.leave()
  assert.deepEqual(said, ['once p 10.0.0.2', 'once p 10.0.0.2', 'once d rtmp://127.0.0.1:1935/live/x?vhost=v'])
})

test('a program is told of a file that is recorded', () => {
  const { said, exec } = setUp({ exec_record_done: [['r', '[path]', '[dirname]', '[filename]', '[basename]']] })
  exec.recorded({ key: KEY, request: REQUEST, path: '/dvr/live/a.b.flv' })
  assert.deepEqual(said, ['once r /dvr/live/a.b.flv /dvr/live a.b.flv a.b'])
})

test('a program brings a stream in from the first player until the last has left', async () => {
  const { said, settings, exec, join } = setUp({}, [['pull', '[url]']])
  const players = [join(), join(), join('other')]
  const runs = (name: string): string => `runs pull rtmp://127.0.0.1:1935/live/${name}?vhost=v`
  assert.deepEqual(said.splice(0), [runs('x'), runs('other')])
  players[0]?.leave()
  assert.deepEqual(said, [])
  settings.pull = [['pull2']]
  exec.refresh()
  await new Promise(setImmediate)
  assert.deepEqual(said.splice(0), ['stop pull', 'stop pull', 'runs pull2', 'runs pull2'])
  for (const player of players) player.leave()
  await new Promise(setImmediate)
  assert.deepEqual(said.splice(0), ['stop pull2', 'stop pull2'])
  join()
  assert.deepEqual(said, ['runs pull2'])
})

test('a program that would be given an option by a client is not started', () => {
  const { said, exec } = setUp({ exec_record_done: [['r', '[pageUrl]']] })
  exec.recorded({ key: KEY, request: { ...REQUEST, client: { ip: '1.2.3.4', pageUrl: '-rf' } }, path: '/a' })
  assert.deepEqual(said, [])
})
