import assert from 'node:assert/strict'
import test from 'node:test'

import { activeTraceparent, passingTracer, readTraceparent } from './tracing.ts'

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

test('a traceparent that is none begins nothing', () => {
  assert.equal(readTraceparent(TRACEPARENT), TRACEPARENT)
  for (const wrong of [
    undefined,
    '',
    'x',
    TRACEPARENT.toUpperCase(),
    `${TRACEPARENT}-x`,
    `01${TRACEPARENT.slice(2)}`,
    TRACEPARENT.replace('0af7651916cd43dd8448eb211c80319c', '0'.repeat(32)),
    TRACEPARENT.replace('b7ad6b7169203331', '0'.repeat(16)),
  ])
    assert.equal(readTraceparent(wrong), undefined)
})

test('without a collector the trace of others is passed on, and ends with the work', async () => {
  const seen = await passingTracer.run('x', { kind: 'server', parent: TRACEPARENT }, async () => {
    await Promise.resolve()
    return passingTracer.run('y', { kind: 'internal' }, async () => activeTraceparent())
  })
  assert.equal(seen, TRACEPARENT)
  assert.equal(activeTraceparent(), undefined)
})
