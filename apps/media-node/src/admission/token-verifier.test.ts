import assert from 'node:assert/strict'
import test from 'node:test'

import { verifyingKey } from '@millrace/auth'
import { mutations } from '@millrace/testkit'

import { SignedStream } from './playback.test-support.ts'
import type { VerifyingKey } from './signing-state.ts'
import { TokenVerifier, type TokenVerifierOptions } from './token-verifier.ts'

const stream = new SignedStream()
const [signingKey] = stream.state().signing_keys
const key: VerifyingKey = {
  kid: stream.kid,
  algorithm: 'EdDSA',
  projectId: stream.projectId,
  key: verifyingKey(signingKey!.public_jwk),
}

const setUp = (options: Partial<TokenVerifierOptions> = {}) => {
  const world = { nowMs: 0, key: key as VerifyingKey | undefined }
  return { world, verifier: new TokenVerifier({ key: () => world.key, nowMs: () => world.nowMs, ...options }) }
}

test('a token is verified once, and known again as the same object', async () => {
  const { verifier } = setUp()
  const token = stream.token()
  const verified = await verifier.verify(token)
  assert.equal(verified.claims.sub, stream.playbackId)
  assert.equal(await verifier.verify(token), verified)
  assert.notEqual(await verifier.verify(stream.token({ vid: 'other' })), verified)
})

test('a token verified already is refused as soon as its key is gone', async () => {
  const { world, verifier } = setUp()
  const token = stream.token()
  await verifier.verify(token)
  world.key = undefined
  await assert.rejects(verifier.verify(token), { code: 'PLAYBACK_TOKEN_KEY' })
})

test('memory is bounded by bytes, and what nobody shows any more is forgotten', async () => {
  const maxBytes = 20_000
  const { world, verifier } = setUp({ maxBytes, idleMs: 1000 })
  const kept = await verifier.verify(stream.token())
  for (let i = 0; i < 100; i++) {
    await verifier.verify(stream.token({ vid: `viewer ${i}` }))
    assert.ok(verifier.bytes <= maxBytes)
    // in use all the time
    assert.equal(await verifier.verify(stream.token()), kept)
  }
  world.nowMs = 1000
  await verifier.verify(stream.token({ vid: 'the only one' }))
  assert.ok(verifier.bytes < 2000)
})

test('what is refused is not remembered, whatever it is', async () => {
  const { verifier } = setUp()
  const good = new TextEncoder().encode(stream.token())
  for (const bytes of mutations(good, 300)) {
    const bad = new TextDecoder('latin1').decode(bytes)
    const before = verifier.bytes
    await verifier.verify(bad).then(
      // the last character has bits that say nothing
      () => assert.equal(bad.slice(0, -1), stream.token().slice(0, -1)),
      (error: { code?: string }) => {
        assert.match(error.code ?? '', /^PLAYBACK_TOKEN_/)
        assert.equal(verifier.bytes, before)
      },
    )
  }
})
