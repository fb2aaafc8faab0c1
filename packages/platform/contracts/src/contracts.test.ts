import assert from 'node:assert/strict'
import test from 'node:test'

import { z } from 'zod'

import {
  admitRequestSchema,
  eventSchema,
  idSchema,
  nodeReportSchema,
  pathNameSchema,
  publicStreamNameSchema,
  streamPatchSchema,
  streamSettingsSchema,
  vhostNameSchema,
  vhostPatchSchema,
  webhookEndpointCreateSchema,
} from './index.ts'

const accepts = (schema: z.ZodType, value: unknown) => schema.safeParse(value).success

test('an id is of one kind', () => {
  assert.ok(accepts(idSchema('stream'), 'str_01jd8y4v5xk3q9m2w7r6t0abcd'))
  for (const bad of [
    'str_',
    'key_01jd8y4v5xk3q9m2w7r6t0abcd',
    'str_01JD8Y4V5XK3Q9M2W7R6T0ABCD',
    'str_01jd8y4v5xk3q9m2w7r6t0abci',
  ]) {
    assert.ok(!accepts(idSchema('stream'), bad), bad)
  }
})

test('names have no blanks, query separators or path tricks', () => {
  for (const good of ['live', 'live/eu', 'a.b-c_d', 'ライブ', '名前']) assert.ok(accepts(pathNameSchema, good), good)
  for (const bad of [
    '',
    '/',
    'a/',
    '/a',
    'a//b',
    '.',
    '..',
    'a/../b',
    'a b',
    'a?b',
    'a#b',
    'a%2fb',
    'a\\b',
    'a\nb',
    'x'.repeat(256),
  ]) {
    assert.ok(!accepts(pathNameSchema, bad), JSON.stringify(bad))
  }
  assert.ok(accepts(publicStreamNameSchema, 'show'))
  for (const bad of ['a/b', 'sk_abc']) assert.ok(!accepts(publicStreamNameSchema, bad), bad)
  for (const good of ['__defaultVhost__', 'a', 'live.example.com', '10.0.0.1'])
    assert.ok(accepts(vhostNameSchema, good), good)
  for (const bad of ['', 'A.example', 'a:1935', '.a', 'a/b']) assert.ok(!accepts(vhostNameSchema, bad), bad)
})

test('a merge patch takes any part, null, and nothing unknown', () => {
  assert.deepEqual(streamPatchSchema.parse({ title: null, metadata: { a: 'x', b: null } }), {
    title: null,
    metadata: { a: 'x', b: null },
  })
  assert.ok(accepts(streamPatchSchema, {}))
  assert.ok(!accepts(streamPatchSchema, { titel: 'x' }))
  assert.ok(!accepts(streamPatchSchema, { title: 5 }))
  assert.deepEqual(streamSettingsSchema.parse({}), {
    title: null,
    metadata: {},
    tags: [],
    external_id: null,
    playback_policy: 'public',
    enabled: true,
    latency: 'standard',
    reconnect_window_s: null,
    max_bitrate_kbps: null,
    max_duration_s: null,
    source: { type: 'push' },
    record: null,
    dvr_window_s: null,
    live_playlist: null,
    live_window_s: null,
  })
  // defaults inside would change what the patch does not name
  assert.deepEqual(vhostPatchSchema.parse({ admission_hook: { deadline_ms: 500 } }), {
    admission_hook: { deadline_ms: 500 },
  })
})

test('a webhook URL is http or https without credentials', () => {
  assert.ok(accepts(webhookEndpointCreateSchema, { url: 'https://example.com/hook?x=1' }))
  for (const url of ['ftp://example.com', 'https://user:pw@example.com', 'example.com', 'javascript:alert(1)']) {
    assert.ok(!accepts(webhookEndpointCreateSchema, { url }), url)
  }
})

test('reports and events refuse what is not of their type', () => {
  const base = { seq: 1, at: '2026-11-22T20:55:36.123Z', session_id: 'ses_01jd8y4v5xk3q9m2w7r6t0abcd' }
  assert.ok(accepts(nodeReportSchema, { ...base, type: 'session.live', tracks: [{ kind: 'video', codec: 'h264' }] }))
  assert.ok(
    !accepts(nodeReportSchema, {
      ...base,
      type: 'session.ended',
      reason: 'bored',
      duration_s: 1,
      bytes_in: 1,
      bytes_out: 0,
    }),
  )
  assert.ok(!accepts(nodeReportSchema, { ...base, at: 'yesterday', type: 'session.live', tracks: [] }))
  assert.ok(!accepts(eventSchema, { type: 'stream.unheard_of' }))
})

test('an admission request without params has none', () => {
  const request = {
    node_id: 'node_01jd8y4v5xk3q9m2w7r6t0abcd',
    action: 'play',
    protocol: 'hls',
    vhost: '',
    app: 'live',
    stream: 'x',
    client: { ip: '::1' },
  }
  assert.deepEqual(admitRequestSchema.parse(request).params, {})
})
