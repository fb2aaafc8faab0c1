import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import test, { after, before } from 'node:test'

import { verifyRelayToken } from '@millrace/auth'
import { events, LEASE_TTL_MS, newId, nodeCommands, reapLeases } from '@millrace/db'
import { and, asc, eq } from 'drizzle-orm'

import { startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
before(async () => {
  control = await startTestControl()
})
after(() => control.close())

const CLIENT = { ip: '10.0.0.1' }
const COUNTERS = { duration_s: 1, bytes_in: 2, bytes_out: 3 }
const HEARTBEAT_MS = 5000

interface Held {
  session_id: string
  stream_id: string
  epoch: number | null
}

/** A boot of a node. */
class Boot {
  readonly bootId = randomUUID()
  id = ''
  relayKey = ''
  #seq = 0

  async #post(path: string, body: object) {
    const { status, body: answer } = await control.call('POST', `/node/v1/${path}`, { token: control.nodeToken, body })
    assert.equal(status, 200)
    return answer
  }

  async register(name: string): Promise<this> {
    const addresses = { http: 'http://public:8080', internal: `http://${name}:8080` }
    const answer = await this.#post('register', { name, boot_id: this.bootId, version: '0', addresses })
    this.id = answer.node_id
    this.relayKey = answer.relay_key
    return this
  }

  /** Admits a publisher, and returns what its session goes on with. */
  async admit(stream: string): Promise<Held> {
    const names = { vhost: 'x', app: 'live', stream, protocol: 'rtmp', client: CLIENT }
    const answer = await this.#post('admit', { node_id: this.id, action: 'publish', ...names })
    return { session_id: newId('session'), stream_id: answer.stream_id, epoch: answer.epoch }
  }

  report(type: string, { session_id }: Held, fields: object = {}) {
    const report = { seq: ++this.#seq, at: control.now().toISOString(), type, session_id, ...fields }
    return () => this.#post('reports', { node_id: this.id, boot_id: this.bootId, reports: [report] })
  }

  connected(stream: string, held: Held) {
    const names = { vhost: '__defaultVhost__', app: 'live', stream, stream_id: held.stream_id, key_id: null }
    return this.report('session.connected', held, { ...names, protocol: 'rtmp', client: CLIENT, epoch: held.epoch })
  }

  async publish(stream: string): Promise<Held> {
    const held = await this.admit(stream)
    await this.connected(stream, held)()
    await this.report('session.live', held, { tracks: [] })()
    return held
  }

  async heartbeat(...broadcasts: Held[]): Promise<string[]> {
    const load = { streams: 0, players: 0, in_bps: 0, out_bps: 0, cpu: 0 }
    return (await this.#post('heartbeat', { node_id: this.id, boot_id: this.bootId, load, broadcasts })).evicted
  }

  async origins(...names: string[]) {
    const streams = names.map((stream) => ({ vhost: '__defaultVhost__', app: 'live', stream }))
    return (await this.#post('origins', { node_id: this.id, streams })).origins
  }
}

const boot = (name: string = randomUUID()) => new Boot().register(name)

async function streamOf(name: string) {
  const { body } = await control.call('GET', `/v1/streams?name=${name}`)
  return body.data[0]
}

/** What was told of the broadcasts of a stream, each with its session. */
async function told(held: Held): Promise<string[]> {
  const rows = await control.db
    .select()
    .from(events)
    .where(eq(events.subjectId, held.stream_id))
    .orderBy(asc(events.seq))
  return rows
    .filter(({ sessionId }) => sessionId !== null)
    .map(({ type, data }) => ('reason' in data ? `${type} ${String(data.reason)}` : type))
}

/** Lets time pass as a control plane does that somebody else keeps awake. */
async function pass(ms: number, other: Boot): Promise<void> {
  for (let left = ms; left > 0; left -= HEARTBEAT_MS) {
    control.advance(Math.min(left, HEARTBEAT_MS))
    await other.heartbeat()
  }
}

test('each publisher gets a higher epoch, and a node that loses a stream is told by command and heartbeat', async () => {
  const [a, b] = [await boot(), await boot()]
  const first = await a.publish('epochs')
  assert.equal(first.epoch, 1)
  assert.deepEqual(await a.heartbeat(first), [])
  assert.equal((await a.admit('epochs')).epoch, 2)
  const commands = () =>
    control.db
      .select()
      .from(nodeCommands)
      .where(and(eq(nodeCommands.nodeId, a.id), eq(nodeCommands.type, 'evict')))
  assert.deepEqual(await commands(), [], 'a node replaces its own publisher by itself')

  const third = await b.admit('epochs')
  assert.equal(third.epoch, 3)
  const payloads = (await commands()).map(({ payload }) => payload)
  assert.deepEqual(payloads, [{ type: 'evict', stream_id: first.stream_id, epoch: 3 }])
  assert.deepEqual(await a.heartbeat(first), [first.session_id])
  assert.deepEqual(await b.heartbeat(third), [], 'a broadcast that is not reported yet is not lost')
})

test('publishers who come at once to many nodes all get epochs of their own', async () => {
  const nodes = await Promise.all(Array.from({ length: 6 }, () => boot()))
  const helds = await Promise.all(nodes.flatMap((node) => [node.admit('at-once'), node.admit('at-once')]))
  const epochs = helds.map(({ epoch }) => epoch ?? 0).toSorted((x, y) => x - y)
  assert.deepEqual(epochs, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
})

/** All ways to put two sequences into one. */
function* interleavings<T>(x: readonly T[], y: readonly T[]): Generator<T[]> {
  const [x0, y0] = [x[0], y[0]]
  if (x0 === undefined || y0 === undefined) return yield [...x, ...y]
  for (const rest of interleavings(x.slice(1), y)) yield [x0, ...rest]
  for (const rest of interleavings(x, y.slice(1))) yield [y0, ...rest]
}

test('in whatever order the reports of two nodes come, one broadcast ends as replaced and the newer has the stream', async () => {
  const [a, b] = [await boot(), await boot()]
  const orders = [...interleavings(['a', 'a', 'a'], ['b', 'b'])]
  assert.equal(orders.length, 10)
  for (const [i, order] of orders.entries()) {
    const name = `order-${i}`
    const [old, young] = [await a.admit(name), await b.admit(name)]
    const steps = { a: [a, old], b: [b, young] } as const
    const at = { a: 0, b: 0 }
    for (const who of order as ('a' | 'b')[]) {
      const [node, held] = steps[who]
      const report = [
        () => node.connected(name, held),
        () => node.report('session.live', held, { tracks: [] }),
        () => node.report('session.ended', held, { reason: 'replaced', ...COUNTERS }),
      ][at[who]++]
      await report?.()()
    }
    const stream = await streamOf(name)
    assert.deepEqual([stream.status, stream.current_session_id], ['live', young.session_id], order.join(''))
    const types = await told(young)
    assert.equal(types.filter((type) => type === 'stream.connected').length, 2, order.join(''))
    assert.deepEqual(
      types.filter((type) => type.startsWith('stream.ended')),
      ['stream.ended replaced'],
      order.join(''),
    )
  }
})

test('a silent node: its stream reconnects, and ends after the window; its epoch stays', async () => {
  const [silent, other] = [await boot(), await boot()]
  await pass(LEASE_TTL_MS, other)
  const held = await silent.publish('silent')
  await control.call('PATCH', `/v1/streams/${held.stream_id}`, {
    body: { reconnect_window_s: 20 },
    headers: { 'content-type': 'application/merge-patch+json' },
  })
  await pass(LEASE_TTL_MS - HEARTBEAT_MS, other)
  await reapLeases(control.db, control.now())
  assert.equal((await streamOf('silent')).status, 'live')
  await pass(HEARTBEAT_MS, other)
  await reapLeases(control.db, control.now())
  assert.equal((await streamOf('silent')).status, 'reconnecting')
  await pass(10_000, other)
  await reapLeases(control.db, control.now())
  assert.equal((await streamOf('silent')).status, 'reconnecting')
  await pass(10_000, other)
  await Promise.all([reapLeases(control.db, control.now()), reapLeases(control.db, control.now())])
  assert.equal((await streamOf('silent')).status, 'idle')
  assert.deepEqual(await told(held), [
    'stream.connected',
    'stream.live',
    'stream.reconnecting',
    'stream.ended node_lost',
  ])
  assert.deepEqual(await silent.heartbeat(held), [held.session_id], 'it is told when it is heard of again')
  assert.equal((await other.admit('silent')).epoch, 2)
})

test('a node that is heard of again within the window goes on with its streams', async () => {
  const [silent, other] = [await boot(), await boot()]
  await pass(LEASE_TTL_MS, other)
  const held = await silent.publish('resumes')
  await pass(LEASE_TTL_MS, other)
  await reapLeases(control.db, control.now())
  assert.deepEqual(await silent.heartbeat(held), [])
  assert.equal((await streamOf('resumes')).status, 'live')
  assert.deepEqual((await told(held)).slice(2), ['stream.reconnecting', 'stream.resumed'])
})

test('a publisher who goes on at another node within the window resumes the stream: it does not end', async () => {
  const [silent, other] = [await boot(), await boot()]
  await pass(LEASE_TTL_MS, other)
  const held = await silent.publish('moves')
  await pass(LEASE_TTL_MS, other)
  await reapLeases(control.db, control.now())
  const next = await other.publish('moves')
  assert.deepEqual((await told(held)).slice(2), [
    'stream.reconnecting',
    'stream.connected',
    'stream.resumed',
    'stream.live',
  ])
  assert.equal((await streamOf('moves')).current_session_id, next.session_id)
  const { body: former } = await control.call('GET', `/v1/sessions/${held.session_id}`)
  assert.deepEqual([former.status, former.end_reason], ['ended', 'node_lost'])
})

test('silence counts only while the control plane listens', async () => {
  const [node, other] = [await boot(), await boot()]
  const held = await node.publish('away')
  control.advance(600_000)
  await reapLeases(control.db, control.now())
  await other.heartbeat()
  await reapLeases(control.db, control.now())
  assert.deepEqual(await node.heartbeat(held), [])
  await pass(LEASE_TTL_MS - HEARTBEAT_MS, other)
  await reapLeases(control.db, control.now())
  assert.equal((await streamOf('away')).status, 'live')
  assert.deepEqual(await told(held), ['stream.connected', 'stream.live'])
})

test('a broadcast that was admitted while control was away takes the stream, unless another came after it', async () => {
  const [a, b] = [await boot(), await boot()]
  const known = await a.publish('cached')
  const late = { ...known, session_id: newId('session'), epoch: null }
  control.advance(1000)
  await b.connected('cached', late)()
  assert.deepEqual(await a.heartbeat(known), [known.session_id])
  assert.equal((await streamOf('cached')).current_session_id, late.session_id)

  const early = b.connected('cached', { ...known, session_id: newId('session'), epoch: null })
  control.advance(1000)
  const next = await a.publish('cached')
  await early()
  assert.equal((await streamOf('cached')).current_session_id, next.session_id)
})

test('a node learns where a stream is, with a token for it alone, once it is published', async () => {
  const [a, b] = [await boot('origin-a'), await boot('origin-b')]
  const held = await a.admit('where')
  assert.deepEqual(await b.origins('where'), [])
  await a.connected('where', held)()
  assert.deepEqual(await a.origins('where'), [], 'its own streams it knows')
  assert.deepEqual(await b.origins(), [])
  const origins = await b.origins('nowhere', 'where')
  assert.equal(origins.length, 1)
  const [{ url, token, epoch, node_id: nodeId }] = origins
  assert.deepEqual([url, epoch, nodeId], ['http://origin-a:8080/relay/v1/__defaultVhost__/live/where.flv', 1, a.id])
  const stream = { vhost: '__defaultVhost__', app: 'live', stream: 'where' }
  assert.equal(verifyRelayToken(a.relayKey, token, stream, control.now().getTime()), b.id)
  assert.equal(verifyRelayToken(b.relayKey, token, stream, control.now().getTime()), undefined)

  await a.report('session.ended', held, { reason: 'publisher_closed', ...COUNTERS })()
  assert.deepEqual(await b.origins('where'), [])
})
