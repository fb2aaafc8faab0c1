/** DTLS against werift's, written in TypeScript from the RFCs. */
import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import test, { after } from 'node:test'

import type { DtlsConnected, Fingerprint } from '@millrace/webrtc'
import * as werift from 'werift'

import { openOpensslEngine } from './openssl.ts'
import type { PacketEngine } from './packet-engine.ts'
import { type RunningDtls, runDtls } from './testing.ts'
import { openTypescriptEngine } from './typescript.ts'

const engines = [await openOpensslEngine(), openTypescriptEngine()]
after(() => {
  for (const engine of engines) engine.close()
})

const SIGNATURE = { signature: werift.SignatureAlgorithm.ecdsa_3, hash: werift.HashAlgorithm.sha256_4 }
const RSA_SIGNATURE = { signature: werift.SignatureAlgorithm.rsa_1, hash: werift.HashAlgorithm.sha256_4 }
const CURVE = werift.NamedCurveAlgorithm.secp256r1_23
const LAST_FLIGHT = 7
const PROFILES = [
  ['SRTP_AEAD_AES_128_GCM', 7, 12],
  ['SRTP_AES128_CM_SHA1_80', 1, 14],
] as const

interface Identity {
  certPem: string
  keyPem: string
  signatureHash: NonNullable<werift.DtlsSocket['options']['signatureHash']>
}
const identity = (): Promise<Identity> => werift.CipherContext.createSelfSignedCertificateWithKey(SIGNATURE, CURVE)
const fingerprintOf = ({ certPem }: Identity): Fingerprint => ({
  algorithm: 'sha-256',
  value: createHash('sha256')
    .update(new X509Certificate(certPem).raw)
    .digest('hex')
    .toUpperCase()
    .replaceAll(/..(?!$)/g, '$&:'),
})

interface Pair {
  ours: RunningDtls
  theirs: werift.DtlsSocket
}

/** @param role werift's */
function connect(
  engine: PacketEngine,
  role: 'client' | 'server',
  { certPem, keyPem, signatureHash }: Identity,
  expected: Fingerprint,
  { profiles = [7, 1], extendedMasterSecret = true } = {},
): Pair {
  const transport = {
    type: 'udp',
    address: ['127.0.0.1', 1],
    closed: false,
    onData: (_data: Buffer, _from: unknown): void => {},
    send: (data: Buffer): Promise<void> => {
      setImmediate(() => ours.deliver(data))
      return Promise.resolve()
    },
    close: (): Promise<void> => Promise.resolve(),
  }
  const options = {
    transport: transport as never,
    cert: certPem,
    key: keyPem,
    signatureHash,
    srtpProfiles: profiles as never,
    extendedMasterSecret,
    certificateRequest: true,
  }
  const theirs = role === 'client' ? new werift.DtlsClient(options) : new werift.DtlsServer(options)
  const ourRole = role === 'client' ? 'server' : 'client'
  const endpoint = engine.openDtls({ role: ourRole, remoteFingerprints: [expected] })
  const ours = runDtls(endpoint, (data) => transport.onData(Buffer.from(data), ['127.0.0.1', 2]))
  return { ours, theirs }
}

async function finish({ ours, theirs }: Pair): Promise<DtlsConnected> {
  try {
    if (theirs instanceof werift.DtlsClient) void theirs.connect()
    return await ours.connected
  } finally {
    ours.close()
    theirs.close()
    // or it would go on to repeat its last flight
    theirs.dtls.flight = LAST_FLIGHT
  }
}

for (const engine of engines) {
  for (const role of ['client', 'server'] as const) {
    for (const [profile, number, saltBytes] of PROFILES) {
      test(`${engine.name}: werift as ${role} agrees with us on ${profile}`, async () => {
        const me = await identity()
        const pair = connect(engine, role, me, fingerprintOf(me), { profiles: [number] })
        const connected = await finish(pair)
        assert.equal(connected.keys.profile, profile)
        const keys = pair.theirs.extractSessionKeys(16, saltBytes)
        assert.deepEqual(Buffer.from(connected.keys.remoteKey), keys.localKey)
        assert.deepEqual(Buffer.from(connected.keys.remoteSalt), keys.localSalt)
        assert.deepEqual(Buffer.from(connected.keys.localKey), keys.remoteKey)
        assert.deepEqual(Buffer.from(connected.keys.localSalt), keys.remoteSalt)
      })
    }

    test(`${engine.name}: werift as ${role} may have a certificate with an RSA key`, async () => {
      const me = await werift.CipherContext.createSelfSignedCertificateWithKey(RSA_SIGNATURE)
      const connected = await finish(connect(engine, role, me, fingerprintOf(me)))
      assert.equal(connected.keys.profile, 'SRTP_AEAD_AES_128_GCM')
    })

    test(`${engine.name}: werift as ${role} need not know the extended master secret`, async () => {
      const me = await identity()
      const pair = connect(engine, role, me, fingerprintOf(me), { extendedMasterSecret: false })
      const { keys } = await finish(pair)
      assert.deepEqual(Buffer.from(keys.remoteKey), pair.theirs.extractSessionKeys(16, 12).localKey)
    })

    test(`${engine.name}: a ${role} with somebody else's certificate and its own key is refused`, async () => {
      const [victim, thief] = await Promise.all([identity(), identity()])
      const pair = connect(engine, role, { ...thief, certPem: victim.certPem }, fingerprintOf(victim))
      await assert.rejects(finish(pair), { code: 'DTLS_HANDSHAKE', message: /signature/ })
    })
  }

  test(`${engine.name}: a client whose Finished is all zeros is refused`, async () => {
    const me = await identity()
    const pair = connect(engine, 'client', me, fingerprintOf(me))
    pair.theirs.cipher.verifyData = () => Buffer.alloc(12)
    await assert.rejects(finish(pair), { code: 'DTLS_HANDSHAKE', message: /digest check failed/ })
  })

  test(`${engine.name}: a client without certificate is refused`, async () => {
    const me = await identity()
    const pair = connect(engine, 'client', me, fingerprintOf(me))
    Object.defineProperty(pair.theirs.dtls, 'requestedCertificateTypes', { get: () => [], set() {} })
    await assert.rejects(finish(pair), { code: 'DTLS_HANDSHAKE' })
  })

  test(`${engine.name}: a peer without SRTP is refused`, async () => {
    const me = await identity()
    await assert.rejects(finish(connect(engine, 'client', me, fingerprintOf(me), { profiles: [] })), {
      code: 'DTLS_NO_SRTP',
    })
  })
}
