import assert from 'node:assert/strict'
import test from 'node:test'

import { newRootSecret } from '@millrace/auth'
import { CodedError } from '@millrace/core'

import { readSettings } from './settings.ts'

const NEEDED = { DATABASE_URL: 'postgres://localhost/millrace', MILLRACE_SECRET: newRootSecret() }

test('what is needed suffices, and empty variables count as not set', () => {
  const settings = readSettings({ ...NEEDED, MILLRACE_ADMIN_TOKEN: '', MILLRACE_CONTROL_PORT: '' })
  assert.deepEqual(settings, {
    databaseUrl: NEEDED.DATABASE_URL,
    secret: NEEDED.MILLRACE_SECRET,
    host: '0.0.0.0',
    port: 4000,
    publicUrl: undefined,
    adminToken: undefined,
    nodeToken: undefined,
    poolSize: 10,
    migrate: true,
    migrationsDir: undefined,
    drainToken: undefined,
    metricsToken: undefined,
    nodeLostMs: 20_000,
    webhookAllow: [],
    storageAllow: [],
    storageDirs: [],
    requestsPerMinute: 6000,
    corsOrigins: undefined,
  })
})

test('wrong and missing variables are named in one line, without their values', () => {
  const wrong = {
    DATABASE_URL: 'mysql://hunter2@host/db',
    MILLRACE_CONTROL_PORT: '70000',
    MILLRACE_ADMIN_TOKEN: 'hunter2',
    MILLRACE_MIGRATE: 'maybe',
  }
  assert.throws(
    () => readSettings(wrong),
    (error: unknown) => {
      assert.ok(error instanceof CodedError)
      assert.equal(error.code, 'SETTINGS_INVALID')
      for (const name of [...Object.keys(wrong), 'MILLRACE_SECRET']) assert.ok(error.message.includes(name), name)
      assert.ok(!error.message.includes('hunter2'))
      assert.ok(!error.message.includes('\n'))
      return true
    },
  )
})
