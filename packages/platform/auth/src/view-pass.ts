import { createHmac, timingSafeEqual } from 'node:crypto'

import type { Keyring } from './secrets.ts'

/**
 * A pass to see one thing for a while, `<expires>.<mac>`: what control gives to whoever may see it by an API token, which
 * players can't send.
 *
 * @param subject id of what may be seen
 * @param expiresS seconds since the epoch
 */
export function signViewPass(keyring: Keyring, subject: string, expiresS: number): string {
  const expires = Math.floor(expiresS)
  return `${expires}.${mac(keyring, subject, expires)}`
}

/** When a pass ends, seconds since the epoch; undefined when it is forged, over, or for something else. */
export function verifyViewPass(keyring: Keyring, subject: string, pass: string, nowS: number): number | undefined {
  const [, expires = '', given = ''] = /^(\d{1,12})\.([\w-]{43})$/.exec(pass) ?? []
  if (given === '') return undefined
  const wanted = mac(keyring, subject, Number(expires))
  if (!timingSafeEqual(Buffer.from(wanted), Buffer.from(given))) return undefined
  return Number(expires) > nowS ? Number(expires) : undefined
}

function mac({ pepper }: Keyring, subject: string, expiresS: number): string {
  return createHmac('sha256', pepper).update(`view-pass\n${subject}\n${expiresS}`).digest('base64url')
}
