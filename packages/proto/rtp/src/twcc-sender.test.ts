import assert from 'node:assert/strict'
import test from 'node:test'

import type { TransportFeedback } from './rtcp/twcc.ts'
import { TwccSender } from './twcc-sender.ts'

const feedback = (
  baseSequence: number,
  arrivals: readonly (number | null)[],
  referenceTime = 0,
): TransportFeedback => ({
  type: 'twcc',
  senderSsrc: 1,
  mediaSsrc: 2,
  baseSequence,
  referenceTime,
  feedbackCount: 0,
  arrivals,
})

test('packets are numbered, modulo 16 bits', () => {
  const sender = new TwccSender()
  assert.deepEqual([sender.next(100, 0), sender.next(100, 0)], [0, 1])
  for (let i = 2; i < 65_536; i++) sender.next(100, 0)
  assert.equal(sender.next(100, 0), 0)
})

test('feedback tells each packet apart: size, when it left, when it arrived', () => {
  const sender = new TwccSender()
  for (let i = 0; i < 3; i++) sender.next(100 + i, 1000 + i * 10)
  assert.deepEqual(sender.feedback(feedback(0, [500, null, 20_500], 100)), [
    { bytes: 100, sentMs: 1000, arrivedMs: 6400.5 },
    { bytes: 101, sentMs: 1010, arrivedMs: null },
    { bytes: 102, sentMs: 1020, arrivedMs: 6420.5 },
  ])
})

test('each packet has one result', () => {
  const sender = new TwccSender()
  for (let i = 0; i < 3; i++) sender.next(100, i)
  assert.equal(sender.feedback(feedback(0, [0, null])).length, 2)
  assert.deepEqual(sender.feedback(feedback(0, [null, 250, 500])), [{ bytes: 100, sentMs: 2, arrivedMs: 0.5 }])
})

test('feedback on packets that were not sent, or long ago, has no result', () => {
  const sender = new TwccSender(8)
  for (let i = 0; i < 20; i++) sender.next(100, i)
  assert.deepEqual(
    sender.feedback(feedback(10, [0, 0, 0])).map(({ sentMs }) => sentMs),
    [12],
  )
  assert.deepEqual(
    sender.feedback(feedback(19, [0, 0, 0])).map(({ sentMs }) => sentMs),
    [19],
  )
  assert.deepEqual(sender.feedback(feedback(40_000, [0, null])), [])
  assert.deepEqual(new TwccSender().feedback(feedback(0, [0, null])), [])
})

test('feedback over the wraps of the number and of the reference time', () => {
  const sender = new TwccSender()
  for (let i = 0; i < 65_538; i++) sender.next(100, i)
  const before = sender.feedback(feedback(65_534, [0, 0, 0], 0xff_ffff))
  const after = sender.feedback(feedback(1, [0], 1))
  assert.deepEqual(
    [...before, ...after].map(({ sentMs, arrivedMs }) => [sentMs, (arrivedMs ?? NaN) - 0xff_ffff * 64]),
    [
      [65_534, 0],
      [65_535, 0],
      [65_536, 0],
      [65_537, 128],
    ],
  )
})
