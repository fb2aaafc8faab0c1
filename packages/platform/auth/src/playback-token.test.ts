import assert from 'node:assert/strict'
import { createHmac, type KeyObject } from 'node:crypto'
import test from 'node:test'

import type { SigningAlgorithm } from '@millrace/contracts'
import { mutations, onlyCoded } from '@millrace/testkit'

import {
  checkClaims,
  newSigningKeyPair,
  parsePlaybackToken,
  type PlaybackClaims,
  PlaybackTokenError,
  signerKey,
  signPlaybackToken,
  verifyingKey,
  verifyPlaybackToken,
} from './index.ts'

const NOW_S = 1_800_000_000
const KID = 'sgk_01jd8y4v5xk3q9m2w7r6t0abcd'
const ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'EdDSA']

const claims: PlaybackClaims = { sub: 'pb_1', aud: 'live', iat: NOW_S, exp: NOW_S + 60 }

function keyPair(algorithm: SigningAlgorithm) {
  const pair = newSigningKeyPair(algorithm)
  const key = signerKey(pair.privateJwk)
  return {
    ...pair,
    verifying: { key: verifyingKey(pair.publicJwk), algorithm },
    token: (payload: object = claims) => signPlaybackToken({ key, kid: KID, algorithm }, payload as PlaybackClaims),
  }
}

const verified = async (token: string, key: { key: KeyObject; algorithm: SigningAlgorithm }) =>
  verifyPlaybackToken(parsePlaybackToken(token), key)

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

const failsWith = (code: string) => (error: unknown) => error instanceof PlaybackTokenError && error.code === code

const checked = (change: object, nowS = NOW_S, ip?: string) =>
  onlyCoded(() => checkClaims({ ...claims, ...change }, nowS, ip))?.code

test('a token of either algorithm comes back with its claims, and fits into a URL', async () => {
  for (const algorithm of ALGORITHMS) {
    const { token, verifying } = keyPair(algorithm)
    const full = { ...claims, aud: ['recording', 'live'], nbf: NOW_S, ip: '192.0.2.1', vid: 'viewer 7' }
    Object.assign(full, { from: NOW_S - 90.5, to: NOW_S })
    assert.ok(token(full).length < 450)
    assert.equal(parsePlaybackToken(token()).kid, KID)
    assert.deepEqual(await verified(token(full), verifying), full)
  }
})

test('another key, a changed payload or no signature is refused', async () => {
  for (const algorithm of ALGORITHMS) {
    const { token, verifying } = keyPair(algorithm)
    const [header, , signature] = token().split('.')
    const forged = `${header}.${part({ ...claims, sub: 'pb_2' })}.${signature}`
    for (const bad of [keyPair(algorithm).token(), forged, token().replace(/\.[^.]*$/, '.')]) {
      await assert.rejects(verified(bad, verifying), failsWith('PLAYBACK_TOKEN_SIGNATURE'))
    }
  }
})

test('a token cannot choose how it is verified: none, HMAC with the public key, the algorithm of another key', async () => {
  const { publicJwk, verifying } = keyPair('ES256')
  const payload = part(claims)
  for (const alg of ['none', 'None', 'NONE', '', 'HS256', 'RS256', 'ES384', 'es256', null, 256, ['ES256']]) {
    const header = part({ alg, kid: KID })
    const secret = verifying.key.export({ type: 'spki', format: 'pem' })
    const hmac = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')
    for (const signature of ['', hmac, part(publicJwk.x)]) {
      const error = onlyCoded(() => parsePlaybackToken(`${header}.${payload}.${signature}`))
      assert.equal(error?.code, 'PLAYBACK_TOKEN_ALGORITHM', String(alg))
    }
  }
  await assert.rejects(verified(keyPair('EdDSA').token(), verifying), failsWith('PLAYBACK_TOKEN_ALGORITHM'))
})

test('what is no JWT, has critical extensions, no kid or another type is malformed', () => {
  const header = (change: object) => `${part({ alg: 'EdDSA', kid: KID, ...change })}.${part(claims)}.AAAA`
  const bad = [
    '',
    '.',
    '..',
    'a.b',
    'a.b.c.d',
    'a b.c.d',
    `${part('no json')}.${part(claims)}.AAAA`,
    `${part([])}.${part(claims)}.AAAA`,
    `${part('null')}.${part(claims)}.AAAA`,
    header({ kid: undefined }),
    header({ kid: 7 }),
    header({ kid: 'x'.repeat(129) }),
    header({ crit: ['b64'], b64: false }),
    header({ typ: 'JOSE+JSON' }),
    header({ pad: 'x'.repeat(1000) }),
  ]
  for (const token of bad) {
    assert.equal(onlyCoded(() => parsePlaybackToken(token))?.code, 'PLAYBACK_TOKEN_MALFORMED', token)
  }
  for (const typ of [undefined, 'JWT', 'jwt', 'application/jwt']) parsePlaybackToken(header({ typ }))
})

test('claims that are missing or of a wrong type are refused, though well signed', async () => {
  const { token, verifying } = keyPair('EdDSA')
  const wrong: Record<keyof PlaybackClaims, readonly unknown[]> = {
    sub: [undefined, null, '', 5, 'x'.repeat(129), ['pb_1']],
    aud: [undefined, null, '', 5, {}, [5], Array.from({ length: 17 }, () => 'live')],
    iat: [undefined, null, '1800000000', -1, 2 ** 40],
    exp: [undefined, null, '1800000000', -1, 1e300],
    nbf: [null, '0', -5],
    ip: [null, '', 1, {}],
    vid: [null, '', 1, 'x'.repeat(129)],
    from: [null, '', -1],
    to: [null, '2026-11-23', 1e300],
  }
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      await assert.rejects(
        verified(token({ ...claims, [name]: value }), verifying),
        failsWith('PLAYBACK_TOKEN_MALFORMED'),
        `${name}: ${JSON.stringify(value)}`,
      )
    }
  }
})

test('audience, times and address are checked at each use', () => {
  assert.equal(checked({}), undefined)
  assert.equal(checked({ aud: 'recording' }), 'PLAYBACK_TOKEN_AUDIENCE')
  assert.equal(checked({ aud: ['recording', 'alive'] }), 'PLAYBACK_TOKEN_AUDIENCE')
  assert.equal(checked({ aud: ['recording', 'live'] }), undefined)

  // five seconds are allowed for clocks that differ
  assert.equal(checked({}, NOW_S + 64.9), undefined)
  assert.equal(checked({}, NOW_S + 65), 'PLAYBACK_TOKEN_EXPIRED')
  assert.equal(checked({}, NOW_S - 5), undefined)
  assert.equal(checked({}, NOW_S - 6), 'PLAYBACK_TOKEN_NOT_YET_VALID')
  assert.equal(checked({ nbf: NOW_S + 30 }), 'PLAYBACK_TOKEN_NOT_YET_VALID')
  assert.equal(checked({ nbf: NOW_S + 30 }, NOW_S + 30), undefined)
  // no nbf makes up for an iat that is still to come: a token issued later would outlive its revocation
  assert.equal(checked({ iat: NOW_S + 10, nbf: NOW_S }), 'PLAYBACK_TOKEN_NOT_YET_VALID')
  assert.equal(checked({ exp: NOW_S + 7 * 86_400 }), undefined)
  assert.equal(checked({ exp: NOW_S + 7 * 86_400 + 1 }), 'PLAYBACK_TOKEN_LIFETIME')

  assert.equal(checked({ ip: '192.0.2.1' }, NOW_S, '192.0.2.1'), undefined)
  assert.equal(checked({ ip: '192.0.2.1' }, NOW_S, '192.0.2.2'), 'PLAYBACK_TOKEN_ADDRESS')
})

test('an address may be written in any of its ways', async () => {
  const { token, verifying } = keyPair('EdDSA')
  const written = async (ip: string) => (await verified(token({ ...claims, ip }), verifying)).ip
  assert.equal(await written('2001:DB8:0:0::1'), '2001:db8::1')
  assert.equal(await written('::ffff:192.0.2.1'), '192.0.2.1')
  assert.equal(await written('192.0.2.1'), '192.0.2.1')
  assert.equal(await written('fe80::1%eth0'), 'fe80::1%eth0')
})

test('a key that is none of its kind is refused', () => {
  const { publicJwk } = newSigningKeyPair('ES256')
  const off = { ...publicJwk, x: 'A'.repeat(43) }
  for (const bad of [off, { ...publicJwk, crv: 'P-384' }, { kty: 'RSA' }, { kty: 'oct', k: 'AAAA' }]) {
    assert.equal(onlyCoded(() => verifyingKey(bad as typeof publicJwk))?.code, 'AUTH_KEY_INVALID')
  }
})

test('no change of a token is accepted, and each fails with a coded error', async () => {
  for (const algorithm of ALGORITHMS) {
    const { token, verifying } = keyPair(algorithm)
    const good = token()
    const tampered = [...mutations(new TextEncoder().encode(good), 400)].map((bytes) =>
      new TextDecoder('latin1').decode(bytes),
    )
    const cut = Array.from({ length: good.length }, (_, length) => good.slice(0, length))
    for (const bad of [...tampered, ...cut]) {
      // base64url has unused bits at the end, which say nothing
      const same = Buffer.from(bad.split('.')[2] ?? '', 'base64url').equals(
        Buffer.from(good.split('.')[2]!, 'base64url'),
      )
      if (same && bad.slice(0, bad.lastIndexOf('.')) === good.slice(0, good.lastIndexOf('.'))) continue
      await assert.rejects(verified(bad, verifying), PlaybackTokenError, bad)
    }
  }
})
