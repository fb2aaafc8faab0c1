import assert from 'node:assert/strict'
import test from 'node:test'

import { CodedError, silentLogger } from '@millrace/core'
import { passingTracer } from '@millrace/telemetry'

import type { ReportBody } from '../node-link/reporter.ts'
import { createCommands } from './commands.ts'

const id = (n: number): string => `cmd_${String(n).padStart(26, '0')}`
const VIEWER = 'vwr_01jd8y4v5xk3q9m2w7r6t0abcd'
const STREAM = 'str_01jd8y4v5xk3q9m2w7r6t0abcd'

function setUp(change: { begin?: () => Promise<void> } = {}) {
  const calls: string[] = []
  const answers: ReportBody[] = []
  const run = createCommands({
    broadcasts: {
      find: () => undefined,
      evict: (streamId, epoch) => void calls.push(`evict ${streamId} ${epoch}`),
    },
    players: { kick: (viewer) => calls.push(`kick ${viewer}`) > 0 },
    drain: { begin: change.begin ?? (async () => void calls.push('drain')), end: () => void calls.push('undrain') },
    forget: (streamId) => void calls.push(`forget ${streamId}`),
    archive: { order: (session, order) => void calls.push(`archive ${session} ${order?.format}`) },
    tracer: passingTracer,
    reports: { report: (body) => void answers.push(body) },
    logger: silentLogger,
  })
  return { calls, answers, run }
}

test('a command that comes again is answered again, and carried out once', async () => {
  const { calls, answers, run } = setUp()
  for (let i = 0; i < 3; i++) await run({ id: id(1), type: 'kick_viewer', viewer_id: VIEWER })
  await run({ id: id(2), type: 'kick_viewer', viewer_id: VIEWER })
  assert.deepEqual(calls, [`kick ${VIEWER}`, `kick ${VIEWER}`])
  assert.deepEqual(
    answers.map((answer) => answer.type === 'command.done' && [answer.command_id, answer.error_code]),
    [id(1), id(1), id(1), id(2)].map((command) => [command, undefined]),
  )
})

test('each kind of command reaches its part', async () => {
  const { calls, run } = setUp()
  await run({ id: id(1), type: 'drain' })
  await run({ id: id(2), type: 'undrain' })
  await run({ id: id(3), type: 'reload', stream_id: null })
  await run({ id: id(4), type: 'evict', stream_id: STREAM, epoch: 2 })
  assert.deepEqual(calls, ['drain', 'undrain', 'forget null', `evict ${STREAM} 2`])
})

test('a command that fails is answered with its code', async () => {
  const { answers, run } = setUp({ begin: () => Promise.reject(new CodedError('QUEUE_CLOSED', 'closed')) })
  await run({ id: id(1), type: 'drain' })
  assert.deepEqual(answers, [{ type: 'command.done', command_id: id(1), error_code: 'QUEUE_CLOSED', error: 'closed' }])
})

test('a command that this version does not know is not answered', async () => {
  const { calls, answers, run } = setUp()
  await run({ id: id(1), type: 'explode' })
  await run(null)
  assert.deepEqual([calls, answers], [[], []])
})
