import assert from 'node:assert/strict'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { type TestContext } from 'node:test'

import { joinNalus, writeAacConfig } from '@millrace/codecs'
import { silentLogger } from '@millrace/core'
import { FlvReader, writeFlvHeader } from '@millrace/flv'
import { newestFragment } from '@millrace/hds'
import { Hub, type Publication } from '@millrace/hub'
import type { Track } from '@millrace/media'
import { audioTrack, FakeScheduler, videoTrack } from '@millrace/testkit'

import { eventually } from '../../../../../test/support/eventually.ts'
import { tempDir, testScope } from '../../../../../test/support/scope.ts'
import { HdsFiles } from './hds-files.ts'
import type { HdsFilesOptions } from './options.ts'

const video = videoTrack()
const audio = audioTrack({ config: writeAacConfig(2, 44_100, 2) })

/** A node's HDS in a folder of its own, on a clock that only moves when told. */
async function setUp(t: TestContext, changes: Partial<HdsFilesOptions> = {}, folder?: string) {
  const root = folder ?? (await tempDir(testScope(t)))
  let options: HdsFilesOptions | undefined = { fragmentMs: 1000, windowMs: 3000, folder: root, ...changes }
  const scheduler = new FakeScheduler()
  const said: string[] = []
  const say = (_: unknown, message: string): void => void said.push(message)
  const logger = { ...silentLogger, child: () => logger, error: say, warn: say }
  const files = new HdsFiles({ policyOf: () => ({ hdsFiles: options }), scheduler, logger })
  const hub = new Hub(scheduler, {}, { live: (stream, publication) => files.live(stream, publication) })
  const publish = (...tracks: Track[]): Publication => {
    const publication = hub.open({ vhost: 'v', app: 'live', name: 'x' }).publish(() => {})
    for (const track of tracks) publication.setTrack(track)
    return publication
  }
  /** Publishes 25 pictures and 50 audio frames a second, a key frame each second. */
  const run = (publication: Publication, tracks: readonly Track[], seconds: number): void => {
    for (let ms = 0; ms < seconds * 1000; ms += 20) {
      for (const track of tracks) {
        if (track.kind === 'video' && ms % 40 > 0) continue
        const key = track.kind === 'audio' || ms % 1000 === 0
        const payload = track.kind === 'audio' ? new Uint8Array(40) : joinNalus([Uint8Array.of(key ? 0x65 : 0x41, 1)])
        publication.write({ track, dtsTicks: scheduler.nowMs(), ptsTicks: scheduler.nowMs(), key, payload })
      }
      scheduler.advance(20)
    }
  }
  const live = path.join(root, 'live')
  const names = async (): Promise<string[]> =>
    (await readdir(live).catch((): string[] => [])).toSorted((a, b) => a.localeCompare(b))
  /** What bootstrap information lists, once its last fragment has this number. */
  const listed = (last: number) =>
    eventually(`fragment ${last}`, async () => {
      const bytes = await readFile(path.join(live, 'x.abst'))
      return newestFragment(bytes) === last && fragmentsOf(bytes)
    })
  const configure = (next: HdsFilesOptions | undefined): void => void (options = next)
  return { root, live, files, hub, publish, run, names, listed, configure, said }
}

/** Number, start and duration of each entry of the fragment run table. */
function fragmentsOf(bytes: Buffer): (readonly [number, number, number])[] {
  let at = bytes.indexOf('afrt') + 4 + 4 + 4 + 1
  const entries: [number, number, number][] = []
  for (let left = bytes.readUInt32BE(at), next = at + 4; left > 0; left--, next = at) {
    const durationMs = bytes.readUInt32BE(next + 12)
    entries.push([bytes.readUInt32BE(next), Number(bytes.readBigUInt64BE(next + 4)), durationMs])
    at = next + 16 + (durationMs === 0 ? 1 : 0)
  }
  return entries
}

/** Kinds and times of the tags of a fragment. */
async function tagsOf(file: string): Promise<string[]> {
  const bytes = await readFile(file)
  assert.equal(bytes.readUInt32BE(0), bytes.length)
  assert.equal(bytes.toString('latin1', 4, 8), 'mdat')
  const reader = new FlvReader()
  reader.push(writeFlvHeader({ audio: true, video: true }))
  return reader.push(bytes.subarray(8)).flatMap((part) => {
    if (part.type !== 'tag') return []
    const isConfiguration = part.body[1] === 0
    return [`${isConfiguration ? 'configuration of ' : ''}${part.kind} ${part.timestampMs}`]
  })
}

test('fragments begin with configurations and a key frame, and the manifest names what lists them', async (t) => {
  const { publish, run, listed, names, live, files } = await setUp(t)
  const publication = publish(video, audio)
  run(publication, [video, audio], 3)
  publication.end('publisher_closed')
  assert.deepEqual(await listed(3), [
    [1, 0, 1000],
    [2, 1000, 1000],
    [3, 2000, 1000],
  ])
  await files.close()
  assert.deepEqual(await names(), ['x.abst', 'x.f4m', 'xSeg1-Frag1', 'xSeg1-Frag2', 'xSeg1-Frag3'])
  const tags = await tagsOf(path.join(live, 'xSeg1-Frag2'))
  assert.deepEqual(tags.slice(0, 3), ['configuration of video 1000', 'configuration of audio 1000', 'video 1000'])
  assert.equal(tags.length, 2 + 25 + 50)
  assert.match(await readFile(path.join(live, 'x.f4m'), 'utf8'), /<bootstrapInfo profile="named" url="x.abst"/)
})

test('what slid out of the window is removed when no player may ask for it any more', async (t) => {
  const { publish, run, listed, names, files } = await setUp(t)
  run(publish(video), [video], 12)
  const [first] = await listed(11)
  assert.equal(first?.[0], 9)
  await files.close()
  const there = await names()
  assert.ok(there.includes('xSeg1-Frag8') && !there.includes('xSeg1-Frag2'), String(there))
})

test('numbers go on over publications, configurations and restarts', async (t) => {
  const { publish, run, listed, files, configure, hub, root } = await setUp(t, { windowMs: 60_000 })
  const first = publish(video)
  run(first, [video], 2)
  first.end('publisher_closed')
  await listed(2)
  const second = publish(video)
  run(second, [video], 2)
  configure({ fragmentMs: 2000, windowMs: 60_000, folder: root })
  files.refresh(hub.streams)
  run(second, [video], 4)
  second.end('publisher_closed')
  assert.deepEqual(
    (await listed(6)).map(([number, , durationMs]) => [number, durationMs]),
    // another publication, and another configuration, do not go on in time for certain
    [1, 2, 3, 3, 4, 5, 5, 6].map((number, i, all) => [number, all[i + 1] === number ? 0 : number < 5 ? 1000 : 2000]),
  )
  await files.close()
  const again = await setUp(t, {}, root)
  run(again.publish(audio), [audio], 3)
  assert.equal((await again.listed(9))[0]?.[0], 7)
  await again.files.close()
})

test('what no player can play is left out', async (t) => {
  const { publish, run, listed, said, live, files } = await setUp(t)
  const hevc = videoTrack({ codec: 'hevc' })
  run(publish(hevc, audio), [hevc, audio], 3)
  await listed(3)
  await files.close()
  assert.deepEqual(said, ['HDS leaves out what its players cannot play'])
  assert.ok((await tagsOf(path.join(live, 'xSeg1-Frag1'))).every((tag) => tag.includes('audio')))
})

test('when the disk fails HDS stops until the next publication', async (t) => {
  const { publish, run, listed, said, live, names, files } = await setUp(t)
  // a file where the folder should be
  await writeFile(live, '')
  const first = publish(video)
  run(first, [video], 2)
  await eventually('that it failed is known', () => said.length > 0)
  await rm(live)
  run(first, [video], 3)
  first.end('publisher_closed')
  assert.deepEqual(await names(), [])
  run(publish(video), [video], 3)
  await listed(1)
  await files.close()
})
