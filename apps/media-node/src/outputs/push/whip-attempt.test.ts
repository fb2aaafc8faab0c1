import assert from 'node:assert/strict'
import test, { after } from 'node:test'

import { createAddressGuard } from '@millrace/address-guard'
import { silentLogger, type Scope } from '@millrace/core'
import { Hub } from '@millrace/hub'
import type { PacketTrack } from '@millrace/media'

import { eventually } from '../../../../../test/support/eventually.ts'
import { readMedia, RtcClient } from '../../../../../test/support/rtc-client.ts'
import { freePort, testScope } from '../../../../../test/support/scope.ts'
import { systemScheduler } from '../../io/clock.ts'
import { openOpensslEngine } from '../../io/packet-engine/openssl.ts'
import { startNode } from '../../testing.ts'
import { Pusher, type PusherOptions, type PusherStatus } from './pusher.ts'

const engine = await openOpensslEngine()
after(() => engine.close())

const RTC = { MILLRACE_RTC: 'on', MILLRACE_RTC_PORT: '0' }
/** An IDR picture of one packet, as far as forwarding looks at it. */
const KEY = Uint8Array.of(0x65, 0x88, 0x84, 0, 1, 2, 3)
const VIDEO: PacketTrack = {
  id: 1,
  kind: 'video',
  codec: 'h264',
  clockRate: 90_000,
  channels: 0,
  fmtp: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
  layers: [{ rid: '' }],
}
const AUDIO: PacketTrack = { ...VIDEO, id: 2, kind: 'audio', codec: 'opus', clockRate: 48_000, channels: 2, fmtp: '' }

/** A stream whose publisher sends packets, 50 of each track a second. */
function packetStream(scope: Scope) {
  const hub = new Hub(systemScheduler)
  scope.defer(() => hub.close())
  const stream = hub.open({ vhost: 'v', app: 'live', name: 'x' })
  stream.publish(() => {})
  const asked = { keyFrames: 0 }
  const begin = () =>
    stream.packets.publish({
      tracks: [VIDEO, AUDIO],
      bridged: false,
      requestKeyFrame: () => asked.keyFrames++,
      clockOf: () => undefined,
    })
  let feed = begin()
  let sequence = 65_536 + 65_500
  const timer = setInterval(() => {
    sequence++
    const common = { layer: 0, sequence, marker: true, key: true, payload: KEY, arrivedMs: performance.now() }
    feed.packet({ ...common, track: VIDEO, timestamp: sequence * 1800 })
    feed.packet({ ...common, track: AUDIO, timestamp: sequence * 960 })
  }, 20)
  scope.defer(() => clearInterval(timer))
  return { stream, asked, again: () => void (feed = begin()) }
}

function push(scope: Scope, url: string, options: Partial<PusherOptions> = {}) {
  const told: PusherStatus[] = []
  const published = packetStream(scope)
  const onStatus = (status: PusherStatus): number => told.push(status)
  const retry = { baseMs: 50, maxMs: 50 }
  const { stream } = published
  const pusher = new Pusher({ url: new URL(url), stream, onStatus, logger: silentLogger, retry, ...options })
  scope.defer(() => pusher.close())
  const errors = (): string[] => told.flatMap((status) => (status.state === 'retrying' ? [status.error.code] : []))
  const until = (state: PusherStatus['state']) =>
    eventually(`the push is ${state}`, () => told.some((status) => status.state === state))
  return { ...published, told, pusher, errors, until }
}

test('a WHIP endpoint has the packets as they are, and is asked for what its players need, until the push is closed', async (t) => {
  const scope = testScope(t)
  const ports = await startNode(scope, RTC)
  const at = `http://127.0.0.1:${ports.http}/live/copy`
  const { told, pusher, asked, again, stream, until } = push(scope, `${at}/whip`)
  await until('live')
  const sequences: number[] = []
  const player = await RtcClient.connect(scope, {
    engine,
    action: 'play',
    url: `${at}/whep`,
    onRtp(packet) {
      const { header, payload } = readMedia(packet)
      if (header.ssrc !== player.track('video').ssrc) return
      assert.deepEqual(new Uint8Array(payload), KEY)
      sequences.push(header.sequence)
    },
  })
  await eventually('packets', () => sequences.length > 10)
  const { keyFrames } = asked
  player.sendRtcp([{ type: 'pli', senderSsrc: 1, mediaSsrc: player.track('video').ssrc }])
  await eventually('the wish for a key frame is passed on', () => asked.keyFrames > keyFrames)
  const before = sequences.length
  again()
  await eventually('packets of the publisher that came back', () => sequences.length > before + 10)
  assert.deepEqual(
    told.map(({ state }) => state),
    ['starting', 'live'],
  )
  pusher.close()
  assert.equal(stream.packets.wanted, false)
  await eventually('another may publish', () =>
    RtcClient.open(scope, { engine, action: 'publish', url: `${at}/whip` }).catch(() => undefined),
  )
})

test('an endpoint that refuses, is not there or is forbidden is tried again, each with its code', async (t) => {
  const scope = testScope(t)
  const ports = await startNode(scope, RTC)
  const at = `http://127.0.0.1:${ports.http}`
  const refusing = push(scope, `${at}/live/no%20name/whip`)
  const absent = push(scope, `http://127.0.0.1:${await freePort()}/live/x/whip`)
  const forbidden = push(scope, `${at}/live/x/whip`, { guard: createAddressGuard() })
  for (const each of [refusing, absent, forbidden]) await eventually('two attempts', () => each.errors().length >= 2)
  assert.equal(refusing.errors()[0], 'PUSH_REFUSED')
  assert.equal(absent.errors()[0], 'PUSH_UNREACHABLE')
  assert.equal(forbidden.errors()[0], 'PUSH_UNREACHABLE')
  const [, blocked] = forbidden.told
  assert.match(blocked?.state === 'retrying' ? blocked.error.message : '', /not public and not allowed/)
})
