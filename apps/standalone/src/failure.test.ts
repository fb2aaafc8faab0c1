import assert from 'node:assert/strict'
import test from 'node:test'

import { ServiceError } from '@millrace/core'

import { failureLine } from './failure.ts'

const taken = (port: number) =>
  new ServiceError('CHILD_FAILED', `port ${port} is taken by another program`, { details: { port } })

test('a taken port names the variable that chooses another, whatever set it', () => {
  const fix = 'stop that one, or choose another port with'
  assert.equal(failureLine(taken(4000), {}), `port 4000 is taken by another program: ${fix} MILLRACE_CONTROL_PORT`)
  const env = { MILLRACE_RTMP_PORT: '4000', MILLRACE_CONTROL_PORT: '4001' }
  assert.equal(failureLine(taken(4000), env), `port 4000 is taken by another program: ${fix} MILLRACE_RTMP_PORT`)
  assert.equal(failureLine(taken(5), {}), 'port 5 is taken by another program')
})

test('is one line, for any error', () => {
  const error = new ServiceError('EMBEDDED_PG_START', 'PostgreSQL did not start: FATAL\n  no space left\n')
  assert.equal(failureLine(error, {}), 'PostgreSQL did not start: FATAL no space left')
  assert.equal(failureLine('gone', {}), 'gone')
})
