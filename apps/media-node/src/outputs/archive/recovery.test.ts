import assert from 'node:assert/strict'
import { copyFile, mkdir, readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'

import { silentLogger, type Scope } from '@millrace/core'

import { eventually } from '../../../../../test/support/eventually.ts'
import { tempDir, testScope } from '../../../../../test/support/scope.ts'
import type { Part } from './open-segment.ts'
import { recoverTake } from './recovery.ts'
import { Spool } from './spool.ts'
import { TakeFolder, type TakeEntry } from './take-folder.ts'
import { TakeWriter } from './take-writer.ts'

const TAKE = 'tak_01jd8y4v5xk3q9m2w7r6t0abcd'
const INFO = {
  takeId: TAKE,
  streamId: 'str_01jd8y4v5xk3q9m2w7r6t0abcd',
  sessionId: 'ses_01jd8y4v5xk3q9m2w7r6t0abcd',
  storageId: 'sto_01jd8y4v5xk3q9m2w7r6t0abcd',
  epoch: 3,
  format: 'fmp4',
  liveWindowS: null,
  reconnectWindowMs: 0,
} as const
const PART_BYTES = 20
const HEAD = { init: 0, start90k: 0, startsAtMs: 1_790_000_000_000, discontinuity: true }

const part = (number: number): Part => ({
  chunks: [new Uint8Array(PART_BYTES - 5).fill(number), new Uint8Array(5).fill(number + 100)],
  sizeBytes: PART_BYTES,
  videoFrames: 25,
  audioFrames: 43,
  end90k: (number + 1) * 90_000,
})

/** A take with one whole segment, and three parts of the next one. */
async function recorded(scope: Scope): Promise<{ dir: string; folder: TakeFolder }> {
  const dir = await tempDir(scope)
  const spool = new Spool({ dir, maxBytes: 1 << 20 })
  const folder = TakeFolder.fresh(spool.folderOf(TAKE), INFO)
  scope.defer(() => folder.close())
  const writer = new TakeWriter({ folder, spool, onLogged() {}, logger: silentLogger })
  writer.tracks(0, [{ kind: 'video', codec: 'h264' }], Uint8Array.of(1, 2, 3))
  for (const start90k of [0, 180_000]) {
    writer.open({ ...HEAD, start90k, startsAtMs: HEAD.startsAtMs + start90k / 90, discontinuity: start90k === 0 })
    for (const number of start90k === 0 ? [0, 1] : [0, 1, 2]) writer.part(part(number))
    if (start90k === 0) writer.close(180_000)
  }
  scope.defer(() => {
    writer.close(0)
    writer.end()
    return writer.ended
  })
  await eventually(
    'it is written',
    async () => (await readFile(path.join(folder.dir, 'open.ndjson'), 'utf8')).split('\n').length === 5,
  )
  return { dir, folder }
}

/** Recovers a copy of the spool that `change` was done to. */
async function recoveredAfter(scope: Scope, dir: string, change: (folder: string) => Promise<void>) {
  const copy = await tempDir(scope)
  await mkdir(path.join(copy, TAKE))
  for (const name of await readdir(path.join(dir, TAKE))) {
    await copyFile(path.join(dir, TAKE, name), path.join(copy, TAKE, name))
  }
  await change(path.join(copy, TAKE))
  const spool = new Spool({ dir: copy, maxBytes: 1 << 20 })
  const folder = await recoverTake(spool, TAKE)
  const entries: TakeEntry[] = []
  if (folder) for await (const { entry } of folder.entries(0)) entries.push(entry)
  const files = folder ? (await readdir(folder.dir)).filter((name) => name.endsWith('.m4s')).toSorted() : []
  const sizes = await Promise.all(files.map(async (name) => (await readFile(path.join(copy, TAKE, name))).length))
  await folder?.close()
  return { folder, spool, entries, files, sizes, segments: entries.filter((entry) => entry.type === 'segment.stored') }
}

/** Checks all numbers below `end`, some at a time. */
async function each(end: number, check: (number: number) => Promise<void>): Promise<void> {
  const numbers = Array.from({ length: end }, (_, i) => i)
  const work = async (): Promise<void> => {
    for (let number = numbers.pop(); number !== undefined; number = numbers.pop()) await check(number)
  }
  await Promise.all(Array.from({ length: 8 }, work))
}

test('what was recorded before a crash becomes a segment, and the take is closed', async (t) => {
  const scope = testScope(t)
  const { dir } = await recorded(scope)
  const { entries, sizes, spool } = await recoveredAfter(scope, dir, async () => {})
  assert.deepEqual(
    entries.map(({ type }) => type),
    ['take.opened', 'take.tracks', 'segment.stored', 'segment.stored', 'take.closed'],
  )
  const [, , first, second, closed] = entries
  assert.ok(first?.type === 'segment.stored' && second?.type === 'segment.stored' && closed?.type === 'take.closed')
  assert.deepEqual([first.segment, first.duration_ms, first.bytes, first.video_frames], [0, 2000, 40, 50])
  assert.deepEqual([second.segment, second.duration_ms, second.bytes, second.video_frames], [1, 3000, 60, 75])
  assert.equal(Date.parse(second.starts_at), HEAD.startsAtMs + 2000)
  assert.equal(closed.segments, 2)
  assert.deepEqual(sizes, [40, 60])
  // two segments and the init segment
  assert.equal(spool.usedBytes, 3 * 4096 + 40 + 60 + 3)
})

test('a second recovery changes nothing', async (t) => {
  const scope = testScope(t)
  const { dir } = await recorded(scope)
  await (await recoverTake(new Spool({ dir, maxBytes: 1 << 20 }), TAKE))?.close()
  const { entries, sizes } = await recoveredAfter(scope, dir, async () => {})
  assert.equal(entries.length, 5)
  assert.deepEqual(sizes, [40, 60])
})

test('wherever the media of the open segment is cut, its whole parts remain', async (t) => {
  const scope = testScope(t)
  const { dir } = await recorded(scope)
  await each(3 * PART_BYTES + 1, async (bytes) => {
    const { segments, sizes } = await recoveredAfter(scope, dir, (folder) =>
      truncate(path.join(folder, '1.m4s'), bytes),
    )
    const parts = Math.floor(bytes / PART_BYTES)
    assert.deepEqual(sizes, parts === 0 ? [40] : [40, parts * PART_BYTES])
    assert.deepEqual(
      segments.map(({ bytes: size, video_frames: frames }) => [size, frames]),
      [[40, 50], ...(parts === 0 ? [] : [[parts * PART_BYTES, parts * 25]])],
    )
  })
})

test('wherever the part log is cut, what it still tells of remains', async (t) => {
  const scope = testScope(t)
  const { dir, folder } = await recorded(scope)
  const text = await readFile(path.join(folder.dir, 'open.ndjson'), 'utf8')
  await each(Math.ceil(text.length / 3), async (number) => {
    const bytes = 3 * number
    const { segments, sizes } = await recoveredAfter(scope, dir, (copy) =>
      truncate(path.join(copy, 'open.ndjson'), bytes),
    )
    const parts = Math.max(0, text.slice(0, bytes).split('\n').length - 2)
    assert.deepEqual(sizes, parts === 0 ? [40] : [40, parts * PART_BYTES])
    assert.equal(segments.length, sizes.length)
  })
})

test('wherever the log of the take is cut, what it tells of is there, and nothing else', async (t) => {
  const scope = testScope(t)
  const { dir, folder } = await recorded(scope)
  const text = await readFile(path.join(folder.dir, 'log.ndjson'), 'utf8')
  // a line is as broken by one cut as by the next
  await each(Math.ceil(text.length / 7), async (number) => {
    const bytes = 7 * number
    const { entries, segments, files } = await recoveredAfter(scope, dir, (copy) =>
      truncate(path.join(copy, 'log.ndjson'), bytes),
    )
    assert.equal(entries[0]?.type, 'take.opened')
    assert.equal(entries.at(-1)?.type, 'take.closed')
    assert.deepEqual(
      files,
      segments.map(({ segment }) => `${segment}.m4s`),
    )
  })
})

test('a part that is not what was written ends the segment before it', async (t) => {
  const scope = testScope(t)
  const { dir } = await recorded(scope)
  await each(3 * PART_BYTES, async (at) => {
    const { sizes } = await recoveredAfter(scope, dir, async (folder) => {
      const bytes = await readFile(path.join(folder, '1.m4s'))
      bytes[at] = (bytes[at] ?? 0) ^ 1
      await writeFile(path.join(folder, '1.m4s'), bytes)
    })
    const parts = Math.floor(at / PART_BYTES)
    assert.deepEqual(sizes, parts === 0 ? [40] : [40, parts * PART_BYTES])
  })
})

test('a folder without a description has nothing in it, and is removed', async (t) => {
  const scope = testScope(t)
  const { dir } = await recorded(scope)
  for (const text of ['', '{', '{"takeId":"tak_other"}']) {
    const { folder, spool } = await recoveredAfter(scope, dir, (copy) => writeFile(path.join(copy, 'take.json'), text))
    assert.equal(folder, undefined)
    assert.deepEqual(await spool.takeIds(), [])
  }
})

test('on a full disk a segment is lost, and the next one is recorded', async (t) => {
  const scope = testScope(t)
  const spool = new Spool({ dir: await tempDir(scope), maxBytes: 1 << 20 })
  const folder = TakeFolder.fresh(spool.folderOf(TAKE), INFO)
  scope.defer(() => folder.close())
  await folder.make()
  await symlink('/dev/full', folder.segmentFile(0))
  const writer = new TakeWriter({ folder, spool, onLogged() {}, logger: silentLogger })
  for (const start90k of [0, 180_000]) {
    writer.open({ ...HEAD, start90k })
    writer.part(part(0))
    writer.part(part(1))
    writer.close(180_000)
  }
  writer.end()
  await writer.ended
  const entries: TakeEntry[] = []
  for await (const { entry } of folder.entries(0)) entries.push(entry)
  const [, lost, stored, closed] = entries
  assert.ok(lost?.type === 'segment.lost' && stored?.type === 'segment.stored' && closed?.type === 'take.closed')
  assert.deepEqual([lost.segment, lost.duration_ms, lost.code], [0, 2000, 'ENOSPC'])
  assert.deepEqual([stored.segment, stored.duration_ms, stored.bytes], [1, 2000, 40])
  assert.equal(closed.segments, 2)
  assert.equal(spool.usedBytes, 4096 + 40)
})

test('a spool that becomes full in a segment keeps what it has of it, and tells of the rest as lost', async (t) => {
  const scope = testScope(t)
  const spool = new Spool({ dir: await tempDir(scope), maxBytes: 4096 + 30 })
  const folder = TakeFolder.fresh(spool.folderOf(TAKE), INFO)
  scope.defer(() => folder.close())
  const writer = new TakeWriter({ folder, spool, onLogged() {}, logger: silentLogger })
  writer.open(HEAD)
  writer.part(part(0))
  writer.part(part(1))
  writer.close(180_000)
  writer.open({ ...HEAD, start90k: 180_000 })
  writer.part(part(0))
  writer.close(90_000)
  writer.end()
  await writer.ended
  const entries: TakeEntry[] = []
  for await (const { entry } of folder.entries(0)) entries.push(entry)
  assert.deepEqual(
    entries.map((entry) => ('segment' in entry ? [entry.type, entry.segment, entry.duration_ms] : entry.type)),
    ['take.opened', ['segment.stored', 0, 1000], ['segment.lost', 1, 1000], ['segment.lost', 2, 1000], 'take.closed'],
  )
  assert.equal(spool.usedBytes, 4096 + PART_BYTES)
})
