import assert from 'node:assert/strict'
import test from 'node:test'

import { frameAt } from '@millrace/testkit'

import { audio, plainPackaging, publishBoth, setUp, TestSink, video } from './testing.ts'
import type { HubOptions } from './options.ts'

/** A stream with a reader that has had the first key frame. */
function playing(options: Partial<HubOptions>) {
  const { scheduler, stream } = setUp(options)
  const publication = publishBoth(stream)
  publication.write(frameAt(video, 0, { key: true }))
  const sink = new TestSink()
  const reader = stream.read(plainPackaging(), sink)
  const sent = (): string[] => sink.writes.splice(0).map((bytes) => new TextDecoder().decode(bytes))
  return { scheduler, stream, publication, sink, reader, sent }
}

test('a write waits for more frames than it has to, but not for longer than twice its time', () => {
  const { scheduler, publication, sent } = playing({ flushMs: 100, minFlushFrames: 3 })
  sent()
  for (const dts of [1, 2, 3]) publication.write(frameAt(audio, dts))
  scheduler.advance(150)
  assert.deepEqual(sent(), [])
  publication.write(frameAt(audio, 4))
  assert.deepEqual(sent(), ['A1 A2 A3 A4 '])
  publication.write(frameAt(audio, 5))
  scheduler.advance(199)
  assert.deepEqual(sent(), [])
  scheduler.advance(1)
  assert.deepEqual(sent(), ['A5 '])
  for (const dts of [6, 7, 8, 9]) publication.write(frameAt(audio, dts))
  scheduler.advance(100)
  assert.deepEqual(sent(), ['A6 A7 A8 A9 '])
})

test('with a time between writes each frame is written alone, when its turn has come', () => {
  const { scheduler, stream, publication, sent } = playing({ sendIntervalMs: 10 })
  assert.deepEqual(sent(), ['[init video+audio @0] ', 'V0k '])
  for (const dts of [20, 40, 60]) publication.write(frameAt(video, dts))
  assert.deepEqual(sent(), [])
  scheduler.advance(10)
  assert.deepEqual(sent(), ['V20 '])
  scheduler.advance(9)
  assert.deepEqual(sent(), [])
  scheduler.advance(11)
  assert.deepEqual(sent(), ['V40 ', 'V60 '])
  scheduler.advance(1000)
  publication.write(frameAt(video, 80))
  assert.deepEqual(sent(), ['V80 '])
  const late = new TestSink()
  stream.read(plainPackaging(), late)
  scheduler.advance(1000)
  assert.equal(late.text, '[init video+audio @0] V0k V20 V40 V60 V80 ')
  assert.equal(late.writes.length, 6)
})

test('a reader whose turns come too seldom jumps, and one that has gone is not served', () => {
  const { scheduler, publication, reader, sent } = playing({ sendIntervalMs: 50, maxLagMs: 200 })
  for (let dts = 10; dts <= 1000; dts += 10) {
    publication.write(frameAt(video, dts, { key: dts % 500 === 0 }))
    scheduler.advance(10)
  }
  assert.ok(reader.jumps > 0)
  assert.ok(sent().includes('[update @500] '))
  reader.close('TEST')
  publication.write(frameAt(video, 2000))
  scheduler.advance(1000)
  assert.deepEqual(sent(), [])
})

test('metadata without new tracks is spared those in mid-stream, if they want it so', () => {
  for (const reduceHeaders of [false, true]) {
    const { scheduler, publication, sent } = playing({ reduceHeaders })
    sent()
    publication.setMetadata({ title: 'x' })
    scheduler.advance(100)
    assert.deepEqual(sent(), reduceHeaders ? [] : ['[update @0] '])
    publication.setTrack({ ...video })
    scheduler.advance(100)
    assert.deepEqual(sent(), ['[update @0] '])
  }
})

test('a cache that may hold so many frames begins anew with the next', () => {
  const { publication, stream } = playing({ maxGopFrames: 3 })
  for (const dts of [10, 20, 30, 40]) publication.write(frameAt(video, dts))
  const sink = new TestSink()
  stream.read(plainPackaging(), sink)
  assert.equal(stream.gopBytes, 2 * frameAt(video, 0).payload.length)
})

test('a frame whose time was put right tells by how much', () => {
  const { stream, publication } = playing({})
  const shifts: (number | undefined)[] = []
  stream.listen({
    info() {},
    frame: ({ shiftTicks }) => shifts.push(shiftTicks),
    interrupted() {},
    closed() {},
  })
  publication.write(frameAt(video, 40))
  publication.write(frameAt(video, 1_000_040))
  const [first, second, jumped = 0] = shifts
  assert.deepEqual([first, second], [undefined, undefined])
  assert.ok(jumped < -900_000, String(jumped))
})
