import assert from 'node:assert/strict'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'

import { readSettings } from './settings.ts'

test('without variables the node has the ports of its protocols and no control plane', () => {
  const settings = readSettings({})
  assert.deepEqual([settings.rtmp[0]?.port, settings.http?.port, settings.api?.port], [1935, 8080, 1985])
  assert.deepEqual([settings.control, settings.rtmps], [undefined, undefined])
  assert.deepEqual([settings.flushMs, settings.gopCache, settings.nodeName], [350, true, os.hostname()])
  assert.ok(path.isAbsolute(settings.dataDir))
})

test('variables set it, and one that is set to nothing is not set', () => {
  const settings = readSettings({
    MILLRACE_RTMP_PORT: '0',
    MILLRACE_HTTP_PORT: '',
    MILLRACE_HOST: '',
    MILLRACE_RTMPS_CERT: '/c.pem',
    MILLRACE_RTMPS_KEY: '/k.pem',
    MILLRACE_CONTROL_URL: 'https://control.example',
    MILLRACE_NODE_TOKEN: 't',
    MILLRACE_GOP_CACHE: 'off',
    MILLRACE_NODE_NAME: 'n1',
  })
  assert.deepEqual([settings.rtmp, settings.http?.port], [[{ host: '0.0.0.0', port: 0 }], 8080])
  assert.deepEqual(settings.rtmps, { host: '0.0.0.0', port: 1936, certFile: '/c.pem', keyFile: '/k.pem' })
  assert.deepEqual(settings.control, { url: 'https://control.example', token: 't' })
  assert.deepEqual([settings.gopCache, settings.nodeName], [false, 'n1'])
})

test('the archive has bounds, and no storage on this machine unless one is named', () => {
  const { archive } = readSettings({})
  assert.deepEqual(archive, { spoolBytes: 10 * 2 ** 30, uploads: 8, closeMs: 3000, allow: [], directories: [] })
  const { archive: named } = readSettings({
    MILLRACE_SPOOL_BYTES: '1048576',
    MILLRACE_STORAGE_ALLOW: '10.0.0.0/8, ::1/128',
    MILLRACE_STORAGE_DIRS: '/srv/media, relative',
  })
  assert.equal(named.spoolBytes, 1_048_576)
  assert.deepEqual(named.allow, ['10.0.0.0/8', '::1/128'])
  assert.deepEqual(named.directories, ['/srv/media', path.resolve('relative')])
})

test('what it cannot use is refused by name', () => {
  for (const [variables, message] of [
    [{ MILLRACE_RTMP_PORT: '65536' }, 'MILLRACE_RTMP_PORT must be a whole number from 0 to 65535, got "65536"'],
    [{ MILLRACE_RTMP_PORT: '0x10' }, /MILLRACE_RTMP_PORT must be a whole number/],
    [{ MILLRACE_FLUSH_MS: '1e3' }, /MILLRACE_FLUSH_MS must be a whole number/],
    [{ MILLRACE_HLS_SEGMENT_MS: '-1' }, /MILLRACE_HLS_SEGMENT_MS must be a whole number/],
    [{ MILLRACE_GOP_CACHE: 'yes' }, 'MILLRACE_GOP_CACHE must be on or off, got "yes"'],
    [{ MILLRACE_RTMPS_CERT: '/c.pem' }, 'MILLRACE_RTMPS_CERT and MILLRACE_RTMPS_KEY must be given together'],
    [{ MILLRACE_SPOOL_BYTES: '1000' }, /MILLRACE_SPOOL_BYTES must be a whole number from 1048576/],
    [{ MILLRACE_STORAGE_ALLOW: '10.0.0.0' }, /MILLRACE_STORAGE_ALLOW must be networks/],
    [{ MILLRACE_CONTROL_URL: 'localhost:4000' }, /MILLRACE_CONTROL_URL must be a URL such as/],
    [{ MILLRACE_CONTROL_URL: 'http://a b' }, /MILLRACE_CONTROL_URL must be a URL such as/],
    [{ MILLRACE_CONTROL_URL: 'http://control:4000' }, 'MILLRACE_NODE_TOKEN is needed with MILLRACE_CONTROL_URL'],
  ] as const)
    assert.throws(() => readSettings(variables), { code: 'SETTINGS_INVALID', message })
})
