import assert from 'node:assert/strict'
import test from 'node:test'

import { CodedError } from '@millrace/core'
import { Random } from '@millrace/testkit'

import type { CryptoEngine, DtlsEndpoint } from './engine.ts'
import { IceLite } from './ice-lite.ts'
import { Peer, type Path } from './peer.ts'
import { stunKey } from './stun/message.ts'
import { writeStun } from './stun/write-stun.ts'
import { createTypescriptCrypto } from './typescript-crypto.ts'

const LOCAL = { ufrag: 'local', pwd: 'passwordpasswordpassword' }
const RTP = Uint8Array.of(0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4)

/** An engine that counts the endpoints that are open. */
function countingEngine(): { engine: CryptoEngine; open: () => number } {
  const crypto = createTypescriptCrypto()
  let open = 0
  const openDtls: CryptoEngine['openDtls'] = (options) => {
    const endpoint = crypto.openDtls(options)
    open++
    const close = endpoint.close.bind(endpoint)
    let closed = false
    endpoint.close = (reason) => {
      if (!closed) open--
      closed = true
      close(reason)
    }
    return endpoint
  }
  return { engine: { ...crypto, openDtls }, open: () => open }
}

function setUp({ role = 'server' as 'server' | 'client', fingerprint = undefined as string | undefined } = {}) {
  const { engine, open } = countingEngine()
  const remote = createTypescriptCrypto()
  const events: string[] = []
  const rtp: Uint8Array[] = []
  const fingerprints = [fingerprint === undefined ? remote.fingerprint : { algorithm: 'sha-256', value: fingerprint }]
  const peer = new Peer(
    {
      engine,
      ice: new IceLite({ local: LOCAL, remoteUfrag: 'remote', nowMs: 0 }),
      dtls: { role, remoteFingerprints: fingerprints },
    },
    {
      connected: () => events.push('connected'),
      moved: ({ address }) => events.push(`moved ${address.port}`),
      rtp: (packet) => rtp.push(packet),
      rtcp: () => events.push('rtcp'),
      closed: (reason) => events.push(`closed ${reason?.code ?? null}`),
    },
    0,
  )
  const dtls = remote.openDtls({
    role: role === 'server' ? 'client' : 'server',
    remoteFingerprints: [engine.fingerprint],
  })
  return { peer, dtls, remote, events, rtp, open }
}

const check = (pwd = LOCAL.pwd): Uint8Array =>
  writeStun(
    {
      class: 'request',
      transactionId: new Uint8Array(12),
      username: 'local:remote',
      useCandidate: true,
      iceRole: 'controlling',
      tieBreaker: new Uint8Array(8),
    },
    stunKey(pwd),
  )

function pathTo(port: number): Path & { sent: Uint8Array[] } {
  const sent: Uint8Array[] = []
  return {
    address: { transport: 'udp', ip: '127.0.0.1', port },
    sent,
    send: (bytes) => sent.push(Uint8Array.from(bytes)),
  }
}

/** Carries datagrams until both are quiet; the keys of the other end. */
function shake(peer: Peer, dtls: DtlsEndpoint, path: ReturnType<typeof pathTo>, nowMs = 0) {
  let keys
  peer.receive(check(), path, nowMs)
  dtls.tick(nowMs)
  for (let quiet = false; !quiet;) {
    quiet = true
    for (let output = dtls.poll(); output; output = dtls.poll()) {
      if (output.type === 'send') peer.receive(output.data, path, nowMs)
      else if (output.type === 'event') ({ keys } = output.event)
      quiet = false
    }
    for (const datagram of path.sent.splice(0)) {
      if ((datagram[0] ?? 0) < 20) continue
      quiet = false
      try {
        dtls.receive(datagram, nowMs)
      } catch (error) {
        assert.ok(error instanceof CodedError)
      }
    }
  }
  return keys
}

for (const role of ['server', 'client'] as const) {
  test(`a peer whose ${role} we are connects, sends media, and says goodbye`, () => {
    const { peer, dtls, remote, events, rtp, open } = setUp({ role })
    const path = pathTo(1)
    const keys = shake(peer, dtls, path)
    assert.ok(keys)
    assert.deepEqual(events, ['moved 1', 'connected'])
    const srtp = remote.openSrtp(keys)
    const datagram = Uint8Array.from(srtp.protectRtp(Uint8Array.from(RTP), 1))
    peer.receive(Uint8Array.from(datagram), path, 1)
    peer.receive(datagram, path, 2)
    assert.deepEqual(
      rtp.map((packet) => Uint8Array.from(packet)),
      [RTP],
    )
    dtls.close(null)
    for (let output = dtls.poll(); output; output = dtls.poll())
      if (output.type === 'send') peer.receive(output.data, path, 3)
    assert.equal(events.at(-1), 'closed null')
    assert.equal(peer.closed, true)
    peer.close()
    peer.receive(check(), path, 4)
    peer.tick(1e6)
    peer.sendRtcp(RTP)
    assert.equal(events.length, 3)
    assert.equal(peer.deadlineMs, undefined)
    assert.equal(open(), 0)
  })

  test(`however a peer ends whose ${role} we are, its endpoint is closed`, () => {
    const never = setUp({ role })
    never.peer.tick(never.peer.deadlineMs ?? 0)
    assert.deepEqual(never.events, ['closed WEBRTC_CONNECT_TIMEOUT'])
    assert.equal(never.open(), 0)
    const silent = setUp({ role })
    const path = pathTo(1)
    shake(silent.peer, silent.dtls, path)
    silent.peer.tick(silent.peer.deadlineMs ?? 0)
    assert.equal(silent.events.at(-1), 'closed WEBRTC_CONSENT_EXPIRED')
    assert.equal(silent.open(), 0)
    assert.deepEqual(path.sent, [], 'who is gone is sent nothing')
    const strange = setUp({ role, fingerprint: '00' })
    shake(strange.peer, strange.dtls, pathTo(1))
    assert.ok(!strange.events.includes('connected'))
    assert.equal(strange.events.at(-1), 'closed DTLS_FINGERPRINT')
    assert.equal(strange.open(), 0)
  })
}

test('requests without our password are told so, and move nothing; with it the peer is elsewhere', () => {
  const { peer, dtls, events } = setUp()
  const path = pathTo(1)
  shake(peer, dtls, path)
  const other = pathTo(2)
  peer.receive(check('wrongwrongwrongwrongwrong'), other, 10)
  assert.equal(other.sent.length, 1)
  assert.equal(peer.path, path)
  peer.receive(check(), other, 20)
  assert.equal(peer.path, other)
  assert.equal(events.at(-1), 'moved 2')
})

test('before the handshake media is dropped, and nothing anybody sends throws', () => {
  const { peer, events } = setUp()
  const path = pathTo(1)
  peer.receive(Uint8Array.from(RTP), path, 0)
  assert.equal(peer.counters.early, 1)
  peer.sendRtcp(RTP)
  const random = new Random(3)
  for (let i = 0; i < 2000; i++) {
    const bytes = random.bytes(random.int(200))
    bytes[0] = [0, 22, 128, 200, 255][random.int(5)] ?? 0
    peer.receive(bytes, path, i / 100)
  }
  assert.ok(!events.includes('connected'))
  assert.ok(events.length <= 1)
})
