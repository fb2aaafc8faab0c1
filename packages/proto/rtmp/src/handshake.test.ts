import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import test from 'node:test'

import { concatBytes } from '@millrace/bytes'
import { mutations, onlyCoded, Random, splits } from '@millrace/testkit'

import { ClientHandshake } from './client-handshake.ts'
import { CLIENT_KEY, findDigest, SERVER_KEY, signPacket, type DigestSchema } from './handshake-digest.ts'
import { ServerHandshake } from './server-handshake.ts'

const seeded = (seed: number) => {
  const random = new Random(seed)
  return (length: number): Uint8Array => random.bytes(length)
}
const hmac = (key: Uint8Array, data: Uint8Array): Uint8Array => createHmac('sha256', key).update(data).digest()

/** C0, C1 and C2 with C1 signed by `schema`, or plain. */
function clientBytes(schema: DigestSchema | null): Uint8Array {
  const random = seeded(7)
  const c1 = random(1536)
  if (schema !== null) signPacket(c1, schema, CLIENT_KEY)
  return concatBytes([Uint8Array.of(3), c1, random(1536)])
}

/** What the server sends for `parts`, and what is left behind C2. */
function serve(
  parts: readonly Uint8Array[],
  nowMs = 0x01020304,
): { sent: Uint8Array; rest: Uint8Array; done: boolean } {
  const handshake = new ServerHandshake(seeded(1))
  const sent: Uint8Array[] = []
  const rest: Uint8Array[] = []
  for (const part of parts) {
    if (handshake.done) {
      rest.push(part)
      continue
    }
    const answer = handshake.push(part, nowMs)
    if (answer) sent.push(answer)
    if (handshake.done) rest.push(handshake.takeRest().slice())
  }
  return { sent: concatBytes(sent), rest: concatBytes(rest), done: handshake.done }
}

test('a plain C1 is answered in the simple way: S1 with our time, S2 is C1', () => {
  const bytes = clientBytes(null)
  const { sent, done } = serve([bytes])
  assert.equal(done, true)
  assert.equal(sent.length, 1 + 1536 * 2)
  assert.deepEqual(Array.from(sent.subarray(0, 9)), [3, 1, 2, 3, 4, ...bytes.subarray(1, 5)])
  assert.deepEqual(sent.subarray(1537), bytes.subarray(1, 1537))
})

for (const schema of [0, 1] as const) {
  test(`a C1 signed by schema ${schema} is answered by the same, S2 signs with its digest`, () => {
    const bytes = clientBytes(schema)
    const found = findDigest(bytes.subarray(1, 1537), CLIENT_KEY)
    assert.equal(found?.schema, schema)
    const { sent } = serve([bytes])
    assert.equal(findDigest(sent.subarray(1, 1537), SERVER_KEY)?.schema, schema)
    const s2 = sent.subarray(1537)
    const key = hmac(SERVER_KEY.full, found?.digest ?? new Uint8Array())
    assert.deepEqual(Buffer.from(s2.subarray(1504)), hmac(key, s2.subarray(0, 1504)))
  })
}

test('keys are the 30 and 36 bytes of the names with the 32 secret ones behind', () => {
  assert.equal(Buffer.from(CLIENT_KEY.name).toString(), 'Genuine Adobe Flash Player 001')
  assert.equal(Buffer.from(SERVER_KEY.name).toString(), 'Genuine Adobe Flash Media Server 001')
  assert.deepEqual([CLIENT_KEY.full.length, SERVER_KEY.full.length], [62, 68])
})

test("a proxy's prefix is taken off and its address kept", () => {
  const prefix = Uint8Array.of(0xf3, 0, 6, 203, 0, 113, 9, 1, 2)
  for (const parts of splits(concatBytes([prefix, clientBytes(1), Uint8Array.of(9)]), 3)) {
    const { done, rest } = serve(parts)
    assert.deepEqual([done, ...rest], [true, 9])
  }
  const handshake = new ServerHandshake(seeded(1))
  handshake.push(prefix, 0)
  assert.equal(handshake.proxiedIp, '203.0.113.9')
  const code = onlyCoded(() => new ServerHandshake(seeded(1)).push(Uint8Array.of(0xf3, 4, 1), 0))?.code
  assert.equal(code, 'RTMP_PROXY_PREFIX')
})

test('what is not RTMP is refused at its first byte', () => {
  for (const first of ['GET / HTTP/1.1', '\x16\x03\x01', '\x06']) {
    const code = onlyCoded(() => serve([new TextEncoder().encode(first)]))?.code
    assert.equal(code, 'RTMP_VERSION')
  }
  assert.equal(onlyCoded(() => new ClientHandshake(seeded(1)).push(Uint8Array.of(72)))?.code, 'RTMP_VERSION')
})

test('the same answer and the same rest, however the input is cut', () => {
  const bytes = concatBytes([clientBytes(1), Uint8Array.of(1, 2, 3)])
  const whole = serve([bytes])
  assert.deepEqual(Array.from(whole.rest), [1, 2, 3])
  for (const parts of splits(bytes, 10)) assert.deepEqual(serve(parts), whole)
})

test('truncated at each byte it waits', () => {
  const bytes = clientBytes(1)
  const handshake = new ServerHandshake(seeded(1))
  let answers = 0
  for (const byte of bytes.subarray(0, -1)) {
    if (handshake.push(Uint8Array.of(byte), 0)) answers++
    assert.equal(handshake.done, false)
  }
  assert.equal(answers, 1)
})

test('mutated: only coded errors', () => {
  for (const bad of mutations(clientBytes(0), 200)) onlyCoded(() => serve([bad]))
})

for (const mode of ['digest', 'simple'] as const) {
  test(`client and server shake hands: ${mode}`, () => {
    const client = new ClientHandshake(seeded(3))
    const server = new ServerHandshake(seeded(4))
    const s = server.push(client.start(mode, 5), 6)
    assert.ok(s)
    for (const parts of splits(concatBytes([s, Uint8Array.of(9)]), 3)) {
      const again = new ClientHandshake(seeded(3))
      const c2 = parts.map((part) => (again.done ? null : again.push(part))).filter((bytes) => bytes !== null)
      assert.equal(c2.length, 1)
      assert.equal(again.done, true)
      if (mode === 'simple') assert.deepEqual(c2[0], s.subarray(1, 1537))
    }
    const c2 = client.push(s)
    assert.ok(c2)
    if (mode === 'digest') {
      const digest = findDigest(s.subarray(1, 1537), SERVER_KEY)?.digest ?? new Uint8Array()
      assert.deepEqual(Buffer.from(c2.subarray(1504)), hmac(hmac(CLIENT_KEY.full, digest), c2.subarray(0, 1504)))
    }
    server.push(c2, 7)
    assert.equal(server.done, true)
  })
}
