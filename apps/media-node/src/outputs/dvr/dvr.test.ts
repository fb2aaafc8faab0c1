import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { promisify } from 'node:util'

import { silentLogger, type LogFields } from '@millrace/core'
import { Hub, type EndReason } from '@millrace/hub'
import type { Frame, Track } from '@millrace/media'
import { FlvDemuxer, FlvReader } from '@millrace/flv'

import { flvClip } from '../../../../../test/support/clips.ts'
import { decodeWithFfmpeg } from '../../../../../test/support/ffmpeg.ts'
import { tempDir, testScope } from '../../../../../test/support/scope.ts'
import type { Publisher } from '../../broadcast/broadcasts.ts'
import { systemScheduler } from '../../io/clock.ts'
import { Dvr, type DvrEvent } from './dvr.ts'
import type { DvrSettings } from './recording.ts'

const run = promisify(execFile)

const request = {
  action: 'publish',
  protocol: 'rtmp',
  vhost: 'v',
  app: 'live',
  stream: 'x',
  params: {},
  client: { ip: '127.0.0.1' },
} as const

interface Media {
  readonly tracks: readonly Track[]
  readonly frames: readonly Frame[]
}

/** Everything in a clip of test pictures. */
async function mediaOf(clip: Parameters<typeof flvClip>[0]): Promise<Media> {
  const demuxer = new FlvDemuxer()
  const bytes = await readFile(await flvClip(clip))
  const events = new FlvReader()
    .push(new Uint8Array(bytes))
    .flatMap((part) => (part.type === 'tag' ? demuxer.push(part.kind, part.timestampMs, part.body) : []))
  return {
    tracks: events.flatMap((event) => (event.type === 'track' ? [event.track] : [])),
    frames: events.flatMap((event) => (event.type === 'frame' ? [event.frame] : [])),
  }
}

const countOf = ({ frames }: Media, kind: Track['kind']): number =>
  frames.filter(({ track }) => track.kind === kind).length

async function setUp(t: TestContext, change: Partial<DvrSettings> = {}) {
  const scope = testScope(t)
  const folder = await tempDir(scope)
  const events: DvrEvent[] = []
  const warnings: LogFields[] = []
  let settings: DvrSettings | undefined = {
    plan: 'session',
    path: path.join(folder, '[app]/[stream].flv'),
    durationMs: 2000,
    waitKeyframe: true,
    keepTimes: false,
    utc: true,
    ...change,
    ...(change.path === undefined ? {} : { path: path.join(folder, change.path) }),
  }
  const first = settings
  const logger = { ...silentLogger, warn: (fields: LogFields) => void warnings.push(fields) }
  let wallMs = 0
  const dvr = new Dvr({
    settingsOf: ({ name }) => (name === 'x' ? settings : undefined),
    onDvr: (event) => events.push(event),
    scheduler: systemScheduler,
    // no two files at one time
    wallNowMs: () => (wallMs += 1000),
    logger: { ...logger, child: () => ({ ...logger, child: () => silentLogger }) },
  })
  const hub = new Hub(systemScheduler, { reconnectWindowMs: 0, settleMs: 0 })
  scope.defer(() => hub.close())
  const begin = () => {
    const ended = Promise.withResolvers<EndReason>()
    const stream = hub.open({ vhost: 'v', app: 'live', name: 'x' })
    const publication = stream.publish((reason) => ended.resolve(reason))
    dvr.began({ stream, publication, ended: ended.promise } as Publisher, request)
    return publication
  }
  const publish = ({ tracks, frames }: Media): ReturnType<typeof begin> => {
    const publication = begin()
    for (const track of tracks) publication.setTrack(track)
    for (const frame of frames) publication.write(frame)
    return publication
  }
  const files = async (): Promise<string[]> =>
    (await readdir(path.join(folder, 'live')).catch((): string[] => [])).toSorted((a, b) => (a < b ? -1 : 1))
  /** What the file says from now on; a path is below the folder. */
  const configure = (next: Partial<DvrSettings> | undefined): void => {
    settings = next && { ...first, ...next, path: path.join(folder, next.path ?? '') }
    dvr.refresh()
  }
  return { folder, dvr, hub, events, warnings, begin, publish, files, configure }
}

for (const type of ['flv', 'mp4']) {
  test(`a publish is recorded to one ${type} file that has every frame`, async (t) => {
    const media = await mediaOf({ video: 'h264', audio: 'aac', seconds: 6 })
    const { dvr, events, publish, files, folder } = await setUp(t, { path: `[app]/[stream].${type}` })
    publish(media).end('publisher_closed')
    await dvr.close()
    assert.deepEqual(await files(), [`x.${type}`])
    const file = path.join(folder, `live/x.${type}`)
    const { videoFrames, audioFrames, errors } = await decodeWithFfmpeg(file, 10)
    assert.deepEqual(
      { videoFrames, audioFrames, errors },
      { videoFrames: countOf(media, 'video'), audioFrames: countOf(media, 'audio'), errors: [] },
    )
    assert.deepEqual(
      events.map(({ path: made, key, cwd }) => ({ made, key, cwd })),
      [{ made: file, key: { vhost: 'v', app: 'live', name: 'x' }, cwd: process.cwd() }],
    )
    assert.equal(events[0]?.sizeBytes, (await readFile(file)).length)
    assert.ok(Math.abs(events[0]!.durationMs - 6000) < 100)
  })

  test(`what a crash leaves of a ${type} file can be played`, async (t) => {
    const media = await mediaOf({ video: 'h264', audio: 'aac', seconds: 6 })
    const { dvr, publish, folder } = await setUp(t, { path: `[app]/[stream].${type}` })
    const publication = publish(media)
    const file = path.join(folder, `live/x.${type}.tmp`)
    // it is written within half a second; the last second of an MP4 file waits for its fragment to be full
    await t.waitFor(async () => assert.ok((await decodeWithFfmpeg(file, 10)).videoFrames >= 5 * 25 - 1), {
      timeout: 10_000,
      interval: 100,
    })
    assert.deepEqual((await decodeWithFfmpeg(file, 10)).errors, [])
    publication.end('publisher_closed')
    await dvr.close()
  })

  test(`segments of ${type} begin with a key frame and have every frame together`, async (t) => {
    const media = await mediaOf({ video: 'h264', audio: 'aac', seconds: 6 })
    const template = `[app]/[stream].[duration].${type}`
    const { dvr, events, publish } = await setUp(t, { plan: 'segment', path: template, durationMs: 1500 })
    publish(media).end('publisher_closed')
    await dvr.close()
    assert.equal(events.length, 3)
    let videoFrames = 0
    let audioFrames = 0
    for (const { path: file, durationMs } of events) {
      assert.ok(Math.abs(durationMs - 2000) < 200, `${file}: ${durationMs}`)
      const decoded = await decodeWithFfmpeg(file, 10)
      assert.deepEqual(decoded.errors, [])
      videoFrames += decoded.videoFrames
      audioFrames += decoded.audioFrames
    }
    assert.deepEqual([videoFrames, audioFrames], [countOf(media, 'video'), countOf(media, 'audio')])
  })
}

test('sound alone is cut by its duration', async (t) => {
  const media = await mediaOf({ audio: 'aac', seconds: 6 })
  const { dvr, events, publish } = await setUp(t, { plan: 'segment', path: '[app]/[stream].[duration].flv' })
  publish(media).end('publisher_closed')
  await dvr.close()
  assert.equal(events.length, 3)
})

test('times of the stream are kept when they are to be', async (t) => {
  const media = await mediaOf({ video: 'h264', audio: 'aac', seconds: 6 })
  const change = { plan: 'segment', keepTimes: true, path: '[app]/[stream].[timestamp].flv' } as const
  const { dvr, events, publish } = await setUp(t, change)
  publish(media).end('publisher_closed')
  await dvr.close()
  const first = await Promise.all(
    events.map(async ({ path: file }) => {
      const tags = new FlvReader().push(new Uint8Array(await readFile(file)))
      const times = tags.flatMap((part) => (part.type === 'tag' ? [part.timestampMs] : []))
      return Math.round((times.findLast(() => true) ?? 0) / 2000)
    }),
  )
  assert.deepEqual(first, [1, 2, 3])
})

test('a file that is there is never replaced: the recording stops, the publish goes on', async (t) => {
  const media = await mediaOf({ video: 'h264', audio: 'aac', seconds: 6 })
  const { dvr, warnings, events, publish, folder, hub } = await setUp(t)
  await mkdir(path.join(folder, 'live'))
  await writeFile(path.join(folder, 'live/x.flv'), 'precious')
  const publication = publish(media)
  await t.waitFor(
    () =>
      assert.deepEqual(
        warnings.map(({ code }) => code),
        ['DVR_FILE_EXISTS'],
      ),
    { timeout: 10_000 },
  )
  assert.equal(hub.find({ vhost: 'v', app: 'live', name: 'x' })?.publication, publication)
  publication.end('publisher_closed')
  await dvr.close()
  assert.equal(await readFile(path.join(folder, 'live/x.flv'), 'utf8'), 'precious')
  assert.deepEqual(events, [])
})

test('a folder that cannot be written costs the recording, not the publish', async (t) => {
  const media = await mediaOf({ video: 'h264', audio: 'aac', seconds: 6 })
  const { dvr, warnings, publish, folder, hub } = await setUp(t)
  await writeFile(path.join(folder, 'live'), 'no folder')
  const publication = publish(media)
  await t.waitFor(() => assert.equal(warnings.length, 1), { timeout: 10_000 })
  assert.equal(hub.find({ vhost: 'v', app: 'live', name: 'x' })?.publication, publication)
  publication.end('publisher_closed')
  await dvr.close()
})

test('a full disk stops the recording, and what is written stays to be played', async (t) => {
  const media = await mediaOf({ video: 'h264', audio: 'aac', seconds: 6 })
  const { dvr, warnings, events, publish, folder } = await setUp(t)
  const small = path.join(folder, 'live')
  await mkdir(small)
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', small]).then(
    () => true,
    () => false,
  )
  if (!mounted) return t.skip('needs the right to mount')
  try {
    publish(media).end('publisher_closed')
    await dvr.close()
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['ENOSPC'],
    )
    assert.deepEqual(events, [])
    assert.ok((await decodeWithFfmpeg(path.join(small, 'x.flv.tmp'), 10)).videoFrames > 0)
  } finally {
    await run('umount', [small])
  }
})

test('what an earlier run left unfinished goes out of the way', async (t) => {
  const media = await mediaOf({ video: 'h264', audio: 'aac', seconds: 6 })
  const { dvr, publish, folder, files } = await setUp(t)
  await mkdir(path.join(folder, 'live'))
  await writeFile(path.join(folder, 'live/x.flv.tmp'), 'left')
  publish(media).end('publisher_closed')
  await dvr.close()
  const [finished, left = ''] = await files()
  assert.equal(finished, 'x.flv')
  assert.equal(await readFile(path.join(folder, 'live', left), 'utf8'), 'left')
})

test('a publish without media leaves nothing', async (t) => {
  const { dvr, begin, files } = await setUp(t)
  begin().end('publisher_closed')
  await dvr.close()
  assert.deepEqual(await files(), [])
})

test('an MP4 file whose configuration changes is followed by another', async (t) => {
  const media = await mediaOf({ video: 'h264', audio: 'aac', seconds: 6 })
  const { dvr, events, publish } = await setUp(t, { path: '[app]/[stream].[duration].mp4' })
  const publication = publish(media)
  const track = media.tracks.find(({ kind }) => kind === 'video')!
  const other = { ...track, width: 640, height: 360 } as Track
  publication.setTrack(other)
  for (const frame of media.frames.slice(0, 100)) {
    const { dtsTicks, ptsTicks } = frame
    const isVideo = frame.track.kind === 'video'
    publication.write({
      ...frame,
      track: isVideo ? other : frame.track,
      dtsTicks: dtsTicks + 6000,
      ptsTicks: ptsTicks + 6000,
    })
  }
  publication.end('publisher_closed')
  await dvr.close()
  assert.equal(events.length, 2)
})

test('while a stream runs other settings begin another file at a key frame, which together have every frame', async (t) => {
  const media = await mediaOf({ video: 'h264', audio: 'aac', seconds: 6 })
  const { dvr, begin, files, folder, configure, warnings } = await setUp(t, { path: '[app]/a.flv' })
  const publication = begin()
  for (const track of media.tracks) publication.setTrack(track)
  const middle = Math.floor(media.frames.length / 2)
  const write = (from: number, to?: number): void => {
    for (const frame of media.frames.slice(from, to)) publication.write(frame)
  }
  write(0, middle)
  configure({ path: '[app]/b.flv' })
  configure({ path: '[app]/c.mp4' })
  write(middle)
  publication.end('publisher_closed')
  await dvr.close()
  assert.deepEqual(await files(), ['a.flv', 'c.mp4'])
  const decoded = await Promise.all(
    ['a.flv', 'c.mp4'].map((name) => decodeWithFfmpeg(path.join(folder, 'live', name), 10)),
  )
  assert.equal(
    decoded.reduce((sum, { videoFrames }) => sum + videoFrames, 0),
    countOf(media, 'video'),
  )
  assert.deepEqual([decoded.flatMap(({ errors }) => errors), warnings], [[], []])
})

test('recordings begin and end while a stream runs', async (t) => {
  const media = await mediaOf({ video: 'h264', audio: 'aac', seconds: 6 })
  const { dvr, begin, files, configure } = await setUp(t, { path: '[app]/a.flv' })
  configure(undefined)
  const publication = begin()
  for (const track of media.tracks) publication.setTrack(track)
  const [first = [], second = [], third = []] = [0, 1, 2].map((i) =>
    media.frames.filter((_, n) => Math.floor((n * 3) / media.frames.length) === i),
  )
  for (const frame of first) publication.write(frame)
  configure({ path: '[app]/b.flv' })
  for (const frame of second) publication.write(frame)
  configure(undefined)
  for (const frame of third) publication.write(frame)
  await dvr.close()
  assert.deepEqual(await files(), ['b.flv'])
  publication.end('publisher_closed')
})
