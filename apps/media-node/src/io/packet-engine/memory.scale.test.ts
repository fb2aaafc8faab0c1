import assert from 'node:assert/strict'
import test from 'node:test'

import { ProtocolError } from '@millrace/core'
import type { DtlsEndpoint, SrtpSession } from '@millrace/webrtc'
import * as koffi from 'koffi'

import { openOpensslEngine } from './openssl.ts'
import type { PacketEngine } from './packet-engine.ts'

const FULL = process.env['MILLRACE_TEST_SCALE'] === 'full'
/** Peers of one round: whole handshakes with sessions, and broken ones. */
const PEERS = FULL ? 1000 : 100
const ROUNDS = 3
/** What a round may add: a session that stayed would be 20 kB, and its endpoint 50 kB. */
const MAX_GROWTH_BYTES = PEERS * 8_000

/** Carries datagrams until both are quiet. */
function shake(client: DtlsEndpoint, server: DtlsEndpoint, engine: PacketEngine): SrtpSession[] {
  const sessions: SrtpSession[] = []
  const carry = (from: DtlsEndpoint, to: DtlsEndpoint): boolean => {
    let moved = false
    for (let output = from.poll(); output; output = from.poll()) {
      moved = true
      if (output.type === 'send') to.receive(output.data, 0)
      else if (output.type === 'event') sessions.push(engine.openSrtp(output.event.keys))
    }
    return moved
  }
  client.tick(0)
  while (carry(client, server) || carry(server, client));
  return sessions
}

function round(engine: PacketEngine): void {
  const known = [engine.fingerprint]
  const strange = [{ algorithm: 'sha-256', value: '00' }]
  for (let i = 0; i < PEERS; i++) {
    const client = engine.openDtls({ role: 'client', remoteFingerprints: known })
    const server = engine.openDtls({ role: 'server', remoteFingerprints: i % 4 === 0 ? strange : known })
    let sessions: SrtpSession[] = []
    try {
      sessions = shake(client, server, engine)
    } catch (error) {
      assert.ok(error instanceof ProtocolError)
    }
    for (const session of sessions) session.close()
    client.close(null)
    server.close(null)
    // one that never begins, and one that is left in the middle
    engine.openDtls({ role: 'client', remoteFingerprints: known }).close(null)
    const left = engine.openDtls({ role: 'client', remoteFingerprints: known })
    left.tick(0)
    left.close(null)
  }
}

async function residentBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await new Promise(setImmediate)
  }
  return process.memoryUsage.rss()
}

test('peers that have gone leave no memory and no callback behind', async () => {
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  globalThis.gc = runInNewContext('gc') as NonNullable<typeof globalThis.gc>
  const callbacks = koffi.stats().callbacks
  const engine = await openOpensslEngine()
  assert.equal(koffi.stats().callbacks, callbacks + 2)
  round(engine)
  let before = await residentBytes()
  const growths: number[] = []
  for (let i = 0; i < ROUNDS; i++) {
    round(engine)
    const now = await residentBytes()
    growths.push(now - before)
    before = now
  }
  assert.ok(Math.min(...growths) < MAX_GROWTH_BYTES, `${growths.join(', ')} bytes per round`)
  engine.close()
  assert.equal(koffi.stats().callbacks, callbacks)
})
