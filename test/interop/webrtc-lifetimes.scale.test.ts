import assert from 'node:assert/strict'
import test from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { Scope } from '@millrace/core'

import type { RtcSession } from '../../apps/media-node/src/gateways/webrtc/session.ts'
import { RtcSessions } from '../../apps/media-node/src/gateways/webrtc/sessions.ts'
import { openOpensslEngine } from '../../apps/media-node/src/io/packet-engine/openssl.ts'
import { startNode } from '../../apps/media-node/src/testing.ts'
import { eventually } from '../support/eventually.ts'
import { RtcClient } from '../support/rtc-client.ts'
import { testScope } from '../support/scope.ts'

const FULL = process.env['MILLRACE_TEST_SCALE'] === 'full'
const CYCLES = FULL ? 1000 : 50
const VANISHING = 100
const AT_ONCE = 10
/** What the second half of the cycles may add: a session that stayed would be some 70 kB, and there are two in a cycle. */
const MAX_GROWTH_BYTES = 8 * 2 ** 20 + (CYCLES / 2) * 20_000
/** More than any peer may be silent. */
const SILENCE_MS = 60_000
const KEY = Uint8Array.of(0x65, 0x88, 0x84, 0, 1, 2, 3)

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** What a node in this process holds. */
function watchNode(scope: Scope) {
  const registries = new Set<RtcSessions>()
  const sessions: WeakRef<RtcSession>[] = []
  const intervals = new Set<unknown>()
  const add = Reflect.get(RtcSessions.prototype, 'add')
  RtcSessions.prototype.add = function (this: RtcSessions, session) {
    registries.add(this)
    sessions.push(new WeakRef(session))
    add.call(this, session)
  }
  const { setInterval, clearInterval } = globalThis
  const now = performance.now.bind(performance)
  let skippedMs = 0
  performance.now = () => now() + skippedMs
  globalThis.setInterval = ((...args: Parameters<typeof setInterval>) => {
    const timer = setInterval(...args)
    intervals.add(timer)
    return timer
  }) as typeof setInterval
  globalThis.clearInterval = (timer) => {
    intervals.delete(timer)
    clearInterval(timer)
  }
  scope.defer(() => {
    Object.assign(globalThis, { setInterval, clearInterval })
    performance.now = now
    RtcSessions.prototype.add = add
  })
  return {
    sessions: () => [...registries].reduce((sum, { size }) => sum + size, 0),
    /** Sessions that something still holds. */
    held() {
      collect()
      return sessions.filter((session) => session.deref()).length
    },
    begun: () => sessions.length,
    intervals: () => intervals.size,
    sockets: () => process.getActiveResourcesInfo().filter((name) => name === 'UDPSocketWrap').length,
    connections: () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length,
    /** Time passes that nobody has. */
    skip: () => void (skippedMs += SILENCE_MS),
  }
}

const ENDS: readonly ((client: RtcClient) => unknown)[] = [
  (client) => client.close(),
  (client) => client.delete(),
  (client) => client.vanish(),
]

test('clients that come and go leave nothing: no session, timer, socket or memory', async (t) => {
  const scope = testScope(t)
  const seen = watchNode(scope)
  const { http } = await startNode(scope, { MILLRACE_RTC: 'on', MILLRACE_RTC_PORT: '0' })
  const engine = await openOpensslEngine()
  scope.defer(() => engine.close())
  const url = (i: number, verb: string): string => `http://127.0.0.1:${http}/live/s${i}/${verb}`

  const cycle = async (i: number): Promise<void> => {
    const own = new Scope()
    const transport = i % 5 === 0 ? 'tcp' : 'udp'
    const publisher = await RtcClient.connect(own, { engine, action: 'publish', url: url(i, 'whip'), transport })
    const got = Promise.withResolvers<void>()
    const player = await RtcClient.connect(own, {
      engine,
      action: 'play',
      url: url(i, 'whep'),
      transport,
      onRtp: () => got.resolve(),
    })
    let sequence = 0
    const timer = setInterval(() => {
      sequence++
      publisher.sendRtp(publisher.track('video'), { sequence, timestamp: sequence * 3000, marker: true, payload: KEY })
    }, 5)
    await got.promise
    clearInterval(timer)
    if (i % 4 === 0) {
      const stranger = await RtcClient.open(own, { engine, action: 'play', url: url(i, 'whep'), video: null })
      stranger.vanish()
    }
    const inOrder = i % 2 === 0 ? [publisher, player] : [player, publisher]
    for (const [at, client] of inOrder.entries()) await ENDS[(i + at) % ENDS.length]?.(client)
    await own.close()
  }
  const isEmpty = async (base: { intervals: number; sockets: number; connections: number }): Promise<void> => {
    await eventually('an empty node', () => {
      assert.equal(seen.sessions(), 0)
      assert.equal(seen.sockets(), base.sockets)
      assert.equal(seen.intervals(), base.intervals)
      assert.ok(seen.connections() <= base.connections, `${seen.connections()} connections`)
      return true
    })
  }

  const before = { intervals: seen.intervals(), sockets: seen.sockets() }
  for (let i = 0; i < 5; i++) await cycle(i)
  seen.skip()
  await eventually('no session', () => seen.sessions() === 0)
  const base = { ...before, connections: seen.connections() }
  await isEmpty(base)

  const rss: number[] = []
  for (const half of [0, 1]) {
    for (let i = 0; i < CYCLES / 2; i++) await cycle(half * CYCLES + i)
    seen.skip()
    await isEmpty(base)
    await eventually('collected', () => seen.held() === 0)
    rss.push(process.memoryUsage().rss)
  }
  assert.ok(seen.begun() >= 2 * CYCLES)
  const [first = 0, second = 0] = rss
  assert.ok(second - first < MAX_GROWTH_BYTES, `grew by ${Math.round((second - first) / 1024)} KiB`)
  t.diagnostic(`${CYCLES} cycles, the second half added ${Math.round((second - first) / 1024)} KiB`)
})

test('publishers that vanish are ended when they have been silent, and nothing of them stays', async (t) => {
  const scope = testScope(t)
  const seen = watchNode(scope)
  const { http, api } = await startNode(scope, { MILLRACE_RTC: 'on', MILLRACE_RTC_PORT: '0' })
  const engine = await openOpensslEngine()
  scope.defer(() => engine.close())
  const before = { intervals: seen.intervals(), sockets: seen.sockets() }
  const publishing = async (): Promise<number> => {
    const { streams } = (await (await fetch(`http://127.0.0.1:${api}/api/v1/streams/?count=1000`)).json()) as {
      streams: { publish: { active: boolean } }[]
    }
    return streams.filter(({ publish }) => publish.active).length
  }
  const publishers: RtcClient[] = []
  for (let i = 0; i < VANISHING; i += AT_ONCE) {
    const some = Array.from({ length: AT_ONCE }, (_, j) =>
      RtcClient.connect(scope, { engine, action: 'publish', url: `http://127.0.0.1:${http}/live/v${i + j}/whip` }),
    )
    publishers.push(...(await Promise.all(some)))
  }
  assert.equal(await publishing(), VANISHING)
  for (const [i, publisher] of publishers.entries()) {
    publisher.sendRtp(publisher.track('video'), { sequence: i, timestamp: i, marker: true, payload: KEY })
    publisher.vanish()
  }
  await eventually('sockets closed', () => seen.sockets() === before.sockets)
  assert.equal(seen.sessions(), VANISHING)
  seen.skip()
  await eventually('no publisher', async () => {
    assert.equal(seen.sessions(), 0)
    assert.equal(await publishing(), 0)
    return true
  })
  assert.equal(seen.intervals(), before.intervals)
  publishers.length = 0
  await eventually('collected', () => seen.held() === 0)
})
