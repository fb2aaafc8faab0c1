/**
 * `node apps/media-node/src/io/packet-engine/packet-engine.bench.ts`: time per packet to protect a payload of 1,188 bytes for each
 * of 1,000 players and to send it to sockets of this machine that nobody reads, and to protect it alone; the least of many
 * short rounds; one packet at a time, and four of a picture together. After `npm run build:addon` also with compiled code.
 */
import dgram from 'node:dgram'
import { once } from 'node:events'

import { errorMessage, silentLogger } from '@millrace/core'
import type { SrtpProfile } from '@millrace/webrtc'

import { openPacketEngine } from './choose.ts'
import type { OutgoingPacket } from './packet-engine.ts'

const TARGETS = 1000
const SINKS = 16
/** Players of one round. */
const ROUND = 250
/** Packets that are sent together: one, as of sound, or those of a picture. */
const TOGETHER = [1, 4]
const ROUNDS = 400
const PROFILES: readonly [SrtpProfile, saltBytes: number][] = [
  ['SRTP_AEAD_AES_128_GCM', 12],
  ['SRTP_AES128_CM_SHA1_80', 14],
]
const payload = new Uint8Array(1188).fill(7)

async function bound(): Promise<dgram.Socket> {
  const socket = dgram.createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

const sinks = await Promise.all(Array.from({ length: SINKS }, bound))
for (const sink of sinks) {
  sink.setRecvBufferSize(4096)
  // a socket of Node that isn't listened to reads all the same
  const state = Object.getOwnPropertySymbols(sink).find(({ description }) => description === 'state symbol')
  ;(Reflect.get(sink, state ?? '') as { handle: { recvStop(): void } }).handle.recvStop()
}

async function least(round: () => void | Promise<void>): Promise<number> {
  for (let i = 0; i < 40; i++) await round()
  let bestMs = Infinity
  for (let i = 0; i < ROUNDS; i++) {
    const startMs = performance.now()
    await round()
    bestMs = Math.min(bestMs, performance.now() - startMs)
  }
  return (bestMs * 1000) / ROUND
}

for (const want of ['addon', 'openssl', 'typescript'] as const) {
  const engine = await openPacketEngine(silentLogger, want).catch((error: unknown) =>
    console.log(`${want}: ${errorMessage(error)}`),
  )
  if (!engine) continue
  for (const [[profile, saltBytes], together] of PROFILES.flatMap((each) =>
    TOGETHER.map((count) => [each, count] as const),
  )) {
    const socket = await bound()
    const sender = engine.openSender(socket)
    const sessions = Array.from({ length: TARGETS }, (_, i) => {
      const key = new Uint8Array(16).fill(i)
      const salt = new Uint8Array(saltBytes).fill(i)
      return engine.openSrtp({ profile, localKey: key, localSalt: salt, remoteKey: key, remoteSalt: salt })
    })
    const targets = sessions.map((session, i) => sender.target({ session, ssrc: i, payloadType: 96 }))
    let sequence = 0
    const packet = (): OutgoingPacket => ({ sequence: sequence++, timestamp: 0, marker: false, payload })
    for (const [i, target] of targets.entries()) {
      target.destination = { ip: '127.0.0.1', port: sinks[i % SINKS]?.address().port ?? 0 }
    }
    let next = 0
    const round = (): void => {
      next = (next + ROUND) % TARGETS
      sender.fanOut(Array.from({ length: together }, packet), targets.slice(next, next + ROUND))
      sender.flush()
    }
    let sent = 0
    const bothUs = await least(async () => {
      round()
      sent += ROUND * together
      // Node sends later
      while (sender.counters.sent + sender.counters.unsent < sent) await new Promise(setImmediate)
    })
    // nothing is sent on a closed socket, or to nobody: what is left is to protect
    socket.close()
    if (engine.name === 'typescript') for (const target of targets) target.destination = () => {}
    const protectUs = await least(round)
    console.log(
      `${engine.name} ${profile}, ${together} together: protect ${(protectUs / together).toFixed(2)} µs, protect and send ${(bothUs / together).toFixed(2)} µs`,
    )
    sender.close()
    for (const session of sessions) session.close()
  }
  engine.close()
}
for (const sink of sinks) sink.close()
