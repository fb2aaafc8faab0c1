import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import { playbackIds, streams } from '@millrace/db'
import { and, eq } from 'drizzle-orm'

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

/** A keyed vhost with a stream and its key. */
async function makeKeyed(vhost: string, name = 'show') {
  await control.call('POST', '/v1/vhosts', { body: { name: vhost } })
  return { vhost, ...(await makeStream(vhost, name)) }
}

async function makeStream(vhost: string, name: string) {
  const { body: stream } = await control.call('POST', '/v1/streams', { body: { vhost, name } })
  const { body: key } = await control.call('POST', `/v1/streams/${stream.id}/keys`)
  return { id: stream.id as string, keyId: key.id as string, key: key.secret as string, name }
}

test('on an open vhost the first publisher makes the stream, with a playback id, and any host name leads there', async () => {
  const first = await admit({ stream: 'livestream', vhost: 'some.host:1935' })
  assert.deepEqual(
    [first.allow, first.vhost, first.app, first.stream],
    [true, '__defaultVhost__', 'live', 'livestream'],
  )
  assert.equal(first.key_id, null)
  const again = await admit({ stream: 'livestream', vhost: '__defaultVhost__', params: { key: 'of-somebody-else' } })
  assert.equal(again.stream_id, first.stream_id)
  const ids = await control.db.select().from(playbackIds).where(eq(playbackIds.streamId, first.stream_id))
  assert.equal(ids.length, 1)
  assert.equal((await control.call('GET', `/v1/streams/${first.stream_id}`)).body.name, 'livestream')
})

test('twenty first publishers at once make one stream', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => admit({ stream: 'rush' })))
  assert.equal(new Set(answers.map(({ stream_id: id }) => id)).size, 1)
  const rows = await control.db
    .select()
    .from(streams)
    .where(and(eq(streams.app, 'live'), eq(streams.name, 'rush')))
  assert.equal(rows.length, 1)
  assert.equal((await control.db.select().from(playbackIds).where(eq(playbackIds.streamId, rows[0]!.id))).length, 1)
})

test('a keyed vhost takes the key as parameter or in place of the name', async () => {
  const { vhost, key, keyId, id } = await makeKeyed('keyed.example')
  for (const wanted of [
    { vhost, stream: 'show', params: { key } },
    { vhost: 'KEYED.example:1935', stream: 'show', params: { key } },
    { vhost, stream: key },
    { vhost: 'unknown.example', app: 'other', stream: key },
  ]) {
    const answer = await admit(wanted)
    assert.deepEqual(
      [answer.allow, answer.vhost, answer.app, answer.stream, answer.stream_id, answer.key_id],
      [true, vhost, 'live', 'show', id, keyId],
    )
  }
  assert.notEqual((await control.call('GET', `/v1/streams/${id}/keys`)).body.data[0].last_used_at, null)
})

test("a missing, wrong, or other stream's key is refused", async () => {
  const { vhost, key } = await makeKeyed('wrong.example')
  const other = await makeStream(vhost, 'other')
  assert.equal(await code({ vhost, stream: 'show' }), 'KEY_REQUIRED')
  assert.equal(await code({ vhost, stream: 'show', params: { key: '' } }), 'KEY_REQUIRED')
  assert.equal(await code({ vhost, stream: 'show', params: { key: 'hunter2' } }), 'KEY_INVALID')
  assert.equal(await code({ vhost, stream: 'show', params: { key: `${key}x` } }), 'KEY_INVALID')
  assert.equal(await code({ vhost, stream: 'show', params: { key: other.key } }), 'KEY_INVALID')
  assert.equal(await code({ vhost, app: 'elsewhere', stream: 'show', params: { key } }), 'KEY_INVALID')
  assert.equal(await code({ vhost, stream: 'nowhere', params: { key } }), 'KEY_INVALID')
  assert.equal(await code({ vhost, stream: 'sk_000000000000000000000000' }), 'KEY_INVALID')
  // the default vhost knows no key by that name either, and would show it to everybody
  assert.equal(await code({ stream: 'sk_000000000000000000000000' }), 'KEY_INVALID')
})

test('a revoked key is refused at once, also one granted before; the other keys go on', async () => {
  const { vhost, key, keyId, id } = await makeKeyed('revoked.example')
  const { body: spare } = await control.call('POST', `/v1/streams/${id}/keys`)
  const granted = await admit({ vhost, stream: 'show', params: { key } })
  assert.equal(granted.ttl_s, 0)
  await control.call('DELETE', `/v1/streams/${id}/keys/${keyId}`)
  assert.equal(await code({ vhost, stream: 'show', params: { key } }), 'KEY_REVOKED')
  assert.equal(await code({ vhost, stream: key }), 'KEY_REVOKED')
  assert.equal(await code({ vhost, stream: 'show', params: { key: spare.secret } }), 'allowed')
})

test('an expired key is refused', async () => {
  const { vhost, id } = await makeKeyed('expired.example')
  const expires = new Date(control.now().getTime() + 3000).toISOString()
  const { body: key } = await control.call('POST', `/v1/streams/${id}/keys`, { body: { expires_at: expires } })
  const wanted = { vhost, stream: 'show', params: { key: key.secret } }
  assert.equal(await code(wanted), 'allowed')
  control.advance(4000)
  assert.equal(await code(wanted), 'KEY_EXPIRED')
})

test('a stream that is pulled takes no publisher, and players as ever', async () => {
  const { vhost, key, id } = await makeKeyed('pulled.example')
  const source = { type: 'pull', url: 'rtmp://origin.example/live/x' }
  await control.call('PATCH', `/v1/streams/${id}`, { body: { source } })
  assert.equal(await code({ vhost, stream: 'show', params: { key } }), 'STREAM_IS_PULLED')
  assert.equal(await code({ vhost, stream: 'show', action: 'play' }), 'allowed')
  await control.call('PATCH', `/v1/streams/${id}`, { body: { source: { type: 'push' } } })
  assert.equal(await code({ vhost, stream: 'show', params: { key } }), 'allowed')
})

test('a disabled stream or vhost refuses publishers and players', async () => {
  const { vhost, key, id } = await makeKeyed('disabled.example')
  await control.call('PATCH', `/v1/streams/${id}`, { body: { enabled: false } })
  for (const wanted of [
    { vhost, stream: 'show', params: { key } },
    { vhost, stream: key },
    { vhost, stream: 'show', action: 'play' as const },
  ]) {
    assert.equal(await code(wanted), 'STREAM_DISABLED')
  }
  const { body: list } = await control.call('GET', '/v1/vhosts?limit=100')
  const { id: vhostId } = list.data.find(({ name }: { name: string }) => name === vhost)
  await control.call('PATCH', `/v1/streams/${id}`, { body: { enabled: true } })
  await control.call('PATCH', `/v1/vhosts/${vhostId}`, { body: { enabled: false } })
  for (const wanted of [
    { vhost, stream: 'show', params: { key } },
    { vhost, stream: key },
    { vhost, stream: 'x', action: 'play' as const },
  ]) {
    assert.equal(await code(wanted), 'VHOST_DISABLED')
  }
})

test('anybody may play, also what nobody has published yet', async () => {
  const { vhost, id } = await makeKeyed('play.example')
  const known = await admit({ action: 'play', vhost, stream: 'show' })
  assert.deepEqual([known.allow, known.stream_id, known.key_id], [true, id, null])
  assert.ok(known.ttl_s > 0)
  const unknown = await admit({ action: 'play', stream: 'not-yet' })
  assert.deepEqual([unknown.allow, unknown.stream_id], [true, null])
  const rows = await control.db.select().from(streams).where(eq(streams.name, 'not-yet'))
  assert.equal(rows.length, 0)
})

test('names that no stream may have are refused', async () => {
  for (const stream of ['', 'a b', '..', 'a/b', 'x?y', 'a%2fb']) {
    assert.equal(await code({ stream }), 'STREAM_NAME_INVALID', stream)
    assert.equal(await code({ stream, action: 'play' }), 'STREAM_NAME_INVALID', stream)
  }
  assert.equal(await code({ stream: 'x', app: '../etc' }), 'STREAM_NAME_INVALID')
  assert.equal(await code({ stream: 'sk_x', action: 'play' }), 'STREAM_NAME_INVALID')
  assert.equal(await code({ stream: 'x\u0000y' }), 'allowed', 'NUL is taken out of what clients send')
})

test('a token without nodes:link may not ask', async () => {
  const token = await control.token(['streams:write'])
  assert.equal((await control.call('POST', '/node/v1/admit', { token, body: {} })).body.code, 'SCOPE_MISSING')
})
