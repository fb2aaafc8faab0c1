import assert from 'node:assert/strict'
import test from 'node:test'

import { silentLogger } from '@millrace/core'

import { openPacketEngine } from './choose.ts'

test('without a wish an engine that works is opened, and the log says which', async () => {
  const lines: { engine?: unknown; message: string }[] = []
  const logger = { ...silentLogger, info: (fields: object, message: string) => lines.push({ ...fields, message }) }
  const engine = await openPacketEngine(logger, 'auto')
  assert.ok(engine.name === 'addon' || engine.name === 'openssl')
  assert.equal(lines.length, 1)
  assert.equal(lines[0]?.engine, engine.name)
  engine.close()
})

test('the engine that is asked for is opened', async () => {
  for (const want of ['openssl', 'typescript'] as const) {
    const engine = await openPacketEngine(silentLogger, want)
    assert.equal(engine.name, want)
    engine.close()
  }
})
