import assert from 'node:assert/strict'
import test from 'node:test'

import { loadConfig, type ServerConfig } from '@millrace/config'
import { errorCode } from '@millrace/core'

import type { AdmissionRequest } from '../admission/admission.ts'
import { ConfAdmission } from './conf-admission.ts'
import { Vhosts } from './vhosts.ts'

function config(text: string): ServerConfig {
  const files = { read: () => `listen 1935; ${text}`, glob: () => [] }
  const loaded = loadConfig('srs.conf', { files })
  assert.ok(loaded.config, JSON.stringify(loaded.issues))
  return loaded.config
}

const request = (fields: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
  action: 'publish',
  protocol: 'rtmp',
  vhost: 'example.com',
  app: 'live',
  stream: 'x',
  params: {},
  client: { ip: '127.0.0.1' },
  ...fields,
})

/** The vhost that a client gets, or the code of its refusal. */
async function answer(text: string, fields: Partial<AdmissionRequest> = {}, published = false): Promise<string> {
  const admission = new ConfAdmission(new Vhosts(config(text)), () => published)
  try {
    return (await admission.admit(request(fields))).key.vhost
  } catch (error) {
    return errorCode(error)
  }
}

test('a host that no vhost is named for is of the default one, if there is one', async () => {
  assert.equal(await answer('vhost a { } vhost __defaultVhost__ { }', { vhost: 'a' }), 'a')
  assert.equal(await answer('vhost a { } vhost __defaultVhost__ { }'), '__defaultVhost__')
  assert.equal(await answer('vhost a { }'), 'VHOST_NOT_FOUND')
})

test('a vhost that is off lets nobody in', async () => {
  assert.equal(await answer('vhost __defaultVhost__ { enabled off; }'), 'VHOST_DISABLED')
})

test('HLS and HTTP-FLV are served where the vhost says so', async () => {
  const play = (text: string, protocol: AdmissionRequest['protocol']): Promise<string> =>
    answer(`vhost v { ${text} }`, { vhost: 'v', action: 'play', protocol })
  assert.equal(await play('', 'rtmp'), 'v')
  assert.equal(await play('', 'hls'), 'PROTOCOL_DISABLED')
  assert.equal(await play('hls { enabled on; }', 'hls'), 'v')
  assert.equal(await play('', 'http-flv'), 'PROTOCOL_DISABLED')
  assert.equal(await play('http_remux { enabled on; }', 'http-flv'), 'v')
  assert.equal(await play('http_remux { enabled on; }', 'ws-flv'), 'v')
  const mounted = (extension: string): string => `http_remux { enabled on; mount [vhost]/[app]/[stream].${extension}; }`
  assert.equal(await play(mounted('ts'), 'http-flv'), 'PROTOCOL_DISABLED')
  for (const extension of ['ts', 'aac', 'mp3'] as const) {
    assert.equal(await play('http_remux { enabled on; }', `http-${extension}`), 'PROTOCOL_DISABLED')
    assert.equal(await play(mounted(extension), `http-${extension}`), 'v')
  }
})

test('a stream has one publisher: the second is refused', async () => {
  assert.equal(await answer('vhost v { }', { vhost: 'v' }, true), 'STREAM_BUSY')
  assert.equal(await answer('vhost v { }', { vhost: 'v', action: 'play' }, true), 'v')
})

test('refer of all, then security, then the name, then refer of the action', async () => {
  const refer = (all: string, publish: string): string => `refer { enabled on; all ${all}; publish ${publish}; }`
  const page = { client: { ip: '127.0.0.1', pageUrl: 'http://a.com/' } }
  const of = (text: string, fields: Partial<AdmissionRequest> = {}): Promise<string> =>
    answer(`vhost v { ${text} }`, { vhost: 'v', ...page, ...fields })
  const deny = 'security { enabled on; deny publish all; }'
  assert.equal(await of(`${refer('b.com', 'b.com')} ${deny}`), 'REFER_DENIED')
  assert.equal(await of(`${refer('a.com', 'b.com')} ${deny}`), 'SECURITY_DENIED')
  assert.equal(await of(refer('a.com', 'b.com'), { stream: 'a b' }), 'STREAM_NAME_INVALID')
  assert.equal(await of(refer('a.com', 'b.com')), 'REFER_DENIED')
  assert.equal(await of(refer('a.com', 'a.com b.com')), 'v')
  assert.equal(await of(refer('a.com', 'b.com'), { action: 'play' }), 'v')
  assert.equal(await of('refer { enabled off; all b.com; }'), 'v')
})

test('another file counts from the next client on', async () => {
  const vhosts = new Vhosts(config('vhost v { }'))
  const admission = new ConfAdmission(vhosts, () => false)
  await admission.admit(request({ vhost: 'v' }))
  vhosts.update(
    config('vhost v { security { enabled on; deny publish 127.0.0.1; } hls { enabled on; hls_fragment 2.5; } }'),
  )
  await assert.rejects(admission.admit(request({ vhost: 'v' })), { code: 'SECURITY_DENIED' })
  const { segmentMs, windowMs } = vhosts.policy('v').hlsFiles ?? {}
  assert.deepEqual([segmentMs, windowMs], [2500, 60_000])
  assert.equal(vhosts.policy('other').hlsFiles, undefined)
})

const HUB = { soundCacheMs: 0, sendIntervalMs: 0, maxGopFrames: 2500, mixCorrect: false, reduceHeaders: false }

test('delivery follows the vhost, and chunks the server where the vhost has none of its own', () => {
  const vhosts = new Vhosts(
    config(`chunk_size 4096;
      vhost a { min_latency on; play { mw_latency 500; gop_cache off; queue_length 10; } chunk_size 128; }
      vhost b { publish { firstpkt_timeout 1000; normal_timeout 700; } }`),
  )
  assert.deepEqual(vhosts.policy('a').hub, { ...HUB, gopCache: false, flushMs: 0, minFlushFrames: 0, maxLagMs: 10_000 })
  assert.deepEqual(vhosts.policy('b').hub, {
    ...HUB,
    gopCache: true,
    flushMs: 350,
    minFlushFrames: 8,
    maxLagMs: 30_000,
  })
  assert.deepEqual([vhosts.policy('a').playChunkBytes, vhosts.policy('b').playChunkBytes], [128, 4096])
  assert.deepEqual(vhosts.policy('b').publish, { firstMediaTimeoutMs: 1000, publishTimeoutMs: 700 })
})

test('players get the times of the publisher where the vhost wants them', () => {
  const times = (play: string): string => new Vhosts(config(`vhost v { play { ${play} } }`)).policy('v').playTimes
  assert.equal(times(''), 'stream')
  assert.equal(times('time_jitter zero;'), 'stream')
  assert.equal(times('time_jitter off;'), 'published')
  assert.equal(times('atc on;'), 'published')
  assert.equal(times('atc_auto on;'), 'as-told')
  assert.equal(times('atc_auto on; time_jitter off;'), 'published')
})

test('what FLV announces is guessed, unless the vhost says it', () => {
  const announced = (text: string): unknown =>
    new Vhosts(config(`vhost v { http_remux { ${text} } }`)).policy('v').flvAnnounced
  assert.equal(announced('has_audio off;'), undefined)
  assert.deepEqual(announced('guess_has_av off; has_audio off;'), { audio: false, video: true, dropsOthers: true })
})
