import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'
import { promisify } from 'node:util'

import type { ArchiveFormat } from '@millrace/contracts'

import { eventually } from '../../../../../test/support/eventually.ts'
import { words } from '../../../../../test/support/program.ts'
import { tempDir, testScope } from '../../../../../test/support/scope.ts'
import { clip, count, order, Rig, type ClipOptions } from './archive.test-support.ts'

const run = promisify(execFile)

/** All objects of all takes joined, with one init segment in front of the segments that need it. */
function joined(rig: Rig, takeId: string): Buffer {
  const bytes: Buffer[] = []
  let init = -1
  for (const segment of rig.of('segment.stored').filter(({ take_id }) => take_id === takeId)) {
    const bodyOf = (name: string): Buffer | undefined =>
      [...rig.server.objects].find(([key]) => key.endsWith(`${takeId}/${name}`))?.[1].body
    if (segment.init !== init) bytes.push(bodyOf(`init-${segment.init}.mp4`) ?? Buffer.alloc(0))
    init = segment.init
    bytes.push(bodyOf(`${segment.segment}.m4s`) ?? bodyOf(`${segment.segment}.ts`) ?? assert.fail('no object'))
  }
  return Buffer.concat(bytes)
}

interface Probed {
  readonly frames: { readonly media_type: 'video' | 'audio'; readonly pts_time: string }[]
  readonly errors: string
}

/** Every frame of a file, decoded by FFmpeg, with whatever it complains of. */
async function decoded(file: string): Promise<Probed> {
  const { stdout, stderr } = await run(
    'ffprobe',
    [...words('-v error -show_entries frame=media_type,pts_time -of json'), file],
    { maxBuffer: 1 << 26 },
  )
  return { frames: (JSON.parse(stdout) as Pick<Probed, 'frames'>).frames, errors: stderr }
}

const STREAMS: readonly [string, ClipOptions][] = [
  ['H.264 and AAC', { video: 'h264', audio: 'aac' }],
  ['HEVC and AAC', { video: 'hevc', audio: 'aac' }],
  ['audio only', { audio: 'aac' }],
  ['video only', { video: 'h264' }],
]

for (const format of ['fmp4', 'ts'] as const satisfies readonly ArchiveFormat[]) {
  for (const [name, options] of STREAMS) {
    test(`${name} as ${format}: every frame is in the storage, and FFmpeg plays it`, async (t) => {
      const scope = testScope(t)
      const rig = await Rig.start(scope)
      const file = await clip(options)
      const { write, publication } = rig.publish(order({ format }))
      write(file)
      publication.end('publisher_closed')
      await eventually('all is reported', () => rig.of('take.closed').length === 1)
      rig.checkIndex()

      const [opened] = rig.of('take.opened')
      const segments = rig.of('segment.stored')
      assert.deepEqual(
        segments.map(({ segment }) => segment),
        segments.map((_, i) => i),
      )
      assert.ok(segments.length >= 4, `${segments.length} segments`)
      assert.equal(rig.of('take.closed')[0]?.segments, segments.length)
      assert.deepEqual(
        segments.map(({ discontinuity }) => discontinuity),
        segments.map((_, i) => i === 0),
      )
      const sum = (pick: (segment: (typeof segments)[number]) => number): number =>
        segments.reduce((total, segment) => total + pick(segment), 0)
      assert.equal(
        sum((segment) => segment.video_frames),
        count(file.frames, 'video'),
      )
      assert.equal(
        sum((segment) => segment.audio_frames),
        count(file.frames, 'audio'),
      )
      // each ends where the next begins
      for (const [i, { starts_at, duration_ms }] of segments.slice(0, -1).entries()) {
        assert.equal(Date.parse(starts_at) + duration_ms, Date.parse(segments[i + 1]?.starts_at ?? ''))
      }

      const media = path.join(await tempDir(scope), 'joined')
      await writeFile(media, joined(rig, opened?.take_id ?? ''))
      const { frames, errors } = await decoded(media)
      assert.equal(errors, '')
      const kinds = (kind: string) => frames.filter(({ media_type }) => media_type === kind)
      assert.equal(kinds('video').length, count(file.frames, 'video'))
      assert.equal(kinds('audio').length, count(file.frames, 'audio'))
      // and the spool is empty
      await eventually('the spool is empty', async () => (await readdir(rig.spool.dir)).length === 0)
      assert.equal(rig.spool.usedBytes, 0)
    })
  }
}

test('a player that takes no notice of discontinuities loses nothing where another take begins', async (t) => {
  const scope = testScope(t)
  const rig = await Rig.start(scope)
  const file = await clip({ video: 'h264', audio: 'aac' })
  for (let takes = 1; takes <= 2; takes++) {
    const { write, publication } = rig.publish(order())
    write(file)
    publication.end('publisher_closed')
    await eventually('the take is stored', () => rig.of('take.closed').length === takes)
  }
  const media = path.join(await tempDir(scope), 'joined')
  const takes = rig.of('take.opened').map(({ take_id }) => joined(rig, take_id))
  await writeFile(media, Buffer.concat(takes))
  const { frames } = await decoded(media)
  for (const kind of ['video', 'audio'] as const) {
    const times = frames.filter(({ media_type }) => media_type === kind).map(({ pts_time }) => Number(pts_time))
    assert.equal(times.length, 2 * count(file.frames, kind), kind)
    assert.ok(
      times.every((time, i) => i === 0 || time > times[i - 1]!),
      `${kind} goes back`,
    )
  }
})
