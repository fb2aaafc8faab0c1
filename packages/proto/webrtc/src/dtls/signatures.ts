import { constants, type KeyObject, sign, verify, X509Certificate } from 'node:crypto'

import { ALERT, failure } from './protocol.ts'

/** What our certificates sign with. */
export const ECDSA_SHA256 = 0x0403
const MIN_RSA_BITS = 2048

interface Scheme {
  readonly hash: string
  readonly keyType: 'ec' | 'rsa'
  readonly pss?: boolean
}

/** Signatures that are taken from a peer, the best first. @see RFC 5246 §7.4.1.4.1, RFC 8446 §4.2.3 */
const SCHEMES = new Map<number, Scheme>([
  [ECDSA_SHA256, { hash: 'sha256', keyType: 'ec' }],
  [0x0503, { hash: 'sha384', keyType: 'ec' }],
  [0x0804, { hash: 'sha256', keyType: 'rsa', pss: true }],
  [0x0805, { hash: 'sha384', keyType: 'rsa', pss: true }],
  [0x0401, { hash: 'sha256', keyType: 'rsa' }],
  [0x0501, { hash: 'sha384', keyType: 'rsa' }],
])

/** As a hello and a CertificateRequest list them. */
export const SIGNATURE_SCHEMES: readonly number[] = [...SCHEMES.keys()]

/** What a peer signs with. */
export interface Signature {
  readonly scheme: number
  readonly bytes: Uint8Array
}

/** Signs with our P-256 key by `ECDSA_SHA256`. */
export function signData(data: Uint8Array, key: KeyObject): Signature {
  return { scheme: ECDSA_SHA256, bytes: new Uint8Array(sign('sha256', data, key)) }
}

/** @throws ProtocolError `DTLS_HANDSHAKE` when it isn't that key's signature, or made in a way that we didn't offer */
export function verifySignature(data: Uint8Array, { scheme, bytes }: Signature, key: KeyObject): void {
  const known = SCHEMES.get(scheme)
  if (!known || known.keyType !== key.asymmetricKeyType) {
    throw failure(ALERT.illegalParameter, `a signature of kind 0x${scheme.toString(16)} was not asked for`)
  }
  const padding = known.pss
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {}
  if (!isRight(() => verify(known.hash, data, { key, ...padding }, bytes))) {
    throw failure(ALERT.decryptError, 'bad signature: the peer does not own its certificate')
  }
}

/**
 * The public key of a certificate in DER.
 *
 * @throws ProtocolError `DTLS_HANDSHAKE` when there is none that we can use
 */
export function publicKeyOf(certificate: Uint8Array): KeyObject {
  let key: KeyObject
  try {
    key = new X509Certificate(certificate).publicKey
  } catch {
    throw failure(ALERT.badCertificate, 'the certificate can not be read')
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ec' || (type === 'rsa' && (details?.modulusLength ?? 0) >= MIN_RSA_BITS)) return key
  throw failure(ALERT.unsupportedCertificate, `certificates with such a key (${type ?? 'unknown'}) are not taken`)
}

/** A signature that isn't even one makes Node throw. */
function isRight(check: () => boolean): boolean {
  try {
    return check()
  } catch {
    return false
  }
}
