import { createECDH, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto'

import { ALERT, failure } from './protocol.ts'

/** Curves, the better one first. @see RFC 8422 §5.1.1 */
export const CURVE = { x25519: 29, p256: 23 } as const
/** Numbers of `CURVE`, the better one first. */
export const CURVES: readonly number[] = [CURVE.x25519, CURVE.p256]

const X25519_BYTES = 32
/** SubjectPublicKeyInfo of X25519 up to the key. @see RFC 8410 §4 */
const X25519_PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00)
const P256_POINT_BYTES = 65
const UNCOMPRESSED = 4

/** Our half of an agreement on a secret, used once. */
export interface KeyShare {
  /** As it goes over the wire. */
  readonly publicKey: Uint8Array
  /** @throws ProtocolError `DTLS_HANDSHAKE` when the peer's key is none of this curve, or would give the secret away */
  secretWith(peerKey: Uint8Array): Uint8Array
}

/** @param curve one of `CURVES` */
export function makeKeyShare(curve: number): KeyShare {
  return curve === CURVE.x25519 ? x25519Share() : p256Share()
}

function x25519Share(): KeyShare {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  return {
    publicKey: new Uint8Array(spki.subarray(-X25519_BYTES)),
    secretWith: (peerKey) =>
      agree(peerKey.length === X25519_BYTES, () => {
        const key = new Uint8Array(X25519_PREFIX.length + X25519_BYTES)
        key.set(X25519_PREFIX)
        key.set(peerKey, X25519_PREFIX.length)
        const peer = createPublicKey({ key: key as never, format: 'der', type: 'spki' })
        return diffieHellman({ privateKey, publicKey: peer })
      }),
  }
}

function p256Share(): KeyShare {
  const ecdh = createECDH('prime256v1')
  return {
    publicKey: new Uint8Array(ecdh.generateKeys()),
    secretWith: (peerKey) =>
      agree(peerKey.length === P256_POINT_BYTES && peerKey[0] === UNCOMPRESSED, () => ecdh.computeSecret(peerKey)),
  }
}

function agree(fit: boolean, compute: () => Uint8Array): Uint8Array {
  try {
    if (fit) return new Uint8Array(compute())
  } catch {
    // not on the curve, or of small order: as unfit as one of another length
  }
  throw failure(ALERT.illegalParameter, 'the key of the peer is not on the curve')
}
