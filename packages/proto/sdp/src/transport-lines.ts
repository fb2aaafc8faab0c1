import type { DtlsSetup, Fingerprint, IceCredentials, MediaDirection } from './description.ts'
import { splitWord, syntaxError } from './lines.ts'

const SETUPS: readonly string[] = ['actpass', 'active', 'passive', 'holdconn'] satisfies DtlsSetup[]
const DIRECTIONS: readonly string[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] satisfies MediaDirection[]

/** Value of `a=setup`. Throws ProtocolError `SDP_SYNTAX`. */
export function parseSetup(value: string): DtlsSetup {
  const setup = value.toLowerCase()
  if (!isSetup(setup)) throw syntaxError('an unknown role', value)
  return setup
}

const isSetup = (text: string): text is DtlsSetup => SETUPS.includes(text)

export const isDirection = (text: string): text is MediaDirection => DIRECTIONS.includes(text)

/** Value of `a=fingerprint`. Throws ProtocolError `SDP_SYNTAX`. @see RFC 8122 §5 */
export function parseFingerprint(value: string): Fingerprint {
  const [algorithm, digest] = splitWord(value)
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){0,63}$/i.test(digest)) throw syntaxError('no fingerprint', value)
  return { algorithm: algorithm.toLowerCase(), value: digest.toUpperCase() }
}

/**
 * Credentials of one section, of which it may have none. Throws ProtocolError `SDP_SYNTAX` when there is only one of the two, or
 * one that the grammar does not allow. @see RFC 8839 §5.4
 */
export function iceCredentials(ufrag: string | null, pwd: string | null): IceCredentials | null {
  if (ufrag === null && pwd === null) return null
  if (ufrag === null || !/^[\w+/=-]{4,256}$/.test(ufrag)) throw syntaxError('no ice-ufrag of 4 to 256', ufrag ?? '')
  if (pwd === null || !/^[\w+/=-]{22,256}$/.test(pwd)) throw syntaxError('no ice-pwd of 22 to 256', 'a=ice-pwd')
  return { ufrag, pwd }
}
