import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

import type { Fingerprint } from '../engine.ts'

/** A certificate that a fingerprint vouches for, and its key. */
export interface SelfSigned {
  /** X.509 in DER. */
  readonly certificate: Uint8Array
  /** ECPrivateKey in DER. @see RFC 5915 */
  readonly privateKey: Uint8Array
  readonly fingerprint: Fingerprint
}

const OID = {
  commonName: Uint8Array.of(0x06, 3, 0x55, 4, 3),
  ecdsaWithSha256: Uint8Array.of(0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2),
} as const
const TAG = {
  integer: 0x02,
  bitString: 0x03,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
} as const
const HASHES: Readonly<Record<string, string>> = {
  'sha-1': 'sha1',
  'sha-256': 'sha256',
  'sha-384': 'sha384',
  'sha-512': 'sha512',
}

/**
 * A new P-256 key with a certificate for it, signed by itself.
 *
 * @see RFC 8827 §6.5, RFC 5280 §4.1
 */
export function selfSigned(): SelfSigned {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = node(TAG.sequence, node(TAG.set, node(TAG.sequence, OID.commonName, text(TAG.utf8String, 'millrace'))))
  const algorithm = node(TAG.sequence, OID.ecdsaWithSha256)
  // what counts is the fingerprint, and cameras without a clock take part as well
  const validity = node(TAG.sequence, text(TAG.utcTime, '700101000000Z'), text(TAG.utcTime, '491231235959Z'))
  const toBeSigned = node(
    TAG.sequence,
    node(TAG.version, node(TAG.integer, Uint8Array.of(2))),
    node(TAG.integer, serialNumber()),
    algorithm,
    name,
    validity,
    name,
    keys.publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = sign('sha256', toBeSigned, keys.privateKey)
  const certificate = node(TAG.sequence, toBeSigned, algorithm, node(TAG.bitString, Uint8Array.of(0), signature))
  const fingerprint = fingerprintOf(certificate, 'sha-256')
  const privateKey = new Uint8Array(keys.privateKey.export({ type: 'sec1', format: 'der' }))
  return { certificate, privateKey, fingerprint }
}

/** Whether a certificate in DER has one of the fingerprints. Those by unknown algorithms count for nothing. */
export function hasFingerprint(certificate: Uint8Array, fingerprints: readonly Fingerprint[]): boolean {
  return fingerprints.some(
    ({ algorithm, value }) =>
      HASHES[algorithm] !== undefined && fingerprintOf(certificate, algorithm).value === value.toUpperCase(),
  )
}

function fingerprintOf(certificate: Uint8Array, algorithm: string): Fingerprint {
  const digest = createHash(HASHES[algorithm] ?? algorithm)
    .update(certificate)
    .digest('hex')
    .toUpperCase()
  return { algorithm, value: digest.replaceAll(/..(?!$)/g, '$&:') }
}

/** Positive and without leading zeros, as DER wants it. */
function serialNumber(): Uint8Array {
  const serial = new Uint8Array(randomBytes(16))
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  return serial
}

/** One DER value. @see ITU-T X.690 §8.1 */
function node(tag: number, ...contents: Uint8Array[]): Uint8Array {
  const bytes = contents.reduce((sum, { length }) => sum + length, 0)
  const header =
    bytes < 0x80 ? [tag, bytes] : bytes < 0x100 ? [tag, 0x81, bytes] : [tag, 0x82, bytes >> 8, bytes & 0xff]
  const value = new Uint8Array(header.length + bytes)
  value.set(header)
  let offset = header.length
  for (const content of contents) {
    value.set(content, offset)
    offset += content.length
  }
  return value
}

const text = (tag: number, value: string): Uint8Array => node(tag, new TextEncoder().encode(value))
