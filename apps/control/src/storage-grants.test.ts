import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import test, { after, before } from 'node:test'

import { newId, storages } from '@millrace/db'
import { LocalStore } from '@millrace/storage'
import { eq } from 'drizzle-orm'

import { newBucket, radosgwMissing } from '../../../test/support/radosgw.ts'
import { ArchiveNode, type TestBroadcast } from './test-support/archive-node.ts'
import { startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
let node: ArchiveNode
let local: string
before(async () => {
  control = await startTestControl()
  node = await new ArchiveNode(control).register()
  const location = { type: 'local', directory: control.storageDir, prefix: 'media' }
  const { body } = await control.call('POST', '/v1/storages', { body: { name: 'local', location } })
  local = body.id
})
after(() => control.close())

let streams = 0

/** A broadcast of a stream of its own. */
async function broadcast(from = node, name = `s${++streams}`): Promise<TestBroadcast & { name: string }> {
  if (from === node) await control.call('POST', '/v1/streams', { body: { name } })
  return { ...(await from.publish(name)), name }
}

interface Asked {
  takeId?: string
  storageId?: string
  format?: string
  nodeId?: string
}

const PUT = (name: string) => ({ name, method: 'PUT' })

async function ask(of: TestBroadcast, objects: object[], asked: Asked = {}) {
  const { takeId = newId('take'), storageId = local, format = 'fmp4', nodeId = node.nodeId } = asked
  const request = {
    take_id: takeId,
    stream_id: of.streamId,
    session_id: of.sessionId,
    epoch: of.epoch,
    storage_id: storageId,
    format,
    objects,
  }
  const answer = await control.call('POST', '/node/v1/storage-grants', {
    token: control.nodeToken,
    body: { node_id: nodeId, requests: [request] },
  })
  return { takeId, status: answer.status, ...(answer.body.grants?.[0] ?? answer.body) }
}

test('a local storage is written by path, inside of it', async () => {
  const on = await broadcast()
  const { takeId, objects } = await ask(on, [PUT('init-0.mp4'), PUT('0.m4s'), PUT('live/media.m3u8')])
  const store = new LocalStore({ directory: control.storageDir, prefix: 'media', allowed: [control.storageDir] })
  const keys = [`${takeId}/init-0.mp4`, `${takeId}/0.m4s`, 'live/media.m3u8']
  for (const [n, key] of keys.entries()) {
    assert.equal(objects[n].type, 'file')
    assert.equal(objects[n].path, await store.fileOf(`streams/${on.streamId}/${key}`))
  }
  await assert.rejects(stat(objects[0].path), { code: 'ENOENT' })
})

test(
  'a bucket is written by presigned requests, which say nothing of its secret',
  { skip: radosgwMissing },
  async () => {
    const { location, secretAccessKey } = await newBucket()
    const body = { name: 'bucket', location: { ...location, prefix: 'p' }, secret_access_key: secretAccessKey }
    const { body: storage } = await control.call('POST', '/v1/storages', { body })
    const on = await broadcast()
    const names = [PUT('0.m4s'), PUT('live/index.m3u8'), { name: 'live/index.m3u8', method: 'GET' }]
    const answer = await ask(on, names, { storageId: storage.id })
    assert.ok(!JSON.stringify(answer).includes(secretAccessKey))
    const [segment, playlist, read] = answer.objects
    assert.equal(Date.parse(segment.expires_at) - control.now().getTime() > 800_000, true)
    for (const { url, headers } of [segment, playlist]) {
      assert.equal((await fetch(url, { method: 'PUT', headers, body: 'x' })).status, 200)
    }
    const got = await fetch(read.url, { headers: read.headers })
    assert.deepEqual(
      [await got.text(), got.headers.get('content-type'), got.headers.get('cache-control')],
      ['x', 'application/vnd.apple.mpegurl', 'public, max-age=1'],
    )
    assert.match(segment.headers['cache-control'], /immutable/)
    assert.match(new URL(segment.url).pathname, new RegExp(`/p/streams/${on.streamId}/${answer.takeId}/0\\.m4s$`))
  },
)

test('encryption at rest is part of what a node has to send', async () => {
  const location = { type: 's3', bucket: 'media', access_key_id: 'AK' }
  const sse = { algorithm: 'aws:kms', kms_key_id: 'alias/a' }
  const body = { name: 'kms', location, sse, secret_access_key: 'SK' }
  const { body: storage } = await control.call('POST', '/v1/storages', { body })
  const { objects } = await ask(await broadcast(), [PUT('0.m4s')], { storageId: storage.id })
  assert.equal(objects[0].headers['x-amz-server-side-encryption'], 'aws:kms')
  assert.equal(objects[0].headers['x-amz-server-side-encryption-aws-kms-key-id'], 'alias/a')
  const signed = new URL(objects[0].url).searchParams.get('X-Amz-SignedHeaders')
  assert.equal(signed, 'host;x-amz-server-side-encryption;x-amz-server-side-encryption-aws-kms-key-id')
})

test('names that a take does not have are refused', async () => {
  const on = await broadcast()
  for (const name of ['../x.m4s', 'a.m4s', '0.mp4', '0.ts', 'live/other.m3u8', 'recordings/x', '00.m4s']) {
    assert.equal((await ask(on, [PUT('0.m4s'), PUT(name)])).error_code, 'OBJECT_NAME_INVALID', name)
  }
  assert.equal((await ask(on, [{ name: '0.m4s', method: 'GET' }])).error_code, 'OBJECT_NAME_INVALID')
  assert.equal((await ask(on, [PUT('init-0.mp4')], { format: 'ts' })).error_code, 'OBJECT_NAME_INVALID')
  assert.equal((await ask(on, [PUT('0.ts')], { format: 'ts' })).objects.length, 1)
})

test('a take is the node’s that used it first, and stays what it was', async () => {
  const on = await broadcast()
  const { takeId } = await ask(on, [PUT('0.m4s')])
  const other = await new ArchiveNode(control).register()
  assert.equal((await ask(on, [PUT('1.m4s')], { takeId, nodeId: other.nodeId })).error_code, 'TAKE_FOREIGN')
  assert.equal((await ask(on, [PUT('1.ts')], { takeId, format: 'ts' })).error_code, 'TAKE_FOREIGN')
  const another = await broadcast()
  assert.equal((await ask(another, [PUT('1.m4s')], { takeId })).error_code, 'TAKE_FOREIGN')
  assert.equal((await ask(on, [PUT('1.m4s')], { takeId })).objects.length, 1)
  assert.equal((await ask(on, [PUT('0.m4s')], { nodeId: newId('node') })).code, 'NODE_NOT_FOUND')
})

test('a node that lost the stream writes its segments to their end, and the live playlist no more', async () => {
  const old = await broadcast()
  const { takeId } = await ask(old, [PUT('0.m4s'), PUT('live/media.m3u8')])
  const next = await new ArchiveNode(control).register()
  const now = await broadcast(next, old.name)
  assert.equal((await ask(old, [PUT('live/media.m3u8')], { takeId })).error_code, 'EPOCH_STALE')
  assert.equal((await ask(old, [PUT('1.m4s')], { takeId })).objects.length, 1)
  assert.equal((await ask(now, [PUT('live/media.m3u8')], { nodeId: next.nodeId })).objects.length, 1)
  const forged = { ...old, epoch: now.epoch }
  assert.equal((await ask(forged, [PUT('live/media.m3u8')], { takeId })).error_code, 'EPOCH_STALE')
  const higher = { ...old, epoch: now.epoch! + 1 }
  assert.equal((await ask(higher, [PUT('live/media.m3u8')], { takeId })).error_code, 'EPOCH_STALE')
})

test('a stream is kept in storages of its own project only', async () => {
  const tenant = await control.project('grants-tenant')
  const token = await control.token(['storages:write'], tenant)
  const location = { type: 's3', bucket: 'media', access_key_id: 'AK' }
  const { body } = await control.call('POST', '/v1/storages', {
    token,
    body: { name: 's', location, secret_access_key: 'SK' },
  })
  const on = await broadcast()
  assert.equal((await ask(on, [PUT('0.m4s')], { storageId: body.id })).error_code, 'STORAGE_NOT_FOUND')
  const unknown = { ...on, streamId: newId('stream') }
  assert.equal((await ask(unknown, [PUT('0.m4s')])).error_code, 'STREAM_NOT_FOUND')
})

test('a storage that cannot be used is told for what needs it, and the rest goes on', async () => {
  const location = { type: 'local', directory: `${control.storageDir}/x` }
  const { body } = await control.call('POST', '/v1/storages', { body: { name: 'moved', location } })
  const elsewhere = { type: 'local' as const, directory: '/nowhere', prefix: '' }
  await control.db.update(storages).set({ location: elsewhere }).where(eq(storages.id, body.id))
  const on = await broadcast()
  assert.equal((await ask(on, [PUT('0.m4s')], { storageId: body.id })).error_code, 'STORAGE_UNUSABLE')
})
