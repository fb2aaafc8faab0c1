import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import test, { type TestContext } from 'node:test'

import { tempDir, testScope } from '../../../../test/support/scope.ts'
import { MIN_PART_BYTES, type ObjectStore } from './object-store.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

/** The whole of an object, or the asked part of it, as text. */
export async function textOf(
  store: ObjectStore,
  key: string,
  range?: { start: number; end?: number },
): Promise<string> {
  const { stream } = await store.get(key, range && { range })
  return (await buffer(stream)).toString()
}

async function keysOf(objects: AsyncIterable<{ key: string }>): Promise<string[]> {
  return (await Array.fromAsync(objects)).map(({ key }) => key)
}

type It = (behaviour: string, check: (store: ObjectStore, t: TestContext) => Promise<void>) => void

/** What every object store does, as tests. `open` makes a new one, empty, for each. */
export function testObjectStore(name: string, open: (t: TestContext) => Promise<ObjectStore>): void {
  const it: It = (behaviour, check) => {
    test(`${name}: ${behaviour}`, async (t) => check(await open(t), t))
  }
  testReading(it)
  testWriting(it)
  testMany(it)
  testParts(it)
  testRefusals(it)
}

function testReading(it: It): void {
  it('an object is read as it was written, and says what it is', async (store) => {
    const { etag } = await store.put('streams/a/0.m4s', text('hello'))
    const { stream, ...head } = await store.get('streams/a/0.m4s')
    assert.equal((await buffer(stream)).toString(), 'hello')
    assert.equal(head.sizeBytes, 5)
    assert.equal(head.etag, etag)
    assert.equal(head.contentType, 'video/mp4')
    assert.deepEqual(head.range, { start: 0, end: 4 })
    assert.ok(Math.abs(head.modifiedAt.getTime() - Date.now()) < 60_000)
    const { range: _range, ...same } = head
    assert.deepEqual(await store.head('streams/a/0.m4s'), same)
  })

  it('files are written too, and stay', async (store, t) => {
    const bytes = randomBytes(3_000_000)
    const file = path.join(await tempDir(testScope(t)), 'spooled')
    await writeFile(file, bytes)
    await store.put('big.ts', { file })
    await store.put('again.ts', { file })
    for (const key of ['big.ts', 'again.ts']) assert.ok((await buffer((await store.get(key)).stream)).equals(bytes))
    await assert.rejects(store.put('x.ts', { file: `${file}-missing` }), { code: 'OBJECT_NOT_FOUND' })
  })

  it('an empty object is an object', async (store) => {
    await store.put('empty.txt', new Uint8Array())
    assert.equal(await textOf(store, 'empty.txt'), '')
    assert.equal((await store.head('empty.txt'))?.sizeBytes, 0)
  })

  it('parts of an object are read', async (store) => {
    await store.put('a.ts', text('0123456789'))
    assert.equal(await textOf(store, 'a.ts', { start: 2, end: 4 }), '234')
    assert.equal(await textOf(store, 'a.ts', { start: 7 }), '789')
    assert.equal(await textOf(store, 'a.ts', { start: 7, end: 100 }), '789')
    const part = await store.get('a.ts', { range: { start: 8, end: 100 } })
    assert.deepEqual([part.range, part.sizeBytes], [{ start: 8, end: 9 }, 10])
    part.stream.destroy()
    await assert.rejects(store.get('a.ts', { range: { start: 10 } }), { code: 'STORAGE_RANGE_INVALID' })
  })

  it('what is missing is said to be missing', async (store) => {
    await store.put('folder/a', text('a'))
    for (const key of ['nothing', 'folder', 'folder/a/b']) {
      await assert.rejects(store.get(key), { code: 'OBJECT_NOT_FOUND' }, key)
      assert.equal(await store.head(key), undefined, key)
    }
    await assert.rejects(store.copy('nothing', 'b'), { code: 'OBJECT_NOT_FOUND' })
    await store.delete(['nothing', 'nowhere/at/all', 'folder', 'folder/a/b'])
    assert.equal(await textOf(store, 'folder/a'), 'a')
  })
}

function testWriting(it: It): void {
  it('a write replaces the object, and changes its ETag', async (store) => {
    const first = await store.put('a', text('one'))
    const second = await store.put('a', text('two'))
    assert.notEqual(first.etag, second.etag)
    assert.equal(await textOf(store, 'a'), 'two')
  })

  it('a write may depend on what is there', async (store) => {
    await assert.rejects(store.put('a', text('x'), { ifMatch: '"0"' }), (error: { code: string }) =>
      ['STORAGE_PRECONDITION', 'OBJECT_NOT_FOUND'].includes(error.code),
    )
    const { etag } = await store.put('a', text('one'), { ifNoneMatch: '*' })
    await assert.rejects(store.put('a', text('two'), { ifNoneMatch: '*' }), { code: 'STORAGE_PRECONDITION' })
    const { etag: next } = await store.put('a', text('three'), { ifMatch: etag })
    await assert.rejects(store.put('a', text('four'), { ifMatch: etag }), { code: 'STORAGE_PRECONDITION' })
    assert.equal(await textOf(store, 'a'), 'three')
    assert.equal((await store.head('a'))?.etag, next)
  })

  it('of writers that want the same, one gets it', async (store) => {
    const { etag } = await store.put('playlist', text('0'))
    const race = (write: (n: number) => Promise<unknown>) =>
      Promise.allSettled(Array.from({ length: 8 }, (_, n) => write(n)))
    const made = await race((n) => store.put('new', text(`${n}`), { ifNoneMatch: '*' }))
    const replaced = await race((n) => store.put('playlist', text(`${n}`), { ifMatch: etag }))
    for (const outcomes of [made, replaced]) {
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'STORAGE_PRECONDITION')
      }
    }
  })
}

function testMany(it: It): void {
  it('keys are listed in their order, by prefix, from a key on, in pages', async (store) => {
    const keys = ['a/1', 'a/2/x', 'a/2/y', 'a-b', 'a', 'b/é 1+%#?&=.ts', 'b/😀', 'b/～', 'b/z'].filter(
      (key) => key !== 'a',
    )
    for (const key of keys) await store.put(key, text(key))
    const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    assert.deepEqual(await keysOf(store.list('')), sorted)
    assert.deepEqual(await keysOf(store.list('', { pageSize: 2 })), sorted)
    assert.deepEqual(await keysOf(store.list('a/2')), ['a/2/x', 'a/2/y'])
    assert.deepEqual(await keysOf(store.list('a/2/x')), ['a/2/x'])
    assert.deepEqual(await keysOf(store.list('c')), [])
    assert.deepEqual(await keysOf(store.list('a/', { after: 'a/2/x' })), ['a/2/y'])
    assert.deepEqual(await keysOf(store.list('', { after: 'a/2' })), sorted.slice(sorted.indexOf('a/2/x')))
    for (const key of keys) assert.equal(await textOf(store, key), key)
    const [entry] = await Array.fromAsync(store.list('a-b'))
    assert.deepEqual([entry?.sizeBytes, entry?.etag], [3, (await store.head('a-b'))?.etag])
  })

  it('objects are deleted in batches', async (store) => {
    const keys = Array.from({ length: 30 }, (_, n) => `many/${n % 3}/${n}`)
    await Promise.all(keys.map((key) => store.put(key, text(key))))
    await store.put('many/kept', text('kept'))
    await store.delete([])
    await store.delete(keys)
    assert.deepEqual(await keysOf(store.list('')), ['many/kept'])
  })

  it('objects are copied', async (store) => {
    await store.put('a b/é.mp4', text('film'))
    const { etag } = await store.copy('a b/é.mp4', 'c.mp4')
    assert.equal(await textOf(store, 'c.mp4'), 'film')
    assert.equal((await store.head('c.mp4'))?.etag, etag)
    assert.equal(await textOf(store, 'a b/é.mp4'), 'film')
  })
}

function testParts(it: It): void {
  it('parts are written in any order and become one object', async (store) => {
    const parts = [randomBytes(MIN_PART_BYTES), randomBytes(MIN_PART_BYTES + 7), randomBytes(11)]
    const upload = await store.multipart('recordings/rec/video.mp4')
    await Promise.all([upload.part(3, parts[2]!), upload.part(2, randomBytes(10))])
    await upload.part(2, parts[1]!)
    assert.equal(await store.head('recordings/rec/video.mp4'), undefined)
    const [pending, ...more] = await Array.fromAsync(store.multiparts('recordings/'))
    assert.deepEqual([pending?.key, pending?.uploadId, more.length], ['recordings/rec/video.mp4', upload.uploadId, 0])
    assert.ok(Math.abs(pending!.startedAt.getTime() - Date.now()) < 60_000)
    assert.deepEqual(await keysOf(store.multiparts('clips/')), [])
    await upload.part(1, parts[0]!)
    const { etag } = await upload.complete()
    const { stream, ...head } = await store.get('recordings/rec/video.mp4')
    assert.ok((await buffer(stream)).equals(Buffer.concat(parts)))
    assert.deepEqual([head.etag, head.contentType], [etag, 'video/mp4'])
    assert.deepEqual(await keysOf(store.multiparts('')), [])
    await upload.abort()
    assert.equal((await store.head('recordings/rec/video.mp4'))?.sizeBytes, 2 * MIN_PART_BYTES + 18)
  })

  it('an upload in parts leaves nothing when it is aborted, by whoever began it or by its id', async (store) => {
    const first = await store.multipart('a.mp4')
    await first.part(1, text('a'))
    const second = await store.multipart('b.mp4')
    await second.part(1, text('b'))
    await first.abort()
    await first.abort()
    await store.abortMultipart('b.mp4', second.uploadId)
    await store.abortMultipart('b.mp4', second.uploadId)
    assert.deepEqual(await keysOf(store.multiparts('')), [])
    assert.deepEqual(await keysOf(store.list('')), [])
    await assert.rejects(first.part(2, text('c')), { code: 'STORAGE_UPLOAD_GONE' })
    await assert.rejects(second.complete())
  })

  it('parts that no storage would join are refused', async (store) => {
    const upload = await store.multipart('a.mp4')
    for (const number of [0, 10_001, 1.5]) {
      await assert.rejects(upload.part(number, text('a')), { code: 'STORAGE_PART_INVALID' })
    }
    await assert.rejects(upload.complete(), { code: 'STORAGE_PART_INVALID' })
    await upload.part(1, text('too small'))
    await upload.part(2, text('last'))
    await assert.rejects(upload.complete(), { code: 'STORAGE_PART_INVALID', details: { number: 1, size_bytes: 9 } })
  })
}

function testRefusals(it: It): void {
  it('keys that would lead elsewhere are refused', async (store) => {
    const keys = [
      '',
      '/a',
      'a/',
      'a//b',
      '.',
      '..',
      '../a',
      'a/../b',
      'a/./b',
      'a\\b',
      'a\0',
      'a\nb',
      '.millrace/tmp/x',
    ]
    for (const key of [...keys, 'a/.millrace', 'x'.repeat(256), 'x/'.repeat(512) + 'x', '\ud800']) {
      await assert.rejects(store.put(key, text('x')), { code: 'STORAGE_KEY_INVALID' }, JSON.stringify(key))
      await assert.rejects(store.get(key), { code: 'STORAGE_KEY_INVALID' }, JSON.stringify(key))
    }
    assert.deepEqual(await keysOf(store.list('')), [])
  })

  it('a read is broken off by its signal or its stream', async (store) => {
    await store.put('a', randomBytes(2_000_000))
    await assert.rejects(store.get('a', { signal: AbortSignal.abort() }), { code: 'STORAGE_ABORTED' })
    const controller = new AbortController()
    const { stream } = await store.get('a', { signal: controller.signal })
    controller.abort()
    await assert.rejects(buffer(stream), { code: 'STORAGE_ABORTED' })
    const unread = await store.get('a')
    unread.stream.destroy()
  })
}
