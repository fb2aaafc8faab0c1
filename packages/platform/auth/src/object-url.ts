import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'

import type { Keyring } from './secrets.ts'

/** An object that somebody may read through the control plane, until when, and how. */
export interface ObjectUrl {
  storageId: string
  key: string
  /** Seconds since the epoch. */
  expiresS: number
  /** File name under which a browser saves it. */
  downloadAs?: string | undefined
}

/** A function that signs what may be read, 43 characters of base64url each. Thousands are signed for one playlist. */
export function objectUrlSigner({ pepper }: Keyring): (url: ObjectUrl) => string {
  const secret = createSecretKey(pepper)
  return ({ storageId, key, expiresS, downloadAs = '' }) =>
    createHmac('sha256', secret)
      .update(`object-url\n${expiresS}\n${storageId}\n${key}\n${downloadAs}`)
      .digest('base64url')
}

/** Whether `signature` is the one for this, whenever it expires. */
export function isObjectUrlSigned(keyring: Keyring, url: ObjectUrl, signature: string): boolean {
  const wanted = Buffer.from(objectUrlSigner(keyring)(url))
  const given = Buffer.from(signature)
  return wanted.length === given.length && timingSafeEqual(wanted, given)
}
