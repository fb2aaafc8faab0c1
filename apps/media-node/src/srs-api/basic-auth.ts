import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Whether an `Authorization` header has this name and password.
 *
 * SRS: a password may have colons.
 *
 * @see RFC 7617 §2
 */
export function isBasic(header: string | undefined, wanted: { username: string; password: string }): boolean {
  const [, token = ''] = /^Basic +([\w+/=-]+) *$/i.exec(header ?? '') ?? []
  return isSame(Buffer.from(token, 'base64').toString(), `${wanted.username}:${wanted.password}`)
}

/** Takes as long whatever is different. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
