/** All senders, and what protects for them, do the same. */
import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import path from 'node:path'
import test, { after, type TestContext } from 'node:test'

import type { Address } from '@millrace/core'
import type { SrtpProfile, SrtpSession } from '@millrace/webrtc'

import { openAddonEngine } from './addon.ts'
import { BatchSender } from './batch-sender.ts'
import { DgramSender } from './dgram-sender.ts'
import { loadNative } from './native.ts'
import { openOpensslEngine } from './openssl.ts'
import type { PacketEngine, PacketSender, PacketTarget } from './packet-engine.ts'
import type { SocketCalls } from './socket-calls.ts'
import { buildAddon, keyPair } from './testing.ts'
import { openTypescriptEngine } from './typescript.ts'

const PROFILES: readonly SrtpProfile[] = ['SRTP_AEAD_AES_128_GCM', 'SRTP_AES128_CM_SHA1_80']
const engines: PacketEngine[] = [await openOpensslEngine()]
const addonFile = buildAddon()
if (addonFile) engines.push(await openAddonEngine(addonFile))
const byNode = openTypescriptEngine()
engines.push(byNode)
after(() => {
  for (const engine of engines) engine.close()
  if (addonFile) rmSync(path.dirname(addonFile), { recursive: true })
})

interface Receiver {
  address: Address
  /** Waits until so many datagrams have come. */
  take(count: number): Promise<Uint8Array[]>
}

async function bind(t: TestContext, type: dgram.SocketType = 'udp4'): Promise<dgram.Socket> {
  const socket = dgram.createSocket(type)
  t.after(() => socket.close())
  socket.bind(0, type === 'udp6' ? '::' : '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

async function receiver(t: TestContext, ip = '127.0.0.1'): Promise<Receiver> {
  const socket = await bind(t, ip === '::1' ? 'udp6' : 'udp4')
  const datagrams: Uint8Array[] = []
  socket.on('message', (datagram) => datagrams.push(Uint8Array.from(datagram)))
  return {
    address: { ip, port: socket.address().port },
    async take(count) {
      while (datagrams.length < count) await once(socket, 'message')
      return datagrams.splice(0, count)
    },
  }
}

/** A session of ours and the player's. */
function sessions(t: TestContext, engine: PacketEngine, profile: SrtpProfile, seed = 1): [SrtpSession, SrtpSession] {
  const [here, there] = keyPair(profile, seed)
  const pair: [SrtpSession, SrtpSession] = [engine.openSrtp(here), engine.openSrtp(there)]
  t.after(() => {
    for (const session of pair) session.close()
  })
  return pair
}

interface Player {
  target: PacketTarget
  session: SrtpSession
}

function player(
  t: TestContext,
  engine: PacketEngine,
  sender: PacketSender,
  profile: SrtpProfile,
  number: number,
): Player {
  const [here, session] = sessions(t, engine, profile, number)
  const target = sender.target({ session: here, ssrc: 0xa000_0000 + number, payloadType: 100 + (number % 20) })
  return { target, session }
}

function open(t: TestContext, engine: PacketEngine, socket: dgram.Socket): PacketSender {
  const sender = engine.openSender(socket)
  assert.ok(sender instanceof (engine === byNode ? DgramSender : BatchSender))
  t.after(() => sender.close())
  return sender
}

const PAYLOAD = Uint8Array.from({ length: 700 }, (_, i) => i & 0xff)
const packetOf = (sequence: number, payload = PAYLOAD) => ({
  sequence,
  timestamp: 0x1_ffff_fff0,
  marker: true,
  payload,
})

for (const engine of engines) {
  for (const profile of PROFILES) {
    const name = `${engine.name}, ${profile}`

    test(`${name}: each player gets the payload under a header of its own`, async (t) => {
      const sender = open(t, engine, await bind(t))
      const sink = await receiver(t)
      const players = Array.from({ length: 5 }, (_, i) => player(t, engine, sender, profile, i))
      for (const [i, { target }] of players.entries()) {
        target.destination = sink.address
        target.sequenceOffset = -0x1_0000 + i * 100
        target.timestampOffset = i * 8
        if (i % 2) target.extension = Uint8Array.of(0xbe, 0xde, 0, 1, 0x10, i, 0, 0)
      }
      sender.fanOut(
        [packetOf(0x1_0005)],
        players.map(({ target }) => target),
      )
      sender.flush()
      const datagrams = await sink.take(5)
      for (const [i, { session, target }] of players.entries()) {
        const datagram = datagrams.find((bytes) => Buffer.from(bytes).readUInt32BE(8) === target.ssrc)
        assert.ok(datagram)
        const plain = Buffer.from(session.unprotectRtp(datagram) ?? [])
        const headerBytes = 12 + target.extension.length
        assert.equal(plain[0], i % 2 ? 0x90 : 0x80)
        assert.equal(plain[1], 0x80 | (100 + i))
        assert.equal(plain.readUInt16BE(2), 5 + i * 100)
        assert.equal(plain.readUInt32BE(4), (0xffff_fff0 + i * 8) >>> 0)
        assert.deepEqual(new Uint8Array(plain.subarray(12, headerBytes)), target.extension)
        assert.deepEqual(new Uint8Array(plain.subarray(headerBytes)), PAYLOAD)
      }
      assert.deepEqual({ ...sender.counters }, { sent: 5, unsent: 0 })
    })

    test(`${name}: packets that are given together come as they are, whatever their lengths`, async (t) => {
      const sender = open(t, engine, await bind(t))
      const sink = await receiver(t)
      const lengths = [900, 900, 900, 400, 500, 500, 600, 600, 100, ...Array<number>(20).fill(300)]
      const players = Array.from({ length: 3 }, (_, i) => player(t, engine, sender, profile, i))
      for (const { target } of players) target.destination = sink.address
      sender.fanOut(
        lengths.map((bytes, i) => packetOf(i, new Uint8Array(bytes).fill(i))),
        players.map(({ target }) => target),
      )
      sender.flush()
      const datagrams = await sink.take(3 * lengths.length)
      for (const { session, target } of players) {
        const own = datagrams.filter((bytes) => Buffer.from(bytes).readUInt32BE(8) === target.ssrc)
        const payloads = own.map((bytes) => (session.unprotectRtp(bytes) ?? new Uint8Array()).subarray(12))
        assert.deepEqual(
          payloads.map(({ length }) => length),
          lengths,
        )
        assert.ok(payloads.every((payload, i) => payload.every((byte) => byte === i)))
      }
      assert.deepEqual({ ...sender.counters }, { sent: 3 * lengths.length, unsent: 0 })
    })

    test(`${name}: 300 players are more than one batch, and payloads of all lengths go out`, async (t) => {
      const sender = open(t, engine, await bind(t))
      const { target, session } = player(t, engine, sender, profile, 3)
      const got: Uint8Array[] = []
      target.destination = (datagram) => got.push(Uint8Array.from(datagram))
      for (let bytes = 0; bytes < 200; bytes++)
        sender.fanOut([packetOf(bytes, new Uint8Array(bytes).fill(bytes))], [target])
      for (const [bytes, datagram] of got.entries()) {
        assert.deepEqual(session.unprotectRtp(datagram)?.subarray(12), new Uint8Array(bytes).fill(bytes))
      }
      const sink = await receiver(t)
      const players = Array.from({ length: 300 }, (_, i) => player(t, engine, sender, profile, i))
      for (const { target: each } of players) each.destination = sink.address
      sender.fanOut(
        [packetOf(1, PAYLOAD.subarray(0, 8))],
        players.map((each) => each.target),
      )
      sender.flush()
      await sink.take(100)
      while (sender.counters.sent < 300) await new Promise(setImmediate)
      assert.deepEqual({ ...sender.counters }, { sent: 300, unsent: 0 })
    })

    test(`${name}: retransmissions keep the index that the packet had before a wrap`, async (t) => {
      const sender = open(t, engine, await bind(t))
      const { target, session } = player(t, engine, sender, profile, 1)
      const got: Uint8Array[] = []
      target.destination = (datagram) => got.push(Uint8Array.from(datagram))
      const order = [0xfff0, 0xffff, 0x1_0002, 0xfffe, 0x1_0003, 0x1_0000, 0xfff1]
      for (const index of order) sender.fanOut([packetOf(index)], [target])
      for (const datagram of got) assert.deepEqual(session.unprotectRtp(datagram)?.subarray(12), PAYLOAD)
      assert.equal(got.length, order.length)
    })
  }

  test(`${engine.name}: IPv4 and IPv6 are reached from a socket of both`, async (t) => {
    const sender = open(t, engine, await bind(t, 'udp6'))
    const receivers = await Promise.all([receiver(t), receiver(t, '::1')])
    for (const { address } of receivers) sender.send(Uint8Array.of(1, 2, 3), address)
    sender.flush()
    for (const each of receivers) assert.deepEqual(await each.take(1), [Uint8Array.of(1, 2, 3)])
  })

  test(`${engine.name}: players without destination and of closed sessions are passed over, and what can't be sent is counted`, async (t) => {
    const sender = open(t, engine, await bind(t))
    const sink = await receiver(t)
    const [absent, gone, nowhere, good] = Array.from({ length: 4 }, (_, i) =>
      player(t, engine, sender, 'SRTP_AEAD_AES_128_GCM', i),
    )
    assert.ok(absent && gone && nowhere && good)
    gone.target.destination = sink.address
    gone.target.session.close()
    nowhere.target.destination = { ip: '127.0.0.1', port: engine === byNode ? 1 : 0 }
    if (engine === byNode) nowhere.target.destination = { ip: '::1', port: 9 }
    good.target.destination = sink.address
    sender.fanOut([packetOf(1)], [absent.target, gone.target, nowhere.target, good.target])
    sender.flush()
    assert.equal((await sink.take(1)).length, 1)
    while (sender.counters.sent + sender.counters.unsent < 2) await new Promise(setImmediate)
    assert.deepEqual({ ...sender.counters }, { sent: 1, unsent: 1 })
    sender.fanOut([packetOf(2, new Uint8Array(70_000))], [good.target])
    assert.equal(sender.counters.unsent, 2)
    good.target.destination = undefined
    sender.fanOut([packetOf(3)], [good.target])
    sender.close()
    sender.send(Uint8Array.of(1), sink.address)
    sender.flush()
    assert.deepEqual({ ...sender.counters }, { sent: 1, unsent: 3 })
  })
}

for (const engine of engines) {
  test(`${engine.name}: on a closed socket nothing is sent`, async (t) => {
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const sender = engine.openSender(socket)
    const sink = await receiver(t)
    socket.close()
    sender.send(Uint8Array.of(1), sink.address)
    sender.flush()
    assert.deepEqual({ ...sender.counters }, { sent: 0, unsent: 1 })
  })
}

test('a sender goes on when its socket is closed before it, and sends nothing', async (t) => {
  const [engine] = engines
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const sender = engine?.openSender(socket)
  const sink = await receiver(t)
  sender?.send(Uint8Array.of(1), sink.address)
  socket.close()
  sender?.flush()
  assert.deepEqual({ ...sender?.counters }, { sent: 0, unsent: 1 })
})

test('a full socket is waited for once in a flush, and what it does not take then is counted', async (t) => {
  const native = await loadNative()
  const sink = await receiver(t)
  // a kernel whose buffer is full, which loopback never is
  const answers: (number | 'full' | 'refused')[] = []
  let waits = 0
  const calls: SocketCalls = {
    sendMany: (_descriptor, _address, count) => answers.shift() ?? count,
    waitWritable: () => ++waits > 0,
  }
  const openSealer = (): never => ({}) as never
  const sender = new BatchSender(await bind(t), { native, calls, descriptor: () => 3, openSealer })
  const flush = (...next: typeof answers): void => {
    for (let i = 0; i < 10; i++) sender.send(Uint8Array.of(i), sink.address)
    answers.push(...next)
    sender.flush()
  }
  flush('full', 4)
  assert.deepEqual({ ...sender.counters, waits }, { sent: 10, unsent: 0, waits: 1 })
  flush(3, 'full', 2, 'full')
  assert.deepEqual({ ...sender.counters, waits }, { sent: 15, unsent: 5, waits: 2 })
  flush(3, 'refused', 2)
  assert.deepEqual({ ...sender.counters, waits }, { sent: 24, unsent: 6, waits: 2 })
})

test('a session of another engine is refused', async (t) => {
  const [engine] = engines
  const sender = engine?.openSender(await bind(t))
  const session = { ...sessions(t, byNode, 'SRTP_AEAD_AES_128_GCM')[0] } as SrtpSession
  assert.throws(() => sender?.target({ session, ssrc: 1, payloadType: 96 }), { code: 'PACKET_ENGINE_FOREIGN' })
})
