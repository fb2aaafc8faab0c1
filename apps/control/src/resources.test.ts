import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import { newId } from '@millrace/db'

import { startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
before(async () => {
  control = await startTestControl()
})
after(() => control.close())

const NODE = {
  name: 'n1',
  boot_id: 'boot-00001',
  version: '0.1.0',
  region: 'eu',
  addresses: {
    rtmp: 'rtmp://media.example:1935',
    rtmps: 'rtmps://media.example:1936',
    http: 'http://media.example:8080/',
    rtc: 'http://media.example:8080/',
  },
}

const register = (body: unknown = NODE) => control.call('POST', '/node/v1/register', { token: control.nodeToken, body })

test('tokens: created with a secret that works, listed without it, deleted at once', async () => {
  const { status, body, headers } = await control.call('POST', '/v1/tokens', {
    body: { name: 'ci', scopes: ['streams:read'] },
  })
  assert.equal(status, 201)
  assert.equal(headers.get('location'), `/v1/tokens/${body.id}`)
  assert.match(body.secret, /^tok_[A-Za-z0-9]{32}$/)
  assert.equal((await control.call('GET', '/v1/streams', { token: body.secret })).status, 200)
  const { body: read } = await control.call('GET', `/v1/tokens/${body.id}`)
  assert.equal(read.last4, body.secret.slice(-4))
  assert.notEqual(read.last_used_at, null)
  const { body: list } = await control.call('GET', '/v1/tokens')
  assert.ok(!JSON.stringify(list).includes(body.secret))
  assert.equal((await control.call('DELETE', `/v1/tokens/${body.id}`)).status, 204)
  assert.equal((await control.call('GET', '/v1/streams', { token: body.secret })).status, 401)
  const environment = list.data.find(({ name }: { name: string }) => name === 'MILLRACE_ADMIN_TOKEN')
  assert.equal((await control.call('DELETE', `/v1/tokens/${environment.id}`)).body.code, 'TOKEN_IN_ENVIRONMENT')
  assert.equal((await control.call('POST', '/v1/tokens', { body: { name: 'x', scopes: ['root'] } })).status, 422)
})

test('vhosts: the default one is open, names are unique among all tenants, one with streams stays', async () => {
  const { body: list } = await control.call('GET', '/v1/vhosts')
  const standard = list.data.find(({ name }: { name: string }) => name === '__defaultVhost__')
  assert.equal(standard.access, 'open')
  assert.equal((await control.call('DELETE', `/v1/vhosts/${standard.id}`)).body.code, 'VHOST_IS_DEFAULT')
  const { body: vhost, status } = await control.call('POST', '/v1/vhosts', { body: { name: 'shows.example' } })
  assert.equal(status, 201)
  assert.equal(vhost.access, 'keyed')
  const tenant = await control.token(['admin'], await control.project('vhosts'))
  for (const token of [control.adminToken, tenant]) {
    const { body } = await control.call('POST', '/v1/vhosts', { token, body: { name: 'shows.example' } })
    assert.equal(body.code, 'VHOST_EXISTS')
  }
  const { body: stream } = await control.call('POST', '/v1/streams', { body: { vhost: vhost.id, name: 'a' } })
  assert.equal((await control.call('DELETE', `/v1/vhosts/${vhost.id}`)).body.code, 'VHOST_IN_USE')
  assert.equal(
    (await control.call('PATCH', `/v1/vhosts/${vhost.id}`, { body: { access: 'open' } })).body.access,
    'open',
  )
  assert.equal((await control.call('GET', `/v1/vhosts/${vhost.id}`)).headers.get('etag'), '"2"')
  await control.call('DELETE', `/v1/streams/${stream.id}`)
  assert.equal((await control.call('DELETE', `/v1/vhosts/${vhost.id}`)).status, 204)
  assert.equal((await control.call('GET', `/v1/vhosts/${vhost.id}`)).status, 404)
})

test('streams: names are unique per vhost and app, filters find them', async () => {
  const { body: stream } = await control.call('POST', '/v1/streams', {
    body: { app: 'tv', name: 'news', external_id: 'ext-1', tags: ['a'], metadata: { owner: 'me' } },
  })
  assert.equal(stream.vhost, '__defaultVhost__')
  assert.equal(stream.status, 'idle')
  assert.equal(stream.playback_ids.length, 1)
  assert.equal(
    (await control.call('POST', '/v1/streams', { body: { app: 'tv', name: 'news' } })).body.code,
    'STREAM_EXISTS',
  )
  const unnamed = (await control.call('POST', '/v1/streams', { body: {} })).body
  assert.equal(unnamed.name, unnamed.id)
  for (const filter of ['app=tv', 'name=news', 'external_id=ext-1', `vhost_id=${stream.vhost_id}&app=tv&status=idle`]) {
    const { body } = await control.call('GET', `/v1/streams?${filter}`)
    assert.deepEqual(
      body.data.map(({ id }: { id: string }) => id),
      [stream.id],
      filter,
    )
  }
  await control.call('PATCH', `/v1/streams/${stream.id}`, { body: { enabled: false } })
  assert.equal((await control.call('GET', `/v1/streams/${stream.id}`)).body.status, 'disabled')
  assert.equal((await control.call('GET', '/v1/streams?status=disabled')).body.data.length, 1)
  assert.equal((await control.call('GET', '/v1/streams?app=tv&status=idle')).body.data.length, 0)
  assert.equal((await control.call('DELETE', `/v1/streams/${stream.id}`)).status, 204)
  assert.equal((await control.call('GET', `/v1/streams/${stream.id}`)).body.code, 'STREAM_NOT_FOUND')
})

test('stream keys: shown once with ready URLs, listed by their last four, revoked and still listed', async () => {
  await register()
  await control.call('POST', '/v1/vhosts', { body: { name: 'keys.example' } })
  const { body: stream } = await control.call('POST', '/v1/streams', { body: { vhost: 'keys.example', name: 'show' } })
  const path = `/v1/streams/${stream.id}/keys`
  const { body: key, status } = await control.call('POST', path, { body: { name: 'studio' } })
  assert.equal(status, 201)
  assert.match(key.secret, /^sk_[A-Za-z0-9]{24}$/)
  assert.equal(key.ingest.urls[0].url, `rtmp://media.example:1935/live/show?vhost=keys.example&key=${key.secret}`)
  const { body: second } = await control.call('POST', path)
  const { body: list } = await control.call('GET', path)
  assert.deepEqual(
    list.data.map(({ id, last4 }: { id: string; last4: string }) => [id, last4]),
    [
      [second.id, second.secret.slice(-4)],
      [key.id, key.secret.slice(-4)],
    ],
  )
  assert.ok(!JSON.stringify(list).includes(key.secret))
  for (let i = 0; i < 2; i++) assert.equal((await control.call('DELETE', `${path}/${key.id}`)).status, 204)
  const after = (await control.call('GET', path)).body.data
  assert.equal(after[0].revoked_at, null)
  assert.notEqual(after[1].revoked_at, null)
  assert.equal((await control.call('DELETE', `${path}/${newId('key')}`)).body.code, 'KEY_NOT_FOUND')
})

test('ingest: URLs of every ready node with a place for the key, without one on an open vhost', async () => {
  await register()
  const { body: open } = await control.call('POST', '/v1/streams', { body: { name: 'free' } })
  assert.deepEqual(
    (await control.call('GET', `/v1/streams/${open.id}/ingest`)).body.urls.map(({ url }: { url: string }) => url),
    [
      'rtmp://media.example:1935/live/free',
      'rtmps://media.example:1936/live/free',
      'http://media.example:8080/live/free/whip',
    ],
  )
  await control.call('POST', '/v1/vhosts', { body: { name: 'in.example' } })
  const { body: keyed } = await control.call('POST', '/v1/streams', {
    body: { vhost: 'in.example', app: 'a/b', name: 'x' },
  })
  const [first, , whip] = (await control.call('GET', `/v1/streams/${keyed.id}/ingest`)).body.urls
  assert.equal(whip.url, 'http://media.example:8080/a/b/x/whip?vhost=in.example&key=YOUR_STREAM_KEY')
  assert.deepEqual(whip.obs, {
    server: 'http://media.example:8080/a/b/x/whip?vhost=in.example',
    stream_key: 'YOUR_STREAM_KEY',
  })
  assert.deepEqual(first.obs, {
    server: 'rtmp://media.example:1935/a/b',
    stream_key: 'x?vhost=in.example&key=YOUR_STREAM_KEY',
  })
  assert.equal(first.region, 'eu')
})

test('playback: anybody sees ready URLs and the live state by playback id, for two seconds from a cache', async () => {
  await register()
  await control.call('POST', '/v1/vhosts', { body: { name: 'play.example' } })
  const { body: stream } = await control.call('POST', '/v1/streams', {
    body: { vhost: 'play.example', name: 'ショー', title: 'Show' },
  })
  const { status, body, headers } = await control.call('GET', `/v1/playback/${stream.playback_ids[0].id}`, {
    token: null,
  })
  assert.equal(status, 200)
  assert.match(headers.get('cache-control')!, /^public, max-age=/)
  assert.equal(body.live, false)
  assert.equal(body.title, 'Show')
  const name = encodeURIComponent('ショー')
  assert.deepEqual(
    Object.fromEntries(body.urls.map(({ protocol, url }: { protocol: string; url: string }) => [protocol, url])),
    {
      rtmp: 'rtmp://media.example:1935/live/ショー?vhost=play.example',
      rtmps: 'rtmps://media.example:1936/live/ショー?vhost=play.example',
      'http-flv': `http://media.example:8080/live/${name}.flv?vhost=play.example`,
      'ws-flv': `ws://media.example:8080/live/${name}.flv?vhost=play.example`,
      hls: `http://media.example:8080/live/${name}.m3u8?vhost=play.example`,
      whep: `http://media.example:8080/live/${name}/whep?vhost=play.example`,
    },
  )
  const { body: another } = await control.call('POST', `/v1/streams/${stream.id}/playback-ids`)
  assert.equal((await control.call('GET', `/v1/streams/${stream.id}/playback-ids`)).body.data.length, 2)
  assert.equal((await control.call('DELETE', `/v1/streams/${stream.id}/playback-ids/${another.id}`)).status, 204)
  assert.equal(
    (await control.call('GET', `/v1/playback/${another.id}`, { token: null })).body.code,
    'PLAYBACK_ID_NOT_FOUND',
  )
  assert.equal((await control.call('DELETE', `/v1/streams/${stream.id}/playback-ids/${another.id}`)).status, 404)
  await control.call('PATCH', `/v1/streams/${stream.id}`, { body: { enabled: false } })
  const { body: disabled } = await control.call('GET', `/v1/playback/${stream.playback_ids[0].id}`, { token: null })
  assert.deepEqual([disabled.status, disabled.urls], ['disabled', []])
})

test('a node that is silent for a minute is offered to nobody', async () => {
  const { body: registered } = await register({ ...NODE, name: 'n2', addresses: { rtmp: 'rtmp://n2.example' } })
  const { body: stream } = await control.call('POST', '/v1/streams', { body: {} })
  const servers = async () => {
    const { body } = await control.call('GET', `/v1/streams/${stream.id}/ingest`)
    return body.urls.map(({ node_id: id }: { node_id: string }) => id)
  }
  assert.ok((await servers()).includes(registered.node_id))
  control.advance(61_000)
  assert.deepEqual(await servers(), [])
  const load = { streams: 1, players: 2, in_bps: 3, out_bps: 4, cpu: 0.5 }
  const heartbeat = { node_id: registered.node_id, boot_id: NODE.boot_id, load }
  assert.equal(
    (await control.call('POST', '/node/v1/heartbeat', { token: control.nodeToken, body: heartbeat })).status,
    200,
  )
  assert.deepEqual(await servers(), [registered.node_id])
  assert.deepEqual((await control.call('GET', `/v1/nodes/${registered.node_id}`)).body.load, load)
  assert.ok((await control.call('GET', '/v1/nodes')).body.data.length >= 1)
})

test('a heartbeat of a process that was replaced, or of an unknown node, is refused', async () => {
  const { body: node } = await register({ ...NODE, name: 'n3' })
  await register({ ...NODE, name: 'n3', boot_id: 'boot-00002' })
  const load = { streams: 0, players: 0, in_bps: 0, out_bps: 0, cpu: 0 }
  const beat = (node_id: string, boot_id: string) =>
    control.call('POST', '/node/v1/heartbeat', { token: control.nodeToken, body: { node_id, boot_id, load } })
  assert.equal((await beat(node.node_id, NODE.boot_id)).body.code, 'NODE_REPLACED')
  assert.equal((await beat(node.node_id, 'boot-00002')).status, 200)
  assert.equal((await beat(newId('node'), NODE.boot_id)).body.code, 'NODE_NOT_FOUND')
})
