import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { type TestContext } from 'node:test'

import { joinNalus, writeAacConfig, writeAvcConfig } from '@millrace/codecs'
import { silentLogger } from '@millrace/core'
import { parsePlaylist } from '@millrace/hls'
import { Hub, type Publication } from '@millrace/hub'
import type { Track } from '@millrace/media'
import { audioTrack, FakeScheduler, videoTrack } from '@millrace/testkit'

import { eventually } from '../../../../../test/support/eventually.ts'
import { tempDir, testScope } from '../../../../../test/support/scope.ts'
import { testOptions } from './hls-files.test-support.ts'
import { HlsFiles } from './hls-files.ts'
import type { WrittenSegment } from './hls-files-output.ts'
import type { HlsFilesOptions } from './options.ts'

const SETS = { sps: [Uint8Array.of(0x67, 1)], pps: [Uint8Array.of(0x68, 2)], extension: new Uint8Array(0) }
const AVC = { profile: 66, compatibility: 0, level: 30, lengthSize: 4 }
const video = videoTrack({ config: writeAvcConfig({ ...AVC, ...SETS }) })
const audio = audioTrack({ config: writeAacConfig(2, 44_100, 2) })
const key = { vhost: 'v', app: 'live', name: 'x' }
const NO_KEYS = 1e9

/** A node's HLS in a folder of its own, on a clock that only moves when told. */
async function setUp(t: TestContext, changes: Partial<HlsFilesOptions> = {}, folder?: string) {
  const scope = testScope(t)
  const root = folder ?? (await tempDir(scope))
  let options: HlsFilesOptions | undefined = testOptions({ folder: root, ...changes })
  const scheduler = new FakeScheduler()
  const written: WrittenSegment[] = []
  const failures: string[] = []
  const logger = {
    ...silentLogger,
    child: () => logger,
    error: (_: unknown, message: string) => void failures.push(message),
  }
  const files = new HlsFiles({
    settingsOf: () => options,
    scheduler,
    wallNowMs: () => 1_700_000_000_000 + scheduler.nowMs(),
    logger,
    written: (segment) => written.push(segment),
  })
  const hub = new Hub(scheduler, {}, { live: (stream, publication) => files.live(stream, publication) })
  const ends: string[] = []
  const publish = (...tracks: Track[]): Publication => {
    const publication = hub.open(key).publish((reason) => ends.push(reason))
    for (const track of tracks) publication.setTrack(track)
    return publication
  }
  /** Publishes 25 pictures and 50 audio frames a second, a key frame each `gopMs`. */
  const run = (publication: Publication, tracks: readonly Track[], seconds: number, gopMs = 1000): void => {
    for (let ms = 0; ms < seconds * 1000; ms += 20) {
      for (const track of tracks) {
        if (track.kind === 'video' && ms % 40 > 0) continue
        const isKey = track.kind === 'audio' || ms % gopMs === 0
        const payload = track.kind === 'audio' ? new Uint8Array(40) : joinNalus([Uint8Array.of(isKey ? 0x65 : 0x41, 1)])
        publication.write({ track, dtsTicks: scheduler.nowMs(), ptsTicks: scheduler.nowMs(), key: isKey, payload })
      }
      scheduler.advance(20)
    }
  }
  const live = path.join(root, 'live')
  const names = async (): Promise<string[]> =>
    (await readdir(live).catch((): string[] => [])).toSorted((a, b) => a.localeCompare(b))
  /** The playlist on the disk, once its last segment has this number. */
  const playlist = (last: number) =>
    eventually(`segment ${last}`, async () => {
      const list = parsePlaylist(await readFile(path.join(live, 'x.m3u8'), 'utf8'))
      return list.type === 'media' && list.mediaSequence + list.segments.length - 1 === last && list
    })
  const configure = (next: HlsFilesOptions | undefined): void => void (options = next)
  return { root, live, scheduler, files, hub, ends, written, publish, run, names, playlist, configure, failures }
}

test('playlist and segments are files, whole ones, and each is told of', async (t) => {
  const { publish, run, playlist, names, written, files, live } = await setUp(t)
  const publication = publish(video, audio)
  run(publication, [video, audio], 3)
  publication.end('publisher_closed')
  const { segments, targetDurationS } = await playlist(2)
  assert.deepEqual(
    segments.map(({ uri, discontinuity }) => [uri, discontinuity]),
    [
      ['x-0.ts', true],
      ['x-1.ts', false],
      ['x-2.ts', false],
    ],
  )
  assert.equal(targetDurationS, 1)
  assert.deepEqual(await names(), ['x-0.ts', 'x-1.ts', 'x-2.ts', 'x.m3u8'])
  assert.deepEqual(written[1], {
    key,
    seq: 1,
    durationMs: 1000,
    file: path.join(live, 'x-1.ts'),
    playlistFile: path.join(live, 'x.m3u8'),
    uri: 'x-1.ts',
  })
  assert.equal(files.find(path.join(live, 'x-1.ts'))?.type, 'other')
  assert.equal(files.find(path.join(live, 'x-9.ts')), undefined)
  await files.close()
})

test('a playlist is for viewers as soon as its stream is live, before there is a file that nobody would be asked for', async (t) => {
  const { publish, run, playlist, files, live } = await setUp(t)
  const publication = publish(video, audio)
  run(publication, [video, audio], 0.2)
  const announced = files.find(path.join(live, 'x.m3u8'))
  assert.equal(announced?.type, 'playlist')
  assert.equal(announced.playlist(''), undefined)
  run(publication, [video, audio], 2)
  await playlist(0)
  assert.ok(announced.playlist(''))
})

test('numbers and list go on over publications, numbers over restarts too', async (t) => {
  const first = await setUp(t, { windowMs: 10_000 })
  for (const last of [1, 3]) {
    const publication = first.publish(video)
    first.run(publication, [video], 2)
    publication.end('publisher_closed')
    const { segments, mediaSequence } = await first.playlist(last)
    assert.equal(mediaSequence, 0)
    assert.deepEqual(
      segments.map(({ discontinuity }) => discontinuity),
      [true, false, true, false].slice(0, last + 1),
    )
  }
  await first.files.close()
  const second = await setUp(t, {}, first.root)
  const publication = second.publish(video)
  second.run(publication, [video], 1)
  publication.end('publisher_closed')
  assert.deepEqual(
    (await second.playlist(4)).segments.map(({ uri }) => uri),
    ['x-4.ts'],
  )
})

test('sound alone is cut at the overflow ratio, and pictures whose key frames do not come', async (t) => {
  const sound = await setUp(t, { overflowRatio: 3 })
  sound.run(sound.publish(audio), [audio], 4)
  assert.equal(Math.round((await sound.playlist(0)).segments[0]?.durationUs ?? 0) >= 2_900_000, true)
  const pictures = await setUp(t, { overflowRatio: 2 })
  pictures.run(pictures.publish(video, audio), [video, audio], 5, NO_KEYS)
  const [first] = (await pictures.playlist(1)).segments
  assert.equal(first?.durationUs, 2_000_000)
})

test('pictures need not be key frames where that is not waited for', async (t) => {
  const { publish, run, playlist } = await setUp(t, { waitKeyFrame: false })
  run(publish(video), [video], 4, NO_KEYS)
  const [first] = (await playlist(3)).segments
  assert.ok((first?.durationUs ?? 0) <= 1_000_000)
})

test('files that slid out stay where they are not to be cleaned up', async (t) => {
  const kept = await setUp(t, { cleanup: false })
  kept.run(kept.publish(video), [video], 12)
  const { mediaSequence } = await kept.playlist(10)
  assert.ok(mediaSequence > 6)
  assert.ok((await kept.names()).includes('x-0.ts'))
  assert.equal(kept.files.find(path.join(kept.live, 'x-0.ts')), undefined)
})

test('keys go with the last segment that needs them', async (t) => {
  const scope = testScope(t)
  const folder = await tempDir(scope)
  const keys = { segmentsPerKey: 2, folder, file: '[app]/[stream]-[seq].key', url: 'http://k/' }
  const { publish, run, names } = await setUp(t, { keys }, folder)
  run(publish(video), [video], 14)
  const there = await eventually('old keys are gone', async () => {
    const all = await names()
    return all.includes('x-12.ts') && !all.includes('x-2.key') && all
  })
  for (const seq of [8, 10, 12]) assert.ok(there.includes(`x-${seq}.key`), String(seq))
})

test('a stream without anything for long loses its files, and begins again with higher numbers', async (t) => {
  const { publish, run, playlist, names, scheduler, files } = await setUp(t, { disposeMs: 5000 })
  const publication = publish(video)
  run(publication, [video], 2)
  publication.end('publisher_closed')
  await playlist(1)
  scheduler.advance(4000)
  assert.equal((await names()).length, 3)
  scheduler.advance(2000)
  await eventually('all files are gone', async () => (await names()).length === 0)
  run(publish(video), [video], 2)
  assert.equal((await playlist(2)).segments[0]?.uri, 'x-2.ts')
  await files.close()
  assert.deepEqual(await names(), [])
})

test('when the disk fails HLS goes on, or stops until the next publication, or the publisher is sent away', async (t) => {
  for (const onError of ['continue', 'ignore', 'disconnect'] as const) {
    const { publish, run, playlist, root, live, ends, names, failures } = await setUp(t, { onError })
    // a file where the folder should be
    await writeFile(live, '')
    const publication = publish(video)
    run(publication, [video], 2)
    if (onError === 'disconnect') {
      await eventually('the publisher is sent away', () => ends.length > 0)
      assert.deepEqual(ends, ['kicked'])
      continue
    }
    await eventually('that it failed is known', () => failures.length > 0)
    await rm(live)
    await mkdir(path.join(root, 'live'))
    run(publication, [video], 3)
    if (onError === 'continue') {
      const [first] = (await playlist(2)).segments
      assert.equal(first?.discontinuity, true)
    } else {
      assert.deepEqual(await names(), [])
      publication.end('publisher_closed')
      run(publish(video), [video], 2)
      await eventually('another publication has HLS', async () => (await names()).includes('x.m3u8'))
    }
    assert.deepEqual(ends.includes('kicked'), false)
  }
})

test('another configuration counts from the next publication on', async (t) => {
  const { publish, run, playlist, configure, root, names } = await setUp(t)
  const first = publish(video)
  run(first, [video], 2)
  configure(testOptions({ folder: root, segmentFile: '[app]/[stream]_[seq].ts' }))
  run(first, [video], 1)
  first.end('publisher_closed')
  await playlist(2)
  run(publish(video), [video], 2)
  assert.deepEqual(
    (await playlist(3)).segments.map(({ uri }) => uri),
    ['x-1.ts', 'x-2.ts', 'x_3.ts'],
  )
  configure(undefined)
  assert.ok((await names()).includes('x-2.ts'))
})

test('while a stream runs, another configuration takes over at a key frame, and nothing is missing or there twice', async (t) => {
  const { publish, run, playlist, configure, root, files, hub, written } = await setUp(t, { windowMs: 20_000 })
  const publication = publish(video, audio)
  run(publication, [video, audio], 1.5)
  configure(testOptions({ folder: root, windowMs: 20_000, segmentMs: 3000, segmentFile: '[app]/[stream]_[seq].ts' }))
  files.refresh(hub.streams)
  run(publication, [video, audio], 0.5)
  run(publication, [video, audio], 4)
  publication.end('publisher_closed')
  const list = await playlist(3)
  assert.deepEqual(
    list.segments.map(({ uri, discontinuity, durationUs }) => [uri, discontinuity, Math.round(durationUs / 1e5) / 10]),
    [
      ['x-0.ts', true, 1],
      ['x-1.ts', false, 0.5],
      ['x_2.ts', true, 3.5],
      ['x_3.ts', false, 1],
    ],
  )
  assert.equal(list.targetDurationS, 4)
  assert.equal(written.length, 4)
  await files.close()
})

test('HLS begins and ends while a stream runs', async (t) => {
  const { publish, run, playlist, configure, root, files, hub, names } = await setUp(t)
  const options = testOptions({ folder: root })
  configure(undefined)
  const publication = publish(video)
  run(publication, [video], 2)
  configure(options)
  files.refresh(hub.streams)
  run(publication, [video], 2)
  await playlist(1)
  configure(undefined)
  files.refresh(hub.streams)
  await playlist(2)
  run(publication, [video], 2)
  configure(options)
  files.refresh(hub.streams)
  run(publication, [video], 2)
  publication.end('publisher_closed')
  assert.equal((await playlist(5)).segments.at(-1)?.uri, 'x-5.ts')
  await files.close()
  assert.ok((await names()).includes('x-5.ts'))
})
