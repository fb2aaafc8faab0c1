import assert from 'node:assert/strict'
import test from 'node:test'

import { loadConfig } from '@millrace/config'

import { streamMounts } from './stream-mounts.ts'

function targetsOf(vhosts: string) {
  const files = { read: () => `listen 1935; ${vhosts}`, glob: () => [] }
  const { config } = loadConfig('x.conf', { files, environment: {} })
  assert.ok(config)
  const targetOf = streamMounts(config.vhost)
  return (path: string, host = 'x', extension = '.flv') => targetOf({ path, host, params: {} }, extension)
}

test('streams are where the mount of their vhost says', () => {
  const target = targetsOf(`
    vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/flv/[stream]/of/[app].flv; } }
    vhost a.example { http_remux { enabled on; mount cdn.[vhost]/[app]-[stream].flv; } }
    vhost b.example { http_remux { enabled on; mount /by-name/[vhost]/[app]/[stream].flv; } }
    vhost c.example { http_remux { enabled on; } }`)
  assert.deepEqual(target('/flv/x/of/live.flv'), { app: 'live', stream: 'x' })
  assert.equal(target('/live/x.flv'), undefined)
  assert.equal(target('/live-x.flv', 'a.example'), undefined)
  assert.deepEqual(target('/by-name/b.example/live/x.flv'), { app: 'live', stream: 'x', vhost: 'b.example' })
  assert.deepEqual(target('/a/b/x.flv', 'c.example'), { app: 'a/b', stream: 'x' })
  assert.deepEqual(
    target('/live/x.ts', 'c.example', '.ts'),
    { app: 'live', stream: 'x' },
    'for the admission to refuse',
  )
})

test('what is no template of a stream names none, and long paths do not either', () => {
  const target = targetsOf('vhost __defaultVhost__ { http_remux { enabled on; mount /[app]/[app]-(a+)+[.flv; } }')
  assert.equal(target('/live/x.flv'), undefined)
  const long = targetsOf('vhost __defaultVhost__ { http_remux { enabled on; mount /[app]-[stream].flv; } }')
  assert.deepEqual(long('/live-x.flv'), { app: 'live', stream: 'x' })
  assert.equal(long(`/${'-'.repeat(2000)}.flv`), undefined)
})
