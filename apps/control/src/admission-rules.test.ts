import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import { ruleRefusal } from './services/admission-rules.ts'
import { type AdmittingNode, startAdmittingNode, type Wanted } from './test-support/admission.ts'
import { startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
let node: AdmittingNode
before(async () => {
  control = await startTestControl()
  node = await startAdmittingNode(control)
})
after(() => control.close())

const admit = (wanted: Wanted) => node.admit(wanted)
const code = (wanted: Wanted) => node.code(wanted)

let count = 0
const makeVhost = async (settings: Record<string, unknown>) => {
  const name = `rules${++count}.example`
  const { status, body } = await control.call('POST', '/v1/vhosts', { body: { name, ...settings } })
  assert.equal(status, 201)
  return { name, id: body.id as string }
}

/** A stream on a keyed vhost. */
async function makeStream(settings: Record<string, unknown> = {}) {
  const { name: vhost } = await makeVhost({ access: 'keyed' })
  const { body } = await control.call('POST', '/v1/streams', { body: { vhost, name: 'show', ...settings } })
  return { vhost, path: `/v1/streams/${body.id}` }
}

const makeKey = async (path: string, settings: Record<string, unknown> = {}) => {
  const { status, body } = await control.call('POST', `${path}/keys`, { body: settings })
  assert.equal(status, 201)
  return body as { id: string; secret: string; expires_at: string | null }
}

test('deny goes before allow, and where anything is allowed by name the rest is not', () => {
  const page = { publish: [], play: [], all: [] }
  const refused = (rules: string[], ip: string, action: 'publish' | 'play' = 'publish') => {
    const ipRules = rules.map((rule) => {
      const [effect, about, network] = rule.split(' ') as ['allow' | 'deny', 'publish' | 'play' | 'all', string]
      return { effect, action: about, network }
    })
    return ruleRefusal({ ipRules, referRules: page }, action, { ip })
  }
  assert.equal(refused([], '192.0.2.1'), undefined)
  assert.equal(refused(['allow publish 192.0.2.0/24'], '192.0.2.1'), undefined)
  assert.equal(refused(['allow publish 192.0.2.0/24'], '198.51.100.1'), 'IP_DENIED')
  assert.equal(refused(['allow publish 192.0.2.0/24'], '198.51.100.1', 'play'), undefined)
  assert.equal(refused(['allow all all', 'deny publish 192.0.2.1'], '192.0.2.1'), 'IP_DENIED')
  assert.equal(refused(['deny publish 192.0.2.1', 'allow all all'], '::ffff:192.0.2.1'), 'IP_DENIED')
  assert.equal(refused(['deny play all'], '192.0.2.1', 'play'), 'IP_DENIED')
  assert.equal(refused(['deny all 2001:db8::/32'], '2001:db8::1'), 'IP_DENIED')
  assert.equal(refused(['allow all 127.0.0.1'], 'nonsense'), 'IP_DENIED')
})

test('a page is known by its host name or a subdomain of it', () => {
  const rules = { ipRules: [], referRules: { publish: [], play: ['example.com'], all: [] } }
  const refused = (url?: string, action: 'publish' | 'play' = 'play') =>
    ruleRefusal(rules, action, { ip: '192.0.2.1', ...(url === undefined ? {} : { page_url: url }) })
  for (const good of ['https://example.com/', 'http://www.example.com:8080/x?y']) assert.equal(refused(good), undefined)
  for (const bad of [undefined, '', 'nonsense', 'https://badexample.com/', 'https://example.com.evil.net/']) {
    assert.equal(refused(bad), 'REFER_DENIED', String(bad))
  }
  assert.equal(refused(undefined, 'publish'), undefined)
})

test('rules of a vhost are enforced, and their answers are for one client', async () => {
  const { name: vhost, id } = await makeVhost({
    access: 'open',
    ip_rules: [{ effect: 'deny', action: 'play', network: '192.0.2.0/24' }],
    refer_rules: { publish: ['studio.example'] },
    cors_origins: ['https://tv.example'],
  })
  const play = { vhost, action: 'play', protocol: 'hls' }
  const refusal = await admit(play)
  assert.deepEqual([refusal.code, refusal.per_client], ['IP_DENIED', true])
  const grant = await admit({ ...play, client: { ip: '198.51.100.1' } })
  assert.deepEqual([grant.allow, grant.per_client, grant.cors_origins], [true, true, ['https://tv.example']])
  assert.equal(await code({ vhost }), 'REFER_DENIED')
  const page = { ip: '192.0.2.9', page_url: 'https://studio.example/' }
  assert.equal(await code({ vhost, client: page }), 'allowed')
  await control.call('PATCH', `/v1/vhosts/${id}`, { body: { ip_rules: null, refer_rules: { publish: null } } })
  assert.equal((await admit(play)).per_client, false)
  assert.equal(await code({ vhost }), 'allowed')
})

test('a key is good for its networks and protocols only, and while it is enabled', async () => {
  const { vhost, path } = await makeStream()
  const { id, secret } = await makeKey(path, { allow_ips: ['198.51.100.0/24', '2001:db8::7'], protocols: ['rtmps'] })
  const wanted = { vhost, params: { key: secret } }
  assert.equal(await code(wanted), 'KEY_PROTOCOL')
  assert.equal(await code({ ...wanted, protocol: 'rtmps' }), 'KEY_IP')
  for (const ip of ['198.51.100.77', '2001:db8::7']) {
    assert.equal(await code({ ...wanted, protocol: 'rtmps', client: { ip } }), 'allowed', ip)
  }
  assert.equal(await code({ ...wanted, stream: secret, protocol: 'rtmps' }), 'KEY_IP')
  const key = `${path}/keys/${id}`
  const { body } = await control.call('PATCH', key, { body: { enabled: false, allow_ips: null, protocols: null } })
  assert.deepEqual([body.enabled, body.allow_ips, body.protocols], [false, null, null])
  assert.equal(await code(wanted), 'KEY_DISABLED')
  await control.call('PATCH', key, { body: { enabled: null } })
  assert.equal(await code(wanted), 'allowed')
  await control.call('DELETE', key)
  assert.equal(await code(wanted), 'KEY_REVOKED')
  assert.equal((await control.call('PATCH', key, { body: { enabled: true } })).body.code, 'KEY_IS_REVOKED')
})

test('after a rotation the old keys go on for the overlap, and no longer than they would have', async () => {
  const { vhost, path } = await makeStream()
  const short = new Date(control.now().getTime() + 30_000).toISOString()
  const first = await makeKey(path, { name: 'studio', protocols: ['rtmp'] })
  const second = await makeKey(path, { name: 'guest', expires_at: short })
  const { body: third } = await control.call('POST', `${path}/keys:rotate`, { body: { overlap_s: 60 } })
  assert.deepEqual([third.name, third.expires_at], ['guest', null])
  const by = (key: { secret: string }) => code({ vhost, params: { key: key.secret } })
  assert.deepEqual(await Promise.all([first, second, third].map(by)), ['allowed', 'allowed', 'allowed'])
  control.advance(40_000)
  assert.deepEqual(await Promise.all([first, second, third].map(by)), ['allowed', 'KEY_EXPIRED', 'allowed'])
  control.advance(30_000)
  assert.deepEqual(await Promise.all([first, second, third].map(by)), ['KEY_EXPIRED', 'KEY_EXPIRED', 'allowed'])
  const { body: fourth } = await control.call('POST', `${path}/keys:rotate`, { body: { overlap_s: 0 } })
  assert.deepEqual(await Promise.all([third, fourth].map(by)), ['KEY_EXPIRED', 'allowed'])
})

test('a vhost is known by each of its names, and a name belongs to one vhost', async () => {
  const { name, id } = await makeVhost({ access: 'open', aliases: ['www.alias.example', 'alias.example'] })
  for (const vhost of [name, 'alias.example', 'WWW.alias.example:1935']) {
    assert.equal((await admit({ vhost })).vhost, name, vhost)
  }
  const taken = async (body: Record<string, unknown>) => (await control.call('POST', '/v1/vhosts', { body })).body.code
  assert.equal(await taken({ name: 'alias.example' }), 'VHOST_EXISTS')
  assert.equal(await taken({ name: 'x.example', aliases: ['alias.example'] }), 'VHOST_EXISTS')
  assert.equal(await taken({ name: 'y.example', aliases: [name] }), 'VHOST_EXISTS')
  const races = await Promise.all([
    ...['r1.example', 'r2.example'].map((other) => taken({ name: other, aliases: ['race.example'] })),
    taken({ name: 'race.example' }),
  ])
  assert.deepEqual(
    races.filter((result) => result === undefined),
    [undefined],
  )
  const { body } = await control.call('PATCH', `/v1/vhosts/${id}`, { body: { aliases: ['alias.example'] } })
  assert.deepEqual(body.aliases, ['alias.example'])
  assert.equal((await admit({ vhost: 'www.alias.example' })).vhost, '__defaultVhost__')
  assert.equal(await taken({ name: 'www.alias.example' }), undefined)
})

test('the limits of a stream go with the grant', async () => {
  const { vhost, path } = await makeStream({ max_bitrate_kbps: 3000, max_duration_s: 600, reconnect_window_s: 5 })
  const { secret } = await makeKey(path)
  assert.deepEqual((await admit({ vhost, params: { key: secret } })).limits, {
    max_bitrate_kbps: 3000,
    max_duration_s: 600,
    reconnect_window_s: 5,
  })
})

test('on an open vhost a publisher makes no more streams than the project may have', async () => {
  const made = await control.call('POST', '/v1/projects', { body: { name: 'small', limits: { max_streams: 1 } } })
  const vhost = 'small.example'
  await control.call('POST', '/v1/vhosts', { token: made.body.token, body: { name: vhost, access: 'open' } })
  assert.equal(await code({ vhost, stream: 'one' }), 'allowed')
  assert.equal(await code({ vhost, stream: 'two' }), 'STREAM_LIMIT_REACHED')
  assert.equal(await code({ vhost, stream: 'one' }), 'allowed')
})
