import assert from 'node:assert/strict'
import test from 'node:test'

import { Random } from '@millrace/testkit'

import { readRtcp, writeRtcp } from './rtcp/compound.ts'
import { TwccRecorder } from './twcc-recorder.ts'

/** What a feedback tells, as `sequence@ms` and `sequence!` for a missing one. */
function told(recorder: TwccRecorder, nowMs: number): string[] {
  return recorder
    .feedback(nowMs, 1, 2)
    .map(({ baseSequence, referenceTime, arrivals }) =>
      arrivals
        .map((us, i) => `${(baseSequence + i) & 0xffff}${us === null ? '!' : `@${referenceTime * 64 + us / 1000}`}`)
        .join(' '),
    )
}

test('nothing is told before anything arrived, nor before the interval is over', () => {
  const recorder = new TwccRecorder()
  assert.deepEqual([recorder.feedback(1000, 1, 2), recorder.deadlineMs], [[], undefined])
  recorder.note(10, 1000)
  assert.equal(recorder.deadlineMs, 1100)
  assert.deepEqual(told(recorder, 1099), [])
  assert.deepEqual(told(recorder, 1100), ['10@1000'])
  assert.deepEqual([told(recorder, 2000), recorder.deadlineMs], [[], undefined])
})

test('arrivals and losses between them, over the wrap of the number', () => {
  const recorder = new TwccRecorder()
  for (const [i, sequence] of [65_534, 65_535, 2, 1].entries()) recorder.note(sequence, 1000 + i)
  assert.deepEqual(told(recorder, 2000), ['65534@1000 65535@1001 0! 1@1003 2@1002'])
})

test('losses before the first packet of a feedback are told, those after the last wait', () => {
  const recorder = new TwccRecorder()
  recorder.note(10, 1000)
  assert.deepEqual(told(recorder, 1100), ['10@1000'])
  recorder.note(13, 1200)
  assert.deepEqual(told(recorder, 1300), ['11! 12! 13@1200'])
})

test('packets that come after their feedback are told of later, and only they', () => {
  const recorder = new TwccRecorder()
  recorder.note(10, 1000)
  recorder.note(13, 1000)
  assert.deepEqual(told(recorder, 1100), ['10@1000 11! 12! 13@1000'])
  recorder.note(11, 1150)
  assert.deepEqual(told(recorder, 1250), ['11@1150'])
  recorder.note(12, 1300)
  recorder.note(15, 1310)
  assert.deepEqual(told(recorder, 1400), ['12@1300 13! 14! 15@1310'])
  recorder.note(16, 1500)
  assert.deepEqual(told(recorder, 1600), ['16@1500'])
})

test('a repeated packet keeps its first arrival', () => {
  const recorder = new TwccRecorder()
  recorder.note(10, 1000)
  recorder.note(10, 1050)
  assert.deepEqual(told(recorder, 1100), ['10@1000'])
})

test('feedback packets are counted, modulo 8 bits', () => {
  const recorder = new TwccRecorder()
  const counts: number[] = []
  for (let i = 0; i < 258; i++) {
    recorder.note(i, i * 100)
    counts.push(...recorder.feedback(i * 100 + 100, 1, 2).map(({ feedbackCount }) => feedbackCount))
  }
  assert.deepEqual([counts[0], counts[255], counts[256], counts.length], [0, 255, 0, 258])
})

test('many packets are told of in several feedbacks of at most 1,200 bytes', () => {
  const random = new Random(2)
  const recorder = new TwccRecorder()
  // far apart and out of order: each delta takes 16 bits
  for (let i = 0; i < 1000; i++) if (random.int(3) > 0) recorder.note(i, 10_000 + random.int(5000))
  const packets = recorder.feedback(20_000, 1, 2)
  assert.deepEqual(packets.map(({ arrivals }) => arrivals.length).slice(0, 2), [400, 400])
  for (const packet of packets) {
    const bytes = writeRtcp([packet])
    assert.ok(bytes.length <= 1200)
    assert.deepEqual(readRtcp(bytes), [packet])
  }
})

test('an arrival too long after the one before it begins another feedback', () => {
  const recorder = new TwccRecorder()
  recorder.note(10, 1000)
  recorder.note(11, 10_000)
  recorder.note(12, 10_000)
  assert.deepEqual(told(recorder, 11_000), ['10@1000', '11@10000 12@10000'])
})

test('feedback on losses alone has a time that fits the packets behind them', () => {
  const recorder = new TwccRecorder({ maxStatuses: 3 })
  recorder.note(10, 100_000)
  assert.equal(told(recorder, 100_100).length, 1)
  recorder.note(15, 100_200)
  const packets = recorder.feedback(100_300, 1, 2)
  assert.deepEqual(
    packets.map(({ arrivals, referenceTime }) => [arrivals, referenceTime]),
    [
      [[null, null, null], 1565],
      [[null, 40_000], 1565],
    ],
  )
})

test('the reference time wraps after twelve days', () => {
  const recorder = new TwccRecorder()
  const wrapMs = 2 ** 24 * 64
  recorder.note(1, wrapMs - 1)
  recorder.note(2, wrapMs + 1)
  const [packet] = recorder.feedback(wrapMs + 200, 1, 2)
  assert.deepEqual([packet?.referenceTime, packet?.arrivals], [0xff_ffff, [63_000, 65_000]])
})

test('a jump of the number forgets what is too far behind: few packets are told of', () => {
  const recorder = new TwccRecorder({ maxPending: 1000 })
  for (let i = 0; i < 500; i++) recorder.note(i, 1000)
  recorder.note(30_000, 1010)
  recorder.note(5, 1020)
  const packets = recorder.feedback(1200, 1, 2)
  const statuses = packets.reduce((sum, { arrivals }) => sum + arrivals.length, 0)
  assert.equal(statuses, 1000)
  assert.equal(packets.at(-1)?.arrivals.at(-1), 1010_000 - 15 * 64_000)
})

test('whatever numbers a peer sends, what is kept and told stays bounded', () => {
  const random = new Random(9)
  const recorder = new TwccRecorder({ maxPending: 500 })
  for (let nowMs = 0; nowMs < 5000; nowMs++) {
    recorder.note(random.int(65_536), nowMs)
    const packets = recorder.feedback(nowMs, 1, 2)
    assert.ok(packets.reduce((sum, { arrivals }) => sum + arrivals.length, 0) <= 501)
    writeRtcp(packets)
  }
})
