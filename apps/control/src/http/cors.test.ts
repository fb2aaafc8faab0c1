import assert from 'node:assert/strict'
import test from 'node:test'

import { Hono } from 'hono'

import { crossOrigin } from './cors.ts'
import type { Env } from './serve.ts'

const app = new Hono<Env>()
app.use(crossOrigin(['https://console.example']))
app.get('/v1/playback/pb_2/media.m3u8', (c) => {
  c.set('corsOrigin', 'https://tv.example')
  return c.text('limited')
})
app.get('*', (c) => c.text('ok'))

const allowed = async (path: string, origin: string): Promise<string | null> =>
  (await app.request(path, { headers: { origin } })).headers.get('access-control-allow-origin')

test('the API is for the pages of some origins, what viewers fetch for all', async () => {
  assert.equal(await allowed('/v1/recordings', 'https://console.example'), 'https://console.example')
  assert.equal(await allowed('/v1/recordings', 'https://other.example'), null)
  for (const path of [
    '/v1/playback/pb_1/index.m3u8',
    '/v1/objects/sto_1/a/b.m4s',
    '/v1/streams/str_1/timeshift.m3u8',
  ]) {
    assert.equal(await allowed(path, 'https://other.example'), '*', path)
  }
  assert.equal(await allowed('/v1/streams/str_1/timeline', 'https://other.example'), null)
})

test('an answer may name the origin that it is for', async () => {
  assert.equal(await allowed('/v1/playback/pb_2/media.m3u8', 'https://tv.example'), 'https://tv.example')
  const answer = await app.request('/v1/playback/pb_2/media.m3u8', { headers: { origin: 'https://tv.example' } })
  assert.match(answer.headers.get('vary') ?? '', /origin/i)
})
