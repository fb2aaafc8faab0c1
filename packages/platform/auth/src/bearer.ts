import { createHash, timingSafeEqual } from 'node:crypto'

/** The credential of a header `Authorization: Bearer …`, or undefined. @see RFC 6750 §2.1 */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
}

/** Whether a header `Authorization` has this token; takes as long for a wrong one as for the right one. */
export function isBearer(authorization: string | undefined, token: string): boolean {
  const given = bearerOf(authorization)
  return given !== undefined && timingSafeEqual(digest(given), digest(token))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
