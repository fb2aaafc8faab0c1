import assert from 'node:assert/strict'
import test from 'node:test'

import { FakeScheduler, frameAt } from '@millrace/testkit'

import { Hub } from './hub.ts'
import { audio, key, plainPackaging, publishBoth, setUp, TestSink, video } from './testing.ts'

test('every reader of a packaging gets the same bytes, encoded once', () => {
  const { scheduler, stream } = setUp()
  const counts = { encoded: 0 }
  const packaging = plainPackaging(counts)
  const publication = publishBoth(stream)
  publication.write(frameAt(video, 0, { key: true }))
  const sinks = [new TestSink(), new TestSink(), new TestSink()]
  for (const sink of sinks) stream.read(packaging, sink)
  publication.write(frameAt(audio, 20))
  publication.write(frameAt(video, 40))
  scheduler.advance(100)
  assert.equal(sinks[0]?.text, '[init video+audio @0] V0k A20 V40 ')
  assert.equal(counts.encoded, 3)
  assert.equal(new Set(sinks.map(({ writes }) => writes.at(-1))).size, 1)
})

test('frames within the flush interval are one write', () => {
  const { scheduler, stream } = setUp()
  const publication = publishBoth(stream)
  const sink = new TestSink()
  stream.read(plainPackaging(), sink)
  publication.write(frameAt(video, 0, { key: true }))
  const before = sink.writes.length
  for (const dts of [40, 80, 120]) publication.write(frameAt(video, dts))
  assert.equal(sink.writes.length, before)
  scheduler.advance(100)
  assert.equal(sink.writes.length, before + 1)
})

test('a reader that joins in mid-GOP starts at the key frame', () => {
  const { stream } = setUp()
  const publication = publishBoth(stream)
  for (const dts of [0, 40]) publication.write(frameAt(video, dts, { key: dts === 0 }))
  const sink = new TestSink()
  stream.read(plainPackaging(), sink)
  assert.equal(sink.text, '[init video+audio @0] V0k V40 ')
})

test('without GOP cache a reader starts at the next key frame', () => {
  const { scheduler, stream } = setUp({ gopCache: false })
  const publication = publishBoth(stream)
  for (const dts of [0, 40]) publication.write(frameAt(video, dts, { key: dts === 0 }))
  const sink = new TestSink()
  stream.read(plainPackaging(), sink)
  publication.write(frameAt(video, 80))
  scheduler.advance(100)
  assert.equal(sink.text, '')
  publication.write(frameAt(video, 120, { key: true }))
  scheduler.advance(100)
  assert.equal(sink.text, '[init video+audio @120] V120k ')
})

test('a stream may have options of its own', () => {
  const scheduler = new FakeScheduler()
  const hub = new Hub(scheduler, { flushMs: 100 }, {}, ({ vhost }) => (vhost === 'fast' ? { flushMs: 0 } : {}))
  const writes = ['slow', 'fast'].map((vhost) => {
    const stream = hub.open({ ...key, vhost })
    const publication = publishBoth(stream)
    const sink = new TestSink()
    stream.read(plainPackaging(), sink)
    publication.write(frameAt(video, 0, { key: true }))
    publication.write(frameAt(audio, 0))
    scheduler.advance(1)
    const before = sink.writes.length
    publication.write(frameAt(video, 40))
    scheduler.advance(1)
    return sink.writes.length - before
  })
  assert.deepEqual(writes, [0, 1])
})

test('streams follow when their options change', () => {
  const scheduler = new FakeScheduler()
  const options = { flushMs: 100, gopCache: true }
  const hub = new Hub(scheduler, {}, {}, () => options)
  const stream = hub.open(key)
  const publication = publishBoth(stream)
  const sinks = [new TestSink(), new TestSink()]
  stream.read(plainPackaging(), sinks[0]!)
  publication.write(frameAt(video, 0, { key: true }))
  publication.write(frameAt(audio, 0))
  Object.assign(options, { flushMs: 0, gopCache: false })
  hub.refresh()
  scheduler.advance(100)
  const before = sinks[0]!.writes.length
  publication.write(frameAt(video, 40))
  scheduler.advance(1)
  assert.equal(sinks[0]!.writes.length, before + 1)
  stream.read(plainPackaging(), sinks[1]!)
  assert.equal(sinks[1]!.text, '')
  publication.write(frameAt(video, 80, { key: true }))
  scheduler.advance(1)
  assert.match(sinks[1]!.text, /V80k/)
})

test('a single track is live after the settle time, two at once', () => {
  const { stream, lives } = setUp({ settleMs: 500 })
  const publication = stream.publish(() => {})
  publication.setTrack(video)
  publication.write(frameAt(video, 0, { key: true }))
  publication.write(frameAt(video, 400))
  assert.deepEqual(lives, [])
  publication.write(frameAt(video, 500))
  assert.deepEqual(lives, ['v/live/x'])
})

test('a reader that came first gets what was held while the stream settled', () => {
  const { stream } = setUp()
  const sink = new TestSink()
  stream.read(plainPackaging(), sink)
  const publication = stream.publish(() => {})
  publication.setTrack(video)
  publication.write(frameAt(video, 0, { key: true }))
  publication.write(frameAt(video, 40))
  publication.setTrack(audio)
  publication.write(frameAt(audio, 45))
  assert.equal(sink.text, '[init video+audio @0] V0k V40 A45 ')
})

test('readers stay over a re-publish and get the new headers before its first key frame', () => {
  const { scheduler, stream } = setUp()
  const first = publishBoth(stream)
  first.write(frameAt(video, 0, { key: true }))
  const sink = new TestSink()
  stream.read(plainPackaging(), sink)
  first.end('publisher_closed')
  scheduler.advance(2000)
  const second = publishBoth(stream)
  second.write(frameAt(audio, 0))
  second.write(frameAt(video, 10, { key: true }))
  scheduler.advance(100)
  assert.equal(sink.text, '[init video+audio @0] V0k [update @2010] V2010k ')
})

test('a second publisher replaces the first', () => {
  const { stream } = setUp()
  const ended: string[] = []
  const first = stream.publish((reason) => ended.push(reason))
  const second = stream.publish((reason) => ended.push(`second ${reason}`))
  assert.deepEqual(ended, ['replaced'])
  first.end('publisher_closed')
  assert.equal(stream.publication, second)
})

test('readers that do not wait are ended after the reconnect window, and the stream is freed', () => {
  const { scheduler, hub, stream, closed } = setUp({ reconnectWindowMs: 3000 })
  const publication = publishBoth(stream)
  publication.write(frameAt(video, 0, { key: true }))
  const leaving = new TestSink()
  const waiting = new TestSink()
  waiting.waits = true
  stream.read(plainPackaging(), leaving)
  const waitingReader = stream.read(plainPackaging(), waiting)
  publication.end('publisher_closed')
  scheduler.advance(2999)
  assert.equal(leaving.ended, undefined)
  scheduler.advance(1)
  assert.equal(leaving.ended, 'HUB_STREAM_ENDED')
  assert.equal(waiting.ended, undefined)
  assert.equal(hub.find(key), stream)
  stream.leave(waitingReader, 'PEER_CLOSED')
  assert.deepEqual(closed, ['v/live/x'])
  assert.equal(hub.find(key), undefined)
  assert.equal(scheduler.pending, 0)
})

test('a publisher may set how long readers wait for it', () => {
  const { scheduler, stream } = setUp({ reconnectWindowMs: 3000 })
  const publication = stream.publish(() => {}, { reconnectWindowMs: 500 })
  publication.setTrack(video)
  publication.setTrack(audio)
  publication.write(frameAt(video, 0, { key: true }))
  const sink = new TestSink()
  stream.read(plainPackaging(), sink)
  publication.end('publisher_closed')
  scheduler.advance(500)
  assert.equal(sink.ended, 'HUB_STREAM_ENDED')
})

test('a stream without key frames can be joined at the bounds of the cache', () => {
  const { stream } = setUp({ maxGopBytes: 100 })
  const publication = publishBoth(stream)
  publication.write(frameAt(video, 0, { key: true, bytes: 40 }))
  for (let dts = 40; dts <= 4000; dts += 40) publication.write(frameAt(video, dts, { bytes: 40 }))
  assert.ok(stream.gopBytes <= 100)
  const sink = new TestSink()
  stream.read(plainPackaging(), sink)
  assert.match(sink.text, /^\[init video\+audio @(3920|3960|4000)\] /)
})

test('an audio-only stream starts with at most the burst', () => {
  const { stream } = setUp({ audioBurstMs: 200 })
  const publication = stream.publish(() => {})
  publication.setTrack(audio)
  for (let dts = 0; dts <= 1000; dts += 20) publication.write(frameAt(audio, dts))
  const sink = new TestSink()
  stream.read(plainPackaging(), sink)
  assert.match(sink.text, /^\[init audio @(8\d\d|9\d\d|1000)\] A/)
})

test('a listener starts with the frames since the join point and hears of interruptions', () => {
  const { stream } = setUp()
  const publication = publishBoth(stream)
  publication.write(frameAt(video, 0, { key: true }))
  publication.write(frameAt(video, 40))
  const heard: string[] = []
  const stop = stream.listen({
    info: ({ tracks }) => heard.push(`info ${tracks.length}`),
    frame: ({ dtsTicks }) => heard.push(`frame ${dtsTicks}`),
    interrupted: (reason) => heard.push(reason),
    closed: () => heard.push('closed'),
  })
  publication.write(frameAt(audio, 60))
  publication.end('timeout')
  stop()
  assert.deepEqual(heard, ['info 2', 'frame 0', 'frame 40', 'frame 60', 'timeout'])
})

test('a listener also gets the audio just before the first key frame, within bounds; readers start at the key frame', () => {
  const { stream } = setUp()
  const heard: string[] = []
  const stop = stream.listen({
    info: ({ tracks }) => heard.push(`info ${tracks.length}`),
    frame: ({ track, dtsTicks }) => heard.push(`${track.kind} ${dtsTicks}`),
    interrupted() {},
    closed() {},
  })
  const publication = publishBoth(stream)
  for (const ms of [0, 100, 400, 700]) publication.write(frameAt(audio, ms))
  publication.write(frameAt(video, 720))
  publication.write(frameAt(video, 760, { key: true }))
  assert.deepEqual(heard, ['info 2', 'audio 400', 'audio 700', 'video 760'])
  stop()
  publication.end('publisher_closed')

  const large = stream.publish(() => {})
  large.setTrack(video)
  large.setTrack(audio)
  heard.length = 0
  stream.listen({ info() {}, frame: ({ payload }) => heard.push(`${payload.length}`), interrupted() {}, closed() {} })
  for (const ms of [0, 10, 20]) large.write(frameAt(audio, ms, { bytes: 500_000 }))
  large.write(frameAt(video, 30, { key: true }))
  assert.deepEqual(heard, ['500000', '500000', '10'])
})

test('a reader that leaves a freed stream twice does not free the next stream of that name', () => {
  const { hub, stream, closed } = setUp()
  const reader = stream.read(plainPackaging(), new TestSink())
  stream.leave(reader, 'HUB_STREAM_NOT_LIVE')
  assert.deepEqual(closed, ['v/live/x'])
  const next = hub.open(key)
  publishBoth(next)
  stream.leave(reader, 'PEER_CLOSED')
  assert.equal(hub.find(key), next)
  assert.deepEqual(closed, ['v/live/x'])
})

test('closing the hub ends publishers, readers and listeners, tells of each stream once, and leaves no timer', () => {
  const { scheduler, hub, stream, closed } = setUp()
  const ended: string[] = []
  const publication = stream.publish((reason) => ended.push(reason))
  publication.setTrack(video)
  publication.setTrack(audio)
  publication.write(frameAt(video, 0, { key: true }))
  const sink = new TestSink()
  stream.read(plainPackaging(), sink)
  const stop = stream.listen({ info() {}, frame() {}, interrupted() {}, closed: () => stop() })
  publication.write(frameAt(video, 40))
  hub.close()
  assert.deepEqual([ended, sink.ended, closed], [['kicked'], 'HUB_STREAM_CLOSED', ['v/live/x']])
  assert.deepEqual([hub.streams.length, scheduler.pending], [0, 0])
})
