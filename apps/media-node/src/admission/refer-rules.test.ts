import assert from 'node:assert/strict'
import test from 'node:test'

import { referAllows } from './refer-rules.ts'

test('without domains every page may, and none at all', () => {
  assert.ok(referAllows([], 'http://a.com/x'))
  assert.ok(referAllows([], undefined))
})

test('with domains, no page is none of them', () => {
  assert.ok(!referAllows(['a.com'], undefined))
  assert.ok(!referAllows(['a.com'], ''))
})

test('a page is of a domain or within it', () => {
  const domains = ['github.com', '.io', '127.0.0.1']
  for (const page of [
    'http://github.com/x',
    'https://www.GitHub.com:8080/x?y#z',
    'github.com',
    'http://me.github.io',
    'http://u:p@127.0.0.1:90/',
  ]) {
    assert.ok(referAllows(domains, page), page)
  }
  for (const page of [
    'http://evilgithub.com/',
    'http://github.com.evil.com/',
    'http://evil.com/github.com',
    '/github.com',
    'http://evil.com@/github.com',
  ]) {
    assert.ok(!referAllows(domains, page), page)
  }
})
