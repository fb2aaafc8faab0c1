import assert from 'node:assert/strict'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { type TestContext } from 'node:test'

import { joinNalus, writeAacConfig } from '@millrace/codecs'
import { silentLogger } from '@millrace/core'
import { Hub, type Publication } from '@millrace/hub'
import type { Track } from '@millrace/media'
import { Mp4Demuxer } from '@millrace/mp4'
import { audioTrack, FakeScheduler, videoTrack } from '@millrace/testkit'

import { eventually } from '../../../../../test/support/eventually.ts'
import { tempDir, testScope } from '../../../../../test/support/scope.ts'
import { DashFiles } from './dash-files.ts'
import type { DashFilesOptions } from './options.ts'

const AVC_CONFIG = Buffer.from(
  '01640028ffe1001967640028acd940780227e5c04400000fa40003a9803c60c65801000668ebe3cb22c0fdf8f800',
  'hex',
)
const video = videoTrack({ config: AVC_CONFIG })
const audio = audioTrack({ config: writeAacConfig(2, 44_100, 2) })
const WALL_MS = 1_700_000_000_000
/** Of the first segment, where each is of a second. */
const FIRST = WALL_MS / 1000 + 1

/** A node's DASH in a folder of its own, on a clock that only moves when told. */
async function setUp(t: TestContext, changes: Partial<DashFilesOptions> = {}) {
  const root = await tempDir(testScope(t))
  const template = {
    segmentMs: 1000,
    updateMs: 5000,
    windowMs: 3000,
    manifestFile: '[app]/[stream].mpd',
    disposeMs: 0,
    cleanup: true,
  }
  let options: DashFilesOptions | undefined = { ...template, folder: root, ...changes }
  const scheduler = new FakeScheduler()
  const failures: string[] = []
  const logger = {
    ...silentLogger,
    child: () => logger,
    error: (_: unknown, message: string) => void failures.push(message),
  }
  const wallNowMs = (): number => WALL_MS + scheduler.nowMs()
  const files = new DashFiles({ policyOf: () => ({ dashFiles: options }), scheduler, wallNowMs, logger })
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
  const folder = path.join(root, 'live/x')
  const names = async (): Promise<string[]> =>
    (await readdir(folder).catch((): string[] => [])).toSorted((a, b) => a.localeCompare(b))
  /** The manifest once its last file of a kind of media is this many after the first. */
  const manifest = (kind: Track['kind'], last: number, file = 'live/x.mpd') =>
    eventually(`${kind} segment ${last}`, async () => {
      const text = await readFile(path.join(root, file), 'utf8')
      return lastOf(text, kind) === FIRST + last && text
    })
  const configure = (next: DashFilesOptions | undefined): void => void (options = next)
  return { root, folder, scheduler, files, hub, publish, run, names, manifest, configure, failures }
}

/** Number of the last segment of a kind that a manifest lists. */
function lastOf(manifest: string, kind: Track['kind']): number {
  const set = manifest.split('<AdaptationSet ').findLast((part) => part.startsWith(`contentType="${kind}"`)) ?? ''
  const start = Number(/startNumber="(\d+)"/.exec(set)?.[1])
  return [...set.matchAll(/<S [^>]*?(?:r="(\d+)")?\/>/g)].reduce((n, [, r]) => n + 1 + Number(r ?? 0), start - 1)
}

const count = (text: string, part: string): number => text.split(part).length - 1

test('sound and pictures are files of their own, which the manifest lists', async (t) => {
  const { publish, run, manifest, names, folder, files } = await setUp(t)
  const publication = publish(video, audio)
  run(publication, [video, audio], 3)
  publication.end('publisher_closed')
  const text = await manifest('video', 2)
  await files.close()
  assert.equal(lastOf(text, 'audio'), FIRST + 2)
  for (const part of [
    'minimumUpdatePeriod="PT1S" timeShiftBufferDepth="PT3S"',
    '<BaseURL>x/</BaseURL>',
    'start="PT1700000000S"',
    `initialization="video-init.mp4" media="$RepresentationID$-$Number$.m4s" startNumber="${FIRST}"`,
    '<S t="0" d="1000" r="2"/>',
    'audioSamplingRate="44100"',
  ]) {
    assert.ok(text.includes(part), `${part} in ${text}`)
  }
  const kinds = ['audio', 'video'] as const
  const segments = (kind: string): string[] => [0, 1, 2].map((i) => `${kind}-${FIRST + i}.m4s`)
  assert.deepEqual(
    await names(),
    kinds.flatMap((kind) => [...segments(kind), `${kind}-init.mp4`]),
  )
  for (const kind of kinds) {
    const demuxer = new Mp4Demuxer()
    demuxer.push(await readFile(path.join(folder, `${kind}-init.mp4`)))
    const events = demuxer.push(await readFile(path.join(folder, `${kind}-${FIRST + 1}.m4s`)))
    const frames = events.flatMap((event) => (event.type === 'fragment' ? event.frames : []))
    assert.deepEqual(
      [frames.length, frames[0]?.dtsTicks, frames[0]?.track.kind],
      [kind === 'audio' ? 50 : 25, 1000, kind],
    )
  }
})

test('sound alone has a manifest, and pictures alone', async (t) => {
  // sound is cut a little early
  for (const [track, last] of [
    [audio, 3],
    [video, 2],
  ] as const) {
    const { publish, run, manifest, files } = await setUp(t)
    run(publish(track), [track], 4)
    assert.equal(count(await manifest(track.kind, last), '<AdaptationSet '), 1)
    await files.close()
  }
})

test('another publication, and another configuration, is another period with numbers that go on', async (t) => {
  const { publish, run, manifest, names, files } = await setUp(t, { windowMs: 60_000 })
  const first = publish(video)
  run(first, [video], 2)
  first.end('publisher_closed')
  await manifest('video', 1)
  const second = publish(video)
  run(second, [video], 2)
  const again = await manifest('video', 2)
  assert.equal(count(again, '<Period '), 2)
  assert.equal(count(again, 'initialization="video-init.mp4"'), 2)
  const other = { ...video, config: AVC_CONFIG.with(3, 0x29) }
  second.setTrack(other)
  run(second, [other], 2)
  second.end('publisher_closed')
  const changed = await manifest('video', 5)
  assert.equal(count(changed, '<Period '), 3)
  const init = `video-init-${FIRST + 4}.mp4`
  assert.ok(changed.includes(`initialization="${init}"`))
  assert.ok((await names()).includes(init))
  const starts = [...changed.matchAll(/start="PT([\d.]+)S"/g)].map(([, seconds]) =>
    Math.floor(Number(seconds) - WALL_MS / 1000),
  )
  assert.deepEqual(starts, [0, 2, 4])
  await files.close()
})

test('files are removed when nobody may ask for them any more, unless they are to stay', async (t) => {
  for (const cleanup of [true, false]) {
    const { publish, run, manifest, names, files } = await setUp(t, { cleanup })
    const publication = publish(video)
    run(publication, [video], 12)
    publication.end('publisher_closed')
    const text = await manifest('video', 11)
    assert.ok(text.includes(`startNumber="${FIRST + 9}"`))
    await files.close()
    const kept = await names()
    assert.deepEqual([kept.includes(`video-${FIRST}.m4s`), kept.includes(`video-${FIRST + 7}.m4s`)], [!cleanup, true])
    assert.ok(kept.includes('video-init.mp4'))
  }
})

test('the manifest may be anywhere, and names the folder of segments from there', async (t) => {
  const { publish, run, manifest, files } = await setUp(t, { manifestFile: 'dash/[vhost]/[stream]/index.mpd' })
  run(publish(video), [video], 2)
  assert.ok((await manifest('video', 0, 'dash/v/x/index.mpd')).includes('<BaseURL>../../../live/x/</BaseURL>'))
  await files.close()
})

test('a stream without anything for long loses its files, and begins again with higher numbers', async (t) => {
  const { root, publish, run, manifest, names, scheduler, files } = await setUp(t, { disposeMs: 5000 })
  const publication = publish(video)
  run(publication, [video], 2)
  publication.end('publisher_closed')
  await manifest('video', 1)
  scheduler.advance(4000)
  assert.equal((await names()).length, 3)
  scheduler.advance(2000)
  await eventually('all files are gone', async () => (await names()).length === 0)
  assert.deepEqual(await readdir(path.join(root, 'live')), ['x'])
  run(publish(video), [video], 2)
  assert.equal(count(await manifest('video', 2), '<Period '), 1)
  assert.ok((await names()).includes('video-init.mp4'))
  await files.close()
  assert.deepEqual(await names(), [])
})

test('when the disk fails DASH stops until the next publication', async (t) => {
  const { publish, run, manifest, root, failures, files } = await setUp(t)
  // a file where the folder should be
  await writeFile(path.join(root, 'live'), '')
  const publication = publish(video)
  run(publication, [video], 3)
  await eventually('that it failed is known', () => failures.length > 0)
  run(publication, [video], 2)
  assert.deepEqual(failures, ['DASH could not write'])
  publication.end('publisher_closed')
  await rm(path.join(root, 'live'))
  run(publish(video), [video], 3)
  assert.equal(count(await manifest('video', 0), '<Period '), 1)
  await files.close()
})

test('another configuration counts from the next publication on', async (t) => {
  const { publish, run, manifest, configure, root, files } = await setUp(t)
  const first = publish(video)
  run(first, [video], 2)
  first.end('publisher_closed')
  await manifest('video', 1)
  const manifestFile = '[stream]/[app].mpd'
  configure({ segmentMs: 1000, updateMs: 500, windowMs: 3000, folder: root, manifestFile, disposeMs: 0, cleanup: true })
  run(publish(video), [video], 2)
  const text = await manifest('video', 2, 'x/live.mpd')
  assert.ok(text.includes('minimumUpdatePeriod="PT0.5S"'))
  await files.close()
})

test('while a stream runs, another configuration takes over at a key frame, and the manifest goes on', async (t) => {
  const { publish, run, manifest, configure, root, files, hub, names } = await setUp(t, { windowMs: 60_000 })
  const publication = publish(video)
  run(publication, [video], 2)
  const common = { updateMs: 500, windowMs: 60_000, manifestFile: '[app]/[stream].mpd', disposeMs: 0, cleanup: true }
  configure({ ...common, segmentMs: 3000, folder: root })
  files.refresh(hub.streams)
  run(publication, [video], 6)
  const text = await manifest('video', 2)
  assert.equal(count(text, '<Period '), 2)
  assert.equal(count(text, 'initialization="video-init.mp4"'), 2)
  configure(undefined)
  files.refresh(hub.streams)
  await manifest('video', 3)
  const all = await names()
  run(publication, [video], 6)
  await files.close()
  assert.deepEqual(await names(), all)
})
