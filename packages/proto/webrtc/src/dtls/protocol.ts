import { ProtocolError } from '@millrace/core'

/** DTLS 1.2, as its records and hellos say it. @see RFC 6347 §4.1 */
export const DTLS_1_2 = 0xfefd

/** What a record has. @see RFC 5246 §6.2.1 */
export const CONTENT = { changeCipherSpec: 20, alert: 21, handshake: 22 } as const

/** Messages of a handshake. @see RFC 5246 §7.4, RFC 6347 §4.2.2 */
export const MESSAGE = {
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const

/** What an end says before it gives up. @see RFC 5246 §7.2 */
export const ALERT = {
  closeNotify: 0,
  unexpectedMessage: 10,
  handshakeFailure: 40,
  badCertificate: 42,
  unsupportedCertificate: 43,
  illegalParameter: 47,
  decodeError: 50,
  decryptError: 51,
  protocolVersion: 70,
  internalError: 80,
  unsupportedExtension: 110,
} as const

/** Why a handshake fails: `alert` is what the peer is told, by its number. */
export function failure(alert: number, message: string, code = 'DTLS_HANDSHAKE'): ProtocolError {
  return new ProtocolError(code, message, { details: { alert } })
}
