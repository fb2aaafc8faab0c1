import assert from 'node:assert/strict'
import test from 'node:test'

import { Random } from '@millrace/testkit'

import { PacketCache } from './packet-cache.ts'

const BASE = 131_072

/** How many of the packets from `from` to `to` are there. */
function held(cache: PacketCache<string>, from: number, to: number, nowMs: number): number {
  let count = 0
  for (let sequence = from; sequence <= to; sequence++) if (cache.get(sequence, nowMs) !== undefined) count++
  return count
}

test('packets are found by their unwrapped number, not by another that shares its slot or its 16 bits', () => {
  const cache = new PacketCache<string>({ maxPackets: 8 })
  cache.put(BASE + 3, 'a', 0)
  assert.equal(cache.get(BASE + 3, 0), 'a')
  for (const other of [BASE + 3 + 65_536, BASE + 3 - 65_536, BASE + 11, BASE - 5, 3, -5, -1]) {
    assert.equal(cache.get(other, 0), undefined)
  }
  assert.equal(cache.highest, BASE + 3)
})

test('the last packets are held, rounded up to a power of two', () => {
  const cache = new PacketCache<string>({ maxPackets: 5 })
  for (let i = 0; i < 100; i++) cache.put(BASE + i, `${i}`, 0)
  assert.equal(cache.get(BASE + 99, 0), '99')
  assert.equal(cache.get(BASE + 92, 0), '92')
  assert.equal(cache.get(BASE + 91, 0), undefined)
})

test('a packet that comes late is held, unless it is behind the ring', () => {
  const cache = new PacketCache<string>({ maxPackets: 8 })
  cache.put(BASE + 10, 'ten', 0)
  cache.put(BASE + 7, 'seven', 0)
  cache.put(BASE + 2, 'two', 0)
  assert.deepEqual(
    [cache.get(BASE + 10, 0), cache.get(BASE + 7, 0), cache.get(BASE + 2, 0)],
    ['ten', 'seven', undefined],
  )
})

test('packets older than the bound are gone', () => {
  const cache = new PacketCache<string>({ maxPackets: 8, maxAgeMs: 100 })
  cache.put(BASE, 'a', 0)
  assert.equal(cache.get(BASE, 100), 'a')
  assert.equal(cache.get(BASE, 101), undefined)
})

test('what is too old or pushed out is let go with the next packet', () => {
  const held = (cache: PacketCache<{ id: number }>): number => {
    let count = 0
    for (let i = 0; i < 64; i++) if (cache.get(BASE + i, -Infinity)) count++
    return count
  }
  const cache = new PacketCache<{ id: number }>({ maxPackets: 64, maxAgeMs: 100 })
  for (let i = 0; i < 20; i++) cache.put(BASE + i, { id: i }, i * 10)
  // a time before all of them shows what is still in the ring
  assert.equal(held(cache), 11)
  cache.put(BASE + 40, { id: 40 }, 1000)
  assert.equal(held(cache), 1)
})

test('a jump forward leaves nothing behind', () => {
  const cache = new PacketCache<string>({ maxPackets: 16 })
  for (let i = 0; i < 16; i++) cache.put(BASE + i, 'x', 0)
  cache.put(BASE + 30_000, 'y', 0)
  assert.equal(held(cache, BASE, BASE + 40_000, 0), 1)
})

test('any order, any gaps: exactly what the bounds allow is found', () => {
  const random = new Random(11)
  const cache = new PacketCache<string>({ maxPackets: 32, maxAgeMs: 200 })
  const model = new Map<number, number>()
  let highest = BASE
  for (let nowMs = 0; nowMs < 5000; nowMs += random.int(30)) {
    const sequence = Math.max(BASE, highest + 3 - random.int(random.int(20) === 0 ? 60 : 6))
    const put = sequence > highest && random.int(100) === 0 ? sequence + random.int(100) : sequence
    if (put > highest - 32) model.set(put, nowMs)
    highest = Math.max(highest, put)
    cache.put(put, `${put}`, nowMs)
    for (let probe = highest - 50; probe <= highest + 5; probe++) {
      const storedMs = model.get(probe)
      const there = storedMs !== undefined && probe > highest - 32 && nowMs - storedMs <= 200
      assert.equal(cache.get(probe, nowMs), there ? `${probe}` : undefined)
    }
  }
})
