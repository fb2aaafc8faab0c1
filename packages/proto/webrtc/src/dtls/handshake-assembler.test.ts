import assert from 'node:assert/strict'
import test from 'node:test'

import { onlyCoded, Random } from '@millrace/testkit'

import { HandshakeAssembler } from './handshake-assembler.ts'
import { type Fragment, type HandshakeMessage, readFragments, writeFragment } from './handshake-message.ts'

const random = new Random(5)
const message = (sequence: number, bytes: number): HandshakeMessage => ({
  type: 11,
  sequence,
  body: random.bytes(bytes),
})
const piece = (whole: HandshakeMessage, offset: number, length: number): Fragment => {
  const [fragment] = readFragments(writeFragment(whole, offset, length))
  assert.ok(fragment)
  return fragment
}
function takeAll(assembler: HandshakeAssembler): HandshakeMessage[] {
  const taken: HandshakeMessage[] = []
  for (let each = assembler.take(); each; each = assembler.take()) taken.push(each)
  return taken
}

test('messages come out whole and in order, however their fragments come', () => {
  for (let round = 0; round < 100; round++) {
    const messages = [message(0, 500), message(1, 0), message(2, 1), message(3, 900)]
    const fragments = messages.flatMap((whole) => {
      const { length } = whole.body
      const pieces = [piece(whole, 0, Math.min(10, length))]
      for (let offset = 0; offset < length;) {
        const bytes = Math.min(length - offset, 1 + random.int(200))
        const overlap = random.int(Math.min(offset, 5) + 1)
        pieces.push(piece(whole, offset - overlap, bytes + overlap))
        offset += bytes
      }
      return [...pieces, ...pieces.slice(0, 2)]
    })
    const assembler = new HandshakeAssembler()
    const taken: HandshakeMessage[] = []
    while (fragments.length > 0) {
      const [fragment] = fragments.splice(random.int(fragments.length), 1)
      if (fragment) assembler.add(fragment)
      taken.push(...takeAll(assembler))
    }
    assert.deepEqual(taken, messages)
  }
})

test('a message is of one type and length, and not longer than 16,384 bytes', () => {
  const assembler = new HandshakeAssembler()
  const whole = message(0, 100)
  assembler.add(piece(whole, 0, 50))
  assembler.add({ ...piece(whole, 50, 50), type: 12 })
  assembler.add(piece({ ...whole, body: random.bytes(200) }, 50, 150))
  assert.equal(assembler.take(), undefined)
  assembler.add(piece(whole, 50, 50))
  assert.deepEqual(assembler.take(), whole)
  const refused = { code: 'DTLS_HANDSHAKE' }
  assert.throws(() => assembler.add(piece(message(1, 16_385), 0, 1)), refused)
  assert.throws(() => assembler.add({ ...piece(message(1, 10), 0, 10), offset: 1 }), refused)
})

test('what is far ahead, or too much ahead, is not kept', () => {
  const assembler = new HandshakeAssembler()
  const messages = Array.from({ length: 10 }, (_, sequence) => message(sequence, sequence === 0 ? 16_384 : 8192))
  const addAll = (): number[] => {
    for (const whole of messages.toReversed()) assembler.add(piece(whole, 0, whole.body.length))
    return takeAll(assembler).map(({ sequence }) => sequence)
  }
  // two wait for the first; the others have to come again
  assert.deepEqual(addAll(), [0])
  assert.deepEqual(addAll(), [1])
})

test('records of any bytes give fragments or a clear error', () => {
  for (let round = 0; round < 2000; round++) onlyCoded(() => readFragments(random.bytes(random.int(60))))
})
