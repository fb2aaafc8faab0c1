import assert from 'node:assert/strict'
import test from 'node:test'

import { encodeSocketAddress } from './socket-address.ts'

const hex = (ip: string, ipv6: boolean): string =>
  Buffer.from(encodeSocketAddress({ ip, port: 0x1234 }, ipv6)).toString('hex')

test('an IPv4 address is a sockaddr_in, or mapped for a socket of IPv6', () => {
  assert.equal(hex('192.0.2.1', false), `02001234c0000201${'00'.repeat(8)}`)
  assert.equal(hex('192.0.2.1', true), `0a00123400000000${'00'.repeat(10)}ffffc000020100000000`)
})

test('an IPv6 address is a sockaddr_in6, however it is written', () => {
  for (const [ip, bytes] of Object.entries({
    '::1': '00000000000000000000000000000001',
    '::': '00000000000000000000000000000000',
    '2001:db8::': '20010db8000000000000000000000000',
    '2001:db8:1:2:3:4:5:abcd': '20010db800010002000300040005abcd',
    '::ffff:192.0.2.1': '00000000000000000000ffffc0000201',
    '64:ff9b::192.0.2.1': '0064ff9b0000000000000000c0000201',
  })) {
    assert.equal(hex(ip, true), `0a00123400000000${bytes}00000000`)
  }
  assert.equal(hex('fe80::1%7', true), '0a00123400000000fe80000000000000000000000000000107000000')
})

test('what is no address of the family is refused', () => {
  for (const [ip, ipv6] of [
    ['::1', false],
    ['localhost', false],
    ['localhost', true],
    ['', true],
  ] as const) {
    assert.throws(() => encodeSocketAddress({ ip, port: 1 }, ipv6), { code: 'PACKET_ENGINE_ADDRESS' })
  }
})
