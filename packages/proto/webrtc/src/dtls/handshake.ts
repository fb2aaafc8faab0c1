import type { KeyObject } from 'node:crypto'
import { timingSafeEqual } from 'node:crypto'

import type { Fingerprint, SrtpProfile } from '../engine.ts'
import type { HandshakeMessage } from './handshake-message.ts'
import { type Randoms, recordCiphers, type Sides, verifyData } from './key-schedule.ts'
import { readCertificate } from './messages.ts'
import { ALERT, failure, MESSAGE } from './protocol.ts'
import type { RecordCipher } from './record-cipher.ts'
import { hasFingerprint } from './self-signed.ts'
import { publicKeyOf } from './signatures.ts'
import type { Transcript } from './transcript.ts'

/** Our certificate, and the key to it. */
export interface Identity {
  readonly certificate: Uint8Array
  readonly key: KeyObject
}

/** What a handshake works with. */
export interface HandshakeTools {
  readonly identity: Identity
  readonly remoteFingerprints: readonly Fingerprint[]
  readonly transcript: Transcript
  /** Adds a message to the flight, which goes out when the handshake waits or ends, and to the transcript. */
  send(type: number, body: Uint8Array): void
  /** What is sent from now on is protected. */
  protect(): void
  /** What is received in epoch 1 is opened with the one, and what is protected with the other. */
  useCiphers(ciphers: { readonly local: RecordCipher; readonly remote: RecordCipher }): void
}

/** What both ends have agreed on, and proven. */
export interface Agreement {
  readonly master: Uint8Array
  readonly randoms: Randoms
  readonly profile: SrtpProfile
}

/** A handshake yields the epoch in which it waits for the next message of the peer, and returns the agreement. */
export type Handshake<T = Agreement> = Generator<0 | 1, T, HandshakeMessage>

/** Waits for a message of that type, and adds it to the transcript. */
export function* take({ transcript }: HandshakeTools, type: number, epoch: 0 | 1 = 0): Handshake<Uint8Array> {
  const message = yield epoch
  expectType(message, type)
  transcript.add(message)
  return message.body
}

/** @throws ProtocolError `DTLS_HANDSHAKE` for a message of another type */
export function expectType(message: HandshakeMessage, type: number): void {
  if (message.type === type) return
  throw failure(ALERT.unexpectedMessage, `message ${message.type} where ${type} is due`)
}

/** Waits for the certificate, which must be the one that was announced. @returns the key that the peer has to own */
export function* takeCertificate(tools: HandshakeTools): Handshake<KeyObject> {
  const certificate = readCertificate(yield* take(tools, MESSAGE.certificate))
  if (!certificate) throw failure(ALERT.handshakeFailure, 'the peer has no certificate')
  if (!hasFingerprint(certificate, tools.remoteFingerprints)) {
    throw failure(ALERT.badCertificate, 'the certificate is not the one that was announced', 'DTLS_FINGERPRINT')
  }
  return publicKeyOf(certificate)
}

/** Has the records of both ends protected from their Finished on. */
export function useKeys(tools: HandshakeTools, role: keyof Sides<unknown>, master: Uint8Array, randoms: Randoms): void {
  const ciphers = recordCiphers(master, randoms)
  const remote = role === 'client' ? 'server' : 'client'
  tools.useCiphers({ local: ciphers[role], remote: ciphers[remote] })
}

/** Says Finished. */
export function finish(tools: HandshakeTools, role: keyof Sides<unknown>, master: Uint8Array): void {
  tools.protect()
  tools.send(MESSAGE.finished, verifyData(master, role, tools.transcript.hash()))
}

/** Waits for the Finished of the other end, which proves that both have seen the same messages. */
export function* takeFinished(tools: HandshakeTools, peer: keyof Sides<unknown>, master: Uint8Array): Handshake<void> {
  const expected = verifyData(master, peer, tools.transcript.hash())
  const said = yield* take(tools, MESSAGE.finished, 1)
  if (said.length !== expected.length || !timingSafeEqual(said, expected)) {
    throw failure(ALERT.decryptError, 'digest check failed: the ends have not seen the same handshake')
  }
}

/** @throws ProtocolError `DTLS_NO_SRTP` */
export function srtpProfile(profile: SrtpProfile | undefined): SrtpProfile {
  if (profile) return profile
  throw failure(ALERT.handshakeFailure, 'no SRTP profile in common', 'DTLS_NO_SRTP')
}
