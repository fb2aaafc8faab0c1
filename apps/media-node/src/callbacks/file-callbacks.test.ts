import assert from 'node:assert/strict'
import test from 'node:test'

import { loadConfig } from '@millrace/config'
import { silentLogger } from '@millrace/core'

import { testScope } from '../../../../test/support/scope.ts'
import { Backend } from './backend.test-support.ts'
import { Callbacks } from './callbacks.ts'
import { FileCallbacks } from './file-callbacks.ts'

const key = { vhost: 'v', app: 'live', name: 'livestream' }
const request = {
  action: 'publish',
  protocol: 'rtmp',
  vhost: 'v',
  app: 'live',
  stream: 'livestream',
  params: {},
  param: '?token=1',
  client: { id: '341w361a', ip: '127.0.0.1' },
} as const

/** Callbacks of a vhost to one backend. */
async function start(
  t: test.TestContext,
  more = '',
): Promise<{ backend: Backend; files: FileCallbacks; callbacks: Callbacks }> {
  const backend = await Backend.start(testScope(t))
  const notify = backend.url('/n/[server_id]/[app]/[stream]/[ts_url][param]')
  const hooks = `on_dvr ${backend.url('/dvr')}; on_hls ${backend.url('/hls')}; on_hls_notify ${notify};`
  const text = `listen 1935; vhost v { http_hooks { enabled on; ${hooks} } ${more} }`
  const { config } = loadConfig('srs.conf', { files: { read: () => text, glob: () => [] } })
  const vhost = config?.vhost[0]
  assert.ok(vhost)
  const callbacks = new Callbacks({
    serverId: 'vid-0xk989d',
    hooksOf: () => vhost.http_hooks,
    logger: silentLogger,
  })
  const files = new FileCallbacks({ callbacks, configOf: () => vhost, cwd: '/usr/local/srs' })
  files.began({ stream: { id: 'v/live/livestream' } as never }, request)
  return { backend, files, callbacks }
}

const segment = {
  key,
  seq: 100,
  durationMs: 9360,
  file: '/usr/local/srs/objs/nginx/html/live/livestream-100.ts',
  playlistFile: '/usr/local/srs/objs/nginx/html/live/livestream.m3u8',
  uri: 'livestream-100.ts',
}
const HEAD = '"client_id":"341w361a","ip":"127.0.0.1","vhost":"v","app":"live","stream":"livestream","param":"?token=1"'

test('on_hls and on_hls_notify, as SRS writes them', async (t) => {
  const { backend, files, callbacks } = await start(t)
  files.written(segment)
  await callbacks.close()
  const posted = backend.calls.find(({ path }) => path === '/hls')
  assert.equal(
    posted?.body,
    `{"server_id":"vid-0xk989d","action":"on_hls",${HEAD},"duration":9.36,"cwd":"/usr/local/srs",` +
      '"file":"./objs/nginx/html/live/livestream-100.ts","url":"live/livestream-100.ts",' +
      '"m3u8":"./objs/nginx/html/live/livestream.m3u8","m3u8_url":"live/livestream.m3u8","seq_no":100}',
  )
  const fetched = backend.calls.find(({ method }) => method === 'GET')
  assert.equal(fetched?.path, '/n/vid-0xk989d/live/livestream/live/livestream-100.ts?token=1')
  assert.equal(fetched.body, '')
})

test('a segment at another server is fetched from there', async (t) => {
  const { backend, files, callbacks } = await start(t)
  files.written({ ...segment, uri: backend.url('/cdn/x.ts') })
  await callbacks.close()
  assert.equal(backend.of('on_hls')[0]?.['url'], backend.url('/cdn/x.ts'))
  assert.ok(backend.calls.some(({ method, path }) => method === 'GET' && path === '/cdn/x.ts'))
})

test('segments are told of in order, one after the other, and failures stop nothing', async (t) => {
  const { backend, files, callbacks } = await start(t)
  backend.answer = () => ({ status: 500, body: 'no' })
  for (const seq of [1, 2, 3]) files.written({ ...segment, seq })
  await callbacks.close()
  assert.deepEqual(
    backend.of('on_hls').map((body) => body['seq_no']),
    [1, 2, 3],
  )
})

test('on_dvr, as SRS writes it; names are as the configuration has them', async (t) => {
  const path = '/usr/local/srs/objs/nginx/html/live/livestream.1420254068776.flv'
  const dvr = { key, request, path, cwd: '/usr/local/srs' }
  const { backend, files, callbacks } = await start(t)
  files.recorded(dvr)
  await callbacks.close()
  assert.equal(
    backend.calls[0]?.body,
    `{"server_id":"vid-0xk989d","action":"on_dvr",${HEAD},"cwd":"/usr/local/srs",` +
      '"file":"./objs/nginx/html/live/livestream.1420254068776.flv"}',
  )
  const absolute = await start(t, 'dvr { dvr_path /usr/local/srs/objs/[app]/[stream].flv; }')
  absolute.files.recorded(dvr)
  await absolute.callbacks.close()
  assert.equal(absolute.backend.of('on_dvr')[0]?.['file'], path)
})
