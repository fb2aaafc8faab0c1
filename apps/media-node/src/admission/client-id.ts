import { randomBytes } from 'node:crypto'

const CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyz'

/** A new id of a client, as SRS's: 8 of `0-9a-z`. The API, callbacks and log lines name the client by it. */
export function newClientId(): string {
  return Array.from(randomBytes(8), (byte) => CHARACTERS[byte % CHARACTERS.length]).join('')
}
