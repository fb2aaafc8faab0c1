import assert from 'node:assert/strict'
import path from 'node:path'
import test, { after, before } from 'node:test'

import { newId, takes } from '@millrace/db'

import { newBucket, radosgwMissing } from '../../../test/support/radosgw.ts'
import { ensureDefaults } from './services/bootstrap.ts'
import { startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
before(async () => {
  control = await startTestControl()
})
after(() => control.close())

const NAMES = ['put', 'get', 'range', 'list', 'multipart', 'conditional_put', 'cors', 'delete']
const S3 = { type: 's3', bucket: 'media', access_key_id: 'AK' }

const create = async (location: object, secret: string | null = null, token?: string) =>
  control.call('POST', '/v1/storages', {
    body: { name: 's', location, secret_access_key: secret },
    ...(token !== undefined && { token }),
  })

const tryOut = async ({ body }: { body: { id: string } }) => control.call('POST', `/v1/storages/${body.id}:test`)

/** Names of the checks that failed, with their codes. */
const failed = ({ body }: Awaited<ReturnType<typeof tryOut>>): string[] =>
  body.checks.flatMap((check: { ok: boolean; name: string; code: string }) =>
    check.ok ? [] : [`${check.name} ${check.code}`],
  )

test('the first start makes a storage in the first directory for them, once', async () => {
  const tokens = { admin: control.adminToken, node: control.nodeToken }
  const start = () => ensureDefaults(control.db, control.keyring, tokens, [control.storageDir, '/other'])
  await Promise.all([start(), start()])
  const { body: list } = await control.call('GET', '/v1/storages')
  assert.deepEqual(
    list.data.map(({ location }: { location: object }) => location),
    [{ type: 'local', directory: control.storageDir, prefix: '' }],
  )
  const { body: projects } = await control.call('GET', '/v1/projects')
  const project = `/v1/projects/${projects.data[0].id}`
  assert.equal(projects.data[0].default_storage_id, list.data[0].id)
  assert.equal((await tryOut({ body: list.data[0] })).body.ok, true)
  await control.call('PATCH', project, { body: { default_storage_id: null } })
  await start()
  assert.equal((await control.call('GET', project)).body.default_storage_id, null)
})

test('a local storage is tried, and nothing is left of it', async () => {
  const answer = await tryOut(await create({ type: 'local', directory: path.join(control.storageDir, 'a') }))
  assert.deepEqual(
    answer.body.checks.map(({ name }: { name: string }) => name),
    NAMES,
  )
  assert.deepEqual([answer.body.ok, failed(answer)], [true, []])
})

test('a bucket is tried; that pages may not read it is told, and no fault', { skip: radosgwMissing }, async () => {
  const { location, secretAccessKey } = await newBucket()
  const answer = await tryOut(await create(location, secretAccessKey))
  assert.deepEqual([answer.body.ok, failed(answer)], [true, ['cors STORAGE_REFUSED']])
})

test('what is wrong with a bucket is told by its code', { skip: radosgwMissing }, async () => {
  const { location, secretAccessKey } = await newBucket()
  const cases: [object, string, string][] = [
    [location, 'wrong', 'STORAGE_DENIED'],
    [{ ...location, access_key_id: 'nobody' }, secretAccessKey, 'STORAGE_DENIED'],
    [{ ...location, bucket: 'no-such-bucket' }, secretAccessKey, 'STORAGE_BUCKET_MISSING'],
    [{ ...location, endpoint: 'http://127.0.0.1:1' }, secretAccessKey, 'STORAGE_UNREACHABLE'],
  ]
  for (const [wrong, secret, code] of cases) {
    const answer = await tryOut(await create(wrong, secret))
    assert.equal(answer.body.ok, false)
    assert.deepEqual(failed(answer).slice(0, 2), [`put ${code}`, 'get STORAGE_CHECK_SKIPPED'])
    assert.ok(!JSON.stringify(answer.body).includes(secret))
  }
})

test('what can be seen to be wrong is refused at once', async () => {
  const cases: [object, string | null, string][] = [
    [{ type: 'local', directory: '/etc' }, null, 'STORAGE_DIRECTORY_NOT_ALLOWED'],
    [{ type: 'local', directory: `${control.storageDir}/../x` }, null, 'STORAGE_DIRECTORY_NOT_ALLOWED'],
    [{ ...S3, endpoint: 'http://169.254.169.254' }, 'SK', 'STORAGE_ADDRESS_BLOCKED'],
    [{ ...S3, endpoint: 'http://[::ffff:10.0.0.1]:9000' }, 'SK', 'STORAGE_ADDRESS_BLOCKED'],
    [S3, null, 'STORAGE_CREDENTIALS_MISSING'],
    [{ ...S3, access_key_id: null }, 'SK', 'STORAGE_CREDENTIALS_MISSING'],
    [{ ...S3, region: 'x@evil.example' }, 'SK', 'REQUEST_INVALID'],
  ]
  for (const [location, secret, code] of cases) {
    const { status, body } = await create(location, secret)
    assert.deepEqual([status, body.code], [422, code], JSON.stringify(location))
  }
  const { body: storage } = await create(S3, 'SK')
  const patch = { secret_access_key: null }
  const { body } = await control.call('PATCH', `/v1/storages/${storage.id}`, { body: patch })
  assert.equal(body.code, 'STORAGE_CREDENTIALS_MISSING')
})

test('a host that leads to a private address is not asked', async () => {
  const location = { ...S3, endpoint: 'http://localhost:1', path_style: true }
  // the test's application may reach IPv4 loopback only
  const answer = await tryOut(await create({ ...location, endpoint: 'http://ip6-localhost:1' }, 'SK'))
  assert.match(failed(answer)[0]!, /^put STORAGE_(ADDRESS_BLOCKED|UNREACHABLE)$/)
})

test('directories and credentials of the machine are for the default project only', async () => {
  const token = await control.token(['storages:write'], await control.project('tenant'))
  for (const location of [
    { type: 'local', directory: control.storageDir },
    { ...S3, access_key_id: null },
  ]) {
    assert.equal((await create(location, null, token)).body.code, 'PROJECT_NOT_DEFAULT')
  }
  const own = await create(S3, 'SK', token)
  assert.equal(own.status, 201)
  assert.equal((await tryOut(own)).status, 404)
})

test('a storage stays where its media are; how it is reached may change', async () => {
  const location = { ...S3, prefix: 'tv/' }
  const { body: storage } = await create(location, 'SK')
  const path = `/v1/storages/${storage.id}`
  const move = async (to: object) => (await control.call('PATCH', path, { body: { location: to } })).body.code
  assert.equal(await move({ ...location, bucket: 'elsewhere' }), undefined)
  assert.equal(await move(location), undefined)
  const { body: stream } = await control.call('POST', '/v1/streams', { body: { name: 'kept' } })
  await control.db.insert(takes).values({
    id: newId('take'),
    projectId: (await control.call('GET', '/v1/projects')).body.data.at(-1).id,
    streamId: stream.id,
    sessionId: newId('session'),
    nodeId: newId('node'),
    storageId: storage.id,
    format: 'fmp4',
  })
  const places = [
    { ...location, bucket: 'elsewhere' },
    { ...location, prefix: '' },
    { type: 'local', directory: control.storageDir, prefix: 'tv/' },
  ]
  for (const place of places) assert.equal(await move(place), 'STORAGE_IN_USE')
  assert.equal(
    await move({ ...location, endpoint: 'https://s3.example', access_key_id: 'NEW', prefix: 'tv' }),
    undefined,
  )
})
