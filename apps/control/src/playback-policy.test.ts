import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import { checkClaims, newSigningKeyPair, parsePlaybackToken, verifyingKey, verifyPlaybackToken } from '@millrace/auth'
import { signingKeys } from '@millrace/db'

import { startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
before(async () => {
  control = await startTestControl()
})
after(() => control.close())

let made = 0
const newStream = async (body: object = {}, token?: string) =>
  (await control.call('POST', '/v1/streams', { body: { name: `p${++made}`, ...body }, ...(token && { token }) })).body

const newKey = async (body: object = {}) => (await control.call('POST', '/v1/signing-keys', { body })).body

const post = (path: string, body: object) => control.call('POST', path, { body })

async function newNode(): Promise<string> {
  const addresses = { rtmp: 'rtmp://node.example:1935', http: 'http://node.example:8080' }
  const body = { name: `node-${++made}`, boot_id: `boot-${made}-00`, version: '1', addresses }
  return (await control.call('POST', '/node/v1/register', { token: control.nodeToken, body })).body.node_id
}

const desiredState = (nodeId: string, headers: Record<string, string> = {}) =>
  control.call('GET', `/node/v1/desired-state?node_id=${nodeId}`, { token: control.nodeToken, headers })

/** The claims of a token, checked with the key of the JWKS that its header names. */
async function claimsOf(token: string) {
  const parsed = parsePlaybackToken(token)
  const { keys } = (await control.call('GET', '/.well-known/jwks.json', { token: null })).body
  const jwk = keys.find(({ kid }: { kid: string }) => kid === parsed.kid)
  assert.ok(jwk, 'the key is in the JWKS')
  return verifyPlaybackToken(parsed, { key: verifyingKey(jwk), algorithm: jwk.alg })
}

test('a minted token is for its playback id, says what was asked for, and verifies by the JWKS alone', async () => {
  for (const algorithm of ['ES256', 'EdDSA']) {
    const key = await newKey({ algorithm })
    const stream = await newStream({ playback_policy: 'signed' })
    const [{ id: playbackId, policy }] = stream.playback_ids
    assert.equal(policy, 'signed')
    const plain = await post('/v1/playback-tokens', { playback_id: playbackId })
    assert.equal(plain.status, 200)
    assert.equal(plain.body.signing_key_id, key.id)
    const claims = await claimsOf(plain.body.token)
    assert.equal(claims.sub, playbackId)
    assert.equal(claims.aud, 'live')
    assert.equal(claims.exp * 1000, Date.parse(plain.body.expires_at))
    checkClaims(claims, control.now().getTime() / 1000, undefined)

    const notBefore = new Date(control.now().getTime() + 60_000).toISOString()
    const limits = { aud: 'recording', from: '2026-11-23T00:00:00.5Z', to: '2026-11-24T00:00:00Z' }
    const more = { expires_in_s: 120, not_before: notBefore, ip: '2001:DB8::1', vid: 'viewer 7', ...limits }
    const full = await claimsOf((await post('/v1/playback-tokens', { playback_id: playbackId, ...more })).body.token)
    assert.deepEqual(
      { ...full, iat: 0, exp: 0 },
      {
        sub: playbackId,
        aud: 'recording',
        iat: 0,
        exp: 0,
        nbf: Date.parse(notBefore) / 1000,
        ip: '2001:db8::1',
        vid: 'viewer 7',
        from: Date.parse(limits.from) / 1000,
        to: Date.parse(limits.to) / 1000,
      },
    )
  }
})

test('a token is minted only where one is needed, by a key whose private half is here and that holds', async () => {
  const tenant = await control.token(['streams:write', 'keys:write', 'playback:sign'], await control.project('keyless'))
  const vhost = { name: 'keyless.example', playback_policy: 'signed' }
  const admin = await control.token(['admin'], await control.project('other'))
  assert.equal((await control.call('POST', '/v1/vhosts', { token: admin, body: vhost })).status, 201)
  const signed = await newStream({ playback_policy: 'signed' })
  const open = await newStream()
  const mint = async (body: object, token?: string) => {
    const answer = await control.call('POST', '/v1/playback-tokens', { body, ...(token && { token }) })
    return answer.body.code ?? answer.status
  }
  const [signedId, openId] = [signed.playback_ids[0].id, open.playback_ids[0].id]
  assert.equal(await mint({ playback_id: openId }), 'PLAYBACK_ID_NOT_SIGNED')
  assert.equal(await mint({ playback_id: signedId }, tenant), 'PLAYBACK_ID_NOT_FOUND')
  const own = (await control.call('POST', '/v1/streams', { token: admin, body: { vhost: vhost.name } })).body
  // its vhost asks for it
  assert.equal(await mint({ playback_id: own.playback_ids[0].id }, admin), 'SIGNING_KEY_MISSING')

  const imported = await newKey({ public_jwk: newSigningKeyPair('ES256').publicJwk })
  assert.deepEqual([imported.imported, imported.private_jwk, imported.algorithm], [true, null, 'ES256'])
  assert.equal(await mint({ playback_id: signedId, signing_key_id: imported.id }), 'SIGNING_KEY_MISSING')
  const key = await newKey()
  assert.equal(await mint({ playback_id: signedId, signing_key_id: key.id }), 200)
  assert.equal(
    await mint({ playback_id: own.playback_ids[0].id, signing_key_id: key.id }, admin),
    'SIGNING_KEY_NOT_FOUND',
  )
  await control.call('DELETE', `/v1/signing-keys/${key.id}`)
  assert.equal(await mint({ playback_id: signedId, signing_key_id: key.id }), 'SIGNING_KEY_REVOKED')
  for (const bad of [{ expires_in_s: 0 }, { expires_in_s: 604_801 }, { ip: 'localhost' }, { vid: '' }, { aud: 'x' }]) {
    assert.equal(await mint({ playback_id: signedId, ...bad }), 'REQUEST_INVALID', JSON.stringify(bad))
  }
})

test('signing keys: the private half is shown once and sealed; a revoked key leaves the JWKS; points off the curve are refused', async () => {
  const created = await post('/v1/signing-keys', { name: 'studio', algorithm: 'EdDSA' })
  assert.equal(created.status, 201)
  const { private_jwk: privateJwk, ...shown } = created.body
  assert.ok(privateJwk.d)
  const path = `/v1/signing-keys/${shown.id}`
  assert.deepEqual((await control.call('GET', path)).body, shown)
  const rows = JSON.stringify(await control.db.select().from(signingKeys))
  assert.ok(rows.includes(shown.id) && !rows.includes(privateJwk.d))
  const listed = await control.call('GET', '/v1/signing-keys?limit=100')
  assert.ok(!JSON.stringify(listed.body).includes(privateJwk.d))

  for (let i = 0; i < 2; i++) assert.equal((await control.call('DELETE', path)).status, 204)
  assert.notEqual((await control.call('GET', path)).body.revoked_at, null)
  const jwks = await control.call('GET', '/.well-known/jwks.json', { token: null })
  assert.ok(!JSON.stringify(jwks.body).includes(shown.id))
  assert.ok(!('d' in jwks.body.keys[0]))

  const { publicJwk } = newSigningKeyPair('ES256')
  for (const bad of [
    { ...publicJwk, x: 'A'.repeat(43) },
    { ...publicJwk, x: 'short' },
    { ...publicJwk, crv: 'P-384' },
    { kty: 'RSA', n: 'AQAB', e: 'AQAB' },
  ]) {
    assert.equal(
      (await post('/v1/signing-keys', { public_jwk: bad })).body.code,
      'REQUEST_INVALID',
      JSON.stringify(bad),
    )
  }
  // a private member that came along is not kept
  const { privateJwk: own } = newSigningKeyPair('ES256')
  assert.ok(!('d' in (await newKey({ public_jwk: own })).public_jwk))
})

test('the policy of an id is the strictest of its own, its stream and its vhost; URLs of a signed one have a place for the token', async () => {
  await newNode()
  const stream = await newStream()
  const path = `/v1/streams/${stream.id}`
  const ids = `${path}/playback-ids`
  const shown = async (id: string) => (await control.call('GET', `/v1/playback/${id}`, { token: null })).body
  const [{ id: publicId }] = stream.playback_ids
  const signed = (await post(ids, { policy: 'signed', allowed_origins: ['https://tv.example.com'] })).body
  assert.deepEqual(signed.allowed_origins, ['https://tv.example.com'])
  assert.equal((await shown(publicId)).policy, 'public')
  assert.ok((await shown(publicId)).urls.every(({ url }: { url: string }) => !url.includes('token')))
  assert.equal((await shown(signed.id)).policy, 'signed')
  const { urls } = await shown(signed.id)
  assert.ok(urls.length > 0)
  for (const { url } of urls) assert.match(url, /[?&]token=YOUR_PLAYBACK_TOKEN$/)

  await control.call('PATCH', path, { body: { playback_policy: 'signed' } })
  assert.equal((await shown(publicId)).policy, 'signed')
  assert.equal((await post(ids, {})).body.policy, 'signed')
  await control.call('PATCH', path, { body: { playback_policy: null } })
  assert.equal((await shown(publicId)).policy, 'public')

  for (const origin of ['example.com', 'https://example.com/', 'https://Example.com', 'https://example.com:443', '*']) {
    assert.equal((await post(ids, { allowed_origins: [origin] })).body.code, 'REQUEST_INVALID', origin)
  }
  for (let count = (await control.call('GET', ids)).body.data.length; count < 50; count++) await post(ids, {})
  assert.equal((await post(ids, {})).body.code, 'PLAYBACK_ID_LIMIT')
})

test('a grant to play carries the terms for single viewers', async () => {
  const nodeId = await newNode()
  const stream = await newStream({ playback_policy: 'signed' })
  await post(`/v1/streams/${stream.id}/playback-ids`, { policy: 'admission', allowed_origins: ['https://a.example'] })
  const ask = async (action: string, name: string) => {
    const body = {
      node_id: nodeId,
      action,
      protocol: 'hls',
      vhost: 'x',
      app: 'live',
      stream: name,
      client: { ip: '::1' },
    }
    return (await control.call('POST', '/node/v1/admit', { token: control.nodeToken, body })).body
  }
  const { playback } = await ask('play', stream.name)
  assert.deepEqual(
    playback.ids.map(({ policy, allowed_origins: origins }: Record<string, unknown>) => [policy, origins]),
    [
      ['signed', []],
      ['signed', ['https://a.example']],
    ],
  )
  assert.deepEqual([playback.policy, playback.hook_allowed], ['signed', false])
  assert.deepEqual((await ask('play', 'nobody-knows')).playback.ids, [])
  assert.equal((await ask('publish', stream.name)).playback, undefined)
})

test('the desired state has its ETag: 304 until something changes, whatever it is', async () => {
  const nodeId = await newNode()
  let known = await desiredState(nodeId)
  const isNew = async (): Promise<boolean> => {
    const answer = await desiredState(nodeId, { 'if-none-match': known.headers.get('etag') ?? '' })
    if (answer.status === 200) known = answer
    else assert.equal(answer.status, 304)
    return answer.status === 200
  }
  assert.equal(known.status, 200)
  assert.equal(known.body.node.state, 'ready')
  assert.equal(await isNew(), false)

  const key = await newKey()
  assert.equal(await isNew(), true)
  assert.ok(!JSON.stringify(known.body).includes(key.private_jwk.d))
  assert.deepEqual(
    known.body.signing_keys.find(({ kid }: { kid: string }) => kid === key.id)?.public_jwk,
    key.public_jwk,
  )
  await control.call('DELETE', `/v1/signing-keys/${key.id}`)
  assert.equal(await isNew(), true)
  assert.ok(!JSON.stringify(known.body).includes(key.id))
  const vhost = (await post('/v1/vhosts', { name: `v${++made}.example` })).body
  assert.equal(await isNew(), true)
  await control.call('PATCH', `/v1/vhosts/${vhost.id}`, { body: { playback_policy: 'signed' } })
  assert.equal(await isNew(), true)
  const { id } = (await post('/v1/playback-revocations', { vid: 'x' })).body
  assert.equal(await isNew(), true)
  await control.call('DELETE', `/v1/playback-revocations/${id}`)
  assert.equal(await isNew(), true)
  assert.equal(await isNew(), false)
  assert.equal((await desiredState('node_01jd8y4v5xk3q9m2w7r6t0abcd')).body.code, 'NODE_NOT_FOUND')
})

test('revocations: by viewer, by playback id, or both; told to nodes for as long as a token can live, and no longer', async () => {
  const nodeId = await newNode()
  const stream = await newStream({ playback_policy: 'signed' })
  const [{ id: playbackId }] = stream.playback_ids
  const revoke = async (body: object) => (await post('/v1/playback-revocations', body)).body
  const byViewer = await revoke({ vid: 'viewer 7' })
  assert.deepEqual([byViewer.playback_id, byViewer.not_before], [null, null])
  const byId = await revoke({ playback_id: playbackId })
  assert.ok(Date.parse(byId.not_before) <= control.now().getTime())
  const both = await revoke({ playback_id: playbackId, vid: 'viewer 8' })
  assert.equal(both.not_before, null)
  assert.equal((await revoke({})).code, 'REQUEST_INVALID')
  const later = new Date(control.now().getTime() + 60_000).toISOString()
  assert.equal((await revoke({ vid: 'x', not_before: later })).code, 'REQUEST_INVALID')

  const told = async () => (await desiredState(nodeId)).body.revocations.length
  const listed = async () => (await control.call('GET', '/v1/playback-revocations')).body.data.length
  assert.equal(await told(), 3)
  assert.equal(await listed(), 3)
  assert.equal((await control.call('DELETE', `/v1/playback-revocations/${both.id}`)).status, 204)
  assert.equal((await control.call('DELETE', `/v1/playback-revocations/${both.id}`)).body.code, 'REVOCATION_NOT_FOUND')
  assert.equal(await told(), 2)
  control.advance(7 * 86_400_000)
  assert.equal(await told(), 2)
  control.advance(60_001)
  assert.equal(await told(), 0)
  assert.equal(await listed(), 0)
})

test('each of these asks for its scope, and another tenant finds nothing', async () => {
  const stream = await newStream({ playback_policy: 'signed' })
  const [{ id: playbackId }] = stream.playback_ids
  const key = await newKey()
  const revocation = (await post('/v1/playback-revocations', { vid: 'x' })).body
  const calls: readonly [method: string, path: string, scope: string, body?: object][] = [
    ['POST', '/v1/playback-tokens', 'playback:sign', { playback_id: playbackId }],
    ['POST', '/v1/playback-revocations', 'playback:sign', { playback_id: playbackId }],
    ['GET', '/v1/playback-revocations', 'playback:sign'],
    ['DELETE', `/v1/playback-revocations/${revocation.id}`, 'playback:sign'],
    ['POST', '/v1/signing-keys', 'keys:write', {}],
    ['GET', '/v1/signing-keys', 'streams:read'],
    ['GET', `/v1/signing-keys/${key.id}`, 'streams:read'],
    ['DELETE', `/v1/signing-keys/${key.id}`, 'keys:write'],
    ['GET', '/node/v1/desired-state?node_id=node_01jd8y4v5xk3q9m2w7r6t0abcd', 'nodes:link'],
  ]
  const unscoped = await control.token(['events:read'])
  const foreign = await control.token(['admin'], await control.project('foreign'))
  for (const [method, path, scope, body] of calls) {
    const refused = await control.call(method, path, { token: unscoped, body })
    assert.equal(refused.body.code, 'SCOPE_MISSING', path)
    assert.ok(refused.body.detail.includes(scope))
    if (!path.includes('_') && body === undefined) continue
    const answer = await control.call(method, path, { token: foreign, body })
    if (path !== '/v1/signing-keys') assert.equal(answer.status, 404, `${method} ${path}`)
  }
  assert.deepEqual((await control.call('GET', '/v1/playback-revocations', { token: foreign })).body.data, [])
})
