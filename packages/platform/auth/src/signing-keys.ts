import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, type webcrypto } from 'node:crypto'

import type { PublicJwk, SigningAlgorithm } from '@millrace/contracts'
import { ServiceError } from '@millrace/core'

/** Both halves of a signing key: the private one has the member `d` beside those of the public one. */
export interface SigningKeyPair {
  algorithm: SigningAlgorithm
  publicJwk: PublicJwk
  privateJwk: PublicJwk & { d: string }
}

/** Makes a signing key. */
export function newSigningKeyPair(algorithm: SigningAlgorithm): SigningKeyPair {
  const { privateKey, publicKey } =
    algorithm === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
  const publicJwk = publicMembers(publicKey.export({ format: 'jwk' }))
  const { d = '' } = privateKey.export({ format: 'jwk' })
  return { algorithm, publicJwk, privateJwk: { ...publicJwk, d } }
}

/** The algorithm that a key of this kind signs with: one each, so that a token can't choose. */
export function algorithmOf({ kty }: Pick<PublicJwk, 'kty'>): SigningAlgorithm {
  return kty === 'EC' ? 'ES256' : 'EdDSA'
}

/** A public key to verify with. Throws ServiceError `AUTH_KEY_INVALID`, also for a point that is not on the curve. */
export function verifyingKey(jwk: PublicJwk): KeyObject {
  return keyOf(() => createPublicKey({ key: publicMembers(jwk) as webcrypto.JsonWebKey, format: 'jwk' }))
}

/** A private key to sign with. Throws ServiceError `AUTH_KEY_INVALID`. */
export function signerKey(jwk: PublicJwk & { d: string }): KeyObject {
  return keyOf(() => createPrivateKey({ key: jwk as webcrypto.JsonWebKey, format: 'jwk' }))
}

function publicMembers({ kty, crv, x = '', y = '' }: webcrypto.JsonWebKey): PublicJwk {
  if (kty === 'EC' && crv === 'P-256') return { kty, crv, x, y }
  if (kty === 'OKP' && crv === 'Ed25519') return { kty, crv, x }
  throw invalid()
}

function keyOf(make: () => KeyObject): KeyObject {
  try {
    return make()
  } catch {
    throw invalid()
  }
}

function invalid(): ServiceError {
  return new ServiceError('AUTH_KEY_INVALID', 'the key is none of P-256 or Ed25519')
}
