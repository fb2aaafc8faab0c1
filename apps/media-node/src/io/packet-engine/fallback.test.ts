import assert from 'node:assert/strict'
import { registerHooks } from 'node:module'
import test from 'node:test'

import { silentLogger } from '@millrace/core'

import { openPacketEngine } from './choose.ts'

test('where native code can not be called TypeScript does it, and the log says why', async () => {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'koffi') throw new Error('koffi is not for this machine')
      return next(specifier, context)
    },
  })
  const lines: Record<string, unknown>[] = []
  const logger = { ...silentLogger, info: (fields: object) => lines.push({ ...fields }) }
  try {
    const engine = await openPacketEngine(logger, 'auto')
    assert.equal(engine.name, 'typescript')
    engine.close()
  } finally {
    hooks.deregister()
  }
  assert.equal(lines.length, 1)
  const without = lines[0]?.['without']
  assert.ok(without && typeof without === 'object' && 'openssl' in without)
  assert.match(String(without.openssl), /PACKET_ENGINE_NO_KOFFI/)
})
