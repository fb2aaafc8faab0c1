import assert from 'node:assert/strict'
import test, { after } from 'node:test'

import { Scope } from '@millrace/core'

import { eventually } from '../../../../test/support/eventually.ts'
import { publishWithFfmpeg } from '../../../../test/support/ffmpeg.ts'
import { FlvPlayer } from '../../../../test/support/flv-player.ts'
import { rawPlayer } from '../../../../test/support/rtmp-player.ts'
import { testScope } from '../../../../test/support/scope.ts'
import { publishTestStream } from '../../../../test/support/test-stream.ts'
import { at, namesOf, startApiNode, textAt, type Json } from './srs-api.test-support.ts'

const scope = new Scope()
after(() => scope.close())
const VHOST = 'http_remux { enabled on; } hls { enabled on; hls_fragment 2; }'
const node = await startApiNode(scope, '', `vhost __defaultVhost__ { ${VHOST} } vhost other.example { }`)
const { ask, get } = node

const VHOST_NAMES =
  'id,name,enabled,clients,streams,send_bytes,recv_bytes,kbps{recv_30s,send_30s},hls{enabled,fragment}'
const STREAM_NAMES =
  'id,name,vhost,app,live_ms,clients,frames,send_bytes,recv_bytes,kbps{recv_30s,send_30s},publish{active,cid},video{codec,profile,level,width,height,codec_string,fps},audio{codec,sample_rate,channel,profile,codec_string},players,urls{flv,ws_flv,hls,rtmp}'
const CLIENT_NAMES =
  'id,vhost,stream,ip,pageUrl,swfUrl,tcUrl,url,type,publish,alive,kbps{recv_30s,send_30s},name,send_bytes,recv_bytes,protocol'

const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : [])

/** The stream of that name, once it is there. */
function streamOf(name: string): Promise<Json> {
  return eventually(`stream ${name}`, async () =>
    list(at(await get('/api/v1/streams/?count=1000'), 'streams')).find((stream) => at(stream, 'name') === name),
  )
}

async function clientsOf(name: string): Promise<Json[]> {
  const clients = list(at(await get('/api/v1/clients/?count=1000'), 'clients'))
  return clients.filter((client) => at(client, 'name') === name)
}

/** Begins to play HLS, once there is some, and gives the URL of the playlist that is this viewer's own. */
async function playHls(name: string): Promise<string> {
  const base = `http://127.0.0.1:${node.ports.http}`
  const lists = await eventually('a playlist', async () => {
    const answer = await fetch(`${base}/live/${name}.m3u8`)
    return answer.ok && answer.text()
  })
  const [own = ''] = /^[^#].*hls_ctx=.*$/m.exec(lists) ?? []
  return new URL(own, base).href
}

test('a stream of FFmpeg with players by RTMP, HTTP-FLV and HLS is told of as SRS would', async (t) => {
  const own = testScope(t)
  const base = `rtmp://127.0.0.1:${node.ports.rtmp}/live`
  await publishWithFfmpeg(own, { url: `${base}/golden`, video: 'h264', audio: 'aac' })
  await rawPlayer(own, `${base}/golden`)
  const flv = FlvPlayer.play(own, `http://127.0.0.1:${node.ports.http}/live/golden.flv`)
  await flv.until('pictures', () => flv.videoFrames > 25)
  await playHls('golden')

  const stream = await eventually('both tracks', async () => {
    const found = await streamOf('golden')
    return at(found, 'video.codec') !== undefined && at(found, 'audio.codec') !== undefined && found
  })
  assert.equal(namesOf(stream), STREAM_NAMES)
  const [id, vhostId] = [textAt(stream, 'id'), textAt(stream, 'vhost')]
  assert.match(id, /^vid-[0-9a-z]{7}$/)
  assert.match(vhostId, /^vid-[0-9a-z]{7}$/)
  assert.equal(at(stream, 'app'), 'live')
  assert.ok(Math.abs(Number(at(stream, 'live_ms')) - Date.now()) < 60_000)
  assert.deepEqual([at(stream, 'clients'), at(stream, 'players')], [4, 3])
  assert.ok(Number(at(stream, 'frames')) > 25 && Number(at(stream, 'send_bytes')) > 0)
  assert.equal(at(stream, 'publish.active'), true)
  assert.equal(at(stream, 'video.codec'), 'H264')
  assert.match(textAt(stream, 'video.profile'), /^(Baseline|Main|High)$/)
  assert.match(textAt(stream, 'video.level'), /^\d(\.\d)?$/)
  assert.deepEqual([at(stream, 'audio.codec'), at(stream, 'audio.profile')], ['AAC', 'LC'])
  assert.deepEqual(at(stream, 'urls'), {
    flv: '/live/golden.flv',
    ws_flv: '/live/golden.flv',
    hls: '/live/golden.m3u8',
    rtmp: `${base}/golden`,
  })
  const single = await get(`/api/v1/streams/${id}`)
  assert.equal(namesOf(single), `code,server,stream{${STREAM_NAMES}}`)
  assert.equal(at(single, 'stream.id'), id)

  const vhosts = await get('/api/v1/vhosts/')
  assert.equal(namesOf(vhosts), `code,server,vhosts[${VHOST_NAMES}]`)
  assert.deepEqual(
    ['id', 'name', 'enabled', 'hls'].map((name) => at(vhosts, `vhosts.0.${name}`)),
    [vhostId, '__defaultVhost__', true, { enabled: true, fragment: 2 }],
  )
  const vhost = await get(`/api/v1/vhosts/${vhostId}`)
  assert.equal(namesOf(vhost), `code,server,vhost{${VHOST_NAMES}}`)
  assert.ok(Number(at(vhost, 'vhost.recv_bytes')) > 0)

  const clients = await clientsOf('golden')
  assert.equal(clients.length, 4)
  for (const client of clients) {
    assert.equal(namesOf(client), CLIENT_NAMES)
    assert.match(textAt(client, 'id'), /^[0-9a-z]{8}$/)
    assert.deepEqual([at(client, 'vhost'), at(client, 'stream')], [vhostId, id])
    assert.deepEqual([at(client, 'ip'), at(client, 'url')], ['127.0.0.1', 'live/golden'])
    assert.ok(Number(at(client, 'alive')) > 0)
  }
  const kinds = clients.map((client) => [at(client, 'protocol'), at(client, 'type'), at(client, 'publish')])
  assert.deepEqual(kinds, [
    ['rtmp', 'fmle-publish', true],
    ['rtmp', 'rtmp-play', false],
    ['http-flv', 'rtmp-play', false],
    ['hls', 'rtmp-play', false],
  ])
  const [publisher, player, viaHttp] = clients
  assert.equal(at(publisher, 'id'), at(stream, 'publish.cid'))
  assert.equal(at(publisher, 'tcUrl'), base)
  assert.equal(at(viaHttp, 'tcUrl'), 'rtmp://__defaultVhost__/live')
  assert.ok(Number(at(publisher, 'recv_bytes')) > 0 && at(publisher, 'send_bytes') === 0)
  assert.ok(Number(at(player, 'send_bytes')) > 0 && at(player, 'recv_bytes') === 0)
  const one = await get(`/api/v1/clients/${textAt(player, 'id')}`)
  assert.equal(namesOf(one), `code,server,client{${CLIENT_NAMES}}`)
  assert.equal(at(await get('/api/v1/summaries'), 'data.system.conn_srs'), 4)
})

test('clients of every protocol are disconnected', async (t) => {
  const own = testScope(t)
  const base = `rtmp://127.0.0.1:${node.ports.rtmp}/live`
  const encoder = await publishWithFfmpeg(own, { url: `${base}/kicked`, video: 'h264', audio: 'aac' })
  const rtmp = await rawPlayer(own, `${base}/kicked`)
  const flv = FlvPlayer.play(own, `http://127.0.0.1:${node.ports.http}/live/kicked.flv`)
  const ws = FlvPlayer.play(own, `ws://127.0.0.1:${node.ports.http}/live/kicked.flv`)
  await Promise.all([flv, ws].map((player) => player.until('a picture', () => player.videoFrames > 0)))
  const playlist = await playHls('kicked')
  const clients = await eventually('all clients', async () => {
    const found = await clientsOf('kicked')
    return found.length === 5 && found
  })
  const kick = (protocol: string, publish = false): Promise<Json> => {
    const client = clients.find((each) => at(each, 'protocol') === protocol && at(each, 'publish') === publish)
    return get(`/api/v1/clients/${textAt(client, 'id')}`, { method: 'DELETE' })
  }
  const done = { code: 0, server: 'vid-test001' }
  assert.deepEqual(await kick('rtmp'), done)
  await rtmp.ended
  assert.deepEqual(await kick('http-flv'), done)
  await flv.ended
  assert.deepEqual(await kick('ws-flv'), done)
  await ws.ended
  assert.equal((await fetch(playlist)).status, 200)
  assert.deepEqual(await kick('hls'), done)
  assert.equal((await fetch(playlist)).status, 403)
  assert.deepEqual(await kick('rtmp', true), done)
  await encoder.exited
  await eventually('nobody is there', async () => (await clientsOf('kicked')).length === 0)
})

test('a stream without its publisher has no tracks but the id of who it was, and goes with its last player', async (t) => {
  const own = testScope(t)
  const playing = testScope(t)
  await publishTestStream(own, node.ports.rtmp, 'left')
  await rawPlayer(playing, `rtmp://127.0.0.1:${node.ports.rtmp}/live/left`)
  const before = await streamOf('left')
  await own.close()
  const left = await eventually('the publisher has gone', async () => {
    const stream = await streamOf('left')
    return at(stream, 'publish.active') === false && stream
  })
  assert.deepEqual(
    ['id', 'publish', 'video', 'audio', 'clients'].map((name) => at(left, name)),
    [at(before, 'id'), { active: false, cid: at(before, 'publish.cid') as Json }, null, null, 1],
  )
  const vhost = `/api/v1/vhosts/${textAt(left, 'vhost')}`
  const received = Number(at(await get(vhost), 'vhost.recv_bytes'))
  await playing.close()
  await eventually(
    'the stream has gone',
    async () => at(await get(`/api/v1/streams/${textAt(left, 'id')}`), 'code') === 2048,
  )
  assert.ok(Number(at(await get(vhost), 'vhost.recv_bytes')) >= received, 'the vhost keeps what it had')
})

test('lists come in pages of ten and more, in an order that stays', async (t) => {
  const own = testScope(t)
  const names = Array.from({ length: 13 }, (_, i) => `page${i}`)
  await Promise.all(names.map((name) => publishTestStream(own, node.ports.rtmp, name)))
  const pages = async (what: string, query: string): Promise<Json[]> =>
    list(at(await get(`/api/v1/${what}/?${query}`), what)).map((each) => at(each, 'id') ?? null)
  for (const what of ['streams', 'clients']) {
    const all = await pages(what, 'count=1000')
    assert.ok(all.length >= 13)
    assert.deepEqual(await pages(what, ''), all.slice(0, 10))
    assert.deepEqual(await pages(what, 'count=3'), all.slice(0, 10))
    assert.deepEqual(await pages(what, 'count=12'), all.slice(0, 12))
    assert.deepEqual(await pages(what, 'start=10&count=x'), all.slice(10, 20))
    assert.deepEqual(await pages(what, 'start=-5'), all.slice(0, 10))
    assert.deepEqual(await pages(what, 'start=100000'), [])
  }
})

test('another vhost than the default one is named by URLs, and has HLS off where it is', async (t) => {
  const own = testScope(t)
  const url = `rtmp://127.0.0.1:${node.ports.rtmp}/live?vhost=other.example/elsewhere`
  await publishWithFfmpeg(own, { url, video: 'h264', audio: 'aac' })
  const stream = await streamOf('elsewhere')
  assert.equal(at(stream, 'urls.flv'), '/live/elsewhere.flv?vhost=other.example')
  assert.deepEqual(at(await get(`/api/v1/vhosts/${textAt(stream, 'vhost')}`), 'vhost.hls'), { enabled: false })
  const [client] = await clientsOf('elsewhere')
  assert.equal(at(client, 'url'), 'other.example/live/elsewhere')
  assert.equal((await ask('/api/v1/streams')).status, 302)
})
