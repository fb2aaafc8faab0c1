import assert from 'node:assert/strict'
import test from 'node:test'

import { isAllowedOrigin, originOf } from './origins.ts'

test('the origin is that of the Origin header, else of the page', () => {
  const cases: readonly [client: Parameters<typeof originOf>[0], origin: string | undefined][] = [
    [{ origin: 'https://tv.example.com' }, 'https://tv.example.com'],
    [{ origin: 'https://a.example', pageUrl: 'https://b.example/' }, 'https://a.example'],
    [{ pageUrl: 'https://TV.example.com:443/watch?x#y' }, 'https://tv.example.com'],
    [{ pageUrl: 'http://[2001:db8::1]:8080/' }, 'http://[2001:db8::1]:8080'],
    [{ origin: 'null' }, undefined],
    [{ origin: '' }, undefined],
    [{ pageUrl: 'file:///home/x.html' }, undefined],
    [{ pageUrl: 'javascript:alert(1)' }, undefined],
    [{}, undefined],
  ]
  for (const [client, origin] of cases) assert.equal(originOf(client), origin, JSON.stringify(client))
})

test('an allowed origin is scheme, host and port; a star stands for any host under a name', () => {
  const allowed = [
    'https://example.com',
    'http://localhost:3000',
    'https://*.example.org',
    'https://*.example.net:8443',
  ]
  for (const good of [
    'https://example.com',
    'http://localhost:3000',
    'https://a.example.org',
    'https://a.b.example.org',
    'https://x.example.net:8443',
  ]) {
    assert.ok(isAllowedOrigin(allowed, good), good)
  }
  for (const bad of [
    'http://example.com',
    'https://example.com:8443',
    'https://example.com.evil.net',
    'https://evilexample.com',
    'http://localhost',
    'https://example.org',
    'http://a.example.org',
    'https://a.example.org:8443',
    'https://.example.org',
    'https://evilexample.org',
    'https://x.example.net',
  ]) {
    assert.ok(!isAllowedOrigin(allowed, bad), bad)
  }
})
