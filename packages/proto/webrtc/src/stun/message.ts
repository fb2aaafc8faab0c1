import { createSecretKey, type KeyObject } from 'node:crypto'

import type { Address } from '@millrace/core'

export type StunClass = 'request' | 'indication' | 'success' | 'error'

/** The only method that ICE uses. @see RFC 8489 §18.2 */
export const STUN_BINDING = 1

export const STUN_HEADER_BYTES = 20
export const MAGIC_COOKIE = 0x2112a442
/** What the CRC of FINGERPRINT is combined with. @see RFC 8489 §14.7 */
export const FINGERPRINT_XOR = 0x5354554e

/** @see RFC 8489 §18.3, RFC 8445 §16.1 */
export const STUN_ATTRIBUTE = {
  mappedAddress: 0x0001,
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  realm: 0x0014,
  nonce: 0x0015,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  fingerprint: 0x8028,
  iceControlled: 0x8029,
  iceControlling: 0x802a,
} as const

/** Why a request failed. @see RFC 8489 §14.8 */
export interface StunError {
  /** 300 to 699. */
  readonly code: number
  readonly reason: string
}

/** A STUN message, as much of it as ICE needs. @see RFC 8489 §5 */
export interface StunMessage {
  readonly class: StunClass
  readonly method: number
  /** 12 bytes, in the memory of the datagram. */
  readonly transactionId: Uint8Array
  readonly username: string | null
  /** PRIORITY. */
  readonly priority: number | null
  readonly useCandidate: boolean
  /** What the sender takes itself for. */
  readonly iceRole: 'controlling' | 'controlled' | null
  /** XOR-MAPPED-ADDRESS. */
  readonly mappedAddress: Address | null
  readonly error: StunError | null
  /** Where MESSAGE-INTEGRITY begins; null without. */
  readonly integrityOffset: number | null
  /** Whether there was a FINGERPRINT; a wrong one doesn't get this far. */
  readonly hasFingerprint: boolean
  /** Attributes that must be understood, and aren't. */
  readonly unknown: readonly number[]
}

/** The key of MESSAGE-INTEGRITY with short-term credentials. @see RFC 8489 §9.1.1 */
export function stunKey(password: string): KeyObject {
  return createSecretKey(password, 'utf8')
}

/** Of the two bits in the type, which stand apart. @see RFC 8489 §5 */
export const STUN_CLASSES: readonly StunClass[] = ['request', 'indication', 'success', 'error']
