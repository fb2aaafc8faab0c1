import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import test, { type TestContext } from 'node:test'
import { promisify } from 'node:util'

import { createAddressGuard } from '@millrace/address-guard'

import { FaultProxy } from '../../../../test/support/fault-proxy.ts'
import {
  newBucket,
  RADOSGW_KEYS,
  radosgwMissing,
  startRadosgw,
  type TestBucket,
} from '../../../../test/support/radosgw.ts'
import { tempDir, testScope } from '../../../../test/support/scope.ts'
import { createStorageAgents } from './agents.ts'
import { MIN_PART_BYTES } from './object-store.ts'
import { testObjectStore, textOf } from './object-store.test-support.ts'
import { machineCredentials } from './s3-client.ts'
import { S3Store, type S3StoreOptions } from './s3-store.ts'

const skip = radosgwMissing ?? false
const bytes = new TextEncoder().encode('x')
const FAST = { attempts: 8, baseMs: 20, maxMs: 100 }

function storeIn(
  t: TestContext,
  { location, secretAccessKey }: TestBucket,
  options: Partial<S3StoreOptions> = {},
  allow = ['127.0.0.0/8'],
): S3Store {
  const agents = createStorageAgents(createAddressGuard(allow))
  t.after(() => agents.http.destroy())
  return new S3Store({ location, sse: null, secretAccessKey, agents, machine: machineCredentials(), ...options })
}

/** A store behind a proxy that fails as it is told. */
async function faulty(t: TestContext): Promise<{ store: S3Store; proxy: FaultProxy }> {
  const proxy = await FaultProxy.start(testScope(t), await startRadosgw())
  return { proxy, store: storeIn(t, await newBucket(proxy.url), { retry: FAST }) }
}

if (skip === false) {
  testObjectStore('S3', async (t) => {
    const { location, secretAccessKey } = await newBucket()
    return storeIn(t, { location: { ...location, prefix: 'media/v1' }, secretAccessKey })
  })
}

test('a server that is busy for a while is asked again, with files too', { skip }, async (t) => {
  const { store, proxy } = await faulty(t)
  const file = `${await tempDir(testScope(t))}/file`
  await writeFile(file, new Uint8Array(2_000_000).fill(7))
  proxy.answer503(2)
  await store.put('a.ts', { file })
  proxy.answer503(2)
  assert.equal((await store.head('a.ts'))?.sizeBytes, 2_000_000)
  proxy.cut(2)
  await store.put('b.ts', bytes)
  proxy.cut(1)
  assert.equal(await textOf(store, 'b.ts'), 'x')
})

test('one that stays away is told as such', { skip }, async (t) => {
  const { store, proxy } = await faulty(t)
  proxy.down()
  await assert.rejects(store.put('a.ts', bytes), { code: 'STORAGE_UNREACHABLE' })
  await assert.rejects(Array.fromAsync(store.list('')), { code: 'STORAGE_UNREACHABLE' })
  proxy.up()
  await store.put('a.ts', bytes)
})

test('a body that breaks off while it is read fails by its code', { skip }, async (t) => {
  const { store, proxy } = await faulty(t)
  await store.put('a.ts', new Uint8Array(4_000_000))
  proxy.throttle(8_000)
  const { stream } = await store.get('a.ts')
  stream.once('data', () => proxy.down())
  await assert.rejects(stream.toArray(), { code: 'STORAGE_UNREACHABLE' })
})

test('the answer to the last step of an upload may be lost', { skip }, async (t) => {
  const { store, proxy } = await faulty(t)
  const upload = await store.multipart('a.mp4')
  await upload.part(1, new Uint8Array(MIN_PART_BYTES))
  await upload.part(2, bytes)
  proxy.loseAnswers(1)
  const { etag } = await upload.complete()
  assert.equal((await store.head('a.mp4'))?.etag, etag)
})

test('only addresses that are allowed are connected to', { skip }, async (t) => {
  const bucket = await newBucket()
  const { port } = new URL(bucket.location.endpoint)
  for (const host of ['127.0.0.1', 'localhost']) {
    const location = { ...bucket.location, endpoint: `http://${host}:${port}` }
    const store = storeIn(t, { ...bucket, location }, {}, [])
    await assert.rejects(store.put('a', bytes), { code: 'STORAGE_ADDRESS_BLOCKED' }, host)
  }
})

test('the credentials of the machine are used where none are given', { skip }, async (t) => {
  const { location } = await newBucket()
  const store = storeIn(
    t,
    { location: { ...location, access_key_id: null as never }, secretAccessKey: null as never },
    {
      machine: async () => RADOSGW_KEYS,
    },
  )
  await store.put('a', bytes)
  assert.equal(await textOf(store, 'a'), 'x')
})

test('who has no use for S3 does not load its SDK', async () => {
  const script = `
    const { Stores } = await import(${JSON.stringify(import.meta.resolve('./index.ts'))})
    new Stores({ keyring: {}, allow: [], directories: [] }).open({ location: { type: 's3', prefix: '' }, secretSealed: null })
    const { createRequire } = await import('node:module')
    const loaded = Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('@aws-sdk'))
    console.log(loaded, process.memoryUsage().rss < 150e6)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  assert.match(stdout, /^false/)
})
