import { buffer } from 'node:stream/consumers'

import { errorCode } from '@millrace/core'
import type { ByteRange, ObjectStore } from '@millrace/storage'

/** Objects that are on their way while one is being worked on. */
const AHEAD = 3

/** An object that was read. */
export interface ReadObject<T> {
  item: T
  /** Undefined when it isn't there. */
  bytes: Uint8Array | undefined
}

/** Reads objects whole, in order, a few ahead of who takes them. Fails as the store does, but for objects that aren't there. */
export async function* readAhead<T>(
  store: ObjectStore,
  items: Iterable<T>,
  keyOf: (item: T) => string,
  signal: AbortSignal,
): AsyncGenerator<ReadObject<T>> {
  const waiting: Promise<ReadObject<T>>[] = []
  const queue = items[Symbol.iterator]()
  const next = (): void => {
    const { value, done } = queue.next()
    if (done === true) return
    const reading = read(store, keyOf(value), signal).then((bytes) => ({ item: value, bytes }))
    // whoever takes it hears of the failure; nobody may
    reading.catch(() => {})
    waiting.push(reading)
  }
  for (let i = 0; i < AHEAD; i++) next()
  for (let first = waiting.shift(); first !== undefined; first = waiting.shift()) {
    const object = await first
    next()
    yield object
  }
}

/** An object, whole or a part of it; undefined when it isn't there. */
export async function read(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
  range?: ByteRange,
): Promise<Uint8Array | undefined> {
  try {
    const { stream } = await store.get(key, { signal, ...(range && { range }) })
    return await buffer(stream)
  } catch (error) {
    if (errorCode(error) === 'OBJECT_NOT_FOUND') return undefined
    throw error
  }
}
