import { FormatError } from '@millrace/core'
import type { Metadata, MetadataValue } from '@millrace/media'

/** Members of an AMF object, typed object or ECMA array, in the order of the wire. */
export interface AmfObject {
  readonly [name: string]: AmfValue
}

/**
 * An AMF0 or AMF3 value. ECMA arrays and typed objects read as plain objects (the class name is dropped), XML
 * documents as strings, AMF3 vectors as arrays, AMF3 byte arrays as `Uint8Array`, a date that is no time as null.
 * Any `Metadata` is one.
 */
export type AmfValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | Date
  | Uint8Array
  | readonly AmfValue[]
  | AmfObject

/** Bounds of one reader, over all values read with it. A value reached by a reference counts each time. */
export interface AmfLimits {
  /** Nested objects and arrays, default 32. */
  maxDepth?: number
  /** Values in total, default 16 384. */
  maxValues?: number
  /** Bytes of all strings, names and byte arrays in total, default 1 MiB. */
  maxStringBytes?: number
}

/** Deepest value that is written; what a reader with default limits gave is never deeper. */
export const MAX_WRITE_DEPTH = 64

/** What a completed value cost, so that a reference to it can be charged again. */
export interface AmfCost {
  values: number
  stringBytes: number
}

/** Spends `AmfLimits`. Shared by the AMF0 reader and the AMF3 reader it switches to. */
export class AmfBudget {
  readonly #maxDepth: number
  readonly #maxValues: number
  readonly #maxStringBytes: number
  #depth = 0
  #values = 0
  #stringBytes = 0

  constructor({ maxDepth = 32, maxValues = 16_384, maxStringBytes = 1 << 20 }: AmfLimits) {
    this.#maxDepth = maxDepth
    this.#maxValues = maxValues
    this.#maxStringBytes = maxStringBytes
  }

  /** What was spent so far. */
  spent(): AmfCost {
    return { values: this.#values, stringBytes: this.#stringBytes }
  }

  /** One more value. Throws FormatError `AMF_TOO_MANY_VALUES`. */
  value(count = 1): void {
    this.#values += count
    if (this.#values > this.#maxValues) throw new FormatError('AMF_TOO_MANY_VALUES', `over ${this.#maxValues} values`)
  }

  /** A string or byte array of `length` bytes. Throws FormatError `AMF_STRING_TOO_LONG`. */
  string(length: number): void {
    this.#stringBytes += length
    if (this.#stringBytes > this.#maxStringBytes) {
      throw new FormatError('AMF_STRING_TOO_LONG', `strings of over ${this.#maxStringBytes} bytes`)
    }
  }

  /** A reference to a value that cost `cost` when it was read. */
  again(cost: AmfCost): void {
    this.value(cost.values)
    this.string(cost.stringBytes)
  }

  /** Into an object or array. Throws FormatError `AMF_TOO_DEEP`. */
  enter(): void {
    if (++this.#depth > this.#maxDepth) throw new FormatError('AMF_TOO_DEEP', `nested over ${this.#maxDepth} deep`)
  }

  leave(): void {
    this.#depth--
  }
}

/**
 * Objects that later values may refer to by index. An object that refers to itself or to one around it would be a
 * cycle, which no consumer here wants: FormatError `AMF_REFERENCE`, as for an index that doesn't exist.
 */
export class AmfReferences {
  readonly #entries: ({ value: AmfValue; cost: AmfCost } | undefined)[] = []
  readonly #budget: AmfBudget

  constructor(budget: AmfBudget) {
    this.#budget = budget
  }

  /** Reads a referable value: takes its index first, as the wire counts them, and its value when complete. */
  define(read: () => AmfValue): AmfValue {
    const index = this.#entries.push(undefined) - 1
    const before = this.#budget.spent()
    const value = read()
    const after = this.#budget.spent()
    this.#entries[index] = {
      value,
      cost: { values: after.values - before.values, stringBytes: after.stringBytes - before.stringBytes },
    }
    return value
  }

  get(index: number): AmfValue {
    const entry = this.#entries[index]
    if (!entry) throw new FormatError('AMF_REFERENCE', `no complete object ${index} to refer to`)
    this.#budget.again(entry.cost)
    return entry.value
  }
}

/** Sets a member whose name comes from the peer: `__proto__` becomes a member like any other. */
export function setMember(target: Record<string, AmfValue>, name: string, value: AmfValue): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
  } else {
    target[name] = value
  }
}

/** A date of the wire: null if the number is no time that a Date can hold. */
export function amfDate(wallMs: number): Date | null {
  // oxlint-disable-next-line no-restricted-globals -- a given time, not the clock
  const date = new Date(wallMs)
  return Number.isNaN(date.getTime()) ? null : date
}

/** Whether the value is a date. */
export function isAmfDate(value: AmfValue): value is Date {
  // oxlint-disable-next-line no-restricted-globals -- the type, not the clock
  return value instanceof Date
}

/** `Array.isArray` that knows read-only arrays. */
export function isAmfArray(value: AmfValue): value is readonly AmfValue[] {
  return Array.isArray(value)
}

/** Whether the value has members: an object, ECMA array or typed object. */
export function isAmfObject(value: AmfValue): value is AmfObject {
  const other = value === null || isAmfArray(value) || value instanceof Uint8Array || isAmfDate(value)
  return typeof value === 'object' && !other
}

/** The value as `Metadata`, or null if it has no members. `undefined` and byte arrays become null. */
export function amfToMetadata(value: AmfValue): Metadata | null {
  return isAmfObject(value) ? membersToMetadata(value) : null
}

function membersToMetadata(members: AmfObject): Metadata {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, toMetadataValue(value)]))
}

function toMetadataValue(value: AmfValue): MetadataValue {
  if (value === undefined || value instanceof Uint8Array) return null
  if (isAmfArray(value)) return value.map(toMetadataValue)
  return isAmfObject(value) ? membersToMetadata(value) : value
}
