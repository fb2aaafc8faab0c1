import { ByteReader, type ByteWriter } from '@millrace/bytes'
import { FormatError, InvariantError } from '@millrace/core'

import {
  AmfBudget,
  amfDate,
  AmfReferences,
  isAmfArray,
  isAmfDate,
  MAX_WRITE_DEPTH,
  setMember,
  type AmfLimits,
  type AmfObject,
  type AmfValue,
} from './value.ts'

const UNDEFINED = 0x00
const NULL = 0x01
const FALSE = 0x02
const TRUE = 0x03
const INTEGER = 0x04
const DOUBLE = 0x05
const STRING = 0x06
const XML_DOCUMENT = 0x07
const DATE = 0x08
const ARRAY = 0x09
const OBJECT = 0x0a
const XML = 0x0b
const BYTE_ARRAY = 0x0c
const VECTOR_UINT = 0x0e
const VECTOR_DOUBLE = 0x0f
const VECTOR_OBJECT = 0x10

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

/** The names that objects of one class share. */
interface Traits {
  names: readonly string[]
  dynamic: boolean
}

/**
 * Reads AMF3 values; its string, traits and object references count over all of them. Dictionaries and externalizable
 * objects have no plain form: FormatError `AMF_UNSUPPORTED`. Else it throws as `Amf0Reader` does.
 *
 * @see Adobe "Action Message Format — AMF 3", 2013
 */
export class Amf3Reader {
  readonly #in: ByteReader
  readonly #budget: AmfBudget
  readonly #references: AmfReferences
  readonly #strings: { value: string; bytes: number }[] = []
  readonly #traits: Traits[] = []

  constructor(input: ByteReader, budget: AmfBudget) {
    this.#in = input
    this.#budget = budget
    this.#references = new AmfReferences(budget)
  }

  /** The next value. */
  read(): AmfValue {
    this.#budget.value()
    const marker = this.#in.u8()
    switch (marker) {
      case UNDEFINED:
        return undefined
      case NULL:
        return null
      case FALSE:
        return false
      case TRUE:
        return true
      case INTEGER:
        // 29 bits, two's complement
        return (this.#u29() << 3) >> 3
      case DOUBLE:
        return this.#in.f64()
      case STRING:
        return this.#string()
      default:
        return this.#referable(marker)
    }
  }

  #referable(marker: number): AmfValue {
    if (marker < XML_DOCUMENT || marker > VECTOR_OBJECT) {
      const code = marker === 0x11 ? 'AMF_UNSUPPORTED' : 'AMF_MARKER'
      throw new FormatError(code, `cannot read AMF3 type ${marker}`, { details: { marker } })
    }
    const header = this.#u29()
    if ((header & 1) === 0) return this.#references.get(header >> 1)
    return this.#references.define(() => this.#inline(marker, header >> 1))
  }

  /** @param length the number that came with the marker: bytes, items or trait flags */
  #inline(marker: number, length: number): AmfValue {
    switch (marker) {
      case XML_DOCUMENT:
      case XML:
        this.#budget.string(length)
        return decoder.decode(this.#in.bytes(length))
      case DATE:
        return amfDate(this.#in.f64())
      case BYTE_ARRAY:
        this.#budget.string(length)
        return this.#in.bytes(length)
      case ARRAY:
        return this.#nested(() => this.#array(length))
      case OBJECT:
        return this.#nested(() => this.#object(length))
      case VECTOR_OBJECT:
        this.#in.skip(1)
        this.#string()
        return this.#nested(() => this.#items(length))
      default:
        return this.#vector(marker, length)
    }
  }

  #nested(read: () => AmfValue): AmfValue {
    this.#budget.enter()
    const value = read()
    this.#budget.leave()
    return value
  }

  /** Named members end at the empty name; then come `length` items. */
  #array(length: number): AmfValue {
    const members: Record<string, AmfValue> = {}
    let named = false
    for (let name = this.#string(); name !== ''; name = this.#string()) {
      setMember(members, name, this.read())
      named = true
    }
    const items = this.#items(length)
    if (!named) return items
    for (const [index, item] of items.entries()) members[index] = item
    return members
  }

  #items(length: number): AmfValue[] {
    const items: AmfValue[] = []
    for (let left = length; left > 0; left--) items.push(this.read())
    return items
  }

  #object(header: number): AmfValue {
    const { names, dynamic } = this.#readTraits(header)
    const members: Record<string, AmfValue> = {}
    for (const name of names) setMember(members, name, this.read())
    if (dynamic) {
      for (let name = this.#string(); name !== ''; name = this.#string()) setMember(members, name, this.read())
    }
    return members
  }

  #readTraits(header: number): Traits {
    if ((header & 1) === 0) {
      const known = this.#traits[header >> 1]
      if (!known) throw new FormatError('AMF_REFERENCE', `no traits ${header >> 1} to refer to`)
      return known
    }
    if ((header & 2) !== 0) throw new FormatError('AMF_UNSUPPORTED', `externalizable object ${this.#string()}`)
    this.#string()
    const names: string[] = []
    for (let left = header >> 3; left > 0; left--) {
      this.#budget.value()
      names.push(this.#string())
    }
    const traits = { names, dynamic: (header & 4) !== 0 }
    this.#traits.push(traits)
    return traits
  }

  #vector(marker: number, length: number): number[] {
    this.#in.skip(1)
    this.#budget.value(length)
    const items: number[] = []
    for (let left = length; left > 0; left--) {
      if (marker === VECTOR_DOUBLE) items.push(this.#in.f64())
      else items.push(marker === VECTOR_UINT ? this.#in.u32() : this.#in.u32() | 0)
    }
    return items
  }

  /** A string or a reference to one; the empty string is never referred to. */
  #string(): string {
    const header = this.#u29()
    if ((header & 1) === 0) {
      const known = this.#strings[header >> 1]
      if (!known) throw new FormatError('AMF_REFERENCE', `no string ${header >> 1} to refer to`)
      this.#budget.string(known.bytes)
      return known.value
    }
    const length = header >> 1
    this.#budget.string(length)
    const value = decoder.decode(this.#in.bytes(length))
    if (length > 0) this.#strings.push({ value, bytes: length })
    return value
  }

  /** 29 bits in 1 to 4 bytes: 7 each, the fourth 8. @see AMF 3 §1.3.1 */
  #u29(): number {
    let value = 0
    for (let i = 0; i < 3; i++) {
      const byte = this.#in.u8()
      value = (value << 7) | (byte & 0x7f)
      if (byte < 0x80) return value
    }
    return (value << 8) | this.#in.u8()
  }
}

/** All AMF3 values in `bytes`; byte arrays share its memory. Throws as `Amf3Reader` does. */
export function readAmf3(bytes: Uint8Array, limits: AmfLimits = {}): AmfValue[] {
  const input = new ByteReader(bytes)
  const reader = new Amf3Reader(input, new AmfBudget(limits))
  const values: AmfValue[] = []
  while (input.remaining > 0) values.push(reader.read())
  return values
}

/**
 * Writes one value, objects as dynamic objects without class, all without references. Throws InvariantError
 * `AMF_WRITE` for a cycle, or 2^28 bytes or items and more.
 */
export function writeAmf3(out: ByteWriter, value: AmfValue): void {
  writeValue(out, value, 0)
}

function writeValue(out: ByteWriter, value: AmfValue, depth: number): void {
  if (depth > MAX_WRITE_DEPTH) throw new InvariantError('AMF_WRITE', 'a value that is too deep, or a cycle')
  if (value === undefined) out.u8(UNDEFINED)
  else if (value === null) out.u8(NULL)
  else if (typeof value === 'boolean') out.u8(value ? TRUE : FALSE)
  else if (typeof value === 'number') writeNumber(out, value)
  else if (typeof value === 'string') writeString(out.u8(STRING), value)
  else if (isAmfDate(value)) out.u8(DATE).u8(1).f64(value.getTime())
  else if (value instanceof Uint8Array) writeLength(out.u8(BYTE_ARRAY), value.length).bytes(value)
  else if (isAmfArray(value)) {
    writeLength(out.u8(ARRAY), value.length).u8(1)
    for (const item of value) writeValue(out, item, depth + 1)
  } else {
    writeMembers(out, value, depth)
  }
}

function writeMembers(out: ByteWriter, members: AmfObject, depth: number): void {
  // inline traits: dynamic, no class name, no sealed members
  out.u8(OBJECT).u8(0x0b).u8(1)
  for (const [name, value] of Object.entries(members)) {
    // the empty name is what ends an object, so it cannot be a member
    if (name === '') continue
    writeString(out, name)
    writeValue(out, value, depth + 1)
  }
  out.u8(1)
}

function writeNumber(out: ByteWriter, value: number): void {
  const small = Number.isInteger(value) && value >= -(2 ** 28) && value < 2 ** 28 && !Object.is(value, -0)
  if (small) writeU29(out.u8(INTEGER), value & 0x1fffffff)
  else out.u8(DOUBLE).f64(value)
}

function writeString(out: ByteWriter, value: string): void {
  const bytes = encoder.encode(value)
  writeLength(out, bytes.length).bytes(bytes)
}

/** A length that is no reference. */
function writeLength(out: ByteWriter, length: number): ByteWriter {
  if (length >= 2 ** 28) throw new InvariantError('AMF_WRITE', `length ${length} doesn't fit`)
  return writeU29(out, (length << 1) | 1)
}

function writeU29(out: ByteWriter, value: number): ByteWriter {
  if (value < 0x80) return out.u8(value)
  if (value < 0x4000) return out.u8((value >> 7) | 0x80).u8(value & 0x7f)
  if (value < 0x200000) {
    return out
      .u8((value >> 14) | 0x80)
      .u8(((value >> 7) & 0x7f) | 0x80)
      .u8(value & 0x7f)
  }
  return out
    .u8((value >> 22) | 0x80)
    .u8(((value >> 15) & 0x7f) | 0x80)
    .u8(((value >> 8) & 0x7f) | 0x80)
    .u8(value & 0xff)
}
