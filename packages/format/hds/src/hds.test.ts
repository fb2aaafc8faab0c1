import assert from 'node:assert/strict'
import test from 'node:test'

import { mutations, onlyCoded } from '@millrace/testkit'

import { newestFragment, writeBootstrap } from './bootstrap.ts'
import { fragmentName, writeFragment } from './fragment.ts'
import { writeF4m } from './manifest.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const ascii = (text: string): string => Buffer.from(text).toString('hex')

const FIRST = { startMs: 40, durationMs: 10_000, discontinuity: true }
const SECOND = { startMs: 10_040, durationMs: 9_960, discontinuity: false }

test('a manifest names bootstrap information and media, as that of SRS does', () => {
  assert.equal(
    writeF4m({ id: 'a&b.f4m', bootstrapUrl: 'a%26b.abst', mediaUrl: 'a%26b' }),
    `<?xml version="1.0" encoding="utf-8"?>
<manifest xmlns="http://ns.adobe.com/f4m/1.0">
\t<id>a&amp;b.f4m</id>
\t<streamType>live</streamType>
\t<deliveryType>streaming</deliveryType>
\t<bootstrapInfo profile="named" url="a%26b.abst" id="bootstrap0" />
\t<media bitrate="0" url="a%26b" bootstrapInfoId="bootstrap0"></media>
</manifest>
`,
  )
})

test('texts that XML cannot have are refused', () => {
  for (const id of ['\0', '\n', '\uD800', '\uFFFE']) {
    assert.throws(() => writeF4m({ id, bootstrapUrl: '', mediaUrl: '' }), { code: 'HDS_BAD_TEXT' })
  }
})

test('bootstrap information lists each fragment', () => {
  assert.equal(
    hex(writeBootstrap([FIRST, SECOND], { firstNumber: 7 })),
    [
      '0000007a',
      ascii('abst'),
      // version and flags, 8th fragment is the newest, live, milliseconds, time of the newest
      ['00000000', '00000008', '20', '000003e8', '0000000000002738', '0000000000000000', '0000000000'].join(''),
      // one segment of two fragments
      ['01', '00000019', ascii('asrt'), '00000000', '00', '00000001', '00000001', '00000002'].join(''),
      ['01', '00000035', ascii('afrt'), '00000000', '000003e8', '00', '00000002'].join(''),
      ['00000007', '0000000000000028', '00002710'].join(''),
      ['00000008', '0000000000002738', '000026e8'].join(''),
    ].join(''),
  )
})

test('times that do not go on are told of, but not before the first fragment', () => {
  const broken = { ...SECOND, startMs: 0, discontinuity: true }
  const listed = hex(writeBootstrap([FIRST, broken], { firstNumber: 1 }))
  assert.ok(listed.includes('0000000300000001'), 'three entries')
  assert.ok(listed.endsWith('00000002000000000000000000000000020000000200000000000000 00000026e8'.replaceAll(' ', '')))
})

test('the newest fragment is read back, and nothing out of other bytes', () => {
  const bytes = writeBootstrap([FIRST, SECOND], { firstNumber: 41 })
  assert.equal(newestFragment(bytes), 42)
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => newestFragment(bytes.subarray(0, length)), { code: 'HDS_BAD_BOOTSTRAP' })
  }
  for (const mutated of mutations(bytes, 500)) onlyCoded(() => newestFragment(mutated))
})

test('a fragment is tags in one box', () => {
  assert.equal(hex(writeFragment([Uint8Array.of(1, 2), Uint8Array.of(3)])), `0000000b${ascii('mdat')}010203`)
  assert.equal(fragmentName(12), 'Seg1-Frag12')
})
