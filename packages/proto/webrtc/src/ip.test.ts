import assert from 'node:assert/strict'
import test from 'node:test'

import { Random } from '@millrace/testkit'

import { ipBytes, ipText } from './ip.ts'

for (const [text, hex, canonical] of [
  ['192.0.2.255', 'c00002ff', '192.0.2.255'],
  ['::', '00000000000000000000000000000000', '::'],
  ['::1', '00000000000000000000000000000001', '::1'],
  ['2001:DB8::', '20010db8000000000000000000000000', '2001:db8::'],
  ['2001:db8:0:1:1:1:1:1', '20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
  ['2001:db8:0:0:1:0:0:1', '20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
  ['fe80::1%eth0', 'fe800000000000000000000000000001', 'fe80::1'],
  ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221', '64:ff9b::c000:221'],
  ['::ffff:192.0.2.1', 'c0000201', '192.0.2.1'],
] as const) {
  test(`${text} is read and written`, () => {
    const bytes = ipBytes(text)
    assert.equal(bytes && Buffer.from(bytes).toString('hex'), hex)
    assert.equal(bytes && ipText(bytes), canonical)
  })
}

for (const text of [
  '',
  '1.2.3',
  '1.2.3.256',
  '1.2.3.4.5',
  'a.b.c.d',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '12345::',
  'host',
  '1:2:3:4:5:6:7::8',
  '1.2.3.4::',
]) {
  test(`${JSON.stringify(text)} is no address`, () => {
    assert.equal(ipBytes(text), null)
  })
}

test('all that is written is read again', () => {
  const random = new Random(3)
  for (let i = 0; i < 2000; i++) {
    const bytes = random.bytes(16).map((byte) => (random.int(3) > 0 ? 0 : byte))
    bytes[0] = 0x20
    assert.deepEqual(ipBytes(ipText(bytes)), bytes)
  }
})
