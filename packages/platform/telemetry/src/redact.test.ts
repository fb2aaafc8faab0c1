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
  'rtmp://localhost/live/cam?pass=a%26b%2C3kTq9ZzA7Lm2Wx8Yb5Nc4V&vhost=a',
]) {
  test(`hides the secret in ${text}`, () => assert.ok(!leaks(redactText(text)), redactText(text)))
}

/** Each way a URL may have it: hexadecimal digits in both cases, some characters left as they are, encoded twice. */
function encodings(secret: string): string[] {
  const encode = (pattern: RegExp): string => secret.replaceAll(pattern, encodeURIComponent)
  const hex = (text: string): string => text.replace(/[^%]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
  const all = encode(/[+/=]/g)
  const some = [encode(/[+/]/g), encode(/[/=]/g), encode(/[+=]/g), encode(/[+]/g), encode(/[/]/g), encode(/[=]/g)]
  const each = [secret, all, ...some, secret.replace('_', '%5F'), `${secret.slice(0, 6)}${hex(secret.slice(6))}`]
  return [...each, ...each.map((text) => text.replace(/%../g, (code) => code.toLowerCase())), encodeURIComponent(all)]
}

test('hides secrets that are percent-encoded, wholly or in part, and all of each', () => {
  const base64 = '4Fq+Zk/7tB=9Xw'
  // wherever in it the characters are that are encoded, next to each other and first and last too
  const turned = Array.from(base64, (_, at) => base64.slice(at) + base64.slice(0, at))
  const secrets = [
    ...turned.flatMap((body) => [`whsec_${body}`, `sk_${body}`]),
    'whsec_/+/+/+/+/+/+',
    'whsec_4Fq+Zk7tB9Xw1234567890ABCDEFGH==',
  ]
  for (const secret of secrets) {
    for (const text of encodings(secret)) {
      const hidden = `${secret.slice(0, secret.indexOf('_'))}_[redacted]`
      assert.equal(redactText(text), hidden)
      assert.equal(redactText(`GET /v1/streams/${text} failed`), `GET /v1/streams/${hidden} failed`)
      assert.equal(redactText(`/a%2F${text}?b=1`), `/a%2F${hidden}?b=1`)
      assert.equal(redactText(`/a?after=${text}%26b=1&c=2`), `/a?after=${hidden}%26b=1&c=2`)
      assert.equal(redactText(`/a?key=${text}&c=2`), '/a?key=[redacted]&c=2')
      assert.equal(redactText(`/a%3Fkey%3D${text}%26c%3D2`), '/a%3Fkey%3D[redacted]%26c%3D2')
    }
  }
  assert.equal(redactText('/a%2ftok%5f3kTq9ZzA7Lm2Wx8Yb5Nc4V0123456789'), '/a%2ftok_[redacted]')
  assert.equal(redactText('/a%2FeyJhbGciOiJFUzI1NiJ9.3kTq9ZzA7Lm2.c2ln'), '/a%2F[redacted]')
})

test('leaves what is no secret as it is', () => {
  for (const text of [
    'rtmp://localhost/live/livestream?vhost=__defaultVhost__',
    'str_01jd3k7 ended after 12 s: publisher_closed',
    'http://localhost:8080/live/livestream.m3u8?session=12&bytes=9',
    'status=200 bytes=12',
    '/v1/tokens/tok_01jd8y4v5xk3q9m2w7r6t0abcd%2Frevoke after task_0123456789',
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
