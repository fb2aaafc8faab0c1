import assert from 'node:assert/strict'
import test from 'node:test'

import { onlyCoded } from '@millrace/testkit'

import { type HeaderExtension, readExtension, readExtensionText, readExtensionU16 } from './header-extensions.ts'
import { readRtpHeader, rtpHeaderBytes, writeRtpHeader } from './rtp-packet.ts'
import { bytesOf, hexOf } from './testing.ts'

const FIXED = '0060 0001 00000002 00000003'

/** Data of the elements 1 to 255 that are there, of a packet with this header extension. */
function elements(extension: string): string {
  const packet = bytesOf(FIXED + extension)
  packet[0] = 0x90
  const header = readRtpHeader(packet)
  const found: string[] = []
  for (let id = 1; id < 256; id++) {
    const data = readExtension(packet, header, id)
    if (data) found.push(`${id}=${hexOf(data)}`)
  }
  return found.join(' ')
}

function written(extensions: readonly HeaderExtension[]): string {
  const fields = { marker: false, payloadType: 96, sequence: 1, timestamp: 2, ssrc: 3, extensions }
  const packet = new Uint8Array(rtpHeaderBytes(fields)).fill(0xff)
  assert.equal(writeRtpHeader(packet, 0, fields), packet.length)
  return hexOf(packet.subarray(12))
}

test('one-byte headers: elements with padding between them', () => {
  assert.equal(elements('bede0003 10aa 21bbcc 0000 30dd 000000'), '1=aa 2=bbcc 3=dd')
  assert.equal(elements('bede0005 1f 000102030405060708090a0b0c0d0e0f 000000'), '1=000102030405060708090a0b0c0d0e0f')
})

test('one-byte headers: ids 15 and 0 with a length end the elements', () => {
  assert.equal(elements('bede0002 10aa f0bb 30dd 0000'), '1=aa')
  assert.equal(elements('bede0002 10aa 01bb 30dd 0000'), '1=aa')
})

test('two-byte headers: ids over 14, empty and long elements, any application bits', () => {
  assert.equal(elements('10000003 0101aa 1000 f002bbcc 00 0000'), '1=aa 16= 240=bbcc')
  assert.equal(elements('100f0001 1001aa 00'), '16=aa')
})

test('an element that says to be longer than its extension is none', () => {
  assert.equal(elements('bede0001 13aabbcc'), '')
  assert.equal(elements('10000001 0103aabb'), '')
  assert.equal(elements('10000001 00000001'), '')
})

test('extensions of other profiles are not looked into', () => {
  assert.equal(elements('abcd0001 10aa0000'), '')
})

test('written with one-byte headers while they do, else with two-byte headers: golden bytes', () => {
  const transport = { id: 3, data: bytesOf('0102') }
  assert.equal(written([transport]), 'bede000131010200')
  assert.equal(written([transport, { id: 15, data: bytesOf('aa') }]), '10000002' + '03020102' + '0f01aa00')
  assert.equal(written([{ id: 1, data: new Uint8Array(0) }]), '1000000101000000')
  assert.equal(written([{ id: 1, data: new Uint8Array(17) }]), `10000005${'0111'}${'00'.repeat(18)}`)
})

test('an element that no header can say is our mistake', () => {
  for (const bad of [
    { id: 0, data: bytesOf('aa') },
    { id: 256, data: bytesOf('aa') },
    { id: 1, data: new Uint8Array(256) },
  ]) {
    assert.equal(onlyCoded(() => written([bad]))?.code, 'RTP_EXTENSION')
  }
})

test('text and 16-bit numbers', () => {
  const packet = bytesOf(`9060 0001 00000002 00000003 bede0002 12686931 21ffee 00`)
  const header = readRtpHeader(packet)
  assert.equal(readExtensionText(packet, header, 1), 'hi1')
  assert.equal(readExtensionText(packet, header, 3), undefined)
  assert.equal(readExtensionU16(packet, header, 2), 0xffee)
  assert.equal(readExtensionU16(packet, header, 3), undefined)
  const short = bytesOf('9060 0001 00000002 00000003 bede0001 10aa0000')
  assert.equal(readExtensionU16(short, readRtpHeader(short), 1), undefined)
  assert.equal(
    readExtension(bytesOf(`80${FIXED.slice(2)}`), readRtpHeader(bytesOf(`80${FIXED.slice(2)}`)), 1),
    undefined,
  )
})
