import assert from 'node:assert/strict'
import test, { after, describe } from 'node:test'

import type { Event, NodeInfo, Page, Stream, Viewer } from '@millrace/contracts'
import { Scope } from '@millrace/core'

import { Cluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { decodeWithFfmpeg, publishWithFfmpeg } from '../support/ffmpeg.ts'
import { FlvPlayer } from '../support/flv-player.ts'
import type { MediaNode } from '../support/media-node.ts'
import { testScope } from '../support/scope.ts'

const CLIP = { video: 'h264', audio: 'aac' } as const
const ENV = { MILLRACE_HLS_SEGMENT_MS: '1000', MILLRACE_RECONNECT_WINDOW_MS: '6000' }

const scope = new Scope()
after(() => scope.close())
const cluster = await Cluster.start(scope)
const [a, b] = await Promise.all([
  cluster.startNode('a', ENV),
  cluster.startNode('b', ENV),
  // two, so that whatever they would do twice shows
  cluster.startWorker(),
  cluster.startWorker(),
])

const count = (node: MediaNode, message: string, name: string): number =>
  node.program.output.split('\n').filter((line) => line.includes(`"${message}"`) && line.includes(`/live/${name}"`))
    .length

async function streamOf(name: string): Promise<Stream> {
  const { data } = await cluster.api<Page<Stream>>(`streams?name=${name}`)
  assert.ok(data[0])
  return data[0]
}

/** Events of a stream, the oldest first. */
async function eventsOf(name: string): Promise<Event[]> {
  const { id } = await streamOf(name)
  const { data } = await cluster.api<Page<Event>>('events?limit=100')
  return data.filter(({ subject }) => subject.id === id).toSorted((x, y) => x.seq - y.seq)
}

/** What happened to the broadcasts of a stream. */
const typesOf = async (name: string): Promise<string[]> =>
  (await eventsOf(name))
    .filter(({ type }) => type !== 'stream.created' && type !== 'stream.updated')
    .map(({ type, data }) => ('reason' in data ? `${type} ${String(data.reason)}` : type))

/** Plays for `seconds`, decoding every frame, and expects nearly all of them. */
async function decodes(url: string, seconds: number, gapS = 0): Promise<void> {
  const { videoFrames, audioFrames, errors } = await decodeWithFfmpeg(url, seconds)
  assert.deepEqual(errors, [], url)
  assert.ok(videoFrames >= (seconds - gapS) * 25 * 0.8, `${url}: ${videoFrames} frames`)
  assert.ok(audioFrames > 0, url)
}

test('a stream of another node is played by every protocol and any number of players, and fetched once', async (t) => {
  const own = testScope(t)
  await publishWithFfmpeg(own, { ...CLIP, url: a.rtmpUrl('live/far') })
  const many = Array.from({ length: 20 }, () => FlvPlayer.play(own, b.httpUrl('live/far.flv')))
  await Promise.all(many.map((player) => player.until('pictures', () => player.videoFrames > 25)))
  const urls = [b.rtmpUrl('live/far'), b.httpUrl('live/far.flv'), b.httpUrl('live/far.m3u8')]
  await Promise.all(urls.map((url) => decodes(url, 2)))
  assert.equal(count(a, 'relay started', 'far'), 1)
  assert.equal(count(a, 'play started', 'far'), 0)

  const nodeB = (await cluster.api<Page<NodeInfo>>('nodes')).data.find(({ name }) => name === 'b')?.id
  const { id } = await streamOf('far')
  const viewers = await eventually('all are listed', async () => {
    const { data } = await cluster.api<Page<Viewer>>(`viewers?stream=${id}&limit=100`)
    return data.length >= many.length && data
  })
  assert.ok(
    viewers.every(({ node_id: node }) => node === nodeB),
    'a node that fetches is no viewer',
  )
})

test('a stream of another node is fetched until the last player has left', async (t) => {
  const own = testScope(t)
  await publishWithFfmpeg(own, { ...CLIP, url: a.rtmpUrl('live/left') })
  const players = [new Scope(), new Scope()]
  for (const each of players) {
    own.defer(() => each.close())
    const player = FlvPlayer.play(each, b.httpUrl('live/left.flv'))
    await player.until('pictures', () => player.videoFrames > 5)
  }
  for (const each of players) {
    assert.equal(count(a, 'relay ended', 'left'), 0)
    await each.close()
  }
  await eventually('the relay has ended', () => count(a, 'relay ended', 'left') === 1)
  assert.equal(count(a, 'relay started', 'left'), 1)
})

test('a node gives streams to nobody but nodes', async (t) => {
  const own = testScope(t)
  await publishWithFfmpeg(own, { ...CLIP, url: a.rtmpUrl('live/shut') })
  const url = a.httpUrl('relay/v1/__defaultVhost__/live/shut.flv')
  for (const authorization of ['', 'Bearer x', `Bearer 9999999999.node_x.${'A'.repeat(43)}`]) {
    const response = await fetch(url, { headers: { authorization } })
    assert.equal(response.status, 401)
    assert.ok(!(await response.text()).startsWith('FLV'))
  }
})

test('players who came before the publisher, to another node, get the stream', async (t) => {
  const own = testScope(t)
  const early = [b.rtmpUrl('live/early'), b.httpUrl('live/early.flv')].map((url) => decodes(url, 2))
  await eventually('they wait', () => count(b, 'play started', 'early') === 2)
  await publishWithFfmpeg(own, { ...CLIP, url: a.rtmpUrl('live/early') })
  await Promise.all(early)
})

test('a publisher moves to another node: players of both go on, and it is told once', async (t) => {
  const own = testScope(t)
  const first = await publishWithFfmpeg(own, { ...CLIP, url: a.rtmpUrl('live/moves') })
  const watching = [a, b].map((node) => FlvPlayer.play(own, node.httpUrl('live/moves.flv')))
  await Promise.all(watching.map((player) => player.until('the first publisher', () => player.videoFrames > 25)))
  const urls = [a, b].flatMap((node) => [node.rtmpUrl('live/moves'), node.httpUrl('live/moves.flv')])
  const decoded = urls.map((url) => decodes(url, 10, 5))
  await eventually('they play', () => [a, b].every((node) => count(node, 'play started', 'moves') === 3))

  const second = await publishWithFfmpeg(own, { ...CLIP, url: b.rtmpUrl('live/moves') })
  await first.exited
  const before = watching.map(({ videoFrames }) => videoFrames)
  await Promise.all(watching.map((player, i) => player.until('more', () => player.videoFrames > (before[i] ?? 0) + 75)))
  for (const { tags } of watching) {
    const times = tags.map(({ timestampMs }) => timestampMs)
    assert.deepEqual(
      times,
      times.toSorted((x, y) => x - y),
      'timestamps never go back',
    )
  }
  await Promise.all([...decoded, decodes(a.httpUrl('live/moves.m3u8'), 2), decodes(b.httpUrl('live/moves.m3u8'), 2)])
  assert.ok(second.running)
  assert.equal(count(b, 'relay started', 'moves'), 1)
  assert.deepEqual(await typesOf('moves'), [
    'stream.connected',
    'stream.live',
    'stream.ended replaced',
    'stream.connected',
    'stream.live',
  ])
})

describe('what takes a few heartbeats', { concurrency: true }, () => {
  test('the node of a publisher is killed: the stream ends after its window, or goes on at another node', async (t) => {
    const own = testScope(t)
    const doomed = await cluster.startNode('doomed', ENV)
    await publishWithFfmpeg(own, { ...CLIP, url: doomed.rtmpUrl('live/gone') })
    await publishWithFfmpeg(own, { ...CLIP, url: doomed.rtmpUrl('live/back') })
    for (const name of ['gone', 'back']) {
      await eventually(`${name} is live`, async () => (await streamOf(name)).status === 'live')
    }
    const [gone, back] = await Promise.all(['gone', 'back'].map(streamOf))
    await cluster.api(`streams/${gone?.id}`, { reconnect_window_s: 1 }, 'PATCH')
    await cluster.api(`streams/${back?.id}`, { reconnect_window_s: 60 }, 'PATCH')
    await doomed.program.stop('SIGKILL')

    const reconnecting = async (): Promise<boolean> => (await streamOf('back')).status === 'reconnecting'
    await eventually('the silence is noticed', reconnecting, 30_000)
    await publishWithFfmpeg(own, { ...CLIP, url: b.rtmpUrl('live/back') })
    await decodes(a.httpUrl('live/back.flv'), 2)
    const begun = ['stream.connected', 'stream.live', 'stream.reconnecting']
    const wanted = {
      gone: [...begun, 'stream.ended node_lost'],
      back: [...begun, 'stream.connected', 'stream.resumed', 'stream.live'],
    }
    for (const [name, types] of Object.entries(wanted)) {
      const seen = await eventually(`all of ${name} is told`, async () => {
        const all = await typesOf(name)
        return all.length >= types.length && all
      })
      assert.deepEqual(seen, types)
    }
  })

  test('a node that has no queue learns by its heartbeat that a publisher has moved', async (t) => {
    const own = testScope(t)
    const queueless = await cluster.startNode('queueless', { ...ENV, QUEUE_URL: '' })
    const first = await publishWithFfmpeg(own, { ...CLIP, url: queueless.rtmpUrl('live/lone') })
    const player = FlvPlayer.play(own, queueless.httpUrl('live/lone.flv'))
    await player.until('the first publisher', () => player.videoFrames > 25)
    await publishWithFfmpeg(own, { ...CLIP, url: b.rtmpUrl('live/lone') })
    await first.exited
    const before = player.videoFrames
    await player.until('the second publisher', () => player.videoFrames > before + 50)
    assert.equal(count(b, 'relay started', 'lone'), 1)
    const ends = (await typesOf('lone')).filter((type) => type.startsWith('stream.ended'))
    assert.deepEqual(ends, ['stream.ended replaced'])
  })
})
