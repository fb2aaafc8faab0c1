import assert from 'node:assert/strict'
import test from 'node:test'

import { parseRtmpTarget, type RtmpTarget } from './url.ts'

const cases: [tcUrl: string, stream: string, expected: Partial<RtmpTarget>][] = [
  [
    'rtmp://demo.example/live',
    'livestream',
    {
      scheme: 'rtmp',
      host: 'demo.example',
      port: 1935,
      vhost: null,
      app: 'live',
      stream: 'livestream',
      params: {},
      rawParam: '',
    },
  ],
  ['RTMPS://demo.example:443/live', 's', { scheme: 'rtmps', port: 443 }],
  ['rtmp://demo.example:0/live', 's', { port: 1935 }],
  ['rtmp://demo.example:99999/live', 's', { host: 'demo.example', port: 1935 }],
  ['rtmp://127.0.0.1/live', 's', { host: '127.0.0.1', vhost: null }],
  ['rtmp://[::1]:19350/live', 's', { host: '::1', port: 19350 }],
  ['rtmp://user:pass@h:1936/live', 's', { host: 'h', port: 1936, app: 'live' }],
  ['rtmp://h/a/b/c', 's', { app: 'a/b/c' }],
  ['rtmp://h', 's', { app: '__defaultApp__' }],
  ['rtmp://h/', 's', { app: '__defaultApp__' }],
  ['rtmp://h/live/', '/s/', { app: 'live', stream: 's' }],
  ['rtmp://h/ li\tve ', ' s\r\n', { app: 'live', stream: 's' }],
  // the vhost in every form
  ['rtmp://h/live?vhost=v', 's', { vhost: 'v', app: 'live', params: { vhost: 'v' }, rawParam: '?vhost=v' }],
  ['rtmp://h/live?vhost...v', 's', { vhost: 'v', app: 'live', params: { vhost: 'v' } }],
  ['rtmp://h/live...vhost...v', 's', { vhost: 'v', app: 'live', params: { vhost: 'v' }, rawParam: '' }],
  ['rtmp://h/live...vhost=v...token=t', 's', { vhost: 'v', params: { vhost: 'v', token: 't' } }],
  ['rtmp://h/live&vhost=v', 's', { vhost: 'v', app: 'live' }],
  ['rtmp://h/live&&vhost=v', 's', { vhost: 'v', app: 'live' }],
  ['rtmp://h/live,vhost=v', 's', { vhost: 'v', app: 'live' }],
  ['rtmp://h/live,vhost,v', 's', { vhost: 'v', app: 'live' }],
  ['rtmp://h/live?domain=v', 's', { vhost: 'v' }],
  ['rtmp://h/live?a=1,vhost=v', 's', { vhost: 'v', params: { a: '1,vhost=v' } }],
  ['rtmp://h/live?myvhost=x', 's', { vhost: null }],
  ['rtmp://h/live?vhost=', 's', { vhost: null }],
  ['rtmp://h/live', 's?vhost=v&token=1', { vhost: 'v', stream: 's', params: { vhost: 'v', token: '1' } }],
  ['rtmp://h/live', 's...vhost...v', { vhost: 'v', stream: 's' }],
  ['rtmp://h/live?vhost=a', 's?vhost=b', { vhost: 'b', rawParam: '?vhost=b' }],
  ['rtmp://h/live?vhost=a', 's?token=1', { vhost: 'a', params: { vhost: 'a', token: '1' }, rawParam: '?token=1' }],
  // instances
  ['rtmp://h/live/_definst_', 's', { app: 'live' }],
  ['rtmp://h/live/_definst_?vhost=v', 's', { app: 'live', vhost: 'v' }],
  ['rtmp://h/live?vhost=v/_definst_', 's', { app: 'live', vhost: 'v' }],
  // parameters
  ['rtmp://h/live', 's?key=aGVsbG8+d29ybGQ==&x', { params: { key: 'aGVsbG8+d29ybGQ==', x: '' } }],
  ['rtmp://h/live', 's?key=a%26b%20c&bad=%zz', { params: { key: 'a&b c', bad: '%zz' } }],
  ['rtmp://h/live', 's?a=1?vhost=v', { params: { a: '1', vhost: 'v' }, vhost: 'v' }],
  ['rtmp://h/live?vhost=__defaultVhost__', 's', { vhost: '__defaultVhost__', rawParam: '' }],
  ['rtmp://h/live', '', { stream: '' }],
  ['rtmp://h/live', 's?=x&&&', { params: {} }],
  ['', 's', { scheme: '', host: '', app: '__defaultApp__' }],
]
for (const [tcUrl, stream, expected] of cases) {
  test(`${JSON.stringify(tcUrl)} with ${JSON.stringify(stream)}`, () => {
    const target = parseRtmpTarget(tcUrl, stream)
    const actual = Object.fromEntries(Object.keys(expected).map((name) => [name, target[name as keyof RtmpTarget]]))
    assert.deepEqual(actual, expected)
  })
}

test('the app told apart from the URL counts when the URL has none', () => {
  assert.equal(parseRtmpTarget('rtmp://h', 's', 'live?vhost=v').app, 'live')
  assert.equal(parseRtmpTarget('rtmp://h/other', 's', 'live').app, 'other')
})

test('a parameter named __proto__ is a parameter', () => {
  assert.deepEqual(Object.keys(parseRtmpTarget('rtmp://h/live', 's?__proto__=x').params), ['__proto__'])
})
