import { ByteReader, type ByteWriter } from '@millrace/bytes'
import { FormatError, InvariantError } from '@millrace/core'

import { Amf3Reader, writeAmf3 } from './amf3.ts'
import {
  AmfBudget,
  amfDate,
  AmfReferences,
  isAmfDate,
  isAmfArray,
  MAX_WRITE_DEPTH,
  setMember,
  type AmfLimits,
  type AmfObject,
  type AmfValue,
} from './value.ts'

const NUMBER = 0x00
const BOOLEAN = 0x01
const STRING = 0x02
const OBJECT = 0x03
const NULL = 0x05
const UNDEFINED = 0x06
const REFERENCE = 0x07
const ECMA_ARRAY = 0x08
const OBJECT_END = 0x09
const STRICT_ARRAY = 0x0a
const DATE = 0x0b
const LONG_STRING = 0x0c
const UNSUPPORTED = 0x0d
const XML_DOCUMENT = 0x0f
const TYPED_OBJECT = 0x10
const AVMPLUS = 0x11

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

/**
 * Reads AMF0 values one after the other; references count over all of them. Switches to AMF3 where the bytes do.
 * Throws only FormatError: `AMF_MARKER` (a type that doesn't exist), `AMF_REFERENCE`, `AMF_TOO_DEEP`,
 * `AMF_TOO_MANY_VALUES`, `AMF_STRING_TOO_LONG`, `AMF_UNSUPPORTED` or `BYTES_SHORT`.
 *
 * @see Adobe "Action Message Format — AMF 0", 2007
 */
export class Amf0Reader {
  readonly #in: ByteReader
  readonly #budget: AmfBudget
  readonly #references: AmfReferences
  #amf3: Amf3Reader | undefined

  /** @param bytes not copied; byte arrays in values share its memory. */
  constructor(bytes: Uint8Array, limits: AmfLimits = {}) {
    this.#in = new ByteReader(bytes)
    this.#budget = new AmfBudget(limits)
    this.#references = new AmfReferences(this.#budget)
  }

  /** Bytes not yet read. */
  get remaining(): number {
    return this.#in.remaining
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#in.offset
  }

  /** The next value. */
  read(): AmfValue {
    return this.#value(this.#in.u8())
  }

  #value(marker: number): AmfValue {
    this.#budget.value()
    switch (marker) {
      case NUMBER:
        return this.#in.f64()
      case BOOLEAN:
        return this.#in.u8() !== 0
      case STRING:
        return this.#string(this.#in.u16())
      case LONG_STRING:
      case XML_DOCUMENT:
        return this.#string(this.#in.u32())
      case NULL:
        return null
      case UNDEFINED:
      case UNSUPPORTED:
        return undefined
      case REFERENCE:
        return this.#references.get(this.#in.u16())
      case DATE:
        return this.#date()
      case AVMPLUS:
        return (this.#amf3 ??= new Amf3Reader(this.#in, this.#budget)).read()
      default:
        return this.#complex(marker)
    }
  }

  #complex(marker: number): AmfValue {
    switch (marker) {
      case OBJECT:
        return this.#references.define(() => this.#members(false))
      case ECMA_ARRAY:
        // the count is a hint that encoders get wrong: members end where the end marker is
        this.#in.skip(4)
        return this.#references.define(() => this.#members(true))
      case TYPED_OBJECT:
        this.#in.skip(this.#in.u16())
        return this.#references.define(() => this.#members(false))
      case STRICT_ARRAY:
        return this.#references.define(() => this.#items(this.#in.u32()))
      default:
        throw new FormatError('AMF_MARKER', `no AMF0 type ${marker}`, { details: { marker } })
    }
  }

  /** @param mayLackEnd some encoders end `onMetaData` without the end marker */
  #members(mayLackEnd: boolean): AmfObject {
    this.#budget.enter()
    const members: Record<string, AmfValue> = {}
    while (!mayLackEnd || this.#in.remaining > 0) {
      const name = this.#string(this.#in.u16())
      const marker = this.#in.u8()
      if (marker === OBJECT_END && name === '') break
      setMember(members, name, this.#value(marker))
    }
    this.#budget.leave()
    return members
  }

  #items(count: number): AmfValue[] {
    this.#budget.enter()
    const items: AmfValue[] = []
    for (let left = count; left > 0; left--) items.push(this.read())
    this.#budget.leave()
    return items
  }

  #date(): Date | null {
    const wallMs = this.#in.f64()
    // the time zone is reserved and 0; readers ignore it (§2.13)
    this.#in.skip(2)
    return amfDate(wallMs)
  }

  #string(length: number): string {
    this.#budget.string(length)
    return decoder.decode(this.#in.bytes(length))
  }
}

/** All values in `bytes`. Throws as `Amf0Reader` does. */
export function readAmf0(bytes: Uint8Array, limits: AmfLimits = {}): AmfValue[] {
  const reader = new Amf0Reader(bytes, limits)
  const values: AmfValue[] = []
  while (reader.remaining > 0) values.push(reader.read())
  return values
}

/**
 * Writes one value. Objects are written as anonymous objects, without references; byte arrays, which AMF0 has no
 * type for, behind the switch to AMF3. Throws InvariantError `AMF_WRITE` for a cycle or a name over 65 535 bytes.
 */
export function writeAmf0(out: ByteWriter, value: AmfValue): void {
  writeValue(out, value, 0)
}

/** Writes members as an ECMA array, the type `onMetaData` wants. Throws as `writeAmf0` does. */
export function writeAmf0EcmaArray(out: ByteWriter, members: AmfObject): void {
  out.u8(ECMA_ARRAY).u32(Object.keys(members).length)
  writeMembers(out, members, 0)
}

function writeValue(out: ByteWriter, value: AmfValue, depth: number): void {
  if (depth > MAX_WRITE_DEPTH) throw new InvariantError('AMF_WRITE', 'a value that is too deep, or a cycle')
  if (typeof value === 'string') writeString(out, value)
  else if (typeof value === 'number') out.u8(NUMBER).f64(value)
  else if (typeof value === 'boolean') out.u8(BOOLEAN).u8(value ? 1 : 0)
  else if (value === null) out.u8(NULL)
  else if (value === undefined) out.u8(UNDEFINED)
  else if (isAmfDate(value)) out.u8(DATE).f64(value.getTime()).u16(0)
  else if (value instanceof Uint8Array) writeAmf3(out.u8(AVMPLUS), value)
  else if (isAmfArray(value)) {
    out.u8(STRICT_ARRAY).u32(value.length)
    for (const item of value) writeValue(out, item, depth + 1)
  } else {
    writeMembers(out.u8(OBJECT), value, depth)
  }
}

function writeMembers(out: ByteWriter, members: AmfObject, depth: number): void {
  for (const [name, value] of Object.entries(members)) {
    const bytes = encoder.encode(name)
    if (bytes.length > 0xffff) throw new InvariantError('AMF_WRITE', `a name of ${bytes.length} bytes`)
    out.u16(bytes.length).bytes(bytes)
    writeValue(out, value, depth + 1)
  }
  out.u16(0).u8(OBJECT_END)
}

function writeString(out: ByteWriter, value: string): void {
  const bytes = encoder.encode(value)
  if (bytes.length > 0xffff) out.u8(LONG_STRING).u32(bytes.length).bytes(bytes)
  else out.u8(STRING).u16(bytes.length).bytes(bytes)
}
