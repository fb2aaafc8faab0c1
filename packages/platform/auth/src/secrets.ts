import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'

import { ServiceError } from '@millrace/core'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** `count` random characters of base62, 5.95 bits each. */
function base62(count: number): string {
  let text = ''
  while (text.length < count) {
    for (const byte of randomBytes(count)) {
      // 248 is the largest multiple of 62 in a byte: the rest would make some characters likelier
      if (byte < 248 && text.length < count) text += BASE62[byte % 62]
    }
  }
  return text
}

/** A stream key: `sk_` and 143 bits in base62. Fits wherever a protocol can carry one. */
export function newStreamKey(): string {
  return `sk_${base62(24)}`
}

/** An API token: `tok_` and 190 bits in base62. Longer than a token's id, which also starts with `tok_`. */
export function newApiToken(): string {
  return `tok_${base62(32)}`
}

/** A webhook secret: `whsec_` and 192 bits in base64. @see Standard Webhooks 1.0 */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(24).toString('base64')}`
}

/** A root secret: 32 random bytes in base64, for `MILLRACE_SECRET`. */
export function newRootSecret(): string {
  return randomBytes(32).toString('base64')
}

/** What is derived from the root secret. Losing it loses every key, token and webhook secret. */
export interface Keyring {
  /** Key of the HMAC that stands for keys and tokens in the database. */
  pepper: Uint8Array
  /** Key of `seal` and `open`. */
  sealingKey: Uint8Array
}

/** Derives the keyring (HKDF-SHA-256). Throws ServiceError `AUTH_ROOT_SECRET` unless given 32 bytes in base64. @see RFC 5869 */
export function deriveKeyring(rootSecret: string): Keyring {
  const root = Buffer.from(rootSecret, 'base64')
  if (root.length !== 32 || root.toString('base64') !== rootSecret.trim()) {
    throw new ServiceError('AUTH_ROOT_SECRET', 'the root secret must be 32 bytes in base64 (openssl rand -base64 32)')
  }
  const derive = (purpose: string) => new Uint8Array(hkdfSync('sha256', root, 'millrace', purpose, 32))
  return { pepper: derive('pepper'), sealingKey: derive('sealing') }
}

/** What is stored in place of a key or token: HMAC-SHA-256 under the pepper, base64url. */
export function hashSecret({ pepper }: Keyring, secret: string): string {
  return createHmac('sha256', pepper).update(secret).digest('base64url')
}

/** Whether two hashes are equal, in constant time. */
export function equalHashes(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
