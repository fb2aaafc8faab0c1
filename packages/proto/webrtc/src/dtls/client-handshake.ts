import { randomBytes } from 'node:crypto'

import { concatBytes } from '@millrace/bytes'

import {
  expectType,
  finish,
  type Handshake,
  type HandshakeTools,
  srtpProfile,
  take,
  takeCertificate,
  takeFinished,
  useKeys,
} from './handshake.ts'
import { readHelloVerifyRequest, readServerHello, type ServerHello, SUITE, writeClientHello } from './hello.ts'
import { CURVES, makeKeyShare } from './key-exchange.ts'
import { masterSecret } from './key-schedule.ts'
import * as messages from './messages.ts'
import { ALERT, DTLS_1_2, failure, MESSAGE } from './protocol.ts'
import { signData, verifySignature } from './signatures.ts'

const EMPTY = new Uint8Array()
/** How the key of a server's certificate goes with the cipher suite. */
const SUITE_OF_KEY: Readonly<Record<string, number>> = { ec: SUITE.ecdheEcdsaAes128Gcm, rsa: SUITE.ecdheRsaAes128Gcm }

/** The client's side. @see RFC 6347 §4.2.4, RFC 5764 §4 */
export function* clientHandshake(tools: HandshakeTools): Handshake {
  const random = new Uint8Array(randomBytes(32))
  const hello = yield* takeServerHello(tools, random)
  const profile = srtpProfile(hello.srtpProfile)
  const randoms = { client: random, server: hello.random }

  const peerKey = yield* takeCertificate(tools)
  if (SUITE_OF_KEY[peerKey.asymmetricKeyType ?? ''] !== hello.suite) {
    throw failure(ALERT.illegalParameter, 'the certificate is not of the kind that was chosen')
  }
  const theirs = messages.readServerKeyExchange(yield* take(tools, MESSAGE.serverKeyExchange))
  verifySignature(concatBytes([randoms.client, randoms.server, theirs.params]), theirs.signature, peerKey)
  if (!CURVES.includes(theirs.curve)) throw failure(ALERT.illegalParameter, 'a curve that was not offered')
  yield* takeRequest(tools)

  const share = makeKeyShare(theirs.curve)
  const { certificate, key } = tools.identity
  tools.send(MESSAGE.certificate, messages.writeCertificate(certificate))
  tools.send(MESSAGE.clientKeyExchange, messages.writeClientKeyExchange(share.publicKey))
  const sessionHash = hello.extendedMasterSecret ? tools.transcript.hash() : undefined
  const master = masterSecret(share.secretWith(theirs.publicKey), randoms, sessionHash)
  const proof = signData(tools.transcript.bytes(), key)
  tools.send(MESSAGE.certificateVerify, messages.writeSigned(proof))
  useKeys(tools, 'client', master, randoms)
  finish(tools, 'client', master)
  yield* takeFinished(tools, 'server', master)
  return { master, randoms, profile }
}

/** Says hello, twice where the server wants to see a cookie come back. */
function* takeServerHello(tools: HandshakeTools, random: Uint8Array): Handshake<ServerHello> {
  tools.send(MESSAGE.clientHello, writeClientHello(random, EMPTY))
  let message = yield 0
  if (message.type === MESSAGE.helloVerifyRequest) {
    tools.transcript.clear()
    tools.send(MESSAGE.clientHello, writeClientHello(random, readHelloVerifyRequest(message.body)))
    message = yield 0
  }
  expectType(message, MESSAGE.serverHello)
  tools.transcript.add(message)
  const hello = readServerHello(message.body)
  if (hello.version !== DTLS_1_2) throw failure(ALERT.protocolVersion, 'the peer does not choose DTLS 1.2')
  if (!Object.values(SUITE_OF_KEY).includes(hello.suite)) {
    throw failure(ALERT.illegalParameter, 'a cipher suite that was not offered')
  }
  return hello
}

/** A server that wants no certificate could not know who we are. */
function* takeRequest(tools: HandshakeTools): Handshake<void> {
  yield* take(tools, MESSAGE.certificateRequest)
  yield* take(tools, MESSAGE.serverHelloDone)
}
