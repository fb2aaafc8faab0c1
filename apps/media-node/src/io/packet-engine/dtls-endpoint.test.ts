import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { setTimeout } from 'node:timers/promises'

import { CodedError } from '@millrace/core'
import { Random } from '@millrace/testkit'
import type { DtlsConnected, DtlsEndpoint, Fingerprint } from '@millrace/webrtc'

import { openOpensslEngine } from './openssl.ts'
import { runDtls } from './testing.ts'
import { openTypescriptEngine } from './typescript.ts'

const HANDSHAKES = 30
const LOSS = 0.3

const openssl = await openOpensslEngine()
const typescript = openTypescriptEngine()
after(() => {
  openssl.close()
  typescript.close()
})

/** What an endpoint has to say by now. */
function sends(endpoint: DtlsEndpoint): Uint8Array[] {
  const datagrams: Uint8Array[] = []
  for (let output = endpoint.poll(); output; output = endpoint.poll()) {
    if (output.type === 'send') datagrams.push(output.data)
  }
  return datagrams
}

/** Runs both, and loses each datagram with that probability. */
async function shake(client: DtlsEndpoint, server: DtlsEndpoint, loss = 0, seed = 1): Promise<DtlsConnected[]> {
  const random = new Random(seed)
  const link = (deliver: (datagram: Uint8Array) => void) => (datagram: Uint8Array) => {
    if (random.next() >= loss) setImmediate(deliver, datagram)
  }
  const a = runDtls(
    client,
    link((datagram) => b.deliver(datagram)),
  )
  const b = runDtls(
    server,
    link((datagram) => a.deliver(datagram)),
  )
  try {
    return await Promise.all([a.connected, b.connected])
  } finally {
    a.close()
    b.close()
  }
}

test('fingerprints by SHA-384, SHA-512 and SHA-1 will do, in any case of letters; MD5 will not', async () => {
  const { X509Certificate, createHash } = await import('node:crypto')
  const { selfSigned, hasFingerprint } = await import('@millrace/webrtc')
  const { certificate, fingerprint } = selfSigned()
  assert.equal(new X509Certificate(certificate).fingerprint256, fingerprint.value)
  for (const [algorithm, hash] of Object.entries({
    'sha-1': 'sha1',
    'sha-384': 'sha384',
    'sha-512': 'sha512',
    md5: 'md5',
  })) {
    const value = createHash(hash)
      .update(certificate)
      .digest('hex')
      .replaceAll(/..(?!$)/g, '$&:')
    assert.equal(hasFingerprint(certificate, [fingerprint, { algorithm, value }].slice(1)), algorithm !== 'md5')
  }
})

for (const [engine, other] of [
  [openssl, openssl],
  [openssl, typescript],
  [typescript, openssl],
] as const) {
  const pair = `${engine.name} and ${other.name}`
  const clientOf = (fingerprints: readonly Fingerprint[] = [other.fingerprint]): DtlsEndpoint =>
    engine.openDtls({ role: 'client', remoteFingerprints: fingerprints })
  const serverOf = (fingerprints: readonly Fingerprint[] = [engine.fingerprint]): DtlsEndpoint =>
    other.openDtls({ role: 'server', remoteFingerprints: fingerprints })

  test(`${pair}: both ends agree on keys, of the GCM profile where both know it`, async () => {
    const [client, server] = await shake(clientOf(), serverOf())
    assert.ok(client && server)
    assert.equal(client.keys.profile, 'SRTP_AEAD_AES_128_GCM')
    assert.deepEqual(client.keys.localKey, server.keys.remoteKey)
    assert.deepEqual(client.keys.localSalt, server.keys.remoteSalt)
    assert.deepEqual(client.keys.remoteKey, server.keys.localKey)
    assert.notDeepEqual(client.keys.localKey, client.keys.remoteKey)
    assert.equal(client.keys.localSalt.length, 12)
  })

  test(`${pair}: a client says nothing before its first tick, and datagrams have at most 1,200 bytes`, () => {
    const client = clientOf()
    client.receive(Uint8Array.of(22, 254, 253), 0)
    assert.equal(client.deadlineMs, undefined)
    assert.deepEqual(sends(client), [])
    client.tick(0)
    const [hello] = sends(client)
    assert.ok(hello && hello.length <= 1200)
    client.close(null)
  })

  test(`${pair}: a flight without answer goes out again after 50 ms, then 100`, async () => {
    const client = clientOf()
    let nowMs = 0
    client.tick(nowMs)
    assert.equal(sends(client).length, 1)
    for (const atMostMs of [50, 100]) {
      const waitMs = (client.deadlineMs ?? Infinity) - nowMs
      assert.ok(waitMs <= atMostMs)
      await setTimeout(waitMs + 1)
      nowMs += waitMs
      client.tick(nowMs)
      assert.equal(sends(client).length, 1)
    }
    client.close(null)
  })

  test(`${pair}: all of 30 handshakes succeed when three datagrams of ten are lost`, async () => {
    const seeds = Array.from({ length: HANDSHAKES }, (_, seed) => seed)
    const pairs = await Promise.all(seeds.map((seed) => shake(clientOf(), serverOf(), LOSS, seed)))
    for (const [client, server] of pairs) assert.deepEqual(client?.keys.localKey, server?.keys.remoteKey)
  })

  for (const role of ['client', 'server'] as const) {
    test(`${pair}: a ${role} whose certificate has another fingerprint is refused`, async () => {
      const wrong = [{ algorithm: 'sha-256', value: other.fingerprint.value.replace(/^../, '00') }]
      const ends =
        role === 'server'
          ? [clientOf(wrong), serverOf()]
          : [clientOf(), serverOf([engine.fingerprint, ...wrong].slice(1))]
      const [client, server] = ends as [DtlsEndpoint, DtlsEndpoint]
      await assert.rejects(shake(client, server), { code: 'DTLS_FINGERPRINT' })
    })
  }

  test(`${pair}: the end of one end is the end of the other`, async () => {
    const a = runDtls(clientOf(), (datagram) => setImmediate(() => b.deliver(datagram)))
    const b = runDtls(serverOf(), (datagram) => setImmediate(() => a.deliver(datagram)))
    await Promise.all([a.connected, b.connected])
    a.close()
    assert.equal(await b.closed, null)
  })

  test(`${pair}: endpoints outlive their engine, which opens no more`, async () => {
    const short = engine === openssl ? await openOpensslEngine() : openTypescriptEngine()
    const client = short.openDtls({ role: 'client', remoteFingerprints: [other.fingerprint] })
    const server = serverOf([short.fingerprint])
    short.close()
    short.close()
    assert.equal((await shake(client, server)).length, 2)
    assert.throws(() => short.openDtls({ role: 'client', remoteFingerprints: [] }), { code: 'PACKET_ENGINE_CLOSED' })
  })

  test(`${pair}: a closed endpoint says and takes nothing`, () => {
    const client = clientOf()
    client.tick(0)
    client.close(new CodedError('TEST_OVER', 'over'))
    assert.deepEqual(sends(client).length, 1)
    client.close(null)
    client.receive(new Uint8Array(100), 0)
    client.tick(1e9)
    assert.equal(client.poll(), undefined)
    assert.equal(client.deadlineMs, undefined)
  })

  test(`${pair}: nothing that is sent does worse than fail a handshake`, () => {
    const client = clientOf()
    const server = serverOf()
    client.tick(performance.now())
    const recorded: Uint8Array[] = []
    for (let round = 0; round < 4; round++) {
      for (const datagram of sends(client)) {
        recorded.push(datagram)
        server.receive(datagram, performance.now())
      }
      for (const datagram of sends(server)) client.receive(datagram, performance.now())
    }
    client.close(null)
    server.close(null)
    assert.ok(recorded.length >= 2)
    const random = new Random(7)
    for (let round = 0; round < 300; round++) {
      const victim = serverOf()
      for (const datagram of recorded) {
        const bytes = Uint8Array.from(datagram).subarray(
          0,
          random.int(4) === 0 ? random.int(datagram.length) : datagram.length,
        )
        for (let i = random.int(3); i > 0; i--) bytes[random.int(bytes.length)] = random.int(256)
        try {
          victim.receive(bytes, performance.now())
        } catch (error) {
          assert.ok(error instanceof CodedError && error.code.startsWith('DTLS_'), String(error))
        }
      }
      victim.receive(random.bytes(random.int(20_000)), performance.now())
      victim.close(null)
    }
  })

  test(`${pair}: records that anybody could have sent don’t end an association`, () => {
    const client = clientOf()
    const server = serverOf()
    client.tick(0)
    for (let moved = true; moved;) {
      const [there, back] = [sends(client), sends(server)]
      for (const datagram of there) server.receive(datagram, 0)
      for (const datagram of back) client.receive(datagram, 0)
      moved = there.length + back.length > 0
    }
    for (const type of [21, 22, 23]) {
      for (let length = 0; length < 64; length++) {
        for (const epoch of [0, 1, 2]) {
          const record = new Uint8Array(13 + length)
          record.set([type, 254, 253, 0, epoch, 0, 0, 0, 0, 128, length, 0, length])
          for (const end of [client, server]) {
            end.receive(record, 0)
            assert.equal(end.poll(), undefined)
          }
        }
      }
    }
    client.close(null)
    server.close(null)
  })
}
