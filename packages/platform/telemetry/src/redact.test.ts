import assert from 'node:assert/strict'
import test from 'node:test'

import { ServiceError } from '@millrace/core'

import { redactFields, redactText } from './redact.ts'

const KEY = 'sk_3kTq9ZzA7Lm2Wx8Yb5Nc4V'
const leaks = (value: unknown): boolean => JSON.stringify(value).includes('3kTq9ZzA7Lm2Wx8Yb5Nc4V')

for (const text of [
  `rtmp://localhost/live/${KEY}`,
  `rtmp://localhost/live/cam?key=${KEY}`,
  'rtmp://localhost/live/cam?key=3kTq9ZzA7Lm2Wx8Yb5Nc4V&vhost=a',
  'rtmp://localhost/live?vhost=a&stream_key=3kTq9ZzA7Lm2Wx8Yb5Nc4V',
  'srt://host:10080?streamid=#!::m=publish,r=live/cam,s=3kTq9ZzA7Lm2Wx8Yb5Nc4V',
  'srt://host:10080?streamid=%23!::m%3Dpublish%2Cr%3Dlive/cam%2Cs%3D3kTq9ZzA7Lm2Wx8Yb5Nc4V',
  `publish:live/cam:${KEY}`,
  'publish:live/cam:3kTq9ZzA7Lm2Wx8Yb5Nc4V',
  'Authorization: Digest username="u", response="3kTq9ZzA7Lm2Wx8Yb5Nc4V"',
  'made tok_3kTq9ZzA7Lm2Wx8Yb5Nc4V0123456789',
  'Authorization: Bearer 3kTq9ZzA7Lm2Wx8Yb5Nc4V',
  'authorization: basic 3kTq9ZzA7Lm2Wx8Yb5Nc4V==',
  'postgres://app:3kTq9ZzA7Lm2Wx8Yb5Nc4V@db.example/millrace',
  'redis://:3kTq9ZzA7Lm2Wx8Yb5Nc4V@cache.example:6379/0',
  'https://cdn.example/live/cam.m3u8?token=eyJhbGciOiJFUzI1NiJ9.3kTq9ZzA7Lm2Wx8Yb5Nc4V.c2ln',
  'jwt eyJhbGciOiJFUzI1NiJ9.3kTq9ZzA7Lm2Wx8Yb5Nc4V.c2ln refused',
  'whsec_3kTq9ZzA7Lm2Wx8Yb5Nc4V/+=',
]) {
  test(`hides the secret in ${text}`, () => assert.ok(!leaks(redactText(text)), redactText(text)))
}

test('leaves what is no secret as it is', () => {
  for (const text of [
    'rtmp://localhost/live/livestream?vhost=__defaultVhost__',
    'str_01jd3k7 ended after 12 s: publisher_closed',
    'http://localhost:8080/live/livestream.m3u8?session=12&bytes=9',
    'status=200 bytes=12',
    'token tok_01jd8y4v5xk3q9m2w7r6t0abcd was used to publish: rtmp://host/live/x',
  ]) {
    assert.equal(redactText(text), text)
  }
})

test('hides secret fields at any depth, and keeps the absence of one', () => {
  const out = redactFields({
    token: null,
    stream: 'live/cam',
    request: { headers: { Authorization: 'x 3kTq9ZzA7Lm2Wx8Yb5Nc4V', 'Set-Cookie': ['3kTq9ZzA7Lm2Wx8Yb5Nc4V'] } },
    list: [{ stream_key: '3kTq9ZzA7Lm2Wx8Yb5Nc4V' }],
  })
  assert.ok(!leaks(out))
  assert.equal(out['token'], null)
  assert.equal(out['stream'], 'live/cam')
})

test('writes an error with its code and cause, without the secrets in their messages', () => {
  const cause = new Error(`connect postgres://a:3kTq9ZzA7Lm2Wx8Yb5Nc4V@h/db`)
  const error = new ServiceError('ADMISSION_DENIED', `no such key ${KEY}`, { details: { token: KEY, tries: 2 }, cause })
  const out = redactFields({ err: error })['err'] as Record<string, unknown>
  assert.ok(!leaks(out), JSON.stringify(out))
  assert.equal(out['code'], 'ADMISSION_DENIED')
  assert.deepEqual((out['details'] as Record<string, unknown>)['tries'], 2)
})

test('is bounded for circular, deep and large values', () => {
  const loop: Record<string, unknown> = {}
  loop['self'] = loop
  const out = JSON.stringify(redactFields({ loop, big: 'x'.repeat(1e6), many: Array.from({ length: 1e4 }, () => 1) }))
  assert.ok(out.length < 20_000, `${out.length} characters`)
})
