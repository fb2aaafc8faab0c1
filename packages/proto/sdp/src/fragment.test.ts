import assert from 'node:assert/strict'
import test from 'node:test'

import { ProtocolError } from '@millrace/core'
import { mutations, onlyCoded } from '@millrace/testkit'

import { parseFragment, writeFragment } from './fragment.ts'

/** As in RFC 8840 §9. */
const FRAGMENT = [
  'a=ice-ufrag:EsAw',
  'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
  'a=group:BUNDLE 0 1',
  'm=audio 9 RTP/AVP 0',
  'a=mid:0',
  'a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0',
  'a=candidate:3471623853 1 udp 2122194687 198.51.100.2 61765 typ host generation 0',
  'm=video 9 RTP/AVP 96',
  'a=mid:1',
  'a=end-of-candidates',
  '',
].join('\r\n')

test('candidates and credentials are read', () => {
  const { ice, media } = parseFragment(FRAGMENT)
  assert.deepEqual(ice, { ufrag: 'EsAw', pwd: 'P2uYro0UCOQ4zxjKXaWCBui1' })
  assert.deepEqual(
    media.map(({ mid, candidates, endOfCandidates }) => [mid, candidates.length, endOfCandidates]),
    [
      ['0', 2, false],
      ['1', 0, true],
    ],
  )
})

test('a fragment may have no media line', () => {
  const { ice, media } = parseFragment('a=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n')
  assert.equal(ice, null)
  assert.deepEqual(media, [{ mid: '0', candidates: ['1 1 udp 1 192.0.2.1 9 typ host'], endOfCandidates: false }])
})

test('candidates that belong to nothing are refused', () => {
  assert.throws(() => parseFragment('a=candidate:1 1 udp 1 192.0.2.1 9 typ host'), { code: 'SDP_SYNTAX' })
})

test('our half of a restart is read again', () => {
  const ice = { ufrag: 'abcd', pwd: '0123456789abcdefghijkl' }
  const candidate = '1 1 udp 2130706431 192.0.2.1 8000 typ host generation 0'
  assert.deepEqual(parseFragment(writeFragment(ice, 'audio', [candidate])), {
    ice,
    media: [{ mid: 'audio', candidates: [candidate], endOfCandidates: true }],
  })
})

test('no text makes it throw anything else', () => {
  for (const mutant of mutations(Buffer.from(FRAGMENT), 3000)) {
    const error = onlyCoded(() => parseFragment(Buffer.from(mutant).toString()))
    assert.ok(error === undefined || error instanceof ProtocolError)
  }
})
