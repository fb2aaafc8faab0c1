import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

import { ServiceError } from '@millrace/core'

import type { Keyring } from './secrets.ts'

/*
 * Sealed text: `v1.` and base64url of
 *   0   12  nonce, random
 *  12    n  AES-256-GCM of the UTF-8 text
 *  12+n 16  tag
 */
const VERSION = 'v1.'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Encrypts a secret for storage. `context` (the row's id) must be given again to open it, so that rows can't be swapped. */
export function seal({ sealingKey }: Keyring, text: string, context: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', sealingKey, nonce)
  cipher.setAAD(Buffer.from(context))
  const body = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return VERSION + body.toString('base64url')
}

/** Opens what `seal` made. Throws ServiceError `AUTH_SEAL_BROKEN` for another key or context, or altered text. */
export function open({ sealingKey }: Keyring, sealed: string, context: string): string {
  const body = Buffer.from(sealed.slice(VERSION.length), 'base64url')
  try {
    const decipher = createDecipheriv('aes-256-gcm', sealingKey, body.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(Buffer.from(context))
    decipher.setAuthTag(body.subarray(-TAG_BYTES))
    const text = decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
    if (sealed.startsWith(VERSION)) return text
  } catch {
    // told below without the cause: it says nothing more
  }
  throw new ServiceError(
    'AUTH_SEAL_BROKEN',
    'a stored secret cannot be opened: MILLRACE_SECRET is not the one it was sealed with',
  )
}
