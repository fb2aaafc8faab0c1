import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'

import { loadConfig } from '@millrace/config'
import { silentLogger } from '@millrace/core'

import { testScope } from '../../../../test/support/scope.ts'
import type { Admission, AdmissionRequest, Grant } from '../admission/admission.ts'
import { Backend } from '../callbacks/backend.test-support.ts'
import { Vhosts } from '../srs-conf/vhosts.ts'
import { ClusterAdmission } from './cluster-admission.ts'
import { EdgeOrigins } from './edge-origins.ts'
import { connectArgs } from './identity.ts'

function vhostsOf(vhost: string): Vhosts {
  const files = { read: () => `listen 1; vhost v.example { ${vhost} }`, glob: () => [] }
  const { config } = loadConfig('srs.conf', { files, environment: {} })
  assert.ok(config)
  return new Vhosts(config)
}

const everybody: Admission = {
  admit: async ({ app, stream }) => ({ key: { vhost: 'v.example', app, name: stream }, streamId: null, keyId: null }),
}

/** What becomes of a client of `live/x?t=1` at a node with this vhost. */
function admit(vhost: string, request: Partial<AdmissionRequest> = {}): Promise<Grant> {
  const admission = new ClusterAdmission(everybody, {
    vhosts: vhostsOf(vhost),
    serverId: 'here',
    published: () => false,
    edges: { want: () => Promise.resolve() },
    logger: silentLogger,
  })
  return admission.admit({
    action: 'publish',
    protocol: 'rtmp',
    vhost: 'v.example',
    app: 'live',
    stream: 'x',
    params: {},
    param: '?t=1',
    client: { ip: '192.0.2.7', id: 'c1', tcUrl: 'rtmp://v.example/live' },
    ...request,
  })
}

/** URLs to connect to, with `tcUrl` and stream as they are told. */
const onward = ({ onward: { to, targets } = { to: 'each', targets: [] } }: Grant): unknown[] => [
  to,
  ...targets.map(({ url, names }) => `${url.host} ${names?.tcUrl} ${names?.stream}`),
]

const cameFrom = (serverId: string): Partial<AdmissionRequest> => ({
  client: { ip: '192.0.2.7', connectArgs: connectArgs(serverId, null) },
})

test('a publisher at an edge goes to one of the origins, under the name that the vhost has there', async () => {
  assert.deepEqual(onward(await admit('cluster { mode remote; origin a b:1936; vhost edge-[vhost]; }')), [
    'one',
    'a rtmp://edge-v.example/live x?t=1',
    'b:1936 rtmp://edge-v.example:1936/live x?t=1',
  ])
  await assert.rejects(admit('cluster { mode remote; }'), { code: 'ORIGIN_UNREACHABLE' })
})

test('what a node says of itself to others can be left out', async () => {
  const args = async (more: string): Promise<unknown> =>
    (await admit(`cluster { mode remote; origin a; ${more} }`)).onward?.targets[0]?.names?.args?.['srs_id']
  assert.equal(await args(''), 'here')
  assert.equal(await args('debug_srs_upnode off;'), undefined)
})

test('a publisher or player that comes from the edge itself is refused', async () => {
  const edge = 'cluster { mode remote; origin a; }'
  await assert.rejects(admit(edge, cameFrom('here')), { code: 'CLUSTER_LOOP' })
  await assert.rejects(admit(edge, { ...cameFrom('here'), action: 'play' }), { code: 'CLUSTER_LOOP' })
  await admit(edge, { ...cameFrom('there'), action: 'play' })
})

test('a stream goes to each destination: a host, or a URL in which names may be filled in', async () => {
  const destinations = `a 127.0.0.1:1936 rtmps://b rtmps://c/app rtmp://d/[app]-[vhost]/[stream]?key=k&[param] rtmp:///x`
  assert.deepEqual(onward(await admit(`forward { enabled on; destination ${destinations}; }`)), [
    'each',
    'a rtmp://v.example/live x?t=1',
    '127.0.0.1:1936 rtmp://v.example:1936/live x?t=1',
    'b rtmps://v.example/live x?t=1',
    'c rtmps://v.example/app x?t=1',
    'd rtmp://d/live-v.example x?key=k&t=1',
  ])
  assert.deepEqual(onward(await admit('forward { destination a; }')), ['each'])
  assert.deepEqual(onward(await admit('forward { enabled on; destination a; }', cameFrom('here'))), ['each'])
})

test('a backend names the destinations, or refuses the publisher', async (t: TestContext) => {
  const backend = await Backend.start(testScope(t))
  const ask = async (answer: string): Promise<unknown[]> => {
    backend.answer = () => answer
    return onward(await admit(`forward { enabled on; destination a; backend ${backend.url('/forward')}; }`))
  }
  assert.deepEqual(await ask('{"code":0,"data":{"urls":["rtmp://h/a/s?vhost=w&k=1"]}}'), ['each', 'h rtmp://w/a s?k=1'])
  assert.deepEqual(await ask('{"code":0,"data":{"urls":[]}}'), ['each'])
  const [question] = backend.bodies()
  assert.deepEqual(question, {
    action: 'on_forward',
    server_id: 'here',
    service_id: String(process.pid),
    client_id: 'c1',
    ip: '192.0.2.7',
    vhost: 'v.example',
    app: 'live',
    tcUrl: 'rtmp://v.example/live',
    stream: 'x',
    param: '?t=1',
  })
  const many = JSON.stringify({ code: 0, data: { urls: Array.from({ length: 33 }, () => 'rtmp://h/a/s') } })
  const useless = ['0', '{"code":0}', '{"code":0,"data":{"urls":[1]}}', '{"code":0,"data":{"urls":["http://h/a/s"]}}']
  for (const answer of [...useless, many, '{"code":1}', 'garbage', 'x'.repeat(1e5)]) {
    await assert.rejects(ask(answer), { code: 'FORWARD_BACKEND' }, answer.slice(0, 50))
  }
})

test('a player is sent to the origin that has the stream', async (t: TestContext) => {
  const scope = testScope(t)
  const [none, some] = [await Backend.start(scope), await Backend.start(scope)]
  none.answer = () => '{"code":0,"data":{"origin":null}}'
  const coworkers = [none, some].map(({ port }) => `127.0.0.1:${port}`).join(' ')
  const play = (answer: string, protocol: AdmissionRequest['protocol'] = 'rtmp'): Promise<Grant> => {
    some.answer = () => answer
    return admit(`cluster { origin_cluster on; coworkers ${coworkers}; }`, { action: 'play', protocol })
  }
  const at = (ip: string, port: unknown): string => JSON.stringify({ code: 0, data: { origin: { ip, port } } })
  await assert.rejects(play(at('10.0.0.7', 1936)), {
    code: 'STREAM_ELSEWHERE',
    url: 'rtmp://10.0.0.7:1936/live/x?t=1&vhost=v.example',
  })
  await assert.rejects(play(at('2001:db8::7', 1935)), {
    url: 'rtmp://[2001:db8::7]:1935/live/x?t=1&vhost=v.example',
  })
  const [{ method, path } = { method: '', path: '' }] = some.calls
  const query = `vhost=v.example&ip=v.example&app=live&stream=x&coworker=127.0.0.1%3A${some.port}`
  assert.deepEqual([method, path], ['POST', `/api/v1/clusters?${query}`])
  for (const answer of [
    at('a/b', 1),
    at('a', 0),
    at('a', '1'),
    at('a', 65_536),
    '0',
    '{"code":0}',
    '{"code":1}',
    '<',
  ]) {
    await assert.rejects(play(answer), { code: 'ORIGIN_NOT_FOUND' }, answer)
  }
  // they have no way to be sent on
  await play(at('10.0.0.7', 1936), 'http-flv')
})

test('an edge fetches from its origins in turn, by RTMP or as FLV', async () => {
  const key = { vhost: 'v.example', app: 'live', name: 'x' }
  const fetchedFrom = async (vhost: string, protocol: AdmissionRequest['protocol'], attempt = 0): Promise<unknown> => {
    const player = { protocol, param: '?t=1', client: { ip: '192.0.2.7' } }
    const found = await new EdgeOrigins(vhostsOf(vhost), 'here').locate(key, player, attempt)
    return found && [found.url, found.names?.tcUrl]
  }
  const origins = (more: string): string => `cluster { mode remote; origin a b:8080; ${more} }`
  const inTurn = await Promise.all([0, 1, 2].map((attempt) => fetchedFrom(origins(''), 'rtmp', attempt)))
  assert.deepEqual(inTurn, [
    ['rtmp://a/live/x', 'rtmp://v.example/live'],
    ['rtmp://b:8080/live/x', 'rtmp://v.example:8080/live'],
    ['rtmp://a/live/x', 'rtmp://v.example/live'],
  ])
  const flv = ['http://b:8080/live/x.flv?t=1&vhost=v.example', undefined]
  assert.deepEqual(await fetchedFrom(origins('protocol flv;'), 'rtmp', 1), flv)
  assert.deepEqual(await fetchedFrom(origins('follow_client on;'), 'http-flv', 1), flv)
  assert.deepEqual(await fetchedFrom(origins('follow_client on;'), 'rtmp', 0), inTurn[0])
  assert.equal(await fetchedFrom('cluster { origin a; }', 'rtmp'), undefined)
  assert.equal(await fetchedFrom('cluster { mode remote; }', 'rtmp'), undefined)
})
