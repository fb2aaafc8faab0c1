import assert from 'node:assert/strict'
import test from 'node:test'
import { PACKET_BYTES, allocatePackets, packetize } from './packet.ts'
import type { PacketOptions } from './packet.ts'

function spread(payload: Uint8Array, options: PacketOptions): { out: Uint8Array; next: number } {
  const out = allocatePackets(payload.length, options)
  out.set(payload, out.length - payload.length)
  return { out, next: packetize(out, payload.length, options, 14) }
}

/** Payload of all packets, by the rules of the header alone. */
function collect(out: Uint8Array): number[] {
  const bytes: number[] = []
  for (let at = 0; at < out.length; at += PACKET_BYTES) {
    const adaptation = ((out[at + 3] ?? 0) & 0x20) !== 0 ? 1 + (out[at + 4] ?? 0) : 0
    bytes.push(...out.subarray(at + 4 + adaptation, at + PACKET_BYTES))
  }
  return bytes
}

test('any payload size fills whole packets and comes back unchanged', () => {
  for (const pcr90k of [null, 0]) {
    for (const randomAccess of [false, true]) {
      for (let size = 1; size < 4 * PACKET_BYTES; size++) {
        const payload = Uint8Array.from({ length: size }, (_, i) => (i * 7 + size) & 0xff)
        const { out, next } = spread(payload, { pid: 0x100, pcr90k, randomAccess })
        assert.equal(out.length % PACKET_BYTES, 0)
        assert.equal(next, (14 + out.length / PACKET_BYTES) & 15)
        assert.deepEqual(collect(out), [...payload], `${size} bytes, ${pcr90k}, ${randomAccess}`)
      }
    }
  }
})

test('the first packet says where it starts, what the clock is, and the counter goes on', () => {
  const { out } = spread(new Uint8Array(300), { pid: 0x1234, pcr90k: 2 ** 33 - 1, randomAccess: true })
  assert.deepEqual([...out.subarray(0, 12)], [0x47, 0x52, 0x34, 0x3e, 7, 0x50, 0xff, 0xff, 0xff, 0xff, 0xfe, 0])
  assert.deepEqual([...out.subarray(PACKET_BYTES, PACKET_BYTES + 4)], [0x47, 0x12, 0x34, 0x3f])
})
