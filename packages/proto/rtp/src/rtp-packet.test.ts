import assert from 'node:assert/strict'
import test from 'node:test'

import { mutations, onlyCoded } from '@millrace/testkit'

import { readExtension, readExtensionText, readExtensionU16 } from './header-extensions.ts'
import { isRtcp, isRtp, readRtpHeader, rtpHeaderBytes, writeRtpHeader } from './rtp-packet.ts'
import { bytesOf, hexOf, truncations } from './testing.ts'

const FIELDS = { marker: true, payloadType: 96, sequence: 0xfffe, timestamp: 0xffff_fff0, ssrc: 0xdead_beef }

test('a header without anything optional: golden bytes', () => {
  const packet = bytesOf('80 e0 fffe fffffff0 deadbeef 0102')
  assert.deepEqual(readRtpHeader(packet), { ...FIELDS, headerBytes: 12, payloadEnd: 14, extensions: null })
  const written = new Uint8Array(14)
  assert.equal(writeRtpHeader(written, 1, FIELDS), 12)
  assert.equal(hexOf(written.subarray(1, 13)), hexOf(packet.subarray(0, 12)))
})

test('contributing sources, extension and padding are left out of the payload', () => {
  const packet = bytesOf('b2 60 0001 00000002 00000003 00000004 00000005 bede0001 10aa0000 010203 0002')
  const header = readRtpHeader(packet)
  assert.deepEqual([header.headerBytes, header.payloadEnd, header.marker], [28, 31, false])
  assert.deepEqual(header.extensions, { profile: 0xbede, offset: 24, bytes: 4 })
  assert.equal(hexOf(packet.subarray(header.headerBytes, header.payloadEnd)), '010203')
})

test('a packet that is only padding has no payload', () => {
  const header = readRtpHeader(bytesOf('a0 60 0001 00000002 00000003 00000004'))
  assert.deepEqual([header.headerBytes, header.payloadEnd], [12, 12])
})

test('what is too short, of another version or wrongly padded is refused', () => {
  const code = (hex: string): string | undefined => onlyCoded(() => readRtpHeader(bytesOf(hex)))?.code
  assert.equal(code(''), 'RTP_SHORT')
  assert.equal(code('81 60 0001 00000002 00000003'), 'RTP_SHORT')
  assert.equal(code('90 60 0001 00000002 00000003 bede0001'), 'RTP_SHORT')
  assert.equal(code('40 60 0001 00000002 00000003'), 'RTP_VERSION')
  assert.equal(code('a0 60 0001 00000002 00000003'), 'RTP_PADDING')
  assert.equal(code('a0 60 0001 00000002 00000003 00000000'), 'RTP_PADDING')
  assert.equal(code('a0 60 0001 00000002 00000003 00000005'), 'RTP_PADDING')
})

test('numbers beyond their fields are sent modulo them', () => {
  const packet = new Uint8Array(12)
  writeRtpHeader(packet, 0, { ...FIELDS, sequence: 3 * 65_536 + 7, timestamp: 5 * 2 ** 32 + 9 })
  const { sequence, timestamp } = readRtpHeader(packet)
  assert.deepEqual([sequence, timestamp], [7, 9])
})

test('RTP and RTCP of one port are told apart', () => {
  const kinds = (type: string): boolean[] => {
    const packet = bytesOf(`80 ${type} 0001 00000002 00000003`)
    return [isRtp(packet), isRtcp(packet)]
  }
  assert.deepEqual(kinds('60'), [true, false])
  assert.deepEqual(kinds('e0'), [true, false])
  assert.deepEqual(kinds('bf'), [true, false])
  assert.deepEqual(kinds('c0'), [false, true])
  assert.deepEqual(kinds('c8'), [false, true])
  assert.deepEqual(kinds('df'), [false, true])
  // a receiver report without blocks is shorter than any RTP packet
  assert.deepEqual([isRtp(bytesOf('80c9000100000001')), isRtcp(bytesOf('80c9000100000001'))], [false, true])
  assert.deepEqual([isRtp(new Uint8Array(0)), isRtcp(new Uint8Array(0))], [false, false])
})

test('cut short anywhere: a coded error, or a shorter payload', () => {
  const fields = { ...FIELDS, extensions: [{ id: 3, data: bytesOf('0102') }] }
  const packet = new Uint8Array(rtpHeaderBytes(fields) + 5)
  const headerBytes = writeRtpHeader(packet, 0, fields)
  for (const cut of truncations(packet)) {
    const error = onlyCoded(() => readRtpHeader(cut))
    assert.equal(error?.code, cut.length < headerBytes ? 'RTP_SHORT' : undefined)
  }
})

test('mutated packets: only coded errors, and nothing beyond the packet', () => {
  const fields = {
    ...FIELDS,
    extensions: [
      { id: 3, data: bytesOf('0102') },
      { id: 40, data: bytesOf('') },
    ],
  }
  const packet = new Uint8Array(rtpHeaderBytes(fields) + 8)
  writeRtpHeader(packet, 0, fields)
  for (const bad of mutations(packet, 5000)) {
    onlyCoded(() => {
      const header = readRtpHeader(bad)
      assert.ok(header.headerBytes <= header.payloadEnd && header.payloadEnd <= bad.length)
      for (const id of [1, 3, 14, 40]) {
        assert.ok((readExtension(bad, header, id)?.length ?? 0) <= bad.length)
        readExtensionText(bad, header, id)
        readExtensionU16(bad, header, id)
      }
    })
  }
})
