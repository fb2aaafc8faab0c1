import assert from 'node:assert/strict'
import test from 'node:test'

import type { CodedError } from '@millrace/core'

import { createAddressGuard, createNetworkSet } from './address-guard.ts'

const BLOCKED = `
  127.0.0.1 127.255.255.255 0.0.0.0 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1
  169.254.169.254 100.100.100.200 168.63.129.16 192.0.0.192 198.18.0.1 224.0.0.1 255.255.255.255
  :: ::1 ::ffff:127.0.0.1 ::ffff:a9fe:a9fe 0:0:0:0:0:ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1
  fe80::1 fe80::1%eth0 fc00::1 fd00:ec2::254 ff02::1 2001::1 2001:db8::1 2002:7f00:1::1
`
const PUBLIC = '1.1.1.1 172.32.0.1 100.128.0.1 ::ffff:1.1.1.1 2606:4700::1111 2a00:1450::1'
const words = (text: string): string[] => text.trim().split(/\s+/)

test('blocks everything that is not public, in every notation', () => {
  const guard = createAddressGuard()
  for (const address of words(BLOCKED)) assert.equal(guard.permits(address), false, address)
  for (const address of words(PUBLIC)) assert.equal(guard.permits(address), true, address)
})

test('what is no address is not permitted', () => {
  const guard = createAddressGuard()
  for (const text of ['', 'localhost', '1.2.3', '1.2.3.4.5', '::g']) assert.equal(guard.permits(text), false, text)
})

test('permits the networks on the list, and no more', () => {
  const guard = createAddressGuard(['127.0.0.0/8', '::1/128', 'fd12::/16'])
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', 'fd12::5']) assert.ok(guard.permits(address), address)
  for (const address of ['10.0.0.1', '::2', 'fd13::5', '169.254.169.254']) assert.ok(!guard.permits(address), address)
})

test('refuses a list with anything but networks', () => {
  for (const network of ['127.0.0.1', '127.0.0.0/33', '::/129', 'localhost/8', '1.2.3.4/', '1.2.3.4/8/8', '']) {
    assert.throws(
      () => createAddressGuard([network]),
      (error: CodedError) => error.code === 'NETWORK_INVALID',
      network,
    )
  }
})

test('a set of networks has what is in one of them, however it is written', () => {
  const set = createNetworkSet(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1'])
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', '2001:db8::5', '::1', '::1%lo']) {
    assert.ok(set.has(address), address)
  }
  for (const address of ['11.0.0.1', '192.0.2.8', '2001:db9::1', '::2', 'localhost', '']) {
    assert.ok(!set.has(address), address)
  }
  assert.throws(() => createNetworkSet(['10.0.0.0/33']), { code: 'NETWORK_INVALID' })
})
