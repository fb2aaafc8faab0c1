import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'

import { concatBytes } from '@millrace/bytes'

import type { DtlsRecord } from './record.ts'

const ALGORITHM = 'aes-128-gcm'
const TAG_BYTES = 16
const EXPLICIT_NONCE_BYTES = 8
const OPTIONS = { authTagLength: TAG_BYTES } as const

/** By how much a record grows. */
export const SEALED_BYTES = EXPLICIT_NONCE_BYTES + TAG_BYTES

/** Protects records in one direction by AES-128-GCM. @see RFC 5288 §3, RFC 5246 §6.2.3.3 */
export class RecordCipher {
  readonly #key: KeyObject
  /** Its first four bytes never change. */
  readonly #salt: Uint8Array

  constructor(key: Uint8Array, salt: Uint8Array) {
    this.#key = createSecretKey(key)
    this.#salt = salt
  }

  seal(record: DtlsRecord): DtlsRecord {
    const { content } = record
    // epoch and sequence number never come twice
    const explicit = numberOf(record)
    const cipher = createCipheriv(ALGORITHM, this.#key, concatBytes([this.#salt, explicit]), OPTIONS)
    cipher.setAAD(additionalData(record, content.length))
    const sealed = cipher.update(content)
    cipher.final()
    return { ...record, content: concatBytes([explicit, sealed, cipher.getAuthTag()]) }
  }

  /** @returns the plain content; undefined when the record is forged */
  open(record: DtlsRecord): Uint8Array | undefined {
    const { content } = record
    const bytes = content.length - SEALED_BYTES
    if (bytes < 0) return undefined
    const nonce = concatBytes([this.#salt, content.subarray(0, EXPLICIT_NONCE_BYTES)])
    const decipher = createDecipheriv(ALGORITHM, this.#key, nonce, OPTIONS)
    decipher.setAAD(additionalData(record, bytes))
    decipher.setAuthTag(content.subarray(content.length - TAG_BYTES))
    const plain = decipher.update(content.subarray(EXPLICIT_NONCE_BYTES, content.length - TAG_BYTES))
    try {
      decipher.final()
    } catch {
      return undefined
    }
    return new Uint8Array(plain)
  }
}

/** Epoch and sequence number, 64 bits. */
function numberOf({ epoch, sequence }: DtlsRecord): Uint8Array {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, epoch)
  view.setUint16(2, Math.floor(sequence / 2 ** 32))
  view.setUint32(4, sequence % 2 ** 32)
  return bytes
}

function additionalData(record: DtlsRecord, plainBytes: number): Uint8Array {
  const { type, version } = record
  const rest = Uint8Array.of(type, version >> 8, version & 0xff, plainBytes >> 8, plainBytes & 0xff)
  return concatBytes([numberOf(record), rest])
}
