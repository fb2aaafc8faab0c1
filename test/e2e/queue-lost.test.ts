/** Redis forgets everything while two nodes pull and push, and two workers look after them: work goes on, nothing is done twice. */
import assert from 'node:assert/strict'
import test from 'node:test'

import type {
  Event,
  Job,
  NodeInfo,
  Page,
  PushTarget,
  Session,
  Stream,
  WebhookEndpointCreated,
} from '@millrace/contracts'
import { openQueues, pushQueue } from '@millrace/jobs'

import { Cluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { publishWithFfmpeg } from '../support/ffmpeg.ts'
import { FlvPlayer } from '../support/flv-player.ts'
import { type MediaNode, startMediaNode } from '../support/media-node.ts'
import { testScope } from '../support/scope.ts'
import { Receiver } from '../support/webhook-receiver.ts'

const CLIP = { video: 'h264', audio: 'aac' } as const
/** By then a lost lock has been noticed, and its work taken up elsewhere. */
const SETTLED_MS = 90_000

/** Lines of a node's log with this message about a stream. */
const count = (node: MediaNode, message: string, stream: string): number =>
  node.program.output.split('\n').filter((line) => line.includes(`"msg":"${message}"`) && line.includes(`/${stream}"`))
    .length

test('Redis is flushed while nodes pull and push: the work goes on or is taken up again, and nothing is done twice', async (t) => {
  const scope = testScope(t)
  const cluster = await Cluster.start(scope)
  await Promise.all([cluster.startWorker(), cluster.startWorker()])
  const [a, b] = await Promise.all([cluster.startNode('a'), cluster.startNode('b')])
  const [source, receiver] = await Promise.all([
    startMediaNode(scope, { env: { MILLRACE_LOG: 'json' } }),
    startMediaNode(scope, { env: { MILLRACE_LOG: 'json' } }),
  ])
  const hook = await Receiver.start(scope)
  hook.secret = (await cluster.api<WebhookEndpointCreated>('webhook-endpoints', { url: hook.url })).secret
  const nodeId = async (name: string): Promise<string> =>
    (await cluster.api<Page<NodeInfo>>('nodes')).data.find((node) => node.name === name)?.id ?? ''
  const isLive = async ({ id }: Stream): Promise<boolean> =>
    (await cluster.api<Stream>(`streams/${id}`)).status === 'live'

  // a stream that is pulled, one that is pushed, and one whose publisher is to be ended
  await publishWithFfmpeg(scope, { ...CLIP, url: source.rtmpUrl('live/src') })
  const pulled = await cluster.api<Stream>('streams', {
    name: 'pulled',
    source: { type: 'pull', url: source.rtmpUrl('live/src') },
  })
  const shown = await cluster.api<Stream>('streams', { name: 'shown' })
  const target = await cluster.api<PushTarget>('push-targets', { url: receiver.rtmpUrl('copy'), credential: 'key' })
  await cluster.api(`streams/${shown.id}/push-targets/${target.id}`, {}, 'PUT')
  await publishWithFfmpeg(scope, { ...CLIP, url: a.rtmpUrl('live/shown') })
  const doomed = await cluster.api<Stream>('streams', { name: 'doomed' })
  const publisher = await publishWithFfmpeg(scope, { ...CLIP, url: b.rtmpUrl('live/doomed') })
  for (const stream of [pulled, shown, doomed]) await eventually(`${stream.name} is live`, () => isLive(stream))
  const pushIsLive = async (): Promise<boolean> =>
    (await cluster.api<PushTarget>(`push-targets/${target.id}`)).status === 'live'
  await eventually('the push is live', pushIsLive)
  const copy = FlvPlayer.play(scope, receiver.httpUrl('copy/key.flv'))
  const viewers = [a, b].map((node) => FlvPlayer.play(scope, node.httpUrl('live/pulled.flv')))
  const watching = [copy, ...viewers]
  await Promise.all(watching.map((player) => player.until('pictures', () => player.videoFrames > 5)))

  await cluster.flushQueue()
  const job = await cluster.api<Job>(`streams/${doomed.id}:disconnect`, {})
  // between the workers' rounds too
  await cluster.flushQueue()

  await publisher.exited
  await eventually('the command is answered', async () => {
    const { status } = await cluster.api<Job>(`jobs/${job.id}`)
    return status === 'succeeded'
  })
  const queues = scope.use(await openQueues(cluster.queueUrl))
  const pushes = pushQueue(await nodeId('a'))
  const settled = async (): Promise<boolean> => {
    const [pulling, pushing] = await Promise.all([queues.list('pull'), queues.list(pushes)])
    return [pulling, pushing].every(([first, ...more]) => first?.running === true && more.length === 0)
  }
  await eventually('each queue has its one job again, and a node has it', settled, SETTLED_MS)
  await eventually(
    'one broadcast of the pulled stream is left, at the node that has the job',
    async () => {
      const { data } = await cluster.api<Page<Session>>(`streams/${pulled.id}/sessions`)
      const on = data.filter(({ ended_at: ended }) => ended === null)
      const [job] = await queues.list('pull')
      return on.length === 1 && on[0]?.node_id === job?.owner
    },
    SETTLED_MS,
  )

  // players of both nodes, and of the receiver, go on
  const before = watching.map(({ videoFrames }) => videoFrames)
  await Promise.all(watching.map((player, i) => player.until('more', () => player.videoFrames > (before[i] ?? 0) + 25)))
  assert.ok(await isLive(pulled))
  assert.ok(await pushIsLive())
  assert.equal(count(receiver, 'publish started', 'key'), 1, 'the push was not begun twice')
  const kicks = [a, b].flatMap(
    ({ program: { output } }) => output.match(/"type":"kick_stream","msg":"command carried out"/g) ?? [],
  )
  assert.equal(kicks.length, 1, 'the command was carried out once')

  // what it is told by: once each, in order, and no broadcast twice
  const subjects = new Set([pulled, shown, doomed, target].map(({ id }) => id))
  await eventually('all events are delivered', async () => {
    const { data } = await cluster.api<Page<Event>>('events?limit=100')
    const ours = data.filter(({ subject }) => subjects.has(subject.id) && subject.type === 'stream')
    return ours.every(({ id }) => hook.received.some((post) => post.id === id))
  })
  const ids = hook.received.map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length, 'no webhook came twice')
  const posts = Map.groupBy(hook.received, ({ subject }) => subject)
  for (const [subject, list] of posts) {
    const seqs = list.map(({ seq }) => seq)
    assert.deepEqual(
      seqs,
      seqs.toSorted((x, y) => x - y),
      subject,
    )
  }
  const typesOf = (id: string): string[] => (posts.get(id) ?? []).map(({ type }) => type)
  assert.deepEqual(typesOf(shown.id), ['stream.created', 'stream.connected', 'stream.live'])
  assert.deepEqual(typesOf(doomed.id), ['stream.created', 'stream.connected', 'stream.live', 'stream.ended'])
  const broadcasts = typesOf(pulled.id).filter((type) => type === 'stream.connected' || type === 'stream.ended')
  // at most handed over once for each time that the queue was lost
  assert.ok(broadcasts.length <= 5, broadcasts.join(' '))
  assert.deepEqual(
    broadcasts,
    broadcasts.map((_, i) => (i % 2 === 0 ? 'stream.connected' : 'stream.ended')),
  )
})
