import assert from 'node:assert/strict'
import test from 'node:test'

import { concatBytes } from '@millrace/bytes'
import { mutations, onlyCoded, Random, splits } from '@millrace/testkit'

import { ChunkReader, type ChunkLimits } from './chunk-reader.ts'
import { encodeMessage } from './chunk-writer.ts'
import type { RtmpMessage } from './message.ts'
import { setChunkSize } from './protocol-control.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

/** Each message as `type/stream@time:payload`. */
function read(bytes: Uint8Array | readonly Uint8Array[], limits?: ChunkLimits): string[] {
  const messages: RtmpMessage[] = []
  const reader = new ChunkReader((message) => messages.push(message), limits)
  for (const part of bytes instanceof Uint8Array ? [bytes] : bytes) reader.push(part)
  return messages.map(
    ({ typeId, streamId, timestampMs, payload }) =>
      `${typeId}/${streamId}@${timestampMs}:${Buffer.from(payload).toString('hex')}`,
  )
}

/** Reads in every way to cut the input, and wants the same each time. */
function readAll(text: string): string[] {
  const bytes = hex(text)
  const whole = read(bytes)
  for (const parts of splits(bytes)) assert.deepEqual(read(parts), whole)
  return whole
}

// chunk stream 4, format 0, time 10, 2 bytes, type 8, stream 1
const FIRST = '04 00000a 000002 08 01000000 aabb '

test('format 0 has everything', () => {
  assert.deepEqual(readAll(FIRST), ['8/1@10:aabb'])
})

test('format 1 keeps the stream, format 2 also length and type; both count time on', () => {
  assert.deepEqual(readAll(`${FIRST} 44 000014 000001 09 cc`), ['8/1@10:aabb', '9/1@30:cc'])
  assert.deepEqual(readAll(`${FIRST} 84 000014 ccdd`), ['8/1@10:aabb', '8/1@30:ccdd'])
})

test('format 3 repeats the delta, after format 0 its timestamp', () => {
  assert.deepEqual(readAll(`${FIRST} 84 000014 ccdd c4 eeff`), ['8/1@10:aabb', '8/1@30:ccdd', '8/1@50:eeff'])
  assert.deepEqual(readAll(`${FIRST} c4 ccdd`), ['8/1@10:aabb', '8/1@20:ccdd'])
})

test('format 3 goes on with a message longer than the chunk size', () => {
  const body = Array.from({ length: 300 }, (_, i) => (i & 0xff).toString(16).padStart(2, '0'))
  const chunks = [body.slice(0, 128), body.slice(128, 256), body.slice(256)].map((part) => part.join(''))
  const [got] = readAll(`06 000001 00012c 09 01000000 ${chunks.join('c6')}`)
  assert.equal(got, `9/1@1:${body.join('')}`)
})

test('chunks of several messages interleave', () => {
  const chunkSize = '02 000000 000004 01 00000000 00000002 '
  const video = ['06 000001 000004 09 01000000 0102', 'c6 0304']
  const audio = ['07 000002 000003 08 01000000 1112', 'c7 13']
  assert.deepEqual(readAll(chunkSize + [video[0], audio[0], video[1], audio[1]].join('')), [
    '9/1@1:01020304',
    '8/1@2:111213',
  ])
})

test('chunk stream ids take one, two or three bytes', () => {
  assert.deepEqual(readAll('0010 000001 000001 08 01000000 aa 8010 000001 bb'), ['8/1@1:aa', '8/1@2:bb'])
  assert.deepEqual(readAll('011002 000001 000001 08 01000000 aa 811002 000001 bb'), ['8/1@1:aa', '8/1@2:bb'])
})

test('SetChunkSize holds from the next chunk on', () => {
  assert.deepEqual(readAll('02 000000 000004 01 00000000 00000001 04 000000 000002 08 01000000 aa c4 bb'), [
    '8/1@0:aabb',
  ])
  assert.equal(onlyCoded(() => read(hex('02 000000 000004 01 00000000 00000000')))?.code, 'RTMP_CHUNK_SIZE')
  assert.equal(onlyCoded(() => read(hex('02 000000 000002 01 00000000 0001')))?.code, 'RTMP_CHUNK_SIZE')
})

test('Abort drops an unfinished message', () => {
  const begun = `02 000000 000004 01 00000000 00000001 04 000000 000002 08 01000000 aa`
  assert.deepEqual(
    readAll(`${begun} 02 000000 000004 02 00000000 00 c2 00 c2 00 c2 04 ${FIRST.replace('aabb', 'cc c4 dd')}`),
    ['8/1@10:ccdd'],
  )
})

test('messages without payload are messages', () => {
  assert.deepEqual(readAll(`04 000001 000000 08 01000000 ${FIRST}`), ['8/1@1:', '8/1@10:aabb'])
})

const CHUNK_2 = '02 000000 000004 01 00000000 00000002 '

test('extended timestamps: absolute, delta, and on continuation chunks', () => {
  assert.deepEqual(readAll('04 ffffff 000001 08 01000000 01020304 aa'), ['8/1@16909060:aa'])
  assert.deepEqual(readAll(`${FIRST} 84 ffffff 01000000 ccdd`), ['8/1@10:aabb', '8/1@16777226:ccdd'])
  assert.deepEqual(readAll(`${CHUNK_2} 04 ffffff 000003 08 01000000 01020304 aabb c4 01020304 cc`), [
    '8/1@16909060:aabbcc',
  ])
})

test('continuation chunks may leave the extended timestamp out', () => {
  const begun = `${CHUNK_2} 04 ffffff 000005 08 01000000 01020304 aabb`
  assert.deepEqual(readAll(`${begun} c4 ccdd c4 ee`), ['8/1@16909060:aabbccddee'])
  // payload that begins like it
  assert.deepEqual(readAll(`${begun} c4 0102 c4 01 ${FIRST}`), ['8/1@16909060:aabb010201', '8/1@10:aabb'])
})

test('format 3 for a new message has the extended timestamp too', () => {
  const begun = '04 ffffff 000001 08 01000000 01000000 aa'
  assert.deepEqual(readAll(`${begun} c4 01000014 bb`), ['8/1@16777216:aa', '8/1@16777236:bb'])
})

test('time wraps at 32 bits', () => {
  assert.deepEqual(readAll('04 ffffff 000001 08 01000000 fffffff0 aa 84 000014 bb'), ['8/1@4294967280:aa', '8/1@4:bb'])
})

test('a new chunk stream may begin with format 1 or 2, as drones do', () => {
  assert.deepEqual(readAll('44 000014 000001 09 cc'), ['9/0@20:cc'])
  assert.deepEqual(readAll(`${FIRST} 45 000014 000001 09 cc`), ['8/1@10:aabb', '9/1@20:cc'])
  assert.deepEqual(readAll(`${FIRST} 85 000014 ccdd`), ['8/1@10:aabb', '8/1@30:ccdd'])
  for (const bytes of ['84 000014', 'c4 00', `${FIRST} c5 00`]) {
    assert.equal(onlyCoded(() => read(hex(bytes)))?.code, 'RTMP_CHUNK_FRESH')
  }
})

test('a negative delta steps back', () => {
  assert.deepEqual(readAll(`${FIRST} 84 fffffc ccdd`), ['8/1@10:aabb', '8/1@6:ccdd'])
})

test('a message cut off by the next on its chunk stream is dropped', () => {
  assert.deepEqual(readAll(`${CHUNK_2} 04 000000 000003 08 01000000 1122 ${FIRST}`), ['8/1@10:aabb'])
})

test('continuation chunks may have whole headers', () => {
  const begun = `${CHUNK_2} 04 000005 000003 08 01000000 1122`
  assert.deepEqual(readAll(`${begun} 44 000001 000003 08 33`), ['8/1@5:112233'])
  assert.deepEqual(readAll(`${begun} 84 000001 33`), ['8/1@5:112233'])
})

test('repairs are counted', () => {
  const reader = new ChunkReader(() => {})
  reader.push(hex(`44 000014 000001 09 cc ${FIRST} 84 fffffc ccdd ${CHUNK_2} 05 000000 000003 08 01000000 1122`))
  reader.push(hex('05 000000 000001 08 01000000 11'))
  assert.deepEqual(reader.repairs, { incompleteHeaders: 1, abandonedMessages: 1, negativeDeltas: 1 })
})

test('length of messages, memory for unfinished ones and chunk streams are bounded', () => {
  const code = (bytes: string, limits: ChunkLimits): string | undefined =>
    onlyCoded(() => read(hex(bytes), limits))?.code
  assert.equal(code('04 000000 000003 08 01000000', { maxMessageBytes: 2 }), 'RTMP_MESSAGE_TOO_LARGE')
  const begin = (id: string): string => `${id} 000000 000064 08 01000000 ${'00'.repeat(50)} `
  const chunk50 = '02 000000 000004 01 00000000 00000032 '
  assert.equal(code(chunk50 + begin('04') + begin('05'), { maxPartialBytes: 150 }), 'RTMP_PARTIAL_TOO_LARGE')
  assert.equal(code(chunk50 + begin('04') + begin('04'), { maxPartialBytes: 150 }), undefined)
  assert.equal(code(FIRST + FIRST.replace('04', '05'), { maxChunkStreams: 1 }), 'RTMP_TOO_MANY_CHUNK_STREAMS')
})

test('no memory is taken for payload that was announced and never came', () => {
  const messages: RtmpMessage[] = []
  const reader = new ChunkReader((message) => messages.push(message), { maxPartialBytes: 0 })
  reader.push(hex('04 000000 ffffff 08 01000000'.replace('ffffff', '7fffff')))
  assert.equal(messages.length, 0)
})

test('a large message shares the memory of its input, a small one does not hold on to it', () => {
  const shares = (inputLength: number): boolean => {
    const input = concatBytes([hex(FIRST), new Uint8Array(inputLength)])
    let shared = false
    const reader = new ChunkReader(({ payload }) => (shared ||= payload.buffer === input.buffer))
    onlyCoded(() => reader.push(input))
    return shared
  }
  assert.equal(shares(0), false)
  const big = encodeMessage({ typeId: 9, streamId: 1, timestampMs: 0, payload: new Uint8Array(100) }, 6, 128)
  new ChunkReader(({ payload }) => assert.equal(payload.buffer, big.buffer)).push(big)
})

/** Messages of all sizes and times on several chunk streams, at several chunk sizes. */
function randomStream(seed: number): { bytes: Uint8Array; expected: string[] } {
  const random = new Random(seed)
  const parts: Uint8Array[] = []
  const expected: string[] = []
  let chunkSize = 128
  for (let i = 0; i < 30; i++) {
    if (random.int(6) === 0) {
      const next = 1 + random.int(4000)
      parts.push(encodeMessage(setChunkSize(next), 2, chunkSize))
      chunkSize = next
    }
    const payload = random.bytes(random.int(random.int(3) === 0 ? 3000 : 60))
    const timestampMs = random.int(2) === 0 ? random.int(2 ** 32) : random.int(10_000)
    const message = { typeId: 8 + random.int(2), streamId: random.int(3), timestampMs, payload }
    parts.push(encodeMessage(message, [3, 6, 63, 64, 319, 320, 65_599][random.int(7)] ?? 3, chunkSize))
    expected.push(`${message.typeId}/${message.streamId}@${timestampMs}:${Buffer.from(payload).toString('hex')}`)
  }
  return { bytes: concatBytes(parts), expected }
}

test('what the writer writes reads back, however it is cut', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const { bytes, expected } = randomStream(seed)
    for (const parts of splits(bytes, 5, seed)) assert.deepEqual(read(parts), expected)
  }
})

test('truncated at each byte: the messages before it', () => {
  const { bytes, expected } = randomStream(11)
  for (let length = 0; length < bytes.length; length += 1 + (length % 7)) {
    const got = read(bytes.subarray(0, length))
    assert.deepEqual(got, expected.slice(0, got.length))
  }
})

test('mutated: only coded errors, and the same however it is cut', () => {
  const { bytes } = randomStream(12)
  const limits = { maxMessageBytes: 100_000, maxChunkStreams: 16 }
  const outcome = (parts: readonly Uint8Array[]): [string[], string | undefined] => {
    const messages: string[] = []
    const reader = new ChunkReader(({ typeId, payload }) => messages.push(`${typeId}:${payload.length}`), limits)
    const code = onlyCoded(() => {
      for (const part of parts) reader.push(part)
    })?.code
    return [messages, code]
  }
  for (const bad of mutations(bytes, 400)) {
    const whole = outcome([bad])
    for (const parts of splits(bad, 1)) assert.deepEqual(outcome(parts), whole)
  }
})
