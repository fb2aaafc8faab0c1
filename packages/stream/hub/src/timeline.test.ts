import assert from 'node:assert/strict'
import test from 'node:test'

import { audioTrack, frameAt, videoTrack } from '@millrace/testkit'

import { Timeline } from './timeline.ts'

const video = videoTrack()
const audio = audioTrack()

test('a stream starts at 0 whatever clock the publisher has', () => {
  const timeline = new Timeline()
  assert.equal(timeline.place(frameAt(video, 5_000_000), 0).dtsTicks, 0)
  assert.equal(timeline.place(frameAt(audio, 5_000_010), 0).dtsTicks, 10)
  assert.equal(timeline.place(frameAt(video, 5_000_040), 40).dtsTicks, 40)
})

test('frames that need no repair are passed on as they are', () => {
  const timeline = new Timeline()
  timeline.place(frameAt(video, 0), 0)
  const frame = frameAt(video, 40)
  assert.equal(timeline.place(frame, 40), frame)
})

test('a jump of both tracks keeps them in step and time growing', () => {
  const timeline = new Timeline()
  timeline.place(frameAt(video, 1000), 0)
  timeline.place(frameAt(audio, 1005), 0)
  // the video clock jumps ahead by an hour, one late audio frame still has the old clock
  const afterJump = timeline.place(frameAt(video, 3_601_040), 40).dtsTicks
  const lateAudio = timeline.place(frameAt(audio, 1028), 41).dtsTicks
  const audioJumped = timeline.place(frameAt(audio, 3_601_051), 60).dtsTicks
  assert.equal(afterJump, 45)
  assert.equal(lateAudio, 28)
  assert.equal(audioJumped - afterJump, 11)
  assert.equal(timeline.repairs.jumps, 2)
})

test('a publisher whose clock stood still as long as the wall clock went on did not jump', () => {
  const timeline = new Timeline()
  timeline.place(frameAt(video, 0), 0)
  assert.equal(timeline.place(frameAt(video, 20_000), 20_000).dtsTicks, 20_000)
  assert.equal(timeline.repairs.jumps, 0)
})

test('a new publisher continues where the stream stopped, with the time that has passed', () => {
  const timeline = new Timeline()
  timeline.place(frameAt(video, 0), 0)
  timeline.place(frameAt(video, 1000), 1000)
  timeline.restart()
  assert.equal(timeline.place(frameAt(video, 70), 4000).dtsTicks, 4000)
})

test('decoding times that do not grow are moved on by a tick and counted', () => {
  const timeline = new Timeline()
  const times = [0, 40, 40, 30, 80].map((dts) => timeline.place(frameAt(video, dts), dts).dtsTicks)
  assert.deepEqual(times, [0, 40, 41, 42, 80])
  assert.equal(timeline.repairs.nonMonotonic, 2)
})

test('a frame to be presented before it is decoded is presented when it is decoded', () => {
  const timeline = new Timeline()
  const placed = timeline.place({ ...frameAt(video, 100), ptsTicks: 20 }, 0)
  assert.equal(placed.ptsTicks, placed.dtsTicks)
  assert.equal(timeline.repairs.ptsBeforeDts, 1)
})

test('tracks of different timescales share one shift', () => {
  const timeline = new Timeline()
  const opus = audioTrack({ codec: 'opus', timescale: 48_000 })
  assert.equal(timeline.place(frameAt(video, 10_000), 0).dtsTicks, 0)
  assert.equal(timeline.place(frameAt(opus, 480_960), 0).dtsTicks, 960)
})
