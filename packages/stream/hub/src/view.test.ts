import assert from 'node:assert/strict'
import test from 'node:test'

import { frameAt } from '@millrace/testkit'

import { plainPackaging, publishBoth, setUp, TestSink, video } from './testing.ts'
import type { Packaging } from './view.ts'

test('a slow reader gets nothing more until it has sent what it has, then all it missed', () => {
  const { scheduler, stream } = setUp()
  const publication = publishBoth(stream)
  publication.write(frameAt(video, 0, { key: true }))
  const slow = new TestSink()
  const healthy = new TestSink()
  stream.read(plainPackaging(), slow)
  stream.read(plainPackaging(), healthy)
  slow.pendingBytes = 5
  for (const dts of [40, 80]) {
    publication.write(frameAt(video, dts))
    scheduler.advance(100)
  }
  assert.equal(slow.text, '[init video+audio @0] V0k ')
  assert.equal(healthy.text, '[init video+audio @0] V0k V40 V80 ')
  slow.drain()
  assert.equal(slow.text, healthy.text)
  publication.write(frameAt(video, 120))
  scheduler.advance(100)
  assert.equal(healthy.text, '[init video+audio @0] V0k V40 V80 V120 ')
  assert.equal(slow.text, healthy.text)
})

test('a reader that was busy when the publisher left still gets the end', () => {
  const { stream } = setUp()
  const publication = publishBoth(stream)
  publication.write(frameAt(video, 0, { key: true }))
  const slow = new TestSink()
  stream.read(plainPackaging(), slow)
  slow.pendingBytes = 5
  publication.write(frameAt(video, 40))
  publication.end('publisher_closed')
  slow.drain()
  assert.equal(slow.text, '[init video+audio @0] V0k V40 ')
})

test('a reader that is far behind gets a share at a time, each when it has sent the one before', () => {
  const { stream } = setUp({ maxLagBytes: 1e9 })
  const large: Packaging = {
    key: 'large',
    create: () => ({ init: () => [], update: () => [], encode: (frame) => [frame.payload] }),
  }
  const publication = publishBoth(stream)
  for (let dts = 0; dts < 40; dts++) publication.write(frameAt(video, dts, { key: dts === 0, bytes: 250_000 }))
  const sink = new TestSink()
  stream.read(large, sink)
  let shares = 1
  for (let sent = sink.writes.length; ; sent = sink.writes.length, shares++) {
    const share = sink.writes.slice(-1)[0]?.length ?? 0
    assert.ok(share <= 1_500_000, `${share} bytes`)
    sink.drain()
    if (sink.writes.length === sent) break
  }
  assert.equal(shares, 8)
  assert.equal(
    sink.writes.reduce((sum, { length }) => sum + length, 0),
    10_000_000,
  )
})

test('a reader that drains after it was closed gets nothing more', () => {
  const { scheduler, stream } = setUp()
  const publication = publishBoth(stream)
  publication.write(frameAt(video, 0, { key: true }))
  const sink = new TestSink()
  const reader = stream.read(plainPackaging(), sink)
  sink.pendingBytes = 5
  publication.write(frameAt(video, 40))
  scheduler.advance(100)
  reader.close('PEER_CLOSED')
  sink.drain()
  reader.pause()
  reader.resume()
  assert.equal(sink.text, '[init video+audio @0] V0k ')
})

test('a reader that comes between a key frame and its flush starts at once, at the key frame before', () => {
  const { scheduler, stream } = setUp()
  const publication = publishBoth(stream)
  publication.write(frameAt(video, 0, { key: true }))
  stream.read(plainPackaging(), new TestSink())
  publication.write(frameAt(video, 40))
  scheduler.advance(100)
  publication.write(frameAt(video, 80, { key: true }))
  const sink = new TestSink()
  stream.read(plainPackaging(), sink)
  assert.equal(sink.text, '[init video+audio @0] V0k V40 ')
  publication.write(frameAt(video, 120))
  scheduler.advance(100)
  assert.equal(sink.text, '[init video+audio @0] V0k V40 V80k V120 ')
})

test('a reader that lags too far jumps to the newest key frame, once, and is counted', () => {
  const { scheduler, stream } = setUp({ maxLagMs: 250 })
  const publication = publishBoth(stream)
  publication.write(frameAt(video, 0, { key: true }))
  const sink = new TestSink()
  const reader = stream.read(plainPackaging(), sink)
  sink.pendingBytes = 5
  for (let dts = 40; dts <= 400; dts += 40) {
    publication.write(frameAt(video, dts, { key: dts % 200 === 0 }))
    scheduler.advance(100)
  }
  sink.drain()
  publication.write(frameAt(video, 440))
  scheduler.advance(100)
  assert.equal(sink.text, '[init video+audio @0] V0k [update @400] V400k V440 ')
  assert.equal(reader.jumps, 1)
})

test('a reader that takes nothing is closed after the stall timeout', () => {
  const { scheduler, stream } = setUp({ stallTimeoutMs: 1000 })
  const publication = publishBoth(stream)
  publication.write(frameAt(video, 0, { key: true }))
  const sink = new TestSink()
  stream.read(plainPackaging(), sink)
  sink.pendingBytes = 5
  for (let dts = 40; dts <= 1000 && sink.ended === undefined; dts += 40) {
    publication.write(frameAt(video, dts))
    scheduler.advance(100)
  }
  assert.equal(sink.ended, 'HUB_READER_STALLED')
})

test('a paused reader gets nothing and goes on where it was', () => {
  const { scheduler, stream } = setUp()
  const publication = publishBoth(stream)
  publication.write(frameAt(video, 0, { key: true }))
  const sink = new TestSink()
  const reader = stream.read(plainPackaging(), sink)
  reader.pause()
  publication.write(frameAt(video, 40))
  scheduler.advance(100)
  assert.equal(sink.text, '[init video+audio @0] V0k ')
  reader.resume()
  assert.equal(sink.text, '[init video+audio @0] V0k V40 ')
})

test('memory of a view stays bounded while a reader is stuck', () => {
  const { scheduler, stream } = setUp({ maxLagBytes: 2000, stallTimeoutMs: 1e9 })
  const big: Packaging = {
    key: 'big',
    create: () => ({ init: () => [], update: () => [], encode: (frame) => [frame.payload] }),
  }
  const publication = publishBoth(stream)
  publication.write(frameAt(video, 0, { key: true }))
  const stuck = new TestSink()
  const reader = stream.read(big, stuck)
  stuck.pendingBytes = 1
  for (let dts = 40; dts <= 40_000; dts += 40) {
    publication.write(frameAt(video, dts, { key: dts % 400 === 0, bytes: 100 }))
    scheduler.advance(100)
  }
  assert.equal(reader.cursor, undefined)
  assert.ok(reader.jumps >= 1)
})
