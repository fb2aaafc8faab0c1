import { randomUUID } from 'node:crypto'
import { buffer } from 'node:stream/consumers'

import type { StorageTest } from '@millrace/contracts'
import { errorCode, errorMessage } from '@millrace/core'

import { storageError } from './errors.ts'
import type { ObjectStore } from './object-store.ts'

type Check = StorageTest['checks'][number]

/** Without which nothing else can be told. */
const FATAL: ReadonlySet<string> = new Set([
  'STORAGE_ADDRESS_BLOCKED',
  'STORAGE_BUCKET_MISSING',
  'STORAGE_CREDENTIALS_MISSING',
  'STORAGE_DENIED',
  'STORAGE_DIRECTORY_NOT_ALLOWED',
  'STORAGE_FULL',
  'STORAGE_UNREACHABLE',
])

/**
 * Tries everything with a small object of its own below `checks/`, which is gone afterwards.
 *
 * @param readFromBrowser whether a page of some origin may read this object
 */
export async function checkStore(
  store: ObjectStore,
  readFromBrowser: (key: string) => Promise<void>,
): Promise<StorageTest> {
  const key = `checks/${randomUUID()}.txt`
  const joined = `checks/${randomUUID()}.txt`
  const steps: readonly [Check['name'], () => Promise<void>][] = [
    ['put', async () => void (await store.put(key, bytesOf('millrace'), { ifNoneMatch: '*' }))],
    ['get', () => expectText(store, key, 'millrace')],
    ['range', () => expectText(store, key, 'ra', { start: 4, end: 5 })],
    ['list', () => expectListed(store, key)],
    ['multipart', () => checkMultipart(store, joined)],
    ['conditional_put', () => checkConditions(store, key)],
    ['cors', () => readFromBrowser(key)],
    ['delete', () => checkDelete(store, [key, joined])],
  ]
  const checks: Check[] = []
  let fatal: Check | undefined
  for (const [name, step] of steps) {
    checks.push(fatal === undefined ? await run(name, step) : notRun(name, fatal.name))
    fatal ??= checks.find(({ code }) => code !== null && FATAL.has(code) && name === 'put')
  }
  return { ok: checks.every(({ name, ok }) => ok || name === 'cors'), checks }
}

async function run(name: Check['name'], step: () => Promise<void>): Promise<Check> {
  const startedMs = performance.now()
  const failed = await step().then(
    () => undefined,
    (error: unknown) => ({ code: errorCode(error), message: errorMessage(error) }),
  )
  return {
    name,
    ok: failed === undefined,
    code: failed?.code ?? null,
    message: failed?.message ?? null,
    duration_ms: Math.round(performance.now() - startedMs),
  }
}

const notRun = (name: Check['name'], because: Check['name']): Check => ({
  name,
  ok: false,
  code: 'STORAGE_CHECK_SKIPPED',
  message: `not tried, as ${because} failed`,
  duration_ms: 0,
})

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

async function expectText(
  store: ObjectStore,
  key: string,
  text: string,
  range?: { start: number; end: number },
): Promise<void> {
  const { stream } = await store.get(key, range && { range })
  expect((await buffer(stream)).toString() === text, 'other bytes came back than were written')
}

async function expectListed(store: ObjectStore, key: string): Promise<void> {
  const listed = await Array.fromAsync(store.list(key))
  expect(listed.length === 1 && listed[0]?.key === key, 'the list does not have what was written')
}

async function checkMultipart(store: ObjectStore, key: string): Promise<void> {
  const upload = await store.multipart(key)
  try {
    await upload.part(1, bytesOf('parts'))
    await upload.complete()
  } catch (error) {
    await upload.abort().catch(() => {})
    throw error
  }
  await expectText(store, key, 'parts')
}

/** A server that doesn't know conditions writes all the same, and would let an old node overwrite a live playlist. */
async function checkConditions(store: ObjectStore, key: string): Promise<void> {
  for (const condition of [{ ifNoneMatch: '*' as const }, { ifMatch: '"0123456789abcdef"' }]) {
    const code = await store.put(key, bytesOf('changed'), condition).then(() => undefined, errorCode)
    expect(code === 'STORAGE_PRECONDITION', 'writes are made although their condition does not hold')
  }
  const { etag } = (await store.head(key)) ?? {}
  expect(etag !== undefined, 'the object is gone')
  await store.put(key, bytesOf('changed'), { ifMatch: etag! })
}

async function checkDelete(store: ObjectStore, keys: readonly string[]): Promise<void> {
  await store.delete(keys)
  for (const key of keys) expect((await store.head(key)) === undefined, 'what was deleted is still there')
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw storageError('STORAGE_REFUSED', otherwise)
}
