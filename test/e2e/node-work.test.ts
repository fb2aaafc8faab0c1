import assert from 'node:assert/strict'
import { once } from 'node:events'
import test, { type TestContext } from 'node:test'

import type { Event, NodeInfo, Page, PushTarget, Session, Stream, Viewer } from '@millrace/contracts'
import type { Scope } from '@millrace/core'
import { WebSocket } from 'ws'

import { Cluster, type ClusterOptions } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { publishWithFfmpeg } from '../support/ffmpeg.ts'
import { FlvPlayer } from '../support/flv-player.ts'
import { type MediaNode, startMediaNode } from '../support/media-node.ts'
import { rawPlayer } from '../support/rtmp-player.ts'
import { freePort, testScope } from '../support/scope.ts'

const CLIP = { video: 'h264', audio: 'aac' } as const
const TAKE_OVER_MS = 45_000

async function setUp(t: TestContext, options: ClusterOptions = {}): Promise<{ scope: Scope; cluster: Cluster }> {
  const scope = testScope(t)
  const cluster = await Cluster.start(scope, options)
  await cluster.startWorker()
  return { scope, cluster }
}

const createStream = (cluster: Cluster, name: string, settings: object = {}): Promise<Stream> =>
  cluster.api('streams', { app: 'live', name, ...settings })

const isLive = async (cluster: Cluster, { id }: Stream): Promise<boolean> =>
  (await cluster.api<Stream>(`streams/${id}`)).status === 'live'

const sessionsOf = async (cluster: Cluster, { id }: Stream): Promise<Session[]> =>
  (await cluster.api<Page<Session>>(`streams/${id}/sessions`)).data

async function nodeId(cluster: Cluster, name: string): Promise<string> {
  const { data } = await cluster.api<Page<NodeInfo>>('nodes')
  return data.find((node) => node.name === name)?.id ?? ''
}

/** Plays until some pictures have come. */
async function watch(scope: Scope, node: MediaNode, path: string): Promise<FlvPlayer> {
  const player = FlvPlayer.play(scope, node.httpUrl(path))
  await player.until('pictures', () => player.videoFrames > 5)
  return player
}

const plays = (scope: Scope, node: MediaNode, path: string): Promise<FlvPlayer> =>
  eventually(`${path} can be played`, () => watch(scope, node, path), TAKE_OVER_MS)

for (const queue of ['redis', 'postgres'] as const) {
  test(`a live stream is pushed to its targets, with jobs on ${queue}`, async (t) => {
    const { scope, cluster } = await setUp(t, { queue })
    const node = await cluster.startNode('a')
    const port = String(await freePort())
    const receiver = await startMediaNode(scope, { env: { MILLRACE_RTMP_PORT: port } })
    const stream = await createStream(cluster, 'show')
    const target = await cluster.api<PushTarget>('push-targets', {
      url: receiver.rtmpUrl('copy'),
      credential: 'secret-key',
    })
    await cluster.api(`streams/${stream.id}/push-targets/${target.id}`, {}, 'PUT')
    const status = async (wanted: string): Promise<boolean> =>
      (await cluster.api<PushTarget>(`push-targets/${target.id}`)).status === wanted
    await publishWithFfmpeg(scope, { ...CLIP, url: node.rtmpUrl('live/show') })
    await eventually('the push is live', () => status('live'))
    await plays(scope, receiver, 'copy/secret-key.flv')

    await cluster.api(`push-targets/${target.id}`, { enabled: false }, 'PATCH')
    await eventually('the push has ended', () => status('idle'))
    await cluster.api(`push-targets/${target.id}`, { enabled: true }, 'PATCH')
    await eventually('the push is live again', () => status('live'))

    await receiver.program.stop('SIGKILL')
    await eventually('the push is tried again', () => status('retrying'))
    const again = await startMediaNode(scope, { env: { MILLRACE_RTMP_PORT: port } })
    await eventually('the push is live after the receiver came back', () => status('live'))
    await plays(scope, again, 'copy/secret-key.flv')

    const { data } = await cluster.api<Page<Event>>('events?limit=100')
    const seen = data.map(({ type }) => type).filter((type) => type.startsWith('push_target.'))
    for (const type of ['starting', 'live', 'retrying', 'stopped'])
      assert.ok(seen.includes(`push_target.${type}` as never), type)
    assert.ok(!node.program.output.includes('secret-key'))
    assert.ok(!JSON.stringify(data).includes('secret-key'))
  })
}

test('a stream is pulled by one node, and by another when that is killed', async (t) => {
  const { scope, cluster } = await setUp(t)
  const source = await startMediaNode(scope)
  await publishWithFfmpeg(scope, { ...CLIP, url: source.rtmpUrl('live/src') })
  const nodes = { a: await cluster.startNode('a'), b: await cluster.startNode('b') }
  const rtmp = await createStream(cluster, 'by-rtmp', { source: { type: 'pull', url: source.rtmpUrl('live/src') } })
  const http = await createStream(cluster, 'by-http', { source: { type: 'pull', url: source.httpUrl('live/src.flv') } })
  await eventually('both are live', async () => (await isLive(cluster, rtmp)) && isLive(cluster, http))
  const [session] = await sessionsOf(cluster, rtmp)
  const [first, second] = session?.node_id === (await nodeId(cluster, 'a')) ? [nodes.a, nodes.b] : [nodes.b, nodes.a]
  await watch(scope, first, 'live/by-rtmp.flv')

  await first.program.stop('SIGKILL')
  await plays(scope, second, 'live/by-rtmp.flv')
  await plays(scope, second, 'live/by-http.flv')

  // nobody wants it any more: it ends
  await cluster.api(`streams/${rtmp.id}:disable`, {})
  await eventually('the pull has ended', async () => !(await isLive(cluster, rtmp)))
  assert.ok(await isLive(cluster, http))
})

test('viewers of all protocols are listed, and kicked by id', async (t) => {
  const { scope, cluster } = await setUp(t)
  const node = await cluster.startNode('a')
  const stream = await createStream(cluster, 'show')
  await publishWithFfmpeg(scope, { ...CLIP, url: node.rtmpUrl('live/show') })
  const flv = await plays(scope, node, 'live/show.flv')
  const rtmp = await rawPlayer(scope, node.rtmpUrl('live/show'))
  const webSocket = new WebSocket(node.wsUrl('live/show.flv'))
  const webSocketClosed = once(webSocket, 'close')
  await once(webSocket, 'message')
  const playlist = (): Promise<Response> => fetch(node.httpUrl('live/show.m3u8'))
  await eventually('HLS is served', async () => (await playlist()).ok)

  const viewers = async (): Promise<Viewer[]> => (await cluster.api<Page<Viewer>>(`viewers?stream=${stream.id}`)).data
  const all = await eventually('all are listed', async () => {
    const list = await viewers()
    return list.length === 4 && list
  })
  assert.deepEqual(all.map(({ protocol }) => protocol).toSorted(), ['hls', 'http-flv', 'rtmp', 'ws-flv'])
  for (const { id } of all) await cluster.api(`viewers/${id}`, undefined, 'DELETE')
  await Promise.all([flv.ended, rtmp.ended, webSocketClosed])
  await eventually('HLS is refused', async () => (await playlist()).status === 403)
  await eventually('nobody is listed', async () => (await viewers()).length === 0)
})

test('a stream is disconnected, and its publisher told', async (t) => {
  const { scope, cluster } = await setUp(t)
  const node = await cluster.startNode('a')
  const stream = await createStream(cluster, 'show')
  const publisher = await publishWithFfmpeg(scope, { ...CLIP, url: node.rtmpUrl('live/show') })
  await eventually('it is live', () => isLive(cluster, stream))
  await cluster.api(`streams/${stream.id}:disconnect`, {})
  await publisher.finished(20_000)
  await eventually('it has ended', async () => {
    const [session] = await sessionsOf(cluster, stream)
    return session?.end_reason === 'kicked'
  })
})

test('a node that is drained takes nobody new, keeps whom it has, and hands its pulls over', async (t) => {
  const { scope, cluster } = await setUp(t)
  const source = await startMediaNode(scope)
  await publishWithFfmpeg(scope, { ...CLIP, url: source.rtmpUrl('live/src') })
  const a = await cluster.startNode('a')
  const stream = await createStream(cluster, 'pulled', { source: { type: 'pull', url: source.rtmpUrl('live/src') } })
  await eventually('it is pulled', () => isLive(cluster, stream))
  await publishWithFfmpeg(scope, { ...CLIP, url: a.rtmpUrl('live/show') })
  const player = await plays(scope, a, 'live/show.flv')
  const b = await cluster.startNode('b')

  await cluster.api(`nodes/${await nodeId(cluster, 'a')}:drain`, {})
  let strangers = 0
  const stranger = (): Promise<Response> =>
    fetch(a.httpUrl('live/show.m3u8'), { headers: { 'user-agent': `stranger ${strangers++}` } })
  await eventually('players are refused', async () => (await stranger()).status === 503)
  await assert.rejects(publishWithFfmpeg(scope, { ...CLIP, url: a.rtmpUrl('live/late') }))
  await plays(scope, b, 'live/pulled.flv')
  const frames = player.videoFrames
  await player.until('more pictures', () => player.videoFrames > frames + 5)

  await cluster.api(`nodes/${await nodeId(cluster, 'a')}:undrain`, {})
  await eventually('players are taken again', () => watch(scope, a, 'live/show.flv'))
})

test('a node that is killed is lost, and recovers by coming back', async (t) => {
  const scope = testScope(t)
  const cluster = await Cluster.start(scope)
  await cluster.startWorker({ MILLRACE_NODE_LOST_AFTER: '7' })
  const node = await cluster.startNode('a')
  const state = async (): Promise<string | undefined> => (await cluster.api<Page<NodeInfo>>('nodes')).data[0]?.state
  assert.equal(await state(), 'ready')
  node.program.signal('SIGSTOP')
  await eventually('it is lost', async () => (await state()) === 'lost', TAKE_OVER_MS)
  node.program.signal('SIGCONT')
  await eventually('it is back', async () => (await state()) === 'ready')
  const { data } = await cluster.api<Page<Event>>('events?limit=100')
  const types = data.map(({ type }) => type).filter((type) => type.startsWith('node.'))
  assert.deepEqual(types.toReversed(), ['node.joined', 'node.lost', 'node.recovered'])
})
