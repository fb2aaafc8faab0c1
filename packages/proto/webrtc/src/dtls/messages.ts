import { ByteReader, ByteWriter } from '@millrace/bytes'

import { ALERT, failure } from './protocol.ts'
import { type Signature, SIGNATURE_SCHEMES } from './signatures.ts'

const NAMED_CURVE = 3
/** Kinds of certificates: with a key of ECDSA, or of RSA. @see RFC 5246 §7.4.4, RFC 8422 §5.5 */
const CERTIFICATE_TYPES = Uint8Array.of(64, 1)

/** A server's half of the key agreement. @see RFC 8422 §5.4 */
export interface ServerKeyExchange {
  readonly curve: number
  readonly publicKey: Uint8Array
  /** What is signed, besides the randoms of both ends. */
  readonly params: Uint8Array
  readonly signature: Signature
}

/** The first certificate of a chain in DER; undefined for an empty one. @see RFC 5246 §7.4.2 */
export function readCertificate(body: Uint8Array): Uint8Array | undefined {
  const reader = new ByteReader(body)
  const chain = new ByteReader(reader.bytes(reader.u24()))
  return chain.remaining === 0 ? undefined : chain.bytes(chain.u24())
}

/** A chain of one. */
export function writeCertificate(certificate: Uint8Array): Uint8Array {
  return new ByteWriter()
    .u24(certificate.length + 3)
    .u24(certificate.length)
    .bytes(certificate)
    .finish()
}

/** @throws ProtocolError `DTLS_HANDSHAKE` for parameters of another kind */
export function readServerKeyExchange(body: Uint8Array): ServerKeyExchange {
  const reader = new ByteReader(body)
  if (reader.u8() !== NAMED_CURVE) throw failure(ALERT.illegalParameter, 'a curve without a name')
  const curve = reader.u16()
  const publicKey = reader.bytes(reader.u8())
  const params = body.subarray(0, reader.offset)
  return { curve, publicKey, params, signature: readSignature(reader) }
}

/** What a server signs of its half. */
export function writeKeyParams(curve: number, publicKey: Uint8Array): Uint8Array {
  return new ByteWriter().u8(NAMED_CURVE).u16(curve).u8(publicKey.length).bytes(publicKey).finish()
}

/** @param params of `writeKeyParams` */
export function writeServerKeyExchange(params: Uint8Array, signature: Signature): Uint8Array {
  return new ByteWriter().bytes(params).bytes(writeSigned(signature)).finish()
}

/** Asks for a certificate of any issuer. @see RFC 5246 §7.4.4 */
export function writeCertificateRequest(): Uint8Array {
  const writer = new ByteWriter()
    .u8(CERTIFICATE_TYPES.length)
    .bytes(CERTIFICATE_TYPES)
    .u16(2 * SIGNATURE_SCHEMES.length)
  for (const scheme of SIGNATURE_SCHEMES) writer.u16(scheme)
  return writer.u16(0).finish()
}

/** The client's key. @see RFC 8422 §5.7 */
export function readClientKeyExchange(body: Uint8Array): Uint8Array {
  const reader = new ByteReader(body)
  return reader.bytes(reader.u8())
}

/** As `readClientKeyExchange` reads it. */
export function writeClientKeyExchange(publicKey: Uint8Array): Uint8Array {
  return new ByteWriter().u8(publicKey.length).bytes(publicKey).finish()
}

/** @see RFC 5246 §7.4.8 */
export const readCertificateVerify = (body: Uint8Array): Signature => readSignature(new ByteReader(body))

/** A signature with its kind and length. @see RFC 5246 §4.7 */
export function writeSigned({ scheme, bytes }: Signature): Uint8Array {
  return new ByteWriter().u16(scheme).u16(bytes.length).bytes(bytes).finish()
}

function readSignature(reader: ByteReader): Signature {
  const scheme = reader.u16()
  return { scheme, bytes: reader.bytes(reader.u16()) }
}
