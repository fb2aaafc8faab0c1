import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'

import { eventually } from '../../../../../test/support/eventually.ts'
import { testScope } from '../../../../../test/support/scope.ts'
import type { TsFile } from '../../../../../test/support/ts-frames.ts'
import { clip, count, order, Rig, STREAM_ID } from './archive.test-support.ts'

const media = await clip({ video: 'h264', audio: 'aac' })

const frames = (rig: Rig): { video: number; audio: number } => ({
  video: rig.of('segment.stored').reduce((sum, { video_frames: video }) => sum + video, 0),
  audio: rig.of('segment.stored').reduce((sum, { audio_frames: audio }) => sum + audio, 0),
})
const all = { video: count(media.frames, 'video'), audio: count(media.frames, 'audio') }

/** The clip's first or last part, cut where a part of a segment is. */
function part(from: number, to: number): TsFile {
  const start = media.frames[0]?.dtsTicks ?? 0
  const within = ({ dtsTicks }: { dtsTicks: number }) =>
    dtsTicks >= start + from * 90_000 && dtsTicks < start + to * 90_000
  return { tracks: media.tracks, frames: media.frames.filter(within) }
}

/** How many parts are on disk, of all open segments. */
async function partsOnDisk(rig: Rig): Promise<number> {
  let parts = 0
  for (const takeId of await rig.spool.takeIds()) {
    const text = await readFile(path.join(rig.spool.folderOf(takeId), 'open.ndjson'), 'utf8')
    parts += Math.max(0, text.split('\n').length - 2)
  }
  return parts
}

for (const behaviour of ['unavailable', 'silent', 'forgetful', 'denying'] as const) {
  test(`a storage that is ${behaviour} for a while costs nothing, and nothing is told twice`, async (t) => {
    const rig = await Rig.start(testScope(t), { idleMs: 50, uploads: 2 })
    rig.server.behaviour = behaviour
    const { write, publication } = rig.publish(order())
    write(media)
    publication.end('publisher_closed')
    await eventually('all waits', () => rig.archive.backlog()[0]?.segments === 5)
    assert.equal(rig.of('segment.stored').length, 0)
    assert.ok(rig.archive.measures().spoolBytes > 0)
    if (behaviour === 'forgetful') await eventually('it was stored without an answer', () => rig.server.puts.length > 3)
    rig.server.behaviour = 'well'
    await eventually('all is reported', () => rig.of('take.closed').length === 1)
    rig.checkIndex()
    assert.deepEqual(frames(rig), all)
    assert.deepEqual(rig.archive.backlog(), [])
    await eventually('the spool is empty', () => rig.spool.usedBytes === 0)
  })
}

test('what is recorded while the control plane is away is stored when it is back', async (t) => {
  const rig = await Rig.start(testScope(t))
  rig.control.away = true
  const { write, publication } = rig.publish(order({ format: 'ts' }))
  write(media)
  publication.end('publisher_closed')
  await eventually('all waits', () => rig.archive.backlog()[0]?.segments === 5)
  rig.control.away = false
  rig.archive.wake()
  await eventually('all is reported', () => rig.of('take.closed').length === 1)
  rig.checkIndex()
  assert.deepEqual(frames(rig), all)
})

test('after a crash what was on disk is stored, the take is closed, and a new publisher is served meanwhile', async (t) => {
  const rig = await Rig.start(testScope(t))
  rig.server.behaviour = 'unavailable'
  const before = rig.publish(order())
  before.write(part(0, 5.5))
  // three segments of 2 s, of which the last is open, with one part
  await eventually('one part of the open segment is on disk', async () => (await partsOnDisk(rig)) === 1)
  await rig.restart()
  const recovery = rig.archive.recover()
  const after = rig.publish(order(), 2)
  after.write(part(6, 9))
  after.publication.end('publisher_closed')
  await recovery
  rig.server.behaviour = 'well'
  await eventually('both takes are closed', () => rig.of('take.closed').length === 2)
  rig.checkIndex()
  const [first] = rig.of('take.opened').filter(({ epoch }) => epoch === 1)
  const ofFirst = rig.of('segment.stored').filter(({ take_id }) => take_id === first?.take_id)
  assert.deepEqual(
    ofFirst.map(({ segment, duration_ms }) => [segment, duration_ms]),
    [
      [0, 2000],
      [1, 2000],
      [2, 1000],
    ],
  )
  assert.equal(
    ofFirst.reduce((sum, { video_frames: video }) => sum + video, 0),
    125,
  )
  assert.equal(
    rig.of('segment.stored').reduce((sum, { video_frames: video }) => sum + video, 0),
    125 + 75,
  )
  await eventually('the spool is empty', async () => (await readdir(rig.spool.dir)).length === 0)
})

test('a spool that is full loses segments, not the take: those that come when there is room again are stored', async (t) => {
  const rig = await Rig.start(testScope(t), { maxSpoolBytes: 300_000 })
  rig.server.behaviour = 'unavailable'
  const { write, publication } = rig.publish(order())
  for (let i = 0; i < 5; i++) {
    write(shifted(media, i * 9))
    await eventually('it is written', () => (rig.archive.backlog()[0]?.segments ?? 0) >= 4 * (i + 1))
    assert.ok(rig.spool.usedBytes <= 300_000, `${rig.spool.usedBytes}`)
  }
  rig.server.behaviour = 'well'
  await eventually('there is room again', () => rig.spool.usedBytes < 50_000)
  write(shifted(media, 45))
  publication.end('publisher_closed')
  await eventually('all is reported', () => rig.of('take.closed').length === 1)
  rig.checkIndex()
  const lost = rig.of('segment.lost')
  assert.ok(lost.length > 0 && lost.every(({ code }) => code === 'SPOOL_FULL'))
  const [closed] = rig.of('take.closed')
  const numbers = [...rig.of('segment.stored'), ...lost].map(({ segment }) => segment).toSorted((a, b) => a - b)
  assert.deepEqual(
    numbers,
    Array.from({ length: closed?.segments ?? 0 }, (_, i) => i),
  )
  // all of the time is told of
  const times = [...rig.of('segment.stored'), ...lost].toSorted((a, b) => a.segment - b.segment)
  const totalMs = times.reduce((sum, { duration_ms: duration }) => sum + duration, 0)
  assert.ok(Math.abs(totalMs - 54_000) < 500, `${totalMs}`)
})

test('another order takes over at a key frame: each frame is in one take', async (t) => {
  const rig = await Rig.start(testScope(t))
  const { sessionId, write, publication } = rig.publish(order())
  write(part(0, 3.5))
  rig.archive.order(sessionId, order({ segment_ms: 4000, format: 'ts' }))
  rig.archive.order(sessionId, order({ segment_ms: 4000, format: 'ts' }))
  write(part(3.5, 10))
  publication.end('publisher_closed')
  await eventually('both takes are closed', () => rig.of('take.closed').length === 2)
  rig.checkIndex()
  assert.deepEqual(frames(rig), all)
  assert.deepEqual(
    rig.of('take.opened').map(({ format }) => format),
    ['fmp4', 'ts'],
  )
})

test('a broadcast without an order is archived from the order on, back to the last key frame, and no longer than told', async (t) => {
  const rig = await Rig.start(testScope(t))
  const { sessionId, write, publication } = rig.publish(null)
  write(part(0, 3.5))
  rig.archive.order(sessionId, order())
  write(part(3.5, 6))
  rig.archive.order(sessionId, null)
  write(part(6, 9))
  publication.end('publisher_closed')
  await eventually('the take is closed', () => rig.of('take.closed').length === 1)
  assert.deepEqual(frames(rig).video, 75)
})

test('a changed configuration has an init segment of its own, and begins with a discontinuity', async (t) => {
  const rig = await Rig.start(testScope(t))
  const { write, publication } = rig.publish(order())
  write(part(0, 4))
  const [video, ...others] = media.tracks
  assert.ok(video?.kind === 'video')
  const changed = { ...video, width: 640, height: 360 }
  write({
    tracks: [changed, ...others],
    frames: part(4, 8).frames.map((frame) => (frame.track.kind === 'video' ? { ...frame, track: changed } : frame)),
  })
  publication.end('publisher_closed')
  await eventually('the take is closed', () => rig.of('take.closed').length === 1)
  rig.checkIndex()
  assert.deepEqual(
    rig.of('segment.stored').map(({ init, discontinuity }) => [init, discontinuity]),
    [
      [0, true],
      [0, false],
      [1, true],
      [1, false],
    ],
  )
  assert.deepEqual(
    rig.of('take.tracks').map(({ init, tracks }) => [init, tracks[0]?.width]),
    [
      [0, 320],
      [1, 640],
    ],
  )
  assert.equal([...rig.server.objects.keys()].filter((key) => /init-[01]\.mp4$/.test(key)).length, 2)
})

test('streams that the control plane does not know, and formats without a track, leave no trace', async (t) => {
  const rig = await Rig.start(testScope(t))
  const stream = rig.hub.open({ vhost: 'v', app: 'live', name: 'y' })
  const publication = stream.publish(() => {})
  rig.archive.begin({ sessionId: 'ses_x', stream, streamId: null, epoch: null }, order())
  for (const track of media.tracks) publication.setTrack(track)
  for (const frame of media.frames) publication.write(frame)
  publication.end('publisher_closed')
  const vp8 = rig.publish(order({ format: 'ts' }))
  const [video] = media.tracks
  assert.ok(video?.kind === 'video')
  const foreign = { ...video, codec: 'vp8', config: new Uint8Array(0) } as const
  vp8.write({
    tracks: [foreign],
    frames: media.frames.filter(({ track }) => track.kind === 'video').map((frame) => ({ ...frame, track: foreign })),
  })
  vp8.publication.end('publisher_closed')
  await rig.archive.close()
  assert.deepEqual(rig.reports, [])
  assert.deepEqual(await rig.spool.takeIds(), [])
})

test('segments of a stream that is gone are given up', async (t) => {
  const rig = await Rig.start(testScope(t))
  rig.control.refuse = { prefix: '', code: 'STREAM_NOT_FOUND' }
  const { write, publication } = rig.publish(order())
  write(media)
  publication.end('publisher_closed')
  await eventually('the take is closed', () => rig.of('take.closed').length === 1)
  assert.equal(rig.of('segment.lost').length, 5)
  assert.equal(rig.of('segment.lost')[0]?.code, 'STREAM_NOT_FOUND')
  await eventually('the spool is empty', () => rig.spool.usedBytes === 0)
})

test('a local directory gets the same objects', async (t) => {
  const rig = await Rig.start(testScope(t), { local: true })
  const { write, publication } = rig.publish(order())
  write(media)
  publication.end('publisher_closed')
  await eventually('the take is closed', () => rig.of('take.closed').length === 1)
  const [opened] = rig.of('take.opened')
  const dir = path.join(rig.storageDir, 'streams', STREAM_ID, opened?.take_id ?? '')
  const names = (await readdir(dir)).toSorted()
  assert.deepEqual(names, ['0.m4s', '1.m4s', '2.m4s', '3.m4s', '4.m4s', 'init-0.mp4'])
  for (const { segment, bytes } of rig.of('segment.stored')) {
    assert.equal((await readFile(path.join(dir, `${segment}.m4s`))).length, bytes)
  }
})

test('a node that closes ends its takes and uploads for a while; the next run does the rest', async (t) => {
  const rig = await Rig.start(testScope(t), { closeMs: 200 })
  const { write } = rig.publish(order())
  write(part(0, 5))
  await rig.archive.close()
  assert.equal(rig.of('take.closed').length, 1)

  rig.server.behaviour = 'unavailable'
  await rig.restart()
  await rig.archive.recover()
  rig.publish(order()).write(part(0, 5))
  await rig.archive.close()
  assert.equal(rig.of('take.closed').length, 1)
  rig.server.behaviour = 'well'
  await rig.restart()
  await rig.archive.recover()
  await eventually('the rest is reported', () => rig.of('take.closed').length === 2)
  rig.checkIndex()
  assert.equal(frames(rig).video, 250)
})

/** The clip so many seconds later. */
function shifted({ tracks, frames: list }: TsFile, seconds: number): TsFile {
  const ticks = seconds * 90_000
  return {
    tracks,
    frames: list.map((frame) => ({ ...frame, dtsTicks: frame.dtsTicks + ticks, ptsTicks: frame.ptsTicks + ticks })),
  }
}
