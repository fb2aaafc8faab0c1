import assert from 'node:assert/strict'
import test from 'node:test'

import { newApiToken, newStreamKey, newWebhookSecret, redactFields, redactText } from './index.ts'

const key = newStreamKey()
const token = newApiToken()
const secret = newWebhookSecret()

const forms: readonly (readonly [string, string])[] = [
  ['?key= in an RTMP URL', `rtmp://host/live/show?key=${key}&vhost=a`],
  ['?key= with a key that is not ours', 'rtmp://host/live/show?key=hunter2'],
  ['a key as the stream name', `rtmp://host/live/${key}`],
  ['token= in a playback URL', 'http://host/live/a.flv?token=hunter2&x=1'],
  ['an Authorization header', `Authorization: Bearer ${token}`],
  ['a bearer token that is not ours', 'authorization: bearer hunter2'],
  ['basic credentials', 'Authorization: Basic aHVudGVyMg=='],
  ['digest credentials', 'Authorization: Digest username="u", response="hunter2"'],
  ['an SRT streamid', '#!::m=publish,r=live/show,s=hunter2'],
  ['an SRT streamid with the key not last', '#!::s=hunter2,m=publish,r=live/show'],
  ['an SRT streamid in a URL', 'srt://host:10080?streamid=#!::m=publish,r=live/show,s=hunter2'],
  ['a short SRT streamid', 'publish:live/show:hunter2'],
  ['a webhook secret', `secret is ${secret}.`],
  ['credentials in a URL', 'rtmp://user:hunter2@host/live/x'],
  ['a cookie-like list', 'a=1; token=hunter2; b=2'],
]

for (const [name, text] of forms) {
  test(`redacts ${name}`, () => {
    const clean = redactText(text)
    for (const leak of [key, token, secret, 'hunter2', 'aHVudGVyMg']) assert.ok(!clean.includes(leak), clean)
    assert.ok(clean.includes('***'))
  })
}

test('keeps the rest of the text, ids among it', () => {
  const id = 'tok_01jd8y4v5xk3q9m2w7r6t0abcd'
  assert.equal(redactText(`${id} rtmp://host:1935/live/show?vhost=a`), `${id} rtmp://host:1935/live/show?vhost=a`)
  assert.equal(redactText('rtmp://host/live/show?key=abc&vhost=a'), 'rtmp://host/live/show?key=***&vhost=a')
  assert.equal(redactText('publish: rtmp://host/live/x'), 'publish: rtmp://host/live/x')
})

test('masks fields by name and text in fields, and leaves the original alone', () => {
  const fields = {
    stream_key: 'abc',
    key_id: 'key_1',
    headers: { Authorization: 'x' },
    url: [`/live/a?key=${key}`],
    n: 1,
  }
  assert.deepEqual(redactFields(fields), {
    stream_key: '***',
    key_id: 'key_1',
    headers: { Authorization: '***' },
    url: ['/live/a?key=***'],
    n: 1,
  })
  assert.equal(fields.stream_key, 'abc')
})

test('cuts cyclic values', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  assert.ok(JSON.stringify(redactFields(cyclic)).includes('…'))
})
