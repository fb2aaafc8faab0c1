import assert from 'node:assert/strict'
import test from 'node:test'

import { ServiceError } from '@millrace/core'
import { LocalStore } from '@millrace/storage'

import { tempDir, testScope } from '../../../../../test/support/scope.ts'
import { FileUpload } from './file-upload.ts'
import { read, readAhead } from './read-ahead.ts'

const MB = 1 << 20
const NEVER = new AbortController().signal
const ok = async (): Promise<void> => {}

async function localStore(t: test.TestContext): Promise<LocalStore> {
  const directory = await tempDir(testScope(t))
  return new LocalStore({ directory, prefix: '', allowed: [directory] })
}

const pendingOf = async (store: LocalStore): Promise<number> => (await Array.fromAsync(store.multiparts(''))).length

for (const sizeMb of [0, 0.5, 5, 13, 30]) {
  test(`a file of ${sizeMb} MB is its beginning and then its body`, async (t) => {
    const store = await localStore(t)
    const upload = new FileUpload(store, 'a/video.mp4', { expectedBytes: sizeMb * MB, beginningBytes: 0, mayGoOn: ok })
    const chunks = Array.from({ length: sizeMb * 16 }, (_, i) => new Uint8Array(MB / 16).fill(i % 251))
    for (const chunk of chunks) await upload.write(chunk)
    assert.equal(await store.head('a/video.mp4'), undefined)
    const beginning = Uint8Array.of(1, 2, 3)
    await upload.finish(beginning)
    await upload.abort()
    const written = await read(store, 'a/video.mp4', NEVER)
    assert.equal(Buffer.compare(written!, Buffer.concat([beginning, ...chunks])), 0)
    assert.equal(await pendingOf(store), 0)
  })
}

/** A store that tells how long parts were. */
function counted(store: LocalStore, sizes: Map<number, number>): LocalStore {
  const multipart = store.multipart.bind(store)
  store.multipart = async (...args) => {
    const upload = await multipart(...args)
    const part = upload.part.bind(upload)
    upload.part = async (number, bytes) => {
      sizes.set(number, bytes.length)
      await part(number, bytes)
    }
    return upload
  }
  return store
}

for (const { beginningBytes, longer } of [
  { beginningBytes: 100_000, longer: 0 },
  { beginningBytes: 12 * MB, longer: 0 },
  { beginningBytes: 12 * MB, longer: 9 * MB },
]) {
  test(`parts are of one length with a beginning of ${beginningBytes} bytes, and ${longer} more go into one`, async (t) => {
    const sizes = new Map<number, number>()
    const store = counted(await localStore(t), sizes)
    const upload = new FileUpload(store, 'a/video.mp4', { expectedBytes: 18 * MB, beginningBytes, mayGoOn: ok })
    const body = new Uint8Array(18 * MB).map((_, i) => i % 251)
    await upload.write(body)
    assert.equal(upload.beginningBytes, beginningBytes)
    const beginning = new Uint8Array(beginningBytes + longer).fill(7)
    await upload.finish(beginning)
    const written = await read(store, 'a/video.mp4', NEVER)
    assert.equal(Buffer.compare(written!, Buffer.concat([beginning, body])), 0)
    const lengths = [...sizes].toSorted(([a], [b]) => a - b).map(([, bytes]) => bytes)
    assert.deepEqual(
      [...sizes.keys()].toSorted((a, b) => a - b),
      lengths.map((_, n) => n + 1),
    )
    const others = lengths.slice(0, -1).filter((bytes) => bytes !== 5 * MB)
    assert.deepEqual(others, longer === 0 ? [] : [5 * MB + longer])
  })
}

test('a file that fits into one part needs no beginning of a certain length', async (t) => {
  const store = await localStore(t)
  const upload = new FileUpload(store, 'a/video.mp4', { expectedBytes: MB, beginningBytes: 100_000, mayGoOn: ok })
  await upload.write(new Uint8Array(MB))
  assert.equal(upload.beginningBytes, 0)
  await upload.abort()
})

test('an upload that may not go on leaves nothing behind', async (t) => {
  const store = await localStore(t)
  const upload = new FileUpload(store, 'a/video.mp4', {
    expectedBytes: 0,
    beginningBytes: 0,
    mayGoOn: () => Promise.reject(new ServiceError('JOB_SUPERSEDED', 'no')),
  })
  await assert.rejects(upload.write(new Uint8Array(20 * MB)), { code: 'JOB_SUPERSEDED' })
  await upload.abort()
  assert.equal(await pendingOf(store), 0)
  assert.deepEqual(await Array.fromAsync(store.list('')), [])
})

test('an upload that another one aborted fails', async (t) => {
  const store = await localStore(t)
  const upload = new FileUpload(store, 'a/video.mp4', { expectedBytes: 0, beginningBytes: 0, mayGoOn: ok })
  await upload.write(new Uint8Array(20 * MB))
  for await (const { key, uploadId } of store.multiparts('a/')) await store.abortMultipart(key, uploadId)
  await assert.rejects(upload.finish(new Uint8Array(0)), { code: 'STORAGE_UPLOAD_GONE' })
  assert.equal(await store.head('a/video.mp4'), undefined)
})

test('objects are read in order, and those that are gone are told', async (t) => {
  const store = await localStore(t)
  for (const i of [0, 1, 3, 4, 5, 6]) await store.put(`${i}.ts`, Uint8Array.of(i))
  const got = await Array.fromAsync(readAhead(store, [0, 1, 2, 3, 4, 5, 6], (i) => `${i}.ts`, NEVER))
  assert.deepEqual(
    got.map(({ item, bytes }) => [item, bytes?.[0]]),
    [0, 1, 2, 3, 4, 5, 6].map((i) => [i, i === 2 ? undefined : i]),
  )
})
