import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import { auditLog, idempotencyKeys, newId, streams, vhosts } from '@millrace/db'
import { eq } from 'drizzle-orm'

import { mergePatch } from './services/settings.ts'
import { startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
before(async () => {
  control = await startTestControl()
})
after(() => control.close())

const countStreams = async (app: string) => (await control.db.select().from(streams).where(eq(streams.app, app))).length

test('20 concurrent creates with one Idempotency-Key make one row and get one answer', async () => {
  const request = { body: { app: 'race' }, headers: { 'idempotency-key': 'race-1' } }
  const answers = await Promise.all(Array.from({ length: 20 }, () => control.call('POST', '/v1/streams', request)))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
  assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1)
  assert.equal(await countStreams('race'), 1)
  const replayed = answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')
  assert.equal(replayed.length, 19)
  assert.deepEqual(new Set(answers.map(({ headers }) => headers.get('location'))).size, 1)
  assert.deepEqual(new Set(answers.map(({ headers }) => headers.get('etag'))), new Set(['"1"']))
})

test('the same key with another body or path is refused', async () => {
  const headers = { 'idempotency-key': 'reuse' }
  await control.call('POST', '/v1/streams', { body: { app: 'one' }, headers })
  for (const [path, body] of [
    ['/v1/streams', { app: 'two' }],
    ['/v1/vhosts', { app: 'one' }],
  ] as const) {
    const { body: problem } = await control.call('POST', path, {
      body: path === '/v1/vhosts' ? { name: 'x.example' } : body,
      headers,
    })
    assert.equal(problem.code, 'IDEMPOTENCY_KEY_REUSED')
  }
})

test('a request that failed may be sent again with its key', async () => {
  const headers = { 'idempotency-key': 'second-try' }
  const body = { vhost: 'late.example', app: 'late' }
  assert.equal((await control.call('POST', '/v1/streams', { body, headers })).body.code, 'VHOST_NOT_FOUND')
  await control.call('POST', '/v1/vhosts', { body: { name: 'late.example' } })
  assert.equal((await control.call('POST', '/v1/streams', { body, headers })).status, 201)
})

test('a replay shows the secret again, and the database holds it sealed only', async () => {
  const stream = (await control.call('POST', '/v1/streams', { body: {} })).body
  const request = { body: {}, headers: { 'idempotency-key': 'secret' } }
  const first = await control.call('POST', `/v1/streams/${stream.id}/keys`, request)
  const again = await control.call('POST', `/v1/streams/${stream.id}/keys`, request)
  assert.equal(again.body.secret, first.body.secret)
  const rows = await control.db.select().from(idempotencyKeys)
  assert.ok(!JSON.stringify(rows).includes(first.body.secret))
})

test('a key is forgotten after 24 hours', async () => {
  const request = { body: { app: 'day' }, headers: { 'idempotency-key': 'daily' } }
  await control.call('POST', '/v1/streams', request)
  control.advance(24 * 3600 * 1000 + 1000)
  await control.call('POST', '/v1/streams', request)
  assert.equal(await countStreams('day'), 2)
})

test('keys of two tenants are two keys, and one that is no key is refused', async () => {
  const other = await control.token(['admin'], await control.project('idempotent'))
  const headers = { 'idempotency-key': 'shared' }
  const one = await control.call('POST', '/v1/vhosts', { body: { name: 'one.example' }, headers })
  const two = await control.call('POST', '/v1/vhosts', { body: { name: 'two.example' }, headers, token: other })
  assert.deepEqual([one.body.name, two.body.name], ['one.example', 'two.example'])
  for (const key of ['a b', 'x'.repeat(256), 'é']) {
    const { body } = await control.call('POST', '/v1/streams', { body: {}, headers: { 'idempotency-key': key } })
    assert.equal(body.code, 'IDEMPOTENCY_KEY_INVALID', key)
  }
})

test('a stale ETag is refused with 412 and nothing changes', async () => {
  const { body: stream, headers } = await control.call('POST', '/v1/streams', { body: { title: 'one' } })
  const path = `/v1/streams/${stream.id}`
  const etag = headers.get('etag')!
  const patch = (title: string, ifMatch: string) =>
    control.call('PATCH', path, {
      body: { title },
      headers: { 'if-match': ifMatch, 'content-type': 'application/merge-patch+json' },
    })
  const second = await patch('two', etag)
  assert.equal(second.status, 200)
  assert.notEqual(second.headers.get('etag'), etag)
  assert.equal((await patch('three', etag)).body.code, 'VERSION_CONFLICT')
  assert.equal((await control.call('DELETE', path, { headers: { 'if-match': etag } })).status, 412)
  assert.equal((await control.call('GET', path)).body.title, 'two')
  assert.equal((await patch('four', `"9", ${second.headers.get('etag')}`)).status, 200)
  assert.equal((await patch('five', '*')).status, 200)
})

test('of concurrent patches with the same ETag exactly one wins', async () => {
  const { body: stream, headers } = await control.call('POST', '/v1/streams', { body: {} })
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      control.call('PATCH', `/v1/streams/${stream.id}`, {
        body: { title: `${i}` },
        headers: { 'if-match': headers.get('etag')! },
      }),
    ),
  )
  const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length
  assert.deepEqual([count(200), count(412)], [1, 7])
})

test('a merge patch merges objects, replaces lists, and null takes a setting back to its default', async () => {
  const { body: stream } = await control.call('POST', '/v1/streams', {
    body: { title: 't', metadata: { a: '1', b: '2' }, tags: ['x', 'y'], external_id: 'mine', enabled: false },
  })
  const { body } = await control.call('PATCH', `/v1/streams/${stream.id}`, {
    body: { title: null, metadata: { a: null, c: '3' }, tags: ['z'], enabled: null },
  })
  assert.equal(body.title, null)
  assert.deepEqual(body.metadata, { b: '2', c: '3' })
  assert.deepEqual(body.tags, ['z'])
  assert.equal(body.external_id, 'mine')
  assert.equal(body.enabled, true)
})

test('merge patch follows the examples of RFC 7396', () => {
  const cases: [unknown, unknown, unknown][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'foo' }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  for (const [target, patch, result] of cases) assert.deepEqual(mergePatch(target, patch), result)
  const polluted = mergePatch({}, JSON.parse('{"__proto__":{"polluted":true}}')) as object
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  assert.equal(Object.getPrototypeOf(polluted), Object.prototype)
})

test('paging misses and repeats nothing while rows are inserted', async () => {
  const make = () => control.call('POST', '/v1/streams', { body: { app: 'paged' } })
  const wanted = new Set<string>()
  for (let i = 0; i < 25; i++) wanted.add((await make()).body.id)
  const seen: string[] = []
  let path: string | undefined = '/v1/streams?app=paged&limit=4'
  while (path !== undefined) {
    const { body, headers } = await control.call('GET', path)
    assert.ok(body.data.length <= 4)
    seen.push(...body.data.map(({ id }: { id: string }) => id))
    const link = headers.get('link')
    assert.equal(link !== null, body.has_more)
    assert.equal(body.next !== null, body.has_more)
    path = link === null ? undefined : /^<([^>]+)>; rel="next"$/.exec(link)![1]
    await make()
  }
  assert.equal(new Set(seen).size, seen.length)
  assert.deepEqual(new Set(seen), wanted)
  assert.deepEqual(seen, seen.toSorted().reverse())
})

test('paging over 10,000 streams misses and repeats nothing while rows come and go', async () => {
  const [vhost] = await control.db.select().from(vhosts)
  const rows = (count: number) =>
    Array.from({ length: count }, () => {
      const id = newId('stream')
      return { id, projectId: vhost!.projectId, vhostId: vhost!.id, app: 'many', name: id }
    })
  const wanted = rows(10_000)
  for (let i = 0; i < wanted.length; i += 2000) await control.db.insert(streams).values(wanted.slice(i, i + 2000))
  const seen: string[] = []
  let after = ''
  for (let more = true; more;) {
    const { body } = await control.call('GET', `/v1/streams?app=many&limit=100${after}`)
    seen.push(...body.data.map(({ id }: { id: string }) => id))
    more = body.has_more
    after = `&after=${body.next}`
    const added = rows(5)
    await control.db.insert(streams).values(added)
    await control.db.delete(streams).where(eq(streams.id, added[0]!.id))
  }
  assert.equal(seen.length, 10_000)
  assert.deepEqual(new Set(seen), new Set(wanted.map(({ id }) => id)))
})

test('changes are written to the audit log with who and which request, and no secret', async () => {
  const { body: stream, headers } = await control.call('POST', '/v1/streams', { body: { app: 'audited' } })
  const { body: key } = await control.call('POST', `/v1/streams/${stream.id}/keys`, { body: {} })
  const rows = await control.db.select().from(auditLog).where(eq(auditLog.subjectId, stream.id))
  assert.deepEqual(
    rows.map(({ action }) => action),
    ['stream.created', 'key.created'],
  )
  assert.equal(rows[0]!.requestId, headers.get('x-request-id'))
  assert.ok(rows[0]!.tokenId)
  assert.ok(!JSON.stringify(rows).includes(key.secret))
})

test('a setting of several shapes is replaced as a whole', async () => {
  const source = { type: 'pull', url: 'rtmp://origin.example/live/x' }
  const { body: stream } = await control.call('POST', '/v1/streams', { body: { app: 'shapes', source } })
  const path = `/v1/streams/${stream.id}`
  const pushed = await control.call('PATCH', path, { body: { source: { type: 'push' } } })
  assert.deepEqual([pushed.status, pushed.body.source], [200, { type: 'push' }])
  const pulled = await control.call('PATCH', path, { body: { source } })
  assert.deepEqual([pulled.status, pulled.body.source], [200, source])
  const reset = await control.call('PATCH', path, { body: { source: null } })
  assert.deepEqual([reset.status, reset.body.source], [200, { type: 'push' }])
})
