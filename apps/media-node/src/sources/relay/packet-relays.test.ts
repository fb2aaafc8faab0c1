import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'node:test'

import { signRelayToken } from '@millrace/auth'
import { silentLogger, type Scope } from '@millrace/core'
import { Hub, type LiveStream, type PacketFeed, type PacketSource, type Publication } from '@millrace/hub'
import type { MediaPacket, PacketTrack } from '@millrace/media'

import { eventually } from '../../../../../test/support/eventually.ts'
import { testScope } from '../../../../../test/support/scope.ts'
import { createPacketRelay } from '../../gateways/relay/packet-relay.ts'
import { systemScheduler } from '../../io/clock.ts'
import { createHttpServer } from '../../io/http.ts'
import { closerOf } from '../../io/listen.ts'
import { PACKET_RELAY_PROTOCOL } from '../../io/packet-relay/messages.ts'
import type { Directory } from './origin.ts'
import { PacketRelays } from './packet-relays.ts'

const KEY = { vhost: '__defaultVhost__', app: 'live', name: 'x' }
const ID = '__defaultVhost__/live/x'
const LAYERS = [{ rid: 'q' }, { rid: 'f' }]
const VIDEO: PacketTrack = {
  id: 1,
  kind: 'video',
  codec: 'vp8',
  clockRate: 90_000,
  channels: 0,
  fmtp: '',
  layers: LAYERS,
}
const keyOf = (name: string): string => createHmac('sha256', 'test').update(name).digest('base64url')
const NAMES = { vhost: KEY.vhost, app: KEY.app, stream: KEY.name }

/** Somebody who publishes packets, at most one at a time and node. */
interface Publisher {
  readonly publication: Publication
  readonly feed: PacketFeed
  /** Key frames that were asked for, by layer. */
  readonly asked: number[]
  send(sequence: number): void
}

/** What somebody sees who listens. */
interface Seen {
  readonly tracks: (readonly PacketTrack[])[]
  readonly packets: MediaPacket[]
  source: PacketSource | undefined
  leave(): void
}

interface Node {
  readonly hub: Hub
  readonly relays: PacketRelays
  readonly url: string
  /** Connections of other nodes so far. */
  fetched: number
  stream(): LiveStream
  publish(bridged?: boolean): Publisher
  watch(): Seen
}

/** Where the tests say that the stream is. */
interface Place {
  at: string | undefined
  url: string
  lookUps: number
}

async function startNode(scope: Scope, name: string, place: Place): Promise<Node> {
  const hub: Hub = new Hub(
    systemScheduler,
    { reconnectWindowMs: 2000 },
    { packetsChanged: (stream) => relays.packetsChanged(stream) },
  )
  const directory: Directory = {
    async locate() {
      place.lookUps++
      if (place.at === undefined || place.at === name) return undefined
      const token = signRelayToken(keyOf(place.at), { ...NAMES, nodeId: `node_${name}` }, Date.now())
      return { url: `${place.url}/relay/v1/${ID}.flv`, headers: { authorization: `Bearer ${token}` }, fields: {} }
    },
  }
  const relays = new PacketRelays({ directory, relayed: () => false, expectationChanged() {}, logger: silentLogger })
  const logger = { ...silentLogger, child: () => ({ ...silentLogger, info: (_: object, text: string) => note(text) }) }
  const note = (text: string): void => {
    if (text === 'packet relay started') node.fetched++
  }
  const relay = createPacketRelay({ hub, relayed: () => false, relayKey: () => keyOf(name), logger })
  const server = createHttpServer({
    handlers: [],
    upgrades: [relay],
    upgradeProtocols: [PACKET_RELAY_PROTOCOL],
    maxConnections: 100,
    onError: (error) => assert.fail(String(error)),
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.defer(closerOf(server))
  scope.defer(() => hub.close())
  scope.defer(() => relays.close())
  const node: Node = {
    hub,
    relays,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fetched: 0,
    stream: () => hub.open(KEY),
    publish(bridged = false) {
      const publication = hub.open(KEY).publish(() => {})
      const asked: number[] = []
      const feed = hub.open(KEY).packets.publish({
        tracks: [VIDEO],
        bridged,
        requestKeyFrame: (_track, layer) => asked.push(layer),
        clockOf: () => CLOCK,
      })
      const send = (sequence: number): void =>
        feed.packet({
          track: VIDEO,
          layer: 1,
          sequence,
          timestamp: sequence * 10,
          marker: true,
          key: sequence % 2 === 0,
          payload: Uint8Array.of(1, 2, 3),
          arrivedMs: 0,
        })
      return { publication, feed, asked, send }
    },
    watch() {
      const seen: Seen = { tracks: [], packets: [], source: undefined, leave: () => unlisten() }
      const unlisten = hub.open(KEY).packets.listen({
        started(source) {
          seen.source = source
          seen.tracks.push(source.tracks)
        },
        packet: (packet) => seen.packets.push(packet),
        stopped: () => (seen.source = undefined),
      })
      return seen
    },
  }
  return node
}

const CLOCK = { timestamp: 100, wallMs: 1_700_000_000_000 }

async function setUp(scope: Scope): Promise<{ a: Node; b: Node; place: Place }> {
  const place: Place = { at: undefined, url: '', lookUps: 0 }
  const a = await startNode(scope, 'a', place)
  const b = await startNode(scope, 'b', place)
  Object.assign(place, { at: 'a', url: a.url })
  return { a, b, place }
}

test('packets of another node come as they were, over one connection for all, with clocks and wishes for key frames', async (t) => {
  const { a, b } = await setUp(testScope(t))
  const publisher = a.publish()
  const players = [b.watch(), b.watch(), b.watch()]
  await eventually('tracks', () => players.every(({ source }) => source !== undefined))
  assert.deepEqual(players[0]?.tracks, [[VIDEO]])
  for (let i = 0; i < 5; i++) publisher.send(65_536 + i)
  await eventually('packets', () => players.every(({ packets }) => packets.length === 5))
  const [first] = players[0]?.packets ?? []
  assert.ok(first)
  const { arrivedMs: _arrivedMs, track, ...told } = first
  assert.deepEqual(track, VIDEO)
  const payload = Buffer.from([1, 2, 3])
  assert.deepEqual(
    { ...told, payload: Buffer.from(told.payload) },
    { layer: 1, sequence: 65_536, timestamp: 655_360, marker: true, key: true, payload },
  )
  assert.deepEqual(players[0]?.source?.clockOf(track, 1), CLOCK)
  for (let i = 0; i < 10; i++) b.stream().packets.requestKeyFrame(track, 1)
  await eventually('a key frame is asked for', () => publisher.asked.length > 0)
  assert.deepEqual(publisher.asked, [1], 'many wishes are one')
  assert.equal(a.fetched, 1)
})

test('a node leaves when nobody wants its packets any more', async (t) => {
  const { a, b } = await setUp(testScope(t))
  a.publish()
  const player = b.watch()
  await eventually('tracks', () => player.source !== undefined)
  assert.ok(b.relays.expects(b.stream()))
  const stream = b.stream()
  player.leave()
  assert.ok(!b.relays.expects(stream))
  await eventually('it is left', () => !a.stream().packets.wanted)
})

test('of a player that leaves at the sight of the tracks nothing is kept', async (t) => {
  const { a, b } = await setUp(testScope(t))
  const stream = b.stream()
  a.publish()
  let seen = 0
  const leave = stream.packets.listen({
    started() {
      seen++
      leave()
    },
    packet() {},
    stopped() {},
  })
  await eventually('tracks', () => seen > 0)
  assert.equal(stream.packets.source, undefined)
  assert.ok(!b.relays.expects(stream))
  await eventually('it is left', () => !a.stream().packets.wanted)
})

test('a publisher that goes ends the source, and one that comes begins another', async (t) => {
  const { a, b } = await setUp(testScope(t))
  const first = a.publish()
  const player = b.watch()
  await eventually('tracks', () => player.source !== undefined)
  first.publication.end('publisher_closed')
  await eventually('it has ended', () => player.source === undefined)
  await eventually('nothing is expected', () => !b.relays.expects(b.stream()))
  const second = a.publish()
  await eventually('tracks again', () => player.source !== undefined)
  second.send(70_000)
  await eventually('packets', () => player.packets.length === 1)
})

test('a publisher that takes over at the other node goes on over the same connection', async (t) => {
  const { a, b } = await setUp(testScope(t))
  a.publish()
  const player = b.watch()
  await eventually('tracks', () => player.source !== undefined)
  const second = a.publish()
  await eventually('tracks of the second', () => player.tracks.length === 2)
  second.send(70_000)
  await eventually('packets', () => player.packets.length === 1)
  assert.equal(a.fetched, 1)
})

test('packets that the other node makes of frames are not fetched', async (t) => {
  const { a, b, place } = await setUp(testScope(t))
  a.publish(true)
  b.watch()
  assert.ok(b.relays.expects(b.stream()), 'until it is known')
  await eventually('nothing is expected', () => !b.relays.expects(b.stream()))
  await eventually('it is tried again', () => place.lookUps > 1)
  assert.equal(a.fetched, 0)
})

test('a publisher at this node is not looked for elsewhere', async (t) => {
  const { a, b } = await setUp(testScope(t))
  a.publish()
  const player = b.watch()
  await eventually('tracks', () => player.source !== undefined)
  const own = b.publish()
  assert.ok(!b.relays.expects(b.stream()))
  own.send(80_000)
  assert.equal(player.packets.at(-1)?.sequence, 80_000)
  await eventually('the other is left', () => !a.stream().packets.wanted)
})

test('a node that is not allowed, or wants what is no stream of packets, is told so', async (t) => {
  const { a } = await setUp(testScope(t))
  const status = (path: string, headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const request = http.get(`${a.url}${path}`, {
        headers: { connection: 'Upgrade', upgrade: PACKET_RELAY_PROTOCOL, ...headers },
      })
      request.on('response', (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.on('upgrade', (_response, socket) => {
        socket.destroy()
        resolve(101)
      })
      request.on('error', reject)
    })
  const path = `/relay/v1/${ID}.rtp`
  const token = signRelayToken(keyOf('a'), { ...NAMES, nodeId: 'node_b' }, Date.now())
  const authorization = `Bearer ${token}`
  assert.equal(await status(path, {}), 401)
  assert.equal(await status(path, { authorization }), 404)
  a.publish(true)
  assert.equal(await status(path, { authorization }), 404)
  a.publish()
  assert.equal(await status(path, { authorization }), 101)
  assert.equal(await status(path, { authorization: `${authorization.slice(0, -1)}!` }), 401)
  assert.equal(await status('/elsewhere', { authorization }), 404)
})
