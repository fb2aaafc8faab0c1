import { createHmac, type KeyObject } from 'node:crypto'
import { crc32 } from 'node:zlib'

import { type Address, InvariantError } from '@millrace/core'

import { ipBytes } from '../ip.ts'
import {
  FINGERPRINT_XOR,
  MAGIC_COOKIE,
  STUN_ATTRIBUTE,
  STUN_BINDING,
  STUN_CLASSES,
  STUN_HEADER_BYTES,
  type StunClass,
  type StunError,
} from './message.ts'

/** What a message to write has; what is left out isn't in it. */
export interface StunFields {
  readonly class: StunClass
  /** 12 bytes. */
  readonly transactionId: Uint8Array
  readonly username?: string
  readonly priority?: number
  readonly useCandidate?: boolean
  readonly iceRole?: 'controlling' | 'controlled'
  /** 8 bytes, with `iceRole`. */
  readonly tieBreaker?: Uint8Array
  readonly mappedAddress?: Address
  readonly error?: StunError
  /** UNKNOWN-ATTRIBUTES. */
  readonly unknown?: readonly number[]
}

const utf8 = new TextEncoder()

/**
 * Writes a Binding message with FINGERPRINT.
 *
 * @param key of MESSAGE-INTEGRITY; null for none
 */
export function writeStun(fields: StunFields, key: KeyObject | null): Uint8Array {
  const attributes = listAttributes(fields)
  const plainBytes = attributes.reduce((sum, [, value]) => sum + 4 + padded(value.length), STUN_HEADER_BYTES)
  const totalBytes = plainBytes + (key ? 24 : 0) + 8
  const bytes = new Uint8Array(totalBytes)
  const view = new DataView(bytes.buffer)
  const classBits = STUN_CLASSES.indexOf(fields.class)
  view.setUint16(0, STUN_BINDING | ((classBits & 2) << 7) | ((classBits & 1) << 4))
  view.setUint32(4, MAGIC_COOKIE)
  bytes.set(fields.transactionId.subarray(0, 12), 8)
  let at = STUN_HEADER_BYTES
  const put = (type: number, value: Uint8Array): void => {
    view.setUint16(at, type)
    view.setUint16(at + 2, value.length)
    bytes.set(value, at + 4)
    at += 4 + padded(value.length)
  }
  for (const [type, value] of attributes) put(type, value)
  if (key) {
    // each of the two covers a length up to its own end
    view.setUint16(2, plainBytes + 24 - STUN_HEADER_BYTES)
    put(STUN_ATTRIBUTE.messageIntegrity, createHmac('sha1', key).update(bytes.subarray(0, plainBytes)).digest())
  }
  view.setUint16(2, totalBytes - STUN_HEADER_BYTES)
  put(STUN_ATTRIBUTE.fingerprint, uint32((crc32(bytes.subarray(0, at)) ^ FINGERPRINT_XOR) >>> 0))
  return bytes
}

function listAttributes(fields: StunFields): [type: number, value: Uint8Array][] {
  const { username, priority, useCandidate, iceRole, tieBreaker, mappedAddress, error, unknown } = fields
  const list: [number, Uint8Array][] = []
  if (error) list.push([STUN_ATTRIBUTE.errorCode, errorValue(error)])
  if (unknown) list.push([STUN_ATTRIBUTE.unknownAttributes, uint16s(unknown)])
  if (username !== undefined) list.push([STUN_ATTRIBUTE.username, utf8.encode(username)])
  if (mappedAddress) list.push([STUN_ATTRIBUTE.xorMappedAddress, xorAddress(mappedAddress, fields.transactionId)])
  if (priority !== undefined) list.push([STUN_ATTRIBUTE.priority, uint32(priority)])
  if (useCandidate === true) list.push([STUN_ATTRIBUTE.useCandidate, new Uint8Array(0)])
  if (iceRole) {
    const type = iceRole === 'controlling' ? STUN_ATTRIBUTE.iceControlling : STUN_ATTRIBUTE.iceControlled
    list.push([type, tieBreaker ?? new Uint8Array(8)])
  }
  return list
}

/** Throws InvariantError `INVARIANT_ADDRESS`: sockets give IP addresses. @see RFC 8489 §14.2 */
function xorAddress({ ip, port }: Address, transactionId: Uint8Array): Uint8Array {
  const address = ipBytes(ip)
  if (!address) throw new InvariantError('INVARIANT_ADDRESS', `no IP address: ${ip}`)
  const mask = [...uint32(MAGIC_COOKIE), ...transactionId]
  const xorPort = port ^ (MAGIC_COOKIE >>> 16)
  const family = address.length === 4 ? 1 : 2
  return Uint8Array.of(0, family, xorPort >>> 8, xorPort & 0xff, ...address.map((byte, i) => byte ^ (mask[i] ?? 0)))
}

function errorValue({ code, reason }: StunError): Uint8Array {
  return Uint8Array.of(0, 0, Math.floor(code / 100), code % 100, ...utf8.encode(reason))
}

const uint32 = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)

const uint16s = (values: readonly number[]): Uint8Array =>
  Uint8Array.from(values.flatMap((value) => [value >>> 8, value & 0xff]))

const padded = (length: number): number => (length + 3) & ~3
