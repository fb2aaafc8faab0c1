import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'

import { Hub, type StreamKey } from '@millrace/hub'
import { audioTrack, FakeScheduler, frameAt, videoTrack } from '@millrace/testkit'

import { createHttpServer } from '../io/http.ts'
import { closerOf, listen } from '../io/listen.ts'
import { createSrsApi } from './streams.ts'

const video = videoTrack()

/** The API of a hub on which `key` is published. */
async function setUp(t: TestContext, key: StreamKey) {
  const hub = new Hub(new FakeScheduler())
  const publication = hub.open(key).publish(() => {})
  publication.setTrack(video)
  publication.setTrack(audioTrack())
  publication.write(frameAt(video, 0, { key: true, bytes: 100 }))
  const api = createSrsApi({
    hub,
    stats: {
      rates: () => ({ sinceMs: performance.now(), inBps: 1_000_400, outBps: 2_000_600 }),
      players: () => 2,
      bytesOut: () => 7,
    } as never,
    rtmpPort: () => 1935,
    serverId: 'vid-1',
    version: '1.2.3',
  })
  const server = createHttpServer({
    handlers: [api],
    maxConnections: 10,
    onError: (error) => assert.fail(String(error)),
  })
  t.after(closerOf(server))
  const port = await listen(server, { host: '127.0.0.1', port: 0 }, 'HTTP')
  return (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init)
}

test('streams come in the shape of SRS', async (t) => {
  const get = await setUp(t, { vhost: '__defaultVhost__', app: 'live', name: 'x' })
  const answer = await get('/api/v1/streams/')
  assert.equal(answer.headers.get('access-control-allow-origin'), '*')
  const { streams, ...rest } = (await answer.json()) as { streams: Record<string, unknown>[] }
  assert.deepEqual(rest, { code: 0, server: 'vid-1' })
  const [{ live_ms: liveMs, ...stream } = {}, ...others] = streams
  assert.equal(others.length, 0)
  assert.ok(Number.isInteger(liveMs))
  assert.deepEqual(stream, {
    id: '__defaultVhost__/live/x',
    name: 'x',
    vhost: '__defaultVhost__',
    app: 'live',
    clients: 3,
    players: 2,
    frames: 1,
    send_bytes: 7,
    recv_bytes: 100,
    kbps: { recv_30s: 1000, send_30s: 2001 },
    publish: { active: true },
    video: {
      codec: 'H264',
      codec_string: 'avc1.64001f',
      width: 1280,
      height: 720,
      fps: 25,
      profile: 'High',
      level: '3.1',
    },
    audio: { codec: 'AAC', codec_string: 'mp4a.40.2', sample_rate: 44_100, channel: 2, profile: 'LC' },
    urls: {
      flv: '/live/x.flv',
      ws_flv: '/live/x.flv',
      hls: '/live/x.m3u8',
      rtmp: 'rtmp://127.0.0.1:1935/live/x',
    },
  })
})

test('URLs of names that need it are encoded, and say the vhost', async (t) => {
  const get = await setUp(t, { vhost: 'a.example', app: 'live/eu', name: 'ä&b' })
  const { streams } = (await (await get('/api/v1/streams')).json()) as { streams: { urls: Record<string, string> }[] }
  assert.deepEqual(streams[0]?.urls, {
    flv: '/live/eu/%C3%A4%26b.flv?vhost=a.example',
    ws_flv: '/live/eu/%C3%A4%26b.flv?vhost=a.example',
    hls: '/live/eu/%C3%A4%26b.m3u8?vhost=a.example',
    rtmp: 'rtmp://127.0.0.1:1935/live/eu/%C3%A4%26b?vhost=a.example',
  })
})

test('the version is taken apart, and other methods and paths are refused', async (t) => {
  const get = await setUp(t, { vhost: 'v', app: 'live', name: 'x' })
  assert.deepEqual(await (await get('/api/v1/versions')).json(), {
    code: 0,
    server: 'vid-1',
    data: { major: 1, minor: 2, revision: 3, version: '1.2.3' },
  })
  assert.equal((await get('/api/v1/streams', { method: 'DELETE' })).status, 405)
  assert.equal((await get('/api/v1/constructor')).status, 404)
})
