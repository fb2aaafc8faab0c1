import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import test from 'node:test'

import { signRelayToken } from '@millrace/auth'
import { CodedError, type Scope, silentLogger } from '@millrace/core'
import { Hub, type LiveStream, type Publication } from '@millrace/hub'
import { videoTrack } from '@millrace/testkit'

import { eventually } from '../../../../../test/support/eventually.ts'
import { testScope } from '../../../../../test/support/scope.ts'
import { createRelay } from '../../gateways/relay/relay.ts'
import { systemScheduler } from '../../io/clock.ts'
import { createHttpServer } from '../../io/http.ts'
import { closerOf } from '../../io/listen.ts'
import { ControlDirectory } from './directory.ts'
import type { Directory } from './origin.ts'
import { Relays } from './relays.ts'

const KEY = { vhost: '__defaultVhost__', app: 'live', name: 'x' }
const ID = '__defaultVhost__/live/x'
const TRACK = videoTrack({
  config: Buffer.from(
    '01640028ffe1001967640028acd940780227e5c04400000fa40003a9803c60c65801000668ebe3cb22c0fdf8f800',
    'hex',
  ),
})
const PICTURE = Uint8Array.of(0, 0, 0, 2, 0x65, 1)

/** What a node of these tests consists of. */
interface Node {
  readonly name: string
  readonly hub: Hub
  readonly relays: Relays
  readonly url: string
  /** Players of the stream. */
  players: number
  /** Nodes that fetched from here, so far. */
  fetched: number
  stream(): LiveStream
  /** Publishes a key frame each 10 ms until the scope closes or somebody ends it. */
  publish(): Publication
  /** A player comes. */
  watch(): Promise<{ frames: number }>
}

/** Where the tests say that the stream is. */
interface Place {
  at: Node | undefined
  lookUps: number
  broken?: boolean
}

async function startNode(scope: Scope, name: string, place: Place): Promise<Node> {
  const hub = new Hub(systemScheduler, { settleMs: 0, flushMs: 0, reconnectWindowMs: 2000 })
  const relayKey = keyOf(name)
  const directory: Directory = {
    async locate() {
      place.lookUps++
      if (place.broken) throw new CodedError('CONTROL_UNREACHABLE', 'away')
      const { at } = place
      if (!at || at.name === name) return undefined
      const stream = { vhost: KEY.vhost, app: KEY.app, stream: KEY.name }
      const token = signRelayToken(keyOf(at.name), { ...stream, nodeId: `node_${name}` }, Date.now())
      const headers = { authorization: `Bearer ${token}` }
      return { url: `${at.url}/relay/v1/${ID}.flv`, headers, fields: { origin: at.name } }
    },
  }
  const relays = new Relays({
    hub,
    players: { count: () => node.players },
    directory,
    logger: silentLogger,
    nowMs: () => performance.now(),
  })
  const logger = { ...silentLogger, child: () => ({ ...silentLogger, info: (_: object, text: string) => note(text) }) }
  const note = (text: string): void => {
    if (text === 'relay started') node.fetched++
  }
  const relay = createRelay({ hub, relayed: (stream) => relays.relayed(stream), relayKey: () => relayKey, logger })
  const server = createHttpServer({ handlers: [relay], maxConnections: 100, onError: () => assert.fail() })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.defer(closerOf(server))
  scope.defer(() => hub.close())
  scope.defer(() => relays.close())
  const node: Node = {
    name,
    hub,
    relays,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    players: 0,
    fetched: 0,
    stream: () => hub.open(KEY),
    publish() {
      const publication = hub.open(KEY).publish(() => clearInterval(timer))
      publication.setTrack(TRACK)
      let dtsTicks = 0
      const write = (): void =>
        publication.write({ track: TRACK, dtsTicks, ptsTicks: dtsTicks, key: true, payload: PICTURE })
      const timer = setInterval(() => {
        dtsTicks += 10
        write()
      }, 10)
      scope.defer(() => clearInterval(timer))
      return publication
    },
    async watch() {
      node.players++
      await relays.want(KEY, { protocol: 'rtmp', client: { ip: '127.0.0.1' } })
      const seen = { frames: 0 }
      hub.open(KEY).listen({ info() {}, frame: () => seen.frames++, interrupted() {}, closed() {} })
      return seen
    },
  }
  return node
}

const keyOf = (name: string): string => createHmac('sha256', 'test').update(name).digest('base64url')

const more = async (seen: { frames: number }): Promise<void> => {
  const before = seen.frames
  await eventually('more frames', () => seen.frames > before + 5)
}

async function setUp(scope: Scope) {
  const place: Place = { at: undefined, lookUps: 0 }
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => startNode(scope, name, place)))
  assert.ok(a && b && c)
  return { a, b, c, place }
}

test('a stream is fetched once, for whoever comes, and left when the last has gone', async (t) => {
  const { a, b, place } = await setUp(testScope(t))
  a.publish()
  place.at = a
  const [seen] = await Promise.all([b.watch(), b.watch(), b.watch()])
  await more(seen)
  assert.equal(a.fetched, 1)
  assert.equal(a.stream().readerCount, 1)
  assert.ok(b.relays.relayed(b.stream()))
  b.players = 0
  await eventually('it is left', () => a.stream().readerCount === 0)
  assert.ok(!b.relays.relayed(b.stream()))
})

test('a stream that is nowhere is searched for while a player waits, and found', async (t) => {
  const { a, b, place } = await setUp(testScope(t))
  const seen = await b.watch()
  await eventually('it is searched for', () => place.lookUps > 2)
  a.publish()
  place.at = a
  await more(seen)
})

test('for a player that does not wait, nothing is kept of a stream that is nowhere', async (t) => {
  const { b } = await setUp(testScope(t))
  await b.relays.want(KEY, { protocol: 'hls', client: { ip: '127.0.0.1' } })
  assert.equal(b.hub.find(KEY), undefined)
})

test('a publisher that moves: its former node fetches from the new one, and a third node follows', async (t) => {
  const { a, b, c, place } = await setUp(testScope(t))
  const first = a.publish()
  place.at = a
  const seen = [await a.watch(), await b.watch(), await c.watch()]
  await Promise.all(seen.map(more))
  b.publish()
  place.at = b
  first.end('replaced')
  await Promise.all(seen.map(more))
  await eventually('all follow', () => a.relays.relayed(a.stream()) && c.relays.relayed(c.stream()))
  await eventually('both come to it', () => b.fetched === 2)
  assert.ok(!b.relays.relayed(b.stream()))
  assert.equal(a.stream().readerCount, 0, 'no node passes on what it has fetched')
})

test('a node gives nobody what it has fetched itself, whoever says so', async (t) => {
  const { a, b, c, place } = await setUp(testScope(t))
  a.publish()
  place.at = a
  await more(await b.watch())
  place.at = b
  await c.watch()
  await eventually('it is tried', () => place.lookUps > 3)
  assert.equal(b.fetched, 0)
  assert.equal(c.stream().publication, undefined)
})

test('while the control plane is away, what is being fetched goes on, and what is published here is served', async (t) => {
  const { a, b, place } = await setUp(testScope(t))
  a.publish()
  place.at = a
  const seen = await b.watch()
  await more(seen)
  place.broken = true
  await more(await b.watch())
  await more(await a.watch())
  await more(seen)
})

test('streams that are looked for at once are one question, and more than fit are several', async () => {
  const asked: number[] = []
  const directory = new ControlDirectory({
    nodeId: () => 'node_01jd8y4v5xk3q9m2w7r6t0abcd',
    control: {
      async post(_path, body) {
        const { streams } = body as { streams: { vhost: string; app: string; stream: string }[] }
        asked.push(streams.length)
        const known = streams.filter(({ stream }) => stream === 's7')
        const facts = { node_id: 'node_01jd8y4v5xk3q9m2w7r6t0abcd', epoch: 1, token: 't' }
        return { origins: known.map((names) => ({ ...names, ...facts, url: `http://h/${names.stream}.flv` })) }
      },
    },
  })
  const names = Array.from({ length: 600 }, (_, i) => `s${i}`)
  const twice = [...names, ...names]
  const found = await Promise.all(twice.map((name) => directory.locate({ vhost: 'v', app: 'live', name })))
  assert.deepEqual(asked, [500, 100])
  assert.deepEqual(
    found.flatMap((origin) => (origin ? [[origin.url, origin.headers]] : [])),
    [0, 1].map(() => ['http://h/s7.flv', { authorization: 'Bearer t' }]),
  )
})
