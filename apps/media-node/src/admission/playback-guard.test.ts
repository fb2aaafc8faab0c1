import assert from 'node:assert/strict'
import test from 'node:test'

import type { DesiredState, PlaybackTerms } from '@millrace/contracts'
import { errorCode } from '@millrace/core'

import type { AdmissionRequest, PlaybackPass } from './admission.ts'
import { PlaybackGuard } from './playback-guard.ts'
import { SignedStream, WALL_MS } from './playback.test-support.ts'

const request = (token?: string, client: Partial<AdmissionRequest['client']> = {}): AdmissionRequest => ({
  action: 'play',
  protocol: 'hls',
  vhost: 'localhost',
  app: 'live',
  stream: 'x',
  params: token === undefined ? {} : { token },
  client: { ip: '192.0.2.1', ...client },
})

/** A guard with a clock and a control plane that the test sets. */
function setUp(state: DesiredState | undefined) {
  const world = { wallMs: WALL_MS, next: state, refreshed: 0 }
  const guard: PlaybackGuard = new PlaybackGuard({
    state,
    async refresh() {
      world.refreshed++
      if (world.next) guard.update(world.next)
    },
    nowMs: () => world.wallMs - WALL_MS,
    wallMs: () => world.wallMs,
  })
  const admit = (wanted: AdmissionRequest, terms: PlaybackTerms, known = true): Promise<PlaybackPass | undefined> =>
    guard.admit(wanted, terms, { vhost: '__defaultVhost__', known })
  const refused = async (wanted: AdmissionRequest, terms: PlaybackTerms, known = true): Promise<string> => {
    const outcome = await admit(wanted, terms, known).catch((error: unknown) => errorCode(error))
    return typeof outcome === 'string' ? outcome : 'admitted'
  }
  return { world, guard, admit, refused }
}

test('a public stream needs nothing, and a token that somebody shows there is not looked at', async () => {
  const stream = new SignedStream()
  const { admit, refused } = setUp(stream.state())
  const door = { id: stream.playbackId, policy: 'public' as const, allowed_origins: [] }
  const terms = stream.terms({ policy: 'public', ids: [door] })
  for (const token of [undefined, 'nonsense', stream.token({ exp: 1 })]) {
    assert.equal(await admit(request(token), terms), undefined)
  }
  // played before it was ever published
  assert.equal(await admit(request(), stream.terms({ policy: 'public', ids: [] }), false), undefined)
  assert.equal(await refused(request(), stream.terms({ ids: [] }), false), 'PLAYBACK_TOKEN_REQUIRED')
  assert.equal(await refused(request(), stream.terms({ policy: 'public', ids: [] })), 'PLAYBACK_ID_MISSING')
})

test('a signed stream takes a token of either algorithm for one of its playback ids', async () => {
  for (const algorithm of ['ES256', 'EdDSA'] as const) {
    const stream = new SignedStream(algorithm)
    const { admit, refused } = setUp(stream.state())
    const pass = await admit(request(stream.token()), stream.terms())
    assert.equal(pass?.personal, true)
    assert.equal(pass.refusal(), undefined)
    assert.equal(await refused(request(), stream.terms()), 'PLAYBACK_TOKEN_REQUIRED')
    assert.equal(await refused(request('eyJ.x.y'), stream.terms()), 'PLAYBACK_TOKEN_MALFORMED')
    assert.equal(
      await refused(request(`${stream.token()}${'x'.repeat(1000)}`), stream.terms()),
      'PLAYBACK_TOKEN_MALFORMED',
    )
    assert.equal(
      await refused(request(`${stream.token().slice(0, -8)}AAAAAAAA`), stream.terms()),
      'PLAYBACK_TOKEN_SIGNATURE',
    )
    assert.equal(await refused(request(stream.token({ aud: 'recording' })), stream.terms()), 'PLAYBACK_TOKEN_AUDIENCE')
    assert.equal(await refused(request(stream.token({ ip: '192.0.2.9' })), stream.terms()), 'PLAYBACK_TOKEN_ADDRESS')
    const later = WALL_MS / 1000 + 30
    assert.equal(await refused(request(stream.token({ nbf: later })), stream.terms()), 'PLAYBACK_TOKEN_NOT_YET_VALID')
  }
})

test('the token of another stream, of another project, or of a key with another id opens nothing', async () => {
  const [own, foreign] = [new SignedStream(), new SignedStream()]
  const keys = [...own.state().signing_keys, ...foreign.state().signing_keys]
  const { refused } = setUp(own.state({ signing_keys: keys }))
  assert.equal(await refused(request(own.token({ sub: foreign.playbackId })), own.terms()), 'PLAYBACK_TOKEN_SUBJECT')
  // well signed by another tenant, for the right playback id
  assert.equal(await refused(request(foreign.token({ sub: own.playbackId })), own.terms()), 'PLAYBACK_TOKEN_SUBJECT')
  assert.equal(await refused(request(own.token({}, foreign.kid)), own.terms()), 'PLAYBACK_TOKEN_SIGNATURE')
  assert.equal(await refused(request(own.token({}, 'sgk_unknown')), own.terms()), 'PLAYBACK_TOKEN_KEY')
})

test('a key that is unknown is asked for once more; with no state at all nobody can decide', async () => {
  const stream = new SignedStream()
  const { world, admit, refused } = setUp(undefined)
  assert.equal(await refused(request(stream.token()), stream.terms()), 'ADMISSION_UNAVAILABLE')
  world.next = stream.state()
  assert.ok(await admit(request(stream.token()), stream.terms()))
  assert.equal(world.refreshed, 2)
  assert.ok(await admit(request(stream.token({ vid: 'x' })), stream.terms()))
  assert.equal(world.refreshed, 2)
})

test('a token that was good is refused when it expires, is revoked, or its key is; who watches with it is told', async () => {
  const stream = new SignedStream()
  const { world, guard, admit, refused } = setUp(stream.state())
  const issuedMs = WALL_MS
  const token = stream.token({ vid: 'viewer 7' })
  const pass = await admit(request(token), stream.terms())
  const cases: readonly [DesiredState, string | undefined][] = [
    [stream.state({ revocations: [stream.revocation({ vid: 'viewer 7' })] }), 'PLAYBACK_TOKEN_REVOKED'],
    [stream.state({ revocations: [stream.revocation({ vid: 'viewer 8' })] }), undefined],
    [stream.state({ revocations: [stream.revocation({ vid: 'viewer 7', project_id: 'prj_other' })] }), undefined],
    [
      stream.state({ revocations: [stream.revocation({ vid: 'viewer 7', playback_id: stream.playbackId })] }),
      'PLAYBACK_TOKEN_REVOKED',
    ],
    [stream.state({ revocations: [stream.revocation({ vid: 'viewer 7', playback_id: 'pb_other' })] }), undefined],
    ...([-1, 1] as const).map((ms): [DesiredState, string | undefined] => [
      stream.state({
        revocations: [
          stream.revocation({ playback_id: stream.playbackId, not_before: new Date(issuedMs + ms).toISOString() }),
        ],
      }),
      ms > 0 ? 'PLAYBACK_TOKEN_REVOKED' : undefined,
    ]),
    [stream.state({ signing_keys: [] }), 'PLAYBACK_TOKEN_KEY'],
    [stream.state(), undefined],
  ]
  for (const [state, code] of cases) {
    world.next = state
    guard.update(state)
    assert.equal(pass?.refusal(), code)
    assert.equal(await refused(request(token), stream.terms()), code ?? 'admitted')
  }
  world.wallMs += 65_000
  assert.equal(pass?.refusal(), 'PLAYBACK_TOKEN_EXPIRED')
  assert.equal(await refused(request(token), stream.terms()), 'PLAYBACK_TOKEN_EXPIRED')
})

test('a vhost that asks for tokens is obeyed before its streams are granted anew', async () => {
  const stream = new SignedStream()
  const door = { id: stream.playbackId, policy: 'public' as const, allowed_origins: [] }
  const terms = stream.terms({ policy: 'public', ids: [door] })
  const signed = stream.state({ vhosts: [{ name: '__defaultVhost__', enabled: true, playback_policy: 'signed' }] })
  const { guard, refused } = setUp(stream.state())
  assert.equal(await refused(request(), terms), 'admitted')
  guard.update(signed)
  assert.equal(await refused(request(), terms), 'PLAYBACK_TOKEN_REQUIRED')
  assert.equal(await refused(request(stream.token()), terms), 'admitted')
})

test('origins narrow a playback id, with and without a token, and name the page that may read the answer', async () => {
  const stream = new SignedStream()
  const { admit, refused } = setUp(stream.state())
  const page = { origin: 'https://tv.example.com' }
  for (const policy of ['public', 'signed'] as const) {
    const door = { id: stream.playbackId, policy, allowed_origins: ['https://*.example.com'] }
    const terms = stream.terms({ policy, ids: [door] })
    const token = policy === 'signed' ? stream.token() : undefined
    const pass = await admit(request(token, page), terms)
    assert.equal(pass?.origin, 'https://tv.example.com')
    assert.equal(pass.personal, true)
    assert.ok(await admit(request(token, { pageUrl: 'https://a.example.com/x' }), terms))
    assert.equal(await refused(request(token), terms), 'PLAYBACK_ORIGIN_DENIED')
    assert.equal(await refused(request(token, { origin: 'https://example.net' }), terms), 'PLAYBACK_ORIGIN_DENIED')
  }
  // beside it an id for players that are no page
  const terms = stream.terms({
    policy: 'public',
    ids: [
      { id: 'pb_page', policy: 'public', allowed_origins: ['https://tv.example.com'] },
      { id: stream.playbackId, policy: 'signed', allowed_origins: [] },
    ],
  })
  assert.ok(await admit(request(undefined, page), terms))
  assert.ok(await admit(request(stream.token()), terms))
  assert.equal(await refused(request(), terms), 'PLAYBACK_ORIGIN_DENIED')
})

test('an id of the admission policy opens when the vhost has a hook that said yes', async () => {
  const stream = new SignedStream()
  const { refused } = setUp(stream.state())
  const terms = stream.terms({
    policy: 'public',
    ids: [{ id: stream.playbackId, policy: 'admission', allowed_origins: [] }],
  })
  assert.equal(await refused(request(), terms), 'PLAYBACK_HOOK_REQUIRED')
  assert.equal(await refused(request(), { ...terms, hook_allowed: true }), 'admitted')
  assert.equal(await refused(request(stream.token()), terms), 'admitted')
})
