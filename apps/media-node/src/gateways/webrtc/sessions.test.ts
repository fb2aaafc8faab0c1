import assert from 'node:assert/strict'
import test, { after } from 'node:test'

import type { CodedError } from '@millrace/core'
import { stunKey, writeStun, type Path } from '@millrace/webrtc'

import { openOpensslEngine } from '../../io/packet-engine/openssl.ts'
import type { SessionRole } from './role.ts'
import { RtcSession } from './session.ts'
import { RtcSessions } from './sessions.ts'

const engine = await openOpensslEngine()
after(() => engine.close())

const ROLE: SessionRole = {
  connected() {},
  moved() {},
  rtp() {},
  rtcp() {},
  tick() {},
  deadlineMs: undefined,
  bytes: { sent: 0, received: 0 },
  figures: {
    packetsReceived: 0,
    packetsSent: 0,
    retransmitted: 0,
    nacks: 0,
    keyFrameRequests: 0,
    rttMs: null,
    lossRatio: 0,
    jitterMs: 0,
    estimateBps: null,
  },
  ended() {},
}

function pathTo(port: number): Path & { sent: Uint8Array[] } {
  const sent: Uint8Array[] = []
  return { address: { transport: 'udp', ip: '127.0.0.1', port }, sent, send: (datagram) => sent.push(datagram) }
}

function setUp() {
  const sessions = new RtcSessions()
  const closed: (CodedError | null)[] = []
  const session: RtcSession = new RtcSession(
    {
      id: 'id',
      engine,
      dtls: { role: 'server', remoteFingerprints: [engine.fingerprint] },
      remoteUfrag: 'peer',
      consentTimeoutMs: 30_000,
      role: ROLE,
      candidates: [],
      onConnected() {},
      onClosed: (reason) => {
        sessions.remove(session)
        closed.push(reason)
      },
    },
    0,
  )
  sessions.add(session)
  return { sessions, session, closed }
}

function check({ credentials, remoteUfrag }: RtcSession): Uint8Array {
  return writeStun(
    {
      class: 'request',
      transactionId: new Uint8Array(12),
      username: `${credentials.ufrag}:${remoteUfrag}`,
      useCandidate: true,
      iceRole: 'controlling',
      tieBreaker: new Uint8Array(8),
    },
    stunKey(credentials.pwd),
  )
}

test('a peer that changes its address again and again is known by the latest only', () => {
  const { sessions, session } = setUp()
  for (let port = 1; port <= 100; port++) {
    const path = pathTo(port)
    session.receive(check(session), path, port)
    assert.equal(session.path, path)
    sessions.bind(`127.0.0.1|${port}`, session, path)
  }
  assert.ok(session.paths.size <= 8)
  assert.equal(sessions.byPath('127.0.0.1|1'), undefined)
  assert.equal(sessions.byPath('127.0.0.1|100')?.session, session)
  session.close()
  assert.equal(sessions.byPath('127.0.0.1|100'), undefined)
})

test('a path of a session that has ended is not kept', () => {
  const { sessions, session, closed } = setUp()
  session.close()
  session.close()
  assert.deepEqual(closed, [null])
  sessions.bind('127.0.0.1|1', session, pathTo(1))
  assert.equal(sessions.byPath('127.0.0.1|1'), undefined)
  assert.equal(sessions.size, 0)
})

test('a path that another session has proven is that one’s', () => {
  const { sessions, session } = setUp()
  const { session: other } = setUp()
  const path = pathTo(1)
  sessions.bind('a', session, path)
  sessions.unbind('a', pathTo(1))
  assert.equal(sessions.byPath('a')?.session, session)
  sessions.unbind('a', path)
  assert.equal(sessions.byPath('a'), undefined)
  assert.equal(session.paths.size, 0)
  other.close()
  session.close()
})

test('after restarts of ICE a peer is found by its last two names, and both get in', () => {
  const { sessions, session } = setUp()
  const names = [session.credentials.ufrag]
  const before = check(session)
  sessions.restart(session, 'peer2')
  names.push(session.credentials.ufrag)
  session.receive(before, pathTo(1), 1)
  assert.ok(session.path)
  const path = pathTo(2)
  session.receive(check(session), path, 2)
  assert.equal(session.path, path)
  for (let i = 0; i < 50; i++) {
    sessions.restart(session, `again${i}`)
    names.push(session.credentials.ufrag)
  }
  const known = names.filter((name) => sessions.byUfrag(name) === session)
  assert.deepEqual(known, names.slice(-2))
  session.close()
  assert.ok(names.every((name) => sessions.byUfrag(name) === undefined))
})

test('a peer that never comes is given up, and so is one that falls silent', () => {
  const { session, closed } = setUp()
  session.tick(session.deadlineMs)
  assert.equal(closed[0]?.code, 'WEBRTC_CONNECT_TIMEOUT')
  const silent = setUp()
  silent.session.receive(check(silent.session), pathTo(1), 0)
  for (let nowMs = 0; silent.closed.length === 0 && nowMs < 40_000; nowMs += 100) silent.session.tick(nowMs)
  assert.equal(silent.closed[0]?.code, 'WEBRTC_CONNECT_TIMEOUT')
})
