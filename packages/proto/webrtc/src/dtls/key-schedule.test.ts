import assert from 'node:assert/strict'
import test from 'node:test'

import { masterSecret, prf } from './key-schedule.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')

test('the pseudorandom function gives the bytes of the published test vector', () => {
  const made = prf(hex('9bbe436ba940f017b17652849a71db35'), 'test label', hex('a0ba9f936cda311827a6f796ffd5198c'), 100)
  const expected = `e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af
    0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66`
  assert.deepEqual(Buffer.from(made), hex(expected))
})

test('an extended master secret goes by the messages, any other by the randoms', () => {
  const randoms = { client: new Uint8Array(32).fill(1), server: new Uint8Array(32).fill(2) }
  const premaster = new Uint8Array(32).fill(3)
  const extended = masterSecret(premaster, randoms, new Uint8Array(32).fill(4))
  assert.equal(extended.length, 48)
  assert.notDeepEqual(extended, masterSecret(premaster, randoms, new Uint8Array(32).fill(5)))
  assert.notDeepEqual(extended, masterSecret(premaster, randoms, undefined))
})
