import { randomBytes } from 'node:crypto'

import { concatBytes } from '@millrace/bytes'

import {
  type Handshake,
  type HandshakeTools,
  finish,
  srtpProfile,
  take,
  takeCertificate,
  takeFinished,
  useKeys,
} from './handshake.ts'
import { type ClientHello, readClientHello, SUITE, writeServerHello } from './hello.ts'
import { CURVES, makeKeyShare } from './key-exchange.ts'
import { masterSecret } from './key-schedule.ts'
import * as messages from './messages.ts'
import { ALERT, DTLS_1_2, failure, MESSAGE } from './protocol.ts'
import { ECDSA_SHA256, signData, verifySignature } from './signatures.ts'

const SUITE_OURS = SUITE.ecdheEcdsaAes128Gcm
const EMPTY = new Uint8Array()

/**
 * The server's side. It asks for no cookie: ICE has shown that the client is where it says.
 *
 * @see RFC 6347 §4.2.4, RFC 5764 §4
 */
export function* serverHandshake(tools: HandshakeTools): Handshake {
  const hello = readClientHello(yield* take(tools, MESSAGE.clientHello))
  const curve = chooseCurve(hello)
  const profile = srtpProfile(hello.srtpProfiles[0])
  const random = new Uint8Array(randomBytes(32))
  const randoms = { client: hello.random, server: random }
  const share = makeKeyShare(curve)

  const { extendedMasterSecret, renegotiationInfo, pointFormats } = hello
  tools.send(
    MESSAGE.serverHello,
    writeServerHello({
      version: DTLS_1_2,
      random,
      suite: SUITE_OURS,
      srtpProfile: profile,
      extendedMasterSecret,
      renegotiationInfo,
      pointFormats,
    }),
  )
  tools.send(MESSAGE.certificate, messages.writeCertificate(tools.identity.certificate))
  const params = messages.writeKeyParams(curve, share.publicKey)
  const signature = signData(concatBytes([randoms.client, randoms.server, params]), tools.identity.key)
  tools.send(MESSAGE.serverKeyExchange, messages.writeServerKeyExchange(params, signature))
  tools.send(MESSAGE.certificateRequest, messages.writeCertificateRequest())
  tools.send(MESSAGE.serverHelloDone, EMPTY)

  const peerKey = yield* takeCertificate(tools)
  const theirShare = messages.readClientKeyExchange(yield* take(tools, MESSAGE.clientKeyExchange))
  const signed = tools.transcript.bytes()
  const sessionHash = extendedMasterSecret ? tools.transcript.hash() : undefined
  const master = masterSecret(share.secretWith(theirShare), randoms, sessionHash)
  const proof = messages.readCertificateVerify(yield* take(tools, MESSAGE.certificateVerify))
  verifySignature(signed, proof, peerKey)

  useKeys(tools, 'server', master, randoms)
  yield* takeFinished(tools, 'client', master)
  finish(tools, 'server', master)
  return { master, randoms, profile }
}

/** Sees that the client can do what we can. */
function chooseCurve({ version, suites, curves, signatureSchemes }: ClientHello): number {
  // versions of DTLS count down
  if (version > DTLS_1_2) throw failure(ALERT.protocolVersion, 'the peer does not know DTLS 1.2')
  if (!suites.includes(SUITE_OURS)) throw failure(ALERT.handshakeFailure, 'no cipher suite in common')
  const curve = CURVES.find((each) => curves.includes(each))
  if (curve === undefined) throw failure(ALERT.handshakeFailure, 'no curve in common')
  if (signatureSchemes && !signatureSchemes.includes(ECDSA_SHA256)) {
    throw failure(ALERT.handshakeFailure, 'the peer does not take ECDSA with SHA-256')
  }
  return curve
}
