import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'

import { Scope } from '@millrace/core'

import { startConfNode } from '../../../../test/support/conf-node.ts'
import { selfSignedCertificate } from '../../../../test/support/certificate.ts'
import { eventually } from '../../../../test/support/eventually.ts'
import { FlvPlayer } from '../../../../test/support/flv-player.ts'
import { openSocket, rtmpCommand, rtmpGreeting } from '../../../../test/support/raw-rtmp.ts'
import { decodeWithFfmpeg, publishWithFfmpeg } from '../../../../test/support/ffmpeg.ts'
import { rawPlayer } from '../../../../test/support/rtmp-player.ts'
import { testScope } from '../../../../test/support/scope.ts'
import { publishTestStream } from '../../../../test/support/test-stream.ts'
import { Backend } from './backend.test-support.ts'
import { asked, conf, start, startProgram } from './callbacks.test-support.ts'

const CLIP = { video: 'h264', audio: 'aac' } as const
test('an RTMP publisher: on_connect, on_publish, on_unpublish, on_close, each as SRS writes it', async (t) => {
  const scope = testScope(t)
  const { node, backend } = await start(scope)
  const socket = await publishTestStream(scope, node.ports.rtmp, 'livestream?token=xxx')
  socket.destroy()
  await backend.until(() => backend.calls.length === 4)
  const [connect, publish, unpublish, close] = backend.calls.map(({ body }) => body)
  const id = String(backend.bodies()[0]?.['client_id'])
  assert.match(id, /^[0-9a-z]{8}$/)
  const head = (action: string): string =>
    `{"server_id":"vid-0xk989d","action":"${action}","client_id":"${id}","ip":"127.0.0.1","vhost":"__defaultVhost__","app":"live",`
  const tcUrl = `"tcUrl":"rtmp://127.0.0.1:${node.ports.rtmp}/live"`
  const stream = '"stream":"livestream","param":"?token=xxx"'
  assert.equal(connect, `${head('on_connect')}${stream},${tcUrl},"pageUrl":""}`)
  assert.equal(publish, `${head('on_publish')}${tcUrl},${stream}}`)
  assert.equal(unpublish, `${head('on_unpublish')}${stream}}`)
  assert.match(close ?? '', /"send_bytes":\d+,"recv_bytes":\d+\}$/)
  assert.ok(close?.startsWith(head('on_close')))
  assert.ok(Number(backend.of('on_close')[0]?.['recv_bytes']) > 3000)
})

test('a call is a POST of its own over a new connection, with the headers of SRS', async (t) => {
  const scope = testScope(t)
  const { node, backend } = await start(scope)
  await publishTestStream(scope, node.ports.rtmp, 'x')
  const [call] = backend.calls
  assert.equal(call?.method, 'POST')
  assert.equal(call.path, '/on_connect')
  const headers = Object.fromEntries(
    call.headers.flatMap((name, i, all) => (i % 2 === 0 ? [[name, all[i + 1] ?? '']] : [])),
  )
  assert.deepEqual(Object.keys(headers), ['Host', 'Connection', 'User-Agent', 'Content-Type', 'Content-Length'])
  assert.equal(headers['Host'], `127.0.0.1:${backend.port}`)
  assert.equal(headers['Connection'], 'Keep-Alive')
  assert.match(headers['User-Agent'] ?? '', /^SRS\/4\.0\.271\(Leo\)/)
  assert.equal(headers['Content-Type'], 'application/json')
  assert.equal(headers['Content-Length'], String(call.body.length))
  assert.equal(backend.connections, backend.calls.length)
})

test('players of RTMP, HTTP-FLV and WebSocket: on_play and on_stop', async (t) => {
  const scope = testScope(t)
  const { node, backend } = await start(scope)
  await publishTestStream(scope, node.ports.rtmp, 'x')
  const players = new Scope()
  scope.defer(() => players.close())
  await rawPlayer(players, `rtmp://127.0.0.1:${node.ports.rtmp}/live/x`)
  const flv = FlvPlayer.play(players, `http://127.0.0.1:${node.ports.http}/live/x.flv?a=b`)
  await flv.until('a picture', () => flv.videoFrames > 0)
  const ws = FlvPlayer.play(players, `ws://127.0.0.1:${node.ports.http}/live/x.flv`)
  await ws.until('a picture', () => ws.videoFrames > 0)
  const plays = backend.of('on_play')
  assert.deepEqual(
    plays.map(({ param }) => param),
    ['', '?a=b', ''],
  )
  for (const play of plays) {
    assert.equal(Object.keys(play).join(' '), 'server_id action client_id ip vhost app stream param pageUrl')
  }
  await players.close()
  await backend.until(() => backend.of('on_stop').length === 3)
  const ids = (list: readonly Readonly<Record<string, unknown>>[]): string[] =>
    list.map(({ client_id: id }) => String(id)).toSorted()
  assert.deepEqual(ids(backend.of('on_stop')), ids(plays))
  const [stop = {}] = backend.of('on_stop')
  assert.equal(Object.keys(stop).join(' '), 'server_id action client_id ip vhost app stream param')
  // HTTP players connect no one
  assert.equal(backend.of('on_connect').length, 2)
})

test('the address of an HTTP player is what the proxy says, its page the referrer', async (t) => {
  const scope = testScope(t)
  const { node, backend } = await start(scope)
  backend.answer = ({ body }) => (body.includes('on_play') ? '1' : '0')
  const headers = { 'x-forwarded-for': '203.0.113.9, 10.0.0.1', referer: 'http://page.example/' }
  const { status } = await fetch(`http://127.0.0.1:${node.ports.http}/live/x.flv`, { headers })
  assert.equal(status, 403)
  const [play] = backend.of('on_play')
  assert.equal(play?.['ip'], '203.0.113.9')
  assert.equal(play['pageUrl'], 'http://page.example/')
})

for (const [what, answer] of [
  ['a number', '1'],
  ['garbage', 'ok'],
  ['a redirect', { status: 302, body: '0', location: '/elsewhere' }],
  ['an error', { status: 500, body: '0' }],
  ['nothing in time', new Promise<string>(() => {})],
] as const) {
  test(`${what} as an answer: publisher and players are refused, and others go on`, async (t) => {
    const scope = testScope(t)
    const { node, backend } = await start(scope, { hooks: 'timeout 0.5;' })
    const { rtmp, http } = node.ports
    await publishTestStream(scope, rtmp, 'good')
    const player = FlvPlayer.play(scope, `http://127.0.0.1:${http}/live/good.flv`)
    await player.until('a picture', () => player.videoFrames > 0)
    backend.answer = ({ body }) => (/on_(publish|play)"/.test(body) ? answer : '0')
    const seen = player.videoFrames
    assert.match(await asked(scope, rtmp, 'publish', 'x'), /NetStream.Publish.Denied/)
    assert.match(await asked(scope, rtmp, 'play', 'good'), /NetStream.Play.Failed/)
    assert.equal((await fetch(`http://127.0.0.1:${http}/live/good.flv`)).status, 403)
    await player.until('more pictures', () => player.videoFrames > seen + 10)
    await backend.until(() => backend.of('on_close').length === 2)
    assert.deepEqual([backend.of('on_unpublish'), backend.of('on_stop')], [[], []])
    const publishes = backend.of('on_publish').length
    backend.answer = ({ path }) => (path === '/on_connect' ? answer : '0')
    assert.match(await asked(scope, rtmp, 'publish', 'x'), /NetStream.Publish.Denied/)
    assert.equal(backend.of('on_publish').length, publishes)
    assert.deepEqual(
      backend.calls.filter(({ path }) => path === '/elsewhere'),
      [],
    )
  })
}

test('with refuse_silently who is refused is told nothing', async (t) => {
  const scope = testScope(t)
  const { node, backend } = await start(scope, { rest: 'refuse_silently on;' })
  const { rtmp, http } = node.ports
  backend.answer = ({ body }) => (/on_(publish|play)"/.test(body) ? '1' : '0')
  for (const verb of ['publish', 'play'] as const) assert.doesNotMatch(await asked(scope, rtmp, verb, 'x'), /NetStream/)
  const url = `http://127.0.0.1:${http}/live/x.flv`
  await assert.rejects(fetch(url), /fetch failed/)
  const player = FlvPlayer.play(scope, url.replace('http', 'ws'))
  assert.equal(await player.ended, 'socket hang up')
  // what is not there is not there
  assert.equal((await fetch(url.replace('.flv', '.ts'))).status, 404)
})

test('a client that leaves while it is being asked about: what was let in is told to have ended, in order', async (t) => {
  const scope = testScope(t)
  const { node, backend } = await startProgram(scope)
  const left = async (event: string): Promise<unknown[]> => {
    const answer = Promise.withResolvers<string>()
    const before = backend.calls.length
    backend.answer = ({ path }) => (path === `/${event}` ? answer.promise : '0')
    const socket = await openSocket(scope, node.ports.rtmp)
    socket.write(rtmpGreeting(node.ports.rtmp, 'live'))
    socket.write(rtmpCommand(4, 1, 'publish', 3, null, 'x', 'live'))
    await backend.until(() => backend.actions().slice(before).includes(event))
    const closed = (): number => node.program.output.match(/connection closed/g)?.length ?? 0
    const already = closed()
    socket.resetAndDestroy()
    await eventually('the node has seen it', () => closed() > already)
    answer.resolve('0')
    await backend.until(() => backend.actions().slice(before).includes('on_close'))
    return backend.actions().slice(before)
  }
  assert.deepEqual(await left('on_publish'), ['on_connect', 'on_publish', 'on_unpublish', 'on_close'])
  // nobody is asked about who has left
  assert.deepEqual(await left('on_connect'), ['on_connect', 'on_close'])
})

test('who publishes again over the same connection is connected again', async (t) => {
  const scope = testScope(t)
  const { node, backend } = await start(scope)
  const socket = await publishTestStream(scope, node.ports.rtmp, 'x')
  socket.write(rtmpCommand(4, 1, 'closeStream', 0, null))
  socket.write(rtmpCommand(4, 1, 'publish', 4, null, 'y', 'live'))
  await backend.until(() => backend.of('on_publish').length === 2)
  socket.destroy()
  await backend.until(() => backend.of('on_close').length === 1)
  const once = ['on_connect', 'on_publish', 'on_unpublish']
  assert.deepEqual(backend.actions(), [...once, ...once, 'on_close'])
  assert.equal(new Set(backend.bodies().map((body) => body['client_id'])).size, 1)
})

test('HTTPS: certificates need not be valid, unless `verify` is on', async (t) => {
  const scope = testScope(t)
  const { certFile, keyFile } = await selfSignedCertificate(scope)
  const backend = await Backend.start(scope, { cert: await readFile(certFile), key: await readFile(keyFile) })
  const hook = `on_publish ${backend.url('/p')};`
  const node = await startConfNode(scope, conf(hook))
  await publishTestStream(scope, node.ports.rtmp, 'x')
  assert.equal(backend.calls.length, 1)
  const strict = await startConfNode(scope, conf(`${hook} verify on;`))
  await assert.rejects(publishTestStream(scope, strict.ports.rtmp, 'x'), { code: 'SUPPORT_RTMP' })
  assert.equal(backend.calls.length, 1)
})

test('HLS: on_play for a viewer who begins, on_stop when it has left, on_hls for each segment', async (t) => {
  const scope = testScope(t)
  const hls = 'hls { enabled on; hls_fragment 1; }'
  const { node, backend } = await startProgram(scope, { rest: hls })
  await publishWithFfmpeg(scope, { ...CLIP, url: `rtmp://127.0.0.1:${node.ports.rtmp}/live/x?key=1` })
  await backend.until(() => backend.of('on_hls').length >= 2)
  const [segment = {}] = backend.of('on_hls')
  assert.equal(
    Object.keys(segment).join(' '),
    'server_id action client_id ip vhost app stream param duration cwd file url m3u8 m3u8_url seq_no',
  )
  const { file, url, m3u8, m3u8_url: m3u8Url, param, client_id: publisher } = segment
  assert.deepEqual(
    { file, url, m3u8, m3u8Url, param, publisher },
    {
      file: './objs/nginx/html/live/x-0.ts',
      url: 'live/x-0.ts',
      m3u8: './objs/nginx/html/live/x.m3u8',
      m3u8Url: 'live/x.m3u8',
      param: '?key=1',
      publisher: backend.of('on_publish')[0]?.['client_id'],
    },
  )
  const { videoFrames } = await decodeWithFfmpeg(`http://127.0.0.1:${node.ports.http}/live/x.m3u8?token=2`, 1)
  assert.ok(videoFrames > 0)
  const [play, ...more] = backend.of('on_play')
  assert.deepEqual([play?.['param'], more.length], ['?token=2', 0])
  await node.program.stop('SIGTERM')
  assert.equal(backend.of('on_stop')[0]?.['client_id'], play?.['client_id'])
})

test('FFmpeg is refused by every protocol, as a publisher and as a player', async (t) => {
  const scope = testScope(t)
  const { node, backend } = await startProgram(scope, { rest: 'hls { enabled on; hls_fragment 1; }' })
  const { rtmp, http } = node.ports
  await publishWithFfmpeg(scope, { ...CLIP, url: `rtmp://127.0.0.1:${rtmp}/live/x` })
  await backend.until(() => backend.of('on_hls').length >= 1)
  backend.answer = ({ body }) => (/on_(publish|play)"/.test(body) ? '{"code":1}' : '0')
  const urls = [
    `rtmp://127.0.0.1:${rtmp}/live/x`,
    ...['flv', 'm3u8'].map((type) => `http://127.0.0.1:${http}/live/x.${type}`),
  ]
  for (const url of urls) await assert.rejects(decodeWithFfmpeg(url, 1), { code: 'SUPPORT_DECODE' })
  await assert.rejects(publishWithFfmpeg(scope, { ...CLIP, url: `rtmp://127.0.0.1:${rtmp}/live/y` }))
  assert.equal(backend.of('on_play').length, 3)
  assert.deepEqual(backend.of('on_stop'), [])
})

test('a recording that is complete: on_dvr', async (t) => {
  const scope = testScope(t)
  const backend = await Backend.start(scope)
  const dvr = 'dvr { enabled on; dvr_plan session; dvr_path ./objs/[app]/[stream].flv; }'
  const node = await startConfNode(scope, conf(`on_dvr ${backend.url('/')};`, dvr))
  const socket = await publishTestStream(scope, node.ports.rtmp, 'x')
  await rawPlayer(scope, `rtmp://127.0.0.1:${node.ports.rtmp}/live/x`)
  socket.destroy()
  await backend.until(() => backend.calls.length === 1)
  const [told = {}] = backend.of('on_dvr')
  assert.equal(Object.keys(told).join(' '), 'server_id action client_id ip vhost app stream param cwd file')
  assert.deepEqual([told['cwd'], told['file']], [node.folder, './objs/live/x.flv'])
  assert.ok((await readFile(path.join(node.folder, 'objs/live/x.flv'))).length > 0)
})

test('the end of the node is told', async (t) => {
  const scope = testScope(t)
  const { node, backend } = await startProgram(scope)
  await publishTestStream(scope, node.ports.rtmp, 'x')
  assert.equal((await node.program.stop('SIGTERM')).code, 0)
  assert.deepEqual(backend.actions(), ['on_connect', 'on_publish', 'on_unpublish', 'on_close'])
})
