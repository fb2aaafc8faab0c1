import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import test, { after } from 'node:test'

import { Scope } from '@millrace/core'
import { writeRtcp, type RtcpPacket } from '@millrace/rtp'
import { mutations, Random } from '@millrace/testkit'
import { createTypescriptCrypto, selfSigned, stunKey, writeStun, type CryptoEngine } from '@millrace/webrtc'

import { openOpensslEngine } from '../../apps/media-node/src/io/packet-engine/openssl.ts'
import { DtlsMachine } from '../../packages/proto/webrtc/src/dtls/dtls-machine.ts'
import { eventually } from '../support/eventually.ts'
import { startMediaNode } from '../support/media-node.ts'
import { readMedia, RtcClient, type RtcClientOptions } from '../support/rtc-client.ts'
import { openTcpLink, openUdpLink } from '../support/rtc-link.ts'
import { offeredTracks, writeOffer } from '../support/rtc-offer.ts'
import { testScope } from '../support/scope.ts'

/** What a node may grow by while it is lied to: sessions that stayed would be more. */
const MAX_GROWTH_MIB = 120
const KEY = Uint8Array.of(0x65, 0x88, 0x84, 0, 1, 2, 3)

const engine = await openOpensslEngine()
const scope = new Scope()
after(async () => {
  await scope.close()
  engine.close()
})
const node = await startMediaNode(scope, { env: { MILLRACE_RTC: 'on', MILLRACE_RTC_PORT: '0' } })

type Options = Partial<RtcClientOptions>
const publish = (own: Scope, stream: string, options: Options = {}): Promise<RtcClient> =>
  RtcClient.connect(own, { engine, action: 'publish', url: node.httpUrl(`live/${stream}/whip`), ...options })
const play = (own: Scope, stream: string, options: Options = {}): Promise<RtcClient> =>
  RtcClient.connect(own, { engine, action: 'play', url: node.httpUrl(`live/${stream}/whep`), ...options })

/** A publisher, a player of it, and the sequence numbers that the player gets. */
async function pair(own: Scope, stream: string) {
  const publisher = await publish(own, stream)
  const received: number[] = []
  const player = await play(own, stream, {
    onRtp: (packet) => received.push(readMedia(packet).header.sequence),
  })
  let sequence = 1000
  const send = (): void => {
    sequence++
    publisher.sendRtp(publisher.track('video'), { sequence, timestamp: sequence * 3000, marker: true, payload: KEY })
  }
  /** Media flows. */
  const flows = async (): Promise<void> => {
    const goal = received.length + 3
    await eventually('packets', () => {
      send()
      return received.length >= goal
    })
  }
  return { publisher, player, received, send, flows }
}

async function rssMib(): Promise<number> {
  const status = await readFile(`/proc/${node.program.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

/** The node serves new clients as if nothing had been. */
async function serves(own: Scope, stream: string): Promise<void> {
  const { flows } = await pair(own, stream)
  await flows()
}

test('who shows the certificate of another, or a fingerprint that isn’t its own, is refused', async (t) => {
  const own = testScope(t)
  const victim = selfSigned()
  const thief = selfSigned()
  // Buffer is what Node's types want, and any bytes are what it takes
  const key = createPrivateKey({ key: Buffer.from(thief.privateKey), format: 'der', type: 'sec1' })
  const stolen: CryptoEngine = {
    ...createTypescriptCrypto(),
    fingerprint: victim.fingerprint,
    openDtls: (options) => new DtlsMachine({ certificate: victim.certificate, key }, options),
  }
  for (const setup of ['active', 'passive'] as const) {
    for (const lie of [{ engine: stolen }, { fingerprint: victim.fingerprint }]) {
      const url = node.httpUrl('live/stolen/whip')
      const liar = await RtcClient.open(own, { engine, action: 'publish', url, setup, ...lie })
      await liar.ended
      await eventually('no session', async () => (await liar.delete()) === 404)
    }
  }
  const { streams } = (await (await fetch(node.apiUrl('api/v1/streams/'))).json()) as { streams: unknown[] }
  assert.deepEqual(streams, [])
})

test('a packet that is sent again, by anybody, is let in once', async (t) => {
  const own = testScope(t)
  const { publisher, received, send, flows } = await pair(own, 'replay')
  await flows()
  const [candidate] = publisher.answer.candidates
  assert.ok(candidate)
  const elsewhere = await openUdpLink({ ip: candidate.address, port: candidate.port }, () => {})
  own.defer(() => elsewhere.close())
  const datagrams: Uint8Array[] = []
  const recorder = await publish(own, 'recorder', {
    network: (datagram, way, deliver) => {
      if (way === 'out') datagrams.push(Uint8Array.from(datagram))
      deliver(datagram)
    },
  })
  recorder.sendRtp(recorder.track('video'), { sequence: 1, timestamp: 1, marker: true, payload: KEY })
  for (let i = 0; i < 100; i++) {
    send()
    publisher.replay()
    publisher.replay()
    // of another session
    for (const datagram of datagrams) publisher.sendRaw(datagram)
    for (const datagram of datagrams) elsewhere.send(datagram)
  }
  // the other's requests came by this address too, so that only the next of its own is it known again
  publisher.check()
  await flows()
  assert.equal(new Set(received).size, received.length)
})

test('requests of STUN without the password move nobody, and are told so', async (t) => {
  const own = testScope(t)
  const { player, flows } = await pair(own, 'moved')
  await flows()
  const [candidate] = player.answer.candidates
  assert.ok(candidate)
  const answers: Uint8Array[] = []
  const attacker = await openUdpLink({ ip: candidate.address, port: candidate.port }, (datagram) =>
    answers.push(datagram),
  )
  own.defer(() => attacker.close())
  const request = {
    class: 'request' as const,
    transactionId: new Uint8Array(12),
    username: `${player.answer.ice.ufrag}:x`,
    useCandidate: true,
    iceRole: 'controlling' as const,
    tieBreaker: new Uint8Array(8),
  }
  await eventually('refusals', () => {
    attacker.send(writeStun(request, stunKey('not the password of anybody')))
    attacker.send(writeStun(request, null))
    return answers.length >= 4
  })
  await flows()
  assert.ok(answers.every((answer) => (answer[0] ?? 0) === 0x01 && (answer[1] ?? 0) === 0x11))
})

test('malformed STUN, DTLS, RTP and RTCP, from strangers and from peers, do the node no harm', async (t) => {
  const own = testScope(t)
  const random = new Random(6)
  const { publisher, player, flows } = await pair(own, 'fuzz')
  await flows()
  const beforeMib = await rssMib()
  const [candidate] = player.answer.candidates
  assert.ok(candidate)
  const stranger = await openUdpLink({ ip: candidate.address, port: candidate.port }, () => {})
  own.defer(() => stranger.close())
  const seeds = [
    writeStun(
      { class: 'request', transactionId: new Uint8Array(12), username: `${player.answer.ice.ufrag}:x`, priority: 1 },
      stunKey('wrong'),
    ),
    // ClientHello, alert, application data
    Uint8Array.of(22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40, 1, 0, 0, 28, 0, 0, 0, 0, 0, 0, 0, 28, 254, 253),
    Uint8Array.of(21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40),
    Uint8Array.of(23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4),
    Uint8Array.of(0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8),
    Uint8Array.of(0x81, 201, 0, 7, ...random.bytes(28)),
  ]
  let sent = 0
  const breathe = async (): Promise<void> => {
    // the socket's buffer is to take them all
    if (++sent % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  for (const [i, seed] of seeds.entries()) {
    for (const datagram of mutations(seed, 500, i)) {
      stranger.send(datagram)
      publisher.sendRaw(datagram)
      player.sendRaw(datagram)
      await breathe()
    }
  }
  const compounds: RtcpPacket[][] = [
    [{ type: 'nack', senderSsrc: 1, mediaSsrc: player.track('video').ssrc, sequences: [1, 2, 3, 900, 65_535] }],
    [{ type: 'pli', senderSsrc: 1, mediaSsrc: player.track('video').ssrc }],
    [{ type: 'remb', senderSsrc: 1, bitrateBps: 1e6, ssrcs: [player.track('video').ssrc] }],
    [{ type: 'rr', ssrc: 1, reports: [] }],
  ]
  for (const [i, packets] of compounds.entries()) {
    for (const packet of mutations(writeRtcp(packets), 300, i)) {
      // what says goodbye by chance may go
      if (packet.length < 8 || packet.includes(203)) continue
      player.sendRawRtcp(packet)
      publisher.sendRawRtcp(packet)
      await breathe()
    }
  }
  const { payloadType, ssrc } = publisher.track('video')
  for (let i = 0; i < 1000; i++) {
    const track = { payloadType: random.int(4) === 0 ? random.int(128) : payloadType, ssrc: ssrc + random.int(3) }
    const payload = random.bytes(random.int(1200))
    publisher.sendRtp(track, { sequence: 2000 + i, timestamp: random.int(2 ** 31), marker: i % 2 === 0, payload })
    await breathe()
  }
  await serves(own, 'after-fuzz')
  assert.ok((await rssMib()) - beforeMib < MAX_GROWTH_MIB, `${beforeMib} MiB and then ${await rssMib()}`)
})

test('connections by TCP that send anything but a peer’s requests are closed', async (t) => {
  const own = testScope(t)
  const random = new Random(8)
  const { player } = await pair(own, 'tcp')
  const candidate = player.answer.candidates.find(({ transport }) => transport === 'tcp')
  assert.ok(candidate)
  for (let i = 0; i < 50; i++) {
    const link = await openTcpLink({ ip: candidate.address, port: candidate.port }, () => {})
    own.defer(() => link.close())
    link.send(random.bytes(1 + random.int(2000)))
  }
  await serves(own, 'after-tcp')
})

test('malformed offers are refused with a reason, and sessions that nobody comes to are no harm', async (t) => {
  const own = testScope(t)
  const beforeMib = await rssMib()
  const options = { action: 'publish' } as const
  const tracks = offeredTracks(options)
  const ice = { ufrag: 'ufrag', pwd: 'passwordpasswordpassword' }
  const offer = new TextEncoder().encode(writeOffer(options, tracks, { ice, fingerprint: engine.fingerprint }))
  const statuses = new Map<number, number>()
  const post = async (body: string | Uint8Array<ArrayBuffer>, type = 'application/sdp'): Promise<Response> => {
    const url = node.httpUrl('live/malformed/whip')
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body })
    const text = await response.text()
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
    assert.ok([201, 400, 406, 413, 415].includes(response.status), `${response.status} ${text}`)
    return response
  }
  for (const body of mutations(offer, 300, 9)) {
    const { status, headers } = await post(Uint8Array.from(body))
    if (status !== 201) continue
    assert.equal(
      (await fetch(new URL(headers.get('location') ?? '', node.httpUrl('')), { method: 'DELETE' })).status,
      200,
    )
  }
  assert.ok((statuses.get(400) ?? 0) > 20 && (statuses.get(201) ?? 0) > 20, JSON.stringify([...statuses]))
  assert.equal((await post('a=x\r\n'.repeat(100_000))).status, 413)
  assert.equal((await post('a', 'text/plain')).status, 415)
  const srs = await fetch(node.apiUrl('rtc/v1/publish/'), {
    method: 'POST',
    body: '{"sdp":"v=0","streamurl":"webrtc://h/%"}',
  })
  assert.deepEqual(await srs.json(), { code: 400 })
  await serves(own, 'after-offers')
  assert.ok((await rssMib()) - beforeMib < MAX_GROWTH_MIB)
})
