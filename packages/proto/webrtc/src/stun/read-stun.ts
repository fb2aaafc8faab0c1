import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'

import { type Address, ProtocolError } from '@millrace/core'

import { ipText } from '../ip.ts'
import {
  FINGERPRINT_XOR,
  MAGIC_COOKIE,
  STUN_ATTRIBUTE,
  STUN_CLASSES,
  STUN_HEADER_BYTES,
  type StunError,
  type StunMessage,
} from './message.ts'

/** A check of ICE has about 100 bytes; none comes near this. */
const MAX_BYTES = 2048
const MAX_ATTRIBUTES = 32
const MAX_USERNAME_BYTES = 513
const INTEGRITY_BYTES = 20

const text = new TextDecoder()

interface Attribute {
  readonly type: number
  /** Of the attribute, its header included. */
  readonly offset: number
  readonly value: Uint8Array
}

/**
 * Reads one datagram. What comes after MESSAGE-INTEGRITY and isn't FINGERPRINT is not protected, and skipped.
 * Throws ProtocolError `STUN_SYNTAX`, `STUN_TOO_LARGE`, `STUN_FINGERPRINT`.
 */
export function readStun(bytes: Uint8Array): StunMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  checkHeader(bytes, view)
  const attributes = readAttributes(bytes, view)
  const integrity = attributes.find(({ type }) => type === STUN_ATTRIBUTE.messageIntegrity)
  if (integrity && integrity.value.length !== INTEGRITY_BYTES) throw syntaxError('MESSAGE-INTEGRITY of a wrong length')
  const covered = integrity ? attributes.slice(0, attributes.indexOf(integrity)) : attributes
  const find = (type: number): Attribute | undefined => covered.find((attribute) => attribute.type === type)
  const has = (type: number): boolean => find(type) !== undefined
  const type = view.getUint16(0)
  return {
    class: STUN_CLASSES[((type >>> 7) & 2) | ((type >>> 4) & 1)] ?? 'request',
    method: (type & 0xf) | ((type >>> 1) & 0x70) | ((type >>> 2) & 0xf80),
    transactionId: bytes.subarray(8, 20),
    username: readUsername(find(STUN_ATTRIBUTE.username)),
    priority: readPriority(find(STUN_ATTRIBUTE.priority)),
    useCandidate: has(STUN_ATTRIBUTE.useCandidate),
    iceRole: has(STUN_ATTRIBUTE.iceControlling)
      ? 'controlling'
      : has(STUN_ATTRIBUTE.iceControlled)
        ? 'controlled'
        : null,
    mappedAddress: readXorAddress(find(STUN_ATTRIBUTE.xorMappedAddress), bytes),
    error: readError(find(STUN_ATTRIBUTE.errorCode)),
    integrityOffset: integrity?.offset ?? null,
    hasFingerprint: checkFingerprint(bytes, view, attributes),
    unknown: covered.filter(isNotUnderstood).map((attribute) => attribute.type),
  }
}

/** Whether MESSAGE-INTEGRITY is there and right. @param bytes of which `message` was read @see RFC 8489 §14.5 */
export function verifyIntegrity(bytes: Uint8Array, { integrityOffset }: StunMessage, key: KeyObject): boolean {
  if (integrityOffset === null) return false
  const header = bytes.slice(0, STUN_HEADER_BYTES)
  // as if MESSAGE-INTEGRITY were the last attribute
  new DataView(header.buffer).setUint16(2, integrityOffset + 4 + INTEGRITY_BYTES - STUN_HEADER_BYTES)
  const hmac = createHmac('sha1', key).update(header).update(bytes.subarray(STUN_HEADER_BYTES, integrityOffset))
  return timingSafeEqual(hmac.digest(), bytes.subarray(integrityOffset + 4, integrityOffset + 4 + INTEGRITY_BYTES))
}

function checkHeader(bytes: Uint8Array, view: DataView): void {
  if (bytes.length > MAX_BYTES) throw new ProtocolError('STUN_TOO_LARGE', `a STUN message of ${bytes.length} bytes`)
  if (bytes.length < STUN_HEADER_BYTES) throw syntaxError('too short')
  if (view.getUint16(0) >= 0x4000 || view.getUint32(4) !== MAGIC_COOKIE) throw syntaxError('no STUN header')
  const length = view.getUint16(2)
  if (length % 4 !== 0 || length !== bytes.length - STUN_HEADER_BYTES) throw syntaxError('a wrong length')
}

function readAttributes(bytes: Uint8Array, view: DataView): Attribute[] {
  const attributes: Attribute[] = []
  for (let offset = STUN_HEADER_BYTES; offset < bytes.length;) {
    if (attributes.length === MAX_ATTRIBUTES) throw syntaxError(`more than ${MAX_ATTRIBUTES} attributes`)
    // the length is a multiple of 4, so there is a header
    const end = offset + 4 + view.getUint16(offset + 2)
    if (end > bytes.length) throw syntaxError('an attribute past the end')
    attributes.push({ type: view.getUint16(offset), offset, value: bytes.subarray(offset + 4, end) })
    offset = (end + 3) & ~3
  }
  return attributes
}

function readUsername(attribute: Attribute | undefined): string | null {
  if (!attribute) return null
  if (attribute.value.length > MAX_USERNAME_BYTES) throw syntaxError('USERNAME too long')
  return text.decode(attribute.value)
}

function readPriority(attribute: Attribute | undefined): number | null {
  if (!attribute) return null
  const [a, b, c, d] = attribute.value
  if (a === undefined || b === undefined || c === undefined || d === undefined) throw syntaxError('PRIORITY too short')
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
}

/** @see RFC 8489 §14.2 */
function readXorAddress(attribute: Attribute | undefined, bytes: Uint8Array): Address | null {
  if (!attribute) return null
  const { value } = attribute
  const ipBytes = value[1] === 1 ? 4 : value[1] === 2 ? 16 : -1
  if (value.length !== 4 + ipBytes) throw syntaxError('XOR-MAPPED-ADDRESS of no family')
  // the magic cookie, and the transaction id after it
  const mask = bytes.subarray(4, 4 + ipBytes)
  return {
    ip: ipText(value.subarray(4).map((byte, i) => byte ^ (mask[i] ?? 0))),
    port: (((value[2] ?? 0) << 8) | (value[3] ?? 0)) ^ (MAGIC_COOKIE >>> 16),
  }
}

function readError(attribute: Attribute | undefined): StunError | null {
  if (!attribute) return null
  const { value } = attribute
  if (value.length < 4) throw syntaxError('ERROR-CODE too short')
  return { code: ((value[2] ?? 0) & 7) * 100 + (value[3] ?? 0), reason: text.decode(value.subarray(4)) }
}

/** @see RFC 8489 §14.7 */
function checkFingerprint(bytes: Uint8Array, view: DataView, attributes: readonly Attribute[]): boolean {
  const attribute = attributes.find(({ type }) => type === STUN_ATTRIBUTE.fingerprint)
  if (!attribute) return false
  const { offset, value } = attribute
  if (offset + 8 !== bytes.length || value.length !== 4) throw syntaxError('FINGERPRINT that is not the last')
  const right = (crc32(bytes.subarray(0, offset)) ^ FINGERPRINT_XOR) >>> 0
  if (view.getUint32(offset + 4) !== right) throw new ProtocolError('STUN_FINGERPRINT', 'a wrong FINGERPRINT')
  return true
}

const UNDERSTOOD: ReadonlySet<number> = new Set(Object.values(STUN_ATTRIBUTE))

/** Those from 0x8000 on may be ignored. @see RFC 8489 §14 */
const isNotUnderstood = ({ type }: Attribute): boolean => type < 0x8000 && !UNDERSTOOD.has(type)

const syntaxError = (why: string): ProtocolError => new ProtocolError('STUN_SYNTAX', `${why} in a STUN message`)
