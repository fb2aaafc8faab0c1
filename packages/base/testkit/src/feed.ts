import { CodedError } from '@millrace/core'

import { Random } from './random.ts'

/**
 * The ways to cut `bytes` that a push parser must be blind to: whole, byte by byte, and `randomCuts` seeded random cuts.
 */
export function* splits(bytes: Uint8Array, randomCuts = 20, seed = 1): Generator<Uint8Array[]> {
  yield [bytes]
  yield Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))
  for (let i = 0; i < randomCuts; i++) yield cut(bytes, new Random(seed + i))
}

function cut(bytes: Uint8Array, random: Random): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const length = 1 + random.int(random.int(4) === 0 ? 2000 : 20)
    parts.push(bytes.subarray(at, at + length))
    at += length
  }
  return parts
}

/** Copies of `bytes` with 1 to 8 random bytes changed, inserted or removed. */
export function* mutations(bytes: Uint8Array, count: number, seed = 1): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) {
    const random = new Random(seed + i)
    const list = Array.from(bytes)
    for (let edits = 1 + random.int(8); edits > 0; edits--) {
      const at = random.int(list.length + 1)
      const kind = random.int(4)
      if (kind === 0) list.splice(at, 1)
      else if (kind === 1) list.splice(at, 0, random.int(256))
      else if (kind === 2) list[Math.min(at, list.length - 1)] = [0, 0xff, 0x7f, 0x80][random.int(4)] ?? 0
      else list[Math.min(at, list.length - 1)] = random.int(256)
    }
    yield Uint8Array.from(list)
  }
}

/** Runs `act`, and lets only a CodedError pass; returns it, or undefined when nothing was thrown. */
export function onlyCoded(act: () => void): CodedError | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof CodedError) return error
    throw error
  }
}
