/**
 * A process of many WebRTC clients, told by IPC what to do. Players let packets lie as they are, encrypted: to find losses their
 * headers are enough. They keep consent and report once a second, as browsers do.
 */
import { setTimeout as delay } from 'node:timers/promises'

import { Scope } from '@millrace/core'

import { openOpensslEngine } from '../../../apps/media-node/src/io/packet-engine/openssl.ts'
import { RtcClient } from '../../support/rtc-client.ts'
import type { FromClients, LoadCount, LoadOrder, ToClients } from './load.ts'
import { paceVideo, sentAtMs } from './synthetic-video.ts'

const REPORT_MS = 1000
/** Clients that connect at the same time. */
const TOGETHER = 10
/** Of a publisher: 600 kbit/s. */
const PUBLISHED = { packetsPerSecond: 70, payloadBytes: 1072 }
/** Of the stream whose delay is measured: 1 Mbit/s. */
const DELAYED = { packetsPerSecond: 110, payloadBytes: 1136 }

/** What one player has had. */
class Received {
  packets = 0
  bytes = 0
  lost = 0
  readonly #ssrc: () => number
  #highest = -1

  constructor(ssrc: () => number) {
    this.#ssrc = ssrc
  }

  /** Takes a protected RTP packet. */
  take(datagram: Uint8Array): void {
    const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength)
    this.packets++
    this.bytes += datagram.length
    if (view.getUint32(8) !== this.#ssrc()) return
    const sequence = view.getUint16(2)
    const step = this.#highest < 0 ? 1 : ((sequence - this.#highest) << 16) >> 16
    // what comes late was counted as lost
    this.lost += step > 0 ? step - 1 : -1
    if (step > 0) this.#highest = sequence
  }

  clear(): void {
    this.packets = 0
    this.bytes = 0
    this.lost = 0
  }
}

const isMedia = (datagram: Uint8Array): boolean => {
  const type = datagram[1] ?? 0
  return (datagram[0] ?? 0) >> 6 === 2 && (type < 192 || type > 223)
}

const engine = await openOpensslEngine()
const scope = new Scope()
const say = (message: FromClients): void => void process.send?.(message)
let count: () => LoadCount = () => ({ packets: 0, bytes: 0, lost: 0, silent: 0, delaysMs: [] })
let clear = (): void => {}

/** Connects clients, some at the same time but no more in a second than wanted. */
async function joinAll(clients: number, joinsPerSecond: number, join: (i: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < clients; from += TOGETHER) {
    const some = Array.from({ length: Math.min(TOGETHER, clients - from) }, (_, i) => from + i)
    await Promise.all([...some.map(join), delay((some.length * 1000) / joinsPerSecond)])
  }
}

async function play({ url, clients, joinsPerSecond }: LoadOrder): Promise<void> {
  const all: Received[] = []
  const players = new Set<RtcClient>()
  await joinAll(clients, joinsPerSecond, async () => {
    let player: RtcClient | undefined
    const received = new Received(() => player?.track('video').ssrc ?? 0)
    all.push(received)
    player = await RtcClient.connect(scope, {
      engine,
      url,
      action: 'play',
      network(datagram, way, deliver) {
        if (way === 'in' && isMedia(datagram)) received.take(datagram)
        else deliver(datagram)
      },
    })
    const joined = player
    players.add(joined)
    void joined.ended.then((reason) => {
      players.delete(joined)
      if (reason?.code !== 'SUPPORT_RTC_CLOSED') console.error(`a player has ended: ${reason?.code ?? 'goodbye'}`)
    })
  })
  const timer = setInterval(() => {
    for (const player of players) player.sendRtcp([{ type: 'rr', ssrc: 1, reports: [] }])
  }, REPORT_MS)
  scope.defer(() => clearInterval(timer))
  clear = () => all.forEach((each) => each.clear())
  count = () => ({
    packets: all.reduce((sum, { packets }) => sum + packets, 0),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    lost: all.reduce((sum, { lost }) => sum + lost, 0),
    silent: all.filter(({ packets }) => packets === 0).length,
    delaysMs: [],
  })
}

async function publish({ url, clients, joinsPerSecond }: LoadOrder): Promise<void> {
  let packets = 0
  let bytes = 0
  await joinAll(clients, joinsPerSecond, async (i) => {
    const client = await RtcClient.connect(scope, {
      engine,
      url: url.replace('NAME', `s${i}`),
      action: 'publish',
      video: 'vp8',
    })
    scope.defer(
      paceVideo(PUBLISHED, (packet) => {
        client.sendRtp(client.track('video'), packet)
        packets++
        bytes += packet.payload.length + 12
      }),
    )
  })
  clear = () => (packets = bytes = 0)
  count = () => ({ packets, bytes, lost: 0, silent: 0, delaysMs: [] })
}

async function measureDelay({ url, clients }: LoadOrder): Promise<void> {
  let delaysMs: number[] = []
  const publisher = await RtcClient.connect(scope, {
    engine,
    url: url.replace(/whep$/, 'whip'),
    action: 'publish',
    video: 'vp8',
  })
  scope.defer(paceVideo(DELAYED, (packet) => publisher.sendRtp(publisher.track('video'), packet)))
  for (let i = 0; i < clients; i++) {
    await RtcClient.connect(scope, {
      engine,
      url,
      action: 'play',
      video: 'vp8',
      onRtp: (packet, nowMs) => delaysMs.push(nowMs - sentAtMs(packet)),
    })
  }
  clear = () => (delaysMs = [])
  count = () => ({ packets: delaysMs.length, bytes: 0, lost: 0, silent: 0, delaysMs })
}

process.on('message', (message: ToClients) => {
  switch (message.type) {
    case 'order': {
      const { order } = message
      const done = order.kind === 'play' ? play(order) : order.kind === 'publish' ? publish(order) : measureDelay(order)
      done.then(
        () => say({ type: 'up' }),
        (error: unknown) => {
          console.error(error)
          process.exit(1)
        },
      )
      return
    }
    case 'count':
      clear()
      return say({ type: 'counting' })
    case 'stop':
      return say({ type: 'counted', count: count() })
  }
})
