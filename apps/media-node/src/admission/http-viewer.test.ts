import assert from 'node:assert/strict'
import type http from 'node:http'
import test from 'node:test'

import { CORS_HEADERS, type HttpRequest } from '../io/http.ts'
import type { Grant } from './admission.ts'
import { corsHeaders, mayOpenSocket } from './http-viewer.ts'

const from = (origin?: string, host = 'media.example'): HttpRequest => ({
  raw: { headers: { host, ...(origin === undefined ? {} : { origin }) } } as http.IncomingMessage,
  method: 'GET',
  path: '/live/x.flv',
  params: {},
  search: '',
  host,
  ip: '192.0.2.1',
  clientId: 'client01',
})

const grant = (corsOrigins?: readonly string[], passOrigin?: string): Grant => ({
  key: { vhost: 'v', app: 'live', name: 'x' },
  streamId: null,
  keyId: null,
  corsOrigins,
  pass: passOrigin === undefined ? undefined : { personal: true, origin: passOrigin, refusal: () => undefined },
})

const LIST = ['https://tv.example', 'https://*.partner.example']
const OTHERS = [undefined, 'null', '', 'https://evil.example', 'http://tv.example', 'https://tv.example.evil.example']

test('without a list, pages of all origins read the media, and answers are the same for all', () => {
  for (const origin of [...OTHERS, 'https://tv.example']) assert.equal(corsHeaders(grant(), from(origin)), CORS_HEADERS)
})

test('with a list, the origin that asks is named if it is on it, and caches tell origins apart', () => {
  for (const origin of ['https://tv.example', 'https://a.partner.example']) {
    const headers = corsHeaders(grant(LIST), from(origin))
    assert.deepEqual([headers['access-control-allow-origin'], headers['vary']], [origin, 'Origin'])
  }
  for (const origin of OTHERS) {
    const headers = corsHeaders(grant(LIST), from(origin))
    assert.ok(!('access-control-allow-origin' in headers), String(origin))
    assert.equal(headers['vary'], 'Origin')
  }
  assert.ok(!('access-control-allow-origin' in corsHeaders(grant([]), from('https://tv.example'))))
})

test('a playback id that is for one origin and a vhost that leaves it out let nobody read', () => {
  const request = from('https://tv.example')
  assert.equal(corsHeaders(grant(undefined, 'https://tv.example'), request)['vary'], 'Origin')
  for (const [list, readable] of [
    [LIST, true],
    [['https://other.example'], false],
  ] as const) {
    assert.equal('access-control-allow-origin' in corsHeaders(grant(list, 'https://tv.example'), request), readable)
  }
})

test('a WebSocket is opened for pages of the list, of this server, and for what is no page', () => {
  for (const request of [from(), from('https://tv.example'), from('http://media.example'), from('http://h:1', 'h:1')]) {
    assert.ok(mayOpenSocket(grant(LIST), request), String(request.raw.headers.origin))
  }
  for (const origin of ['null', '', 'https://evil.example', 'http://media.example:81']) {
    assert.ok(!mayOpenSocket(grant(LIST), from(origin)), origin)
  }
  assert.ok(mayOpenSocket(grant(), from('https://evil.example')))
})
