import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test, { after } from 'node:test'

import { Scope } from '@millrace/core'

import { eventually } from '../../../../../test/support/eventually.ts'
import { RtcClient } from '../../../../../test/support/rtc-client.ts'
import { publishTestStream } from '../../../../../test/support/test-stream.ts'
import { testScope } from '../../../../../test/support/scope.ts'
import { Backend } from '../../callbacks/backend.test-support.ts'
import { openOpensslEngine } from '../../io/packet-engine/openssl.ts'
import { at, namesOf, startApiNode, textAt, type Json } from '../../srs-api/srs-api.test-support.ts'

const scope = new Scope()
after(() => scope.close())
const backend = await Backend.start(scope)
const RTC = 'rtc_server { enabled on; listen 127.0.0.1:0; candidate localhost; }'
const HOOKS = ['on_publish', 'on_unpublish', 'on_play', 'on_stop'].map((event) => `${event} ${backend.url('/')};`)
const node = await startApiNode(
  scope,
  '',
  `${RTC} vhost __defaultVhost__ { rtc { enabled on; } http_hooks { enabled on; ${HOOKS.join(' ')} } }
  vhost plain.example { } vhost denied.example { rtc { enabled on; } security { enabled on; deny publish all; } }`,
)
const sdpOf = (name: string): Promise<string> =>
  readFile(new URL(`../../../../../packages/proto/sdp/fixtures/${name}.sdp`, import.meta.url), 'utf8')
const offers = { publish: await sdpOf('chromium-publish'), play: await sdpOf('chromium-play') }

/** The answer to an offer, and its headers. */
async function offer(verb: 'publish' | 'play', streamurl: string, query = '', sdp = offers[verb]): Promise<Json> {
  const body = JSON.stringify({ api: 'http://x/', streamurl, clientip: '198.51.100.7', sdp })
  const answer = await node.ask(`/rtc/v1/${verb}/${query}`, { method: 'POST', body })
  assert.deepEqual([answer.status, answer.headers.get('connection')], [200, 'close'])
  return JSON.parse(await answer.text()) as Json
}

const candidatesIn = (answer: Json): string[] =>
  textAt(answer, 'sdp').match(/(?<=a=candidate:\d+ 1 udp \d+ )\S+ \d+/g) ?? []

const clients = async (): Promise<Json[]> => at(await node.get('/api/v1/clients/?count=1000'), 'clients') as Json[]

test('offers are answered with the members of SRS, in its order', async () => {
  for (const verb of ['publish', 'play'] as const) {
    const answer = await offer(verb, 'webrtc://example.com/live/offered?token=t')
    assert.equal(namesOf(answer), 'code,server,sdp,sessionid')
    assert.deepEqual([at(answer, 'code'), at(answer, 'server')], [0, 'vid-test001'])
    assert.match(textAt(answer, 'sessionid'), /^[\da-z]{8}:\S{4}$/)
    const name = verb === 'publish' ? 'SRSPublishSession' : 'SRSPlaySession'
    assert.match(
      textAt(answer, 'sdp'),
      new RegExp(`^v=0\r\no=SRS/4.0.271\\(Leo\\) \\d+ 2 IN IP4 0.0.0.0\r\ns=${name}\r\n`),
    )
  }
})

test('whatever is wrong is answered with code 400 alone', async () => {
  const url = 'webrtc://h/live/wrong'
  assert.deepEqual(await offer('publish', 'webrtc://h/nothing'), { code: 400 })
  assert.deepEqual(await offer('publish', 'nonsense'), { code: 400 })
  assert.deepEqual(await offer('publish', 'webrtc://h/live/%E0'), { code: 400 })
  assert.deepEqual(await offer('publish', url, '', 'v=0'), { code: 400 })
  assert.deepEqual(await offer('publish', url, '', offers.play), { code: 400 })
  assert.deepEqual(await offer('play', 'webrtc://plain.example/live/wrong'), { code: 400 })
  assert.deepEqual(await offer('publish', 'webrtc://denied.example/live/wrong'), { code: 400 })
  for (const body of ['', 'null', '[]', '{"sdp":1}', 'x'.repeat(300_000)]) {
    const answer = await node.ask('/rtc/v1/publish/', { method: 'POST', body })
    assert.deepEqual([answer.status, await answer.text()], [200, '{"code":400}'])
  }
})

test('what a backend refuses is not answered', async () => {
  backend.answer = ({ body }) => (body.includes('"stream":"refused"') ? '1' : '0')
  assert.deepEqual(await offer('publish', 'webrtc://h/live/refused'), { code: 400 })
  assert.deepEqual(await offer('play', 'webrtc://h/live/refused'), { code: 400 })
})

test('candidates are what the request says, what the request came by, and what is configured, in this order', async () => {
  const told = async (url: string, query = ''): Promise<string[]> => candidatesIn(await offer('publish', url, query))
  const [own] = await told('webrtc://localhost/live/where')
  const port = own?.split(' ')[1] ?? ''
  assert.equal(own, `127.0.0.1 ${port}`)
  assert.deepEqual(await told('webrtc://192.0.2.1:1990/live/where', '?eip=192.0.2.2'), [
    `192.0.2.2 ${port}`,
    `192.0.2.1 ${port}`,
    `127.0.0.1 ${port}`,
  ])
  assert.deepEqual(await told('webrtc://127.0.0.1/live/where', '?candidate=192.0.2.3:9000'), [
    '192.0.2.3 9000',
    `127.0.0.1 ${port}`,
  ])
  assert.deepEqual(await told('webrtc://0.0.0.0/live/where', '?eip=192.0.2.3:99999'), [`127.0.0.1 ${port}`])
})

test('a stream of another protocol is not played without a bridge', async (t) => {
  await publishTestStream(testScope(t), node.ports.rtmp, 'rtmp')
  await eventually('its client', async () => (await clients()).some((client) => at(client, 'name') === 'rtmp'))
  assert.deepEqual(await offer('play', 'webrtc://h/live/rtmp'), { code: 400 })
  assert.deepEqual(await offer('publish', 'webrtc://h/live/rtmp'), { code: 400 })
  const whep = await node.ask('/live/rtmp/whep', {
    method: 'POST',
    headers: { 'content-type': 'application/sdp' },
    body: offers.play,
  })
  assert.equal(whep.status, 404)
})

test('publisher and player are called back, listed with figures, and kicked', async (t) => {
  const clientScope = testScope(t)
  const engine = await openOpensslEngine()
  clientScope.defer(() => engine.close())
  const url = `http://127.0.0.1:${node.ports.api}/live/shown`
  const publisher = await RtcClient.connect(clientScope, { engine, action: 'publish', url: `${url}/whip?key=k` })
  const player = await RtcClient.connect(clientScope, { engine, action: 'play', url: `${url}/whep?a=b` })
  const shown = await eventually('both', async () => {
    const some = (await clients()).filter((client) => at(client, 'name') === 'shown')
    return some.length === 2 ? some : undefined
  })
  assert.deepEqual(
    shown.map((client) => [at(client, 'type'), at(client, 'publish'), at(client, 'protocol')]),
    [
      ['rtc-publish', true, 'webrtc'],
      ['rtc-play', false, 'webrtc'],
    ],
  )
  const [track] = publisher.tracks
  assert.ok(track)
  publisher.sendRtp(track, { sequence: 1, timestamp: 0, marker: true, payload: Uint8Array.of(0x65, 1, 2, 3) })
  await eventually(
    'its bytes',
    async () =>
      at(
        (await clients()).find((client) => at(client, 'id') === at(shown[0], 'id')),
        'recv_bytes',
      ) !== 0,
  )
  const called = backend.bodies().filter(({ stream }) => stream === 'shown')
  assert.deepEqual(
    called.map(({ action, client_id: id, param }) => [action, id, param]),
    [
      ['on_publish', at(shown[0], 'id'), '?key=k&upstream=rtc'],
      ['on_play', at(shown[1], 'id'), '?a=b'],
    ],
  )
  const sessions = (at(await node.get('/api/v1/rtc/sessions?count=1000'), 'sessions') as Json[]).filter(
    (session) => at(session, 'stream') === 'shown',
  )
  assert.equal(
    namesOf(sessions[0]),
    'client_id,action,vhost,app,stream,ip,state,alive,transport,address,rtt_ms,loss,jitter_ms,packets,bytes,retransmitted,nacks,plis,estimate_bps,refused{unknown,early,replayed,forged,bad_rtcp,bad_stun}',
  )
  assert.deepEqual(
    sessions.map((session) => [at(session, 'client_id'), at(session, 'state'), at(session, 'transport')]),
    shown.map((client) => [at(client, 'id'), 'connected', 'udp']),
  )
  const metrics = await (await node.ask('/metrics')).text()
  assert.match(metrics, /millrace_node_rtc_connect_duration_seconds_count\{action="play"\} 1\n/)
  assert.match(metrics, /millrace_node_rtc_sessions\{action="publish"\} [1-9]/)
  assert.match(metrics, /millrace_node_rtc_plis_total\{direction="out"\} [1-9]/)
  for (const client of shown) await node.ask(`/api/v1/clients/${textAt(client, 'id')}`, { method: 'DELETE' })
  await Promise.all([publisher.ended, player.ended])
  await backend.until(() => backend.bodies().filter(({ stream }) => stream === 'shown').length === 4)
  const ended = await (await node.ask('/metrics')).text()
  assert.match(ended, /millrace_node_rtc_sessions_ended_total\{action="publish",reason="closed"\} [1-9]/)
})
