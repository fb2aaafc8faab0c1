import assert from 'node:assert/strict'
import test from 'node:test'

import { silentLogger } from '@millrace/core'
import type { EndReason } from '@millrace/hub'

import type { Publisher } from '../../broadcast/broadcasts.ts'
import type { ChildCommand } from '../../io/child.ts'
import { commandOf } from './exec-command.ts'
import { Exec } from './exec.ts'

const variables = { stream: 'x', pageUrl: '-rf' }

test('variables are put into each word, and output is sent where the line says', () => {
  const line = (text: string): object => commandOf(text.split(' '), variables)
  assert.deepEqual(line('./a -i [stream] x[stream].flv'), { program: './a', args: ['-i', 'x', 'xx.flv'] })
  assert.deepEqual(line('a >./[stream].log b'), { program: 'a', args: ['b'], stdout: './x.log' })
  assert.deepEqual(line('a 1>o 2>e'), { program: 'a', args: [], stdout: 'o', stderr: 'e' })
  assert.deepEqual(line('a > o 2 > e'), { program: 'a', args: [], stdout: 'o', stderr: 'e' })
  assert.deepEqual(line('a 1 >>o 2'), { program: 'a', args: ['2'], stdout: 'o' })
})

test('what a publisher says never becomes an option', () => {
  assert.throws(() => commandOf(['a', '[pageUrl]'], variables), { code: 'EXEC_ARGUMENT' })
  assert.deepEqual(commandOf(['a', '-p', 'x[pageUrl]'], variables).args, ['-p', 'x-rf'])
})

test('each line runs while the stream is on, knowing whose it is', async () => {
  const started: ChildCommand[] = []
  const stopped: string[] = []
  const exec = new Exec({
    settingsOf: (vhost) =>
      vhost === 'v'
        ? {
            publish: [
              ['a', '[url]', '[tcUrl]'],
              ['b', '[param]'],
            ],
            logDir: '/logs',
            utc: true,
          }
        : undefined,
    rtmpPort: () => 19_350,
    children: {
      start(command) {
        started.push(command)
        return { pid: 1, stop: async () => void stopped.push(command.program) }
      },
    },
    logger: silentLogger,
  })
  const ended = Promise.withResolvers<EndReason>()
  const request = {
    action: 'publish',
    protocol: 'rtmp',
    vhost: 'v',
    app: 'live',
    stream: 'x',
    params: {},
    param: '?token=t',
    client: { ip: '127.0.0.1', tcUrl: 'rtmp://v/live' },
  } as const
  const publisherOf = (vhost: string): Publisher =>
    ({ stream: { id: `${vhost}/live/x`, key: { vhost, app: 'live', name: 'x' } }, ended: ended.promise }) as Publisher
  exec.began(publisherOf('v'), request)
  exec.began(publisherOf('other'), request)
  assert.deepEqual(
    started.map(({ program, args, stdout }) => ({ program, args, stdout })),
    [
      {
        program: 'a',
        args: ['rtmp://127.0.0.1:19350/live/x?token=t&vhost=v', 'rtmp://v/live'],
        stdout: '/logs/exec-v-live-x-1.log',
      },
      { program: 'b', args: ['?token=t'], stdout: '/logs/exec-v-live-x-2.log' },
    ],
  )
  ended.resolve('publisher_closed')
  await ended.promise
  assert.deepEqual(stopped, ['a', 'b'])
})
