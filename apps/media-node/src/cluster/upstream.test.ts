import assert from 'node:assert/strict'
import test from 'node:test'

import { upstreamAt, upstreamUrl, withoutVhost } from './upstream.ts'

const STREAM = { vhost: '__defaultVhost__', app: 'live', name: 'x', param: '' }
const text = (target: ReturnType<typeof upstreamAt>): unknown[] => [
  target.url.href,
  target.names?.tcUrl,
  target.names?.stream,
]

test('a stream at another server: its vhost is the host of the tcUrl, not of the connection', () => {
  assert.deepEqual(text(upstreamAt('10.0.0.1', STREAM)), ['rtmp://10.0.0.1/live/x', 'rtmp://10.0.0.1/live', 'x'])
  assert.deepEqual(
    text(upstreamAt('10.0.0.1:1936', { ...STREAM, vhost: 'v.example', app: 'a/b', param: '?vhost=v.example&t=1/2=' })),
    ['rtmp://10.0.0.1:1936/a/b/x', 'rtmp://v.example:1936/a/b', 'x?t=1/2='],
  )
  assert.deepEqual(text(upstreamAt('rtmps://[::1]:443', STREAM)), [
    'rtmps://[::1]:443/live/x',
    'rtmps://[::1]:443/live',
    'x',
  ])
})

test('a URL names app and stream, and a vhost by its parameters', () => {
  assert.deepEqual(text(upstreamUrl('rtmp://h:1936/a/b/s?token=k&vhost=v')), [
    'rtmp://h:1936/a/b/s',
    'rtmp://v:1936/a/b',
    's?token=k',
  ])
})

test('what is no RTMP server is refused, and no key of it is told', () => {
  const invalid = (url: string, message: RegExp): void =>
    assert.throws(() => upstreamUrl(url), { code: 'UPSTREAM_INVALID', message })
  invalid('rtmp://h/secret', /^rtmp:\/\/h\/… is no RTMP server$/)
  invalid('http://h/a/s', /./)
  invalid('rtmp:///a/s', /./)
  invalid('', /./)
  assert.throws(() => upstreamAt('a b', STREAM), { code: 'UPSTREAM_INVALID' })
})

test('a query loses its vhost and nothing else', () => {
  assert.equal(withoutVhost(''), '')
  assert.equal(withoutVhost('?vhost=v'), '')
  assert.equal(withoutVhost('?a=%2F+&domain=v&b'), '?a=%2F+&b')
})
