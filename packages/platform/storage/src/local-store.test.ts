import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, readdir, rename, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import test, { type TestContext } from 'node:test'

import { tempDir, testScope } from '../../../../test/support/scope.ts'
import { LocalStore } from './local-store.ts'
import { testObjectStore, textOf } from './object-store.test-support.ts'

async function openLocal(t: TestContext): Promise<LocalStore & { directory: string }> {
  const directory = await tempDir(testScope(t))
  return Object.assign(new LocalStore({ directory, prefix: 'media/v1', allowed: [directory] }), { directory })
}

testObjectStore('local', openLocal)

const bytes = new TextEncoder().encode('x')

test('objects are files at the paths of their keys, and folders go with their last object', async (t) => {
  const store = await openLocal(t)
  await store.put('a/b/c.ts', bytes)
  assert.equal(await store.fileOf('a/b/c.ts'), path.join(store.directory, 'media/v1/a/b/c.ts'))
  assert.ok((await stat(await store.fileOf('a/b/c.ts'))).isFile())
  await store.put('a/d.ts', bytes)
  await store.delete(['a/b/c.ts'])
  assert.deepEqual(await readdir(path.join(store.directory, 'media/v1/a')), ['d.ts'])
  await store.delete(['a/d.ts'])
  assert.deepEqual(await readdir(path.join(store.directory, 'media/v1')), ['.millrace'])
})

test('a reader keeps the object that it began to read', async (t) => {
  const store = await openLocal(t)
  await store.put('a', new Uint8Array(1_000_000).fill(1))
  const { stream } = await store.get('a')
  await store.put('a', bytes)
  await store.delete(['a'])
  assert.equal((await buffer(stream)).length, 1_000_000)
})

test('only directories that are allowed hold objects, links followed', async (t) => {
  const base = await tempDir(testScope(t))
  const allowed = path.join(base, 'allowed')
  await mkdir(path.join(base, 'elsewhere'))
  await mkdir(allowed)
  await symlink(path.join(base, 'elsewhere'), path.join(allowed, 'link'))
  for (const directory of [
    '/etc',
    base,
    `${allowed}/../elsewhere`,
    `${allowed}/link`,
    `${allowed}/link/new`,
    `${allowed}-2`,
  ]) {
    const store = new LocalStore({ directory, allowed: [allowed] })
    await assert.rejects(store.put('a', bytes), { code: 'STORAGE_DIRECTORY_NOT_ALLOWED' }, directory)
    await assert.rejects(Array.fromAsync(store.list('')), { code: 'STORAGE_DIRECTORY_NOT_ALLOWED' }, directory)
  }
  await assert.rejects(new LocalStore({ directory: allowed, allowed: [] }).head('a'), {
    code: 'STORAGE_DIRECTORY_NOT_ALLOWED',
  })
  await new LocalStore({ directory: path.join(allowed, 'new/deeper'), allowed: [allowed] }).put('a', bytes)
  await rename(allowed, path.join(base, 'moved'))
  await new LocalStore({ directory: allowed, allowed: [allowed] }).put('a', bytes)
})

test('an object and a folder of the same name do not go together', async (t) => {
  const store = await openLocal(t)
  await store.put('a', bytes)
  await assert.rejects(store.put('a/b', bytes), { code: 'STORAGE_REFUSED' })
  assert.equal(await textOf(store, 'a'), 'x')
})

test('writers and deleters in the same folder do not trip over each other', async (t) => {
  const store = await openLocal(t)
  const keys = Array.from({ length: 100 }, (_, n) => `take/${n % 2}/${n}`)
  await Promise.all(keys.map((key) => store.put(key, bytes).then(() => store.delete([key]))))
  assert.deepEqual(await Array.fromAsync(store.list('')), [])
})

test('a lock that a process died with is broken', async (t) => {
  const store = await openLocal(t)
  const { etag } = await store.put('a', bytes)
  const { etag: next } = await store.put('a', bytes, { ifMatch: etag })
  const locks = path.join(store.directory, 'media/v1/.millrace/locks')
  assert.deepEqual(await readdir(locks), [])
  const name = createHash('sha256')
    .update(await store.fileOf('a'))
    .digest('hex')
  await writeFile(path.join(locks, name), '')
  await utimes(path.join(locks, name), 1, 1)
  await store.put('a', bytes, { ifMatch: next })
})

test('nothing is left of writes that fail', async (t) => {
  const store = await openLocal(t)
  await store.put('a', bytes)
  await assert.rejects(store.put('a', bytes, { ifNoneMatch: '*' }))
  await assert.rejects(store.put('a', bytes, { ifMatch: '"other"' }))
  await assert.rejects(store.put('a', bytes, { signal: AbortSignal.abort() }), { code: 'STORAGE_ABORTED' })
  const hidden = path.join(store.directory, 'media/v1/.millrace')
  assert.deepEqual(await readdir(path.join(hidden, 'tmp')), [])
})
