import assert from 'node:assert/strict'
import test from 'node:test'
import { ByteWriter } from '@millrace/bytes'
import { box, fields, findBox, fourCc, fullBox, joinParts, readBoxes, readFullBox, requireBox } from './box.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('a tree of boxes is written with the sizes of all that is in it', () => {
  const tree = box('moov', box('free', Uint8Array.of(1, 2)), fullBox('mfhd', 1, 0x020304, Uint8Array.of(5)))
  assert.equal(
    hex(joinParts([Uint8Array.of(0xff), tree])),
    'ff 0000001f 6d6f6f76 0000000a 66726565 0102 0000000d 6d666864 01020304 05'.replaceAll(' ', ''),
  )
})

test('boxes are read in order, sharing memory, in any form of their size', () => {
  const large = fields((out) => out.u32(1).bytes(fourCc('wide')).u53(18).u16(0x0102))
  const toEnd = fields((out) => out.u32(0).bytes(fourCc('last')).u8(9))
  const bytes = joinParts([box('one ', Uint8Array.of(7)), large, box('one '), toEnd])
  const boxes = readBoxes(bytes)
  assert.deepEqual(
    boxes.map(({ type, body }) => `${type} ${hex(body)}`),
    ['one  07', 'wide 0102', 'one  ', 'last 09'],
  )
  assert.equal(boxes[0]?.body.buffer, bytes.buffer)
  assert.deepEqual(findBox(boxes, 'one '), Uint8Array.of(7))
  assert.equal(findBox(boxes, 'none'), undefined)
  assert.throws(() => requireBox(boxes, 'none'), { code: 'MP4_BOX_MISSING' })
})

test('version and flags come before the fields of a full box', () => {
  const { version, flags, reader } = readFullBox(Uint8Array.of(1, 0, 0, 5, 8))
  assert.deepEqual([version, flags, reader.u8()], [1, 5, 8])
})

test('boxes that pass the end, are shorter than their header, or too many, are refused', () => {
  const sized = (size: number): Uint8Array => fields((out) => out.u32(size).bytes(fourCc('free')).u32(0))
  assert.throws(() => readBoxes(sized(13)), { code: 'MP4_BOX_SIZE' })
  assert.throws(() => readBoxes(sized(7)), { code: 'MP4_BOX_SIZE' })
  assert.throws(() => readBoxes(sized(12).subarray(0, 7)), { code: 'BYTES_SHORT' })
  assert.throws(() => readBoxes(fields((out) => out.u32(1).bytes(fourCc('free')).u53(15))), { code: 'MP4_BOX_SIZE' })
  const many = new ByteWriter()
  for (let i = 0; i < 1025; i++) many.u32(8).u32(0)
  assert.throws(() => readBoxes(many.finish()), { code: 'MP4_BOX_COUNT' })
})
