import { ByteReader, ByteWriter } from '@millrace/bytes'

import type { SrtpProfile } from '../engine.ts'
import { CURVES } from './key-exchange.ts'
import { ALERT, DTLS_1_2, failure } from './protocol.ts'
import { SIGNATURE_SCHEMES } from './signatures.ts'

/** Cipher suites; they differ in how the server signs. @see RFC 5289 §3.2 */
export const SUITE = { ecdheEcdsaAes128Gcm: 0xc02b, ecdheRsaAes128Gcm: 0xc02f } as const
/** Says what an empty `renegotiation_info` says. @see RFC 5746 §3.3 */
const RENEGOTIATION_SCSV = 0x00ff
/** Extensions. @see RFC 8422 §5.1, RFC 5246 §7.4.1.4.1, RFC 5764 §4.1.1, RFC 7627 §5.1, RFC 5746 §3.2 */
const EXTENSION = {
  supportedGroups: 10,
  pointFormats: 11,
  signatureAlgorithms: 13,
  useSrtp: 14,
  extendedMasterSecret: 23,
  renegotiationInfo: 0xff01,
} as const
/** Ours, the better one first. @see RFC 7714 §14.2, RFC 5764 §4.1.2 */
const SRTP_PROFILES = new Map<number, SrtpProfile>([
  [0x0007, 'SRTP_AEAD_AES_128_GCM'],
  [0x0001, 'SRTP_AES128_CM_SHA1_80'],
])
const UNCOMPRESSED = 0
const EMPTY = new Uint8Array()

/** What counts of a ClientHello. */
export interface ClientHello {
  readonly version: number
  readonly random: Uint8Array
  readonly suites: readonly number[]
  readonly curves: readonly number[]
  /** Undefined when nothing was said. */
  readonly signatureSchemes: readonly number[] | undefined
  /** Those that we know, the one that we want first. */
  readonly srtpProfiles: readonly SrtpProfile[]
  readonly extendedMasterSecret: boolean
  readonly renegotiationInfo: boolean
  readonly pointFormats: boolean
}

/** What counts of a ServerHello. */
export interface ServerHello {
  readonly version: number
  readonly random: Uint8Array
  readonly suite: number
  readonly srtpProfile: SrtpProfile | undefined
  readonly extendedMasterSecret: boolean
  readonly renegotiationInfo: boolean
  readonly pointFormats: boolean
}

/** @see RFC 5246 §7.4.1.2, RFC 6347 §4.2.1 */
export function readClientHello(body: Uint8Array): ClientHello {
  const reader = new ByteReader(body)
  const version = reader.u16()
  const random = reader.bytes(32)
  reader.skip(reader.u8())
  reader.skip(reader.u8())
  const suites = u16List(reader.bytes(reader.u16()))
  const compressions = reader.bytes(reader.u8())
  if (!compressions.includes(0)) throw failure(ALERT.illegalParameter, 'a hello without the null compression')
  const extensions = readExtensions(reader)
  const list = (type: number): readonly number[] | undefined => {
    const value = extensions.get(type)
    return value && u16List(vector16(value))
  }
  const srtp = extensions.get(EXTENSION.useSrtp)
  const offered = srtp ? readUseSrtp(srtp) : []
  return {
    version,
    random,
    suites,
    // RFC 8422 §4: who says nothing takes any
    curves: list(EXTENSION.supportedGroups) ?? CURVES,
    signatureSchemes: list(EXTENSION.signatureAlgorithms),
    srtpProfiles: [...SRTP_PROFILES].filter(([id]) => offered.includes(id)).map(([, profile]) => profile),
    extendedMasterSecret: extensions.has(EXTENSION.extendedMasterSecret),
    renegotiationInfo: hasRenegotiationInfo(extensions) || suites.includes(RENEGOTIATION_SCSV),
    pointFormats: extensions.has(EXTENSION.pointFormats),
  }
}

/** All that we can do. @param cookie of a HelloVerifyRequest, or empty */
export function writeClientHello(random: Uint8Array, cookie: Uint8Array): Uint8Array {
  const suites = [SUITE.ecdheEcdsaAes128Gcm, SUITE.ecdheRsaAes128Gcm]
  return new ByteWriter()
    .u16(DTLS_1_2)
    .bytes(random)
    .u8(0)
    .u8(cookie.length)
    .bytes(cookie)
    .bytes(writeU16List(suites))
    .bytes(Uint8Array.of(1, 0))
    .bytes(
      writeExtensions([
        [EXTENSION.supportedGroups, writeU16List(CURVES)],
        [EXTENSION.pointFormats, Uint8Array.of(1, UNCOMPRESSED)],
        [EXTENSION.signatureAlgorithms, writeU16List(SIGNATURE_SCHEMES)],
        [EXTENSION.useSrtp, writeUseSrtp([...SRTP_PROFILES.keys()])],
        [EXTENSION.extendedMasterSecret, EMPTY],
        [EXTENSION.renegotiationInfo, Uint8Array.of(0)],
      ]),
    )
    .finish()
}

/** @throws ProtocolError `DTLS_HANDSHAKE` for what we did not offer @see RFC 5246 §7.4.1.3 */
export function readServerHello(body: Uint8Array): ServerHello {
  const reader = new ByteReader(body)
  const version = reader.u16()
  const random = reader.bytes(32)
  reader.skip(reader.u8())
  const suite = reader.u16()
  if (reader.u8() !== 0) throw failure(ALERT.illegalParameter, 'compression was not offered')
  const extensions = readExtensions(reader)
  const offered: readonly number[] = Object.values(EXTENSION)
  const foreign = [...extensions.keys()].find((type) => !offered.includes(type))
  if (foreign !== undefined) throw failure(ALERT.unsupportedExtension, `extension ${foreign} was not offered`)
  const srtp = extensions.get(EXTENSION.useSrtp)
  const [profile, ...more] = srtp ? readUseSrtp(srtp) : []
  if (more.length > 0) throw failure(ALERT.illegalParameter, 'more than one SRTP profile')
  return {
    version,
    random,
    suite,
    srtpProfile: profile === undefined ? undefined : SRTP_PROFILES.get(profile),
    extendedMasterSecret: extensions.has(EXTENSION.extendedMasterSecret),
    renegotiationInfo: hasRenegotiationInfo(extensions),
    pointFormats: extensions.has(EXTENSION.pointFormats),
  }
}

/** Answers only what was asked. Sessions are never resumed. */
export function writeServerHello(hello: ServerHello): Uint8Array {
  const extensions: [type: number, value: Uint8Array][] = []
  if (hello.renegotiationInfo) extensions.push([EXTENSION.renegotiationInfo, Uint8Array.of(0)])
  if (hello.pointFormats) extensions.push([EXTENSION.pointFormats, Uint8Array.of(1, UNCOMPRESSED)])
  if (hello.extendedMasterSecret) extensions.push([EXTENSION.extendedMasterSecret, EMPTY])
  const profiles = [...SRTP_PROFILES].filter(([, profile]) => profile === hello.srtpProfile).map(([id]) => id)
  if (profiles.length > 0) extensions.push([EXTENSION.useSrtp, writeUseSrtp(profiles)])
  return new ByteWriter()
    .u16(hello.version)
    .bytes(hello.random)
    .u8(0)
    .u16(hello.suite)
    .u8(0)
    .bytes(writeExtensions(extensions))
    .finish()
}

/** The cookie that a hello has to come again with. @see RFC 6347 §4.2.1 */
export function readHelloVerifyRequest(body: Uint8Array): Uint8Array {
  const reader = new ByteReader(body)
  reader.skip(2)
  return reader.bytes(reader.u8())
}

function readExtensions(reader: ByteReader): Map<number, Uint8Array> {
  const extensions = new Map<number, Uint8Array>()
  if (reader.remaining === 0) return extensions
  const block = new ByteReader(reader.bytes(reader.u16()))
  while (block.remaining > 0) {
    const type = block.u16()
    if (extensions.has(type)) throw failure(ALERT.decodeError, `extension ${type} twice`)
    extensions.set(type, block.bytes(block.u16()))
  }
  return extensions
}

function writeExtensions(extensions: readonly [type: number, value: Uint8Array][]): Uint8Array {
  const block = new ByteWriter()
  for (const [type, value] of extensions) block.u16(type).u16(value.length).bytes(value)
  const bytes = block.finish()
  return new ByteWriter().u16(bytes.length).bytes(bytes).finish()
}

/** In a first handshake it has nothing to say. @see RFC 5746 §3.6 */
function hasRenegotiationInfo(extensions: ReadonlyMap<number, Uint8Array>): boolean {
  const value = extensions.get(EXTENSION.renegotiationInfo)
  if (value && (value.length !== 1 || value[0] !== 0)) {
    throw failure(ALERT.handshakeFailure, 'a renegotiation where there was no negotiation')
  }
  return value !== undefined
}

/** Numbers of profiles; a key identifier is never used, whatever is said of it. */
function readUseSrtp(value: Uint8Array): number[] {
  const reader = new ByteReader(value)
  const profiles = u16List(reader.bytes(reader.u16()))
  reader.skip(reader.u8())
  return profiles
}

const writeUseSrtp = (profiles: readonly number[]): Uint8Array =>
  new ByteWriter().bytes(writeU16List(profiles)).u8(0).finish()

function vector16(value: Uint8Array): Uint8Array {
  const reader = new ByteReader(value)
  return reader.bytes(reader.u16())
}

function u16List(bytes: Uint8Array): number[] {
  const reader = new ByteReader(bytes)
  return Array.from({ length: Math.ceil(bytes.length / 2) }, () => reader.u16())
}

function writeU16List(values: readonly number[]): Uint8Array {
  const writer = new ByteWriter().u16(2 * values.length)
  for (const value of values) writer.u16(value)
  return writer.finish()
}
