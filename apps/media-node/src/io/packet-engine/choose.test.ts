import assert from 'node:assert/strict'
import test from 'node:test'

import { silentLogger } from '@millrace/core'

import { openPacketEngine } from './choose.ts'
import { openOpensslEngine } from './openssl.ts'

test('without a wish an engine that works is opened, and the log says which', async () => {
  const lines: { engine?: unknown; message: string }[] = []
  const logger = { ...silentLogger, info: (fields: object, message: string) => lines.push({ ...fields, message }) }
  const engine = await openPacketEngine(logger, 'auto')
  assert.ok(engine.name === 'addon' || engine.name === 'openssl')
  assert.equal(lines.length, 1)
  assert.equal(lines[0]?.engine, engine.name)
  engine.close()
})

test('the engine that is asked for is opened, or none', async () => {
  const openssl = await openPacketEngine(silentLogger, 'openssl')
  assert.equal(openssl.name, 'openssl')
  const crypto = await openOpensslEngine()
  const typescript = await openPacketEngine(silentLogger, 'typescript', () => crypto)
  assert.equal(typescript.name, 'typescript')
  assert.deepEqual(typescript.fingerprint, crypto.fingerprint)
  await assert.rejects(openPacketEngine(silentLogger, 'typescript'), { code: 'PACKET_ENGINE_NO_TYPESCRIPT' })
  openssl.close()
  typescript.close()
  crypto.close()
})
