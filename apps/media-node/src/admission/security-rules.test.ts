import assert from 'node:assert/strict'
import test from 'node:test'

import type { AccessRule } from '@millrace/config'

import { securityCheck } from './security-rules.ts'

/** `allow publish all; deny play 1.2.3.4` */
function check(text: string, action: AccessRule['action'], ip: string): string | undefined {
  const rules = text.split(';').flatMap((line) => {
    const [verb, of, from] = line.trim().split(' ')
    return verb && of && from ? [{ verb, rule: { action: of as AccessRule['action'], from } }] : []
  })
  const of = (verb: string): AccessRule[] => rules.filter((each) => each.verb === verb).map(({ rule }) => rule)
  return securityCheck({ enabled: true, allow: of('allow'), deny: of('deny') })(action, ip)
}

test('a block that is off stops nobody, one without rules everybody', () => {
  assert.equal(securityCheck({ enabled: false, allow: [], deny: [] })('publish', '1.2.3.4'), undefined)
  assert.equal(check('', 'play', '1.2.3.4'), 'SECURITY_NO_RULES')
})

test('who is denied may not, although allowed, in whatever order', () => {
  assert.equal(check('allow publish all; deny publish 1.2.3.4', 'publish', '1.2.3.4'), 'SECURITY_DENIED')
  assert.equal(check('deny publish 1.2.3.4; allow publish all', 'publish', '1.2.3.4'), 'SECURITY_DENIED')
  assert.equal(check('deny publish all; allow publish 1.2.3.4', 'publish', '1.2.3.4'), 'SECURITY_DENIED')
  assert.equal(check('allow publish all; deny publish 1.2.3.4', 'publish', '1.2.3.5'), undefined)
})

test('who is neither may not where anybody is allowed, for the other action too', () => {
  assert.equal(check('allow publish 1.2.3.4', 'publish', '1.2.3.5'), 'SECURITY_NOT_ALLOWED')
  assert.equal(check('allow publish 1.2.3.4', 'play', '1.2.3.4'), 'SECURITY_NOT_ALLOWED')
  assert.equal(check('allow play all', 'publish', '1.2.3.4'), 'SECURITY_NOT_ALLOWED')
})

test('who is neither may where some are denied only', () => {
  assert.equal(check('deny publish 1.2.3.4', 'publish', '1.2.3.5'), undefined)
  assert.equal(check('deny publish all', 'play', '1.2.3.5'), undefined)
})

test('rules may be of networks and of either family', () => {
  assert.equal(check('deny play 10.0.0.0/8', 'play', '10.9.8.7'), 'SECURITY_DENIED')
  assert.equal(check('deny play 10.0.0.0/8', 'play', '11.0.0.1'), undefined)
  assert.equal(check('deny play 2001:db8::/32', 'play', '2001:db8:1::7'), 'SECURITY_DENIED')
  assert.equal(check('allow play ::1', 'play', '::1'), undefined)
  assert.equal(check('allow play 127.0.0.1', 'play', 'unknown'), 'SECURITY_NOT_ALLOWED')
})
