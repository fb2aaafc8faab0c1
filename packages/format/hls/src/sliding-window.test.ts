import assert from 'node:assert/strict'
import test from 'node:test'
import { SlidingWindow } from './sliding-window.ts'
import type { NewSegment, SlidingWindowOptions } from './sliding-window.ts'

function segment(change: Partial<NewSegment<string>> = {}): NewSegment<string> {
  return { durationUs: 2_000_000, discontinuity: false, wallMs: null, sizeBytes: 1000, body: 'b', ...change }
}

function filled(
  count: number,
  options: SlidingWindowOptions,
  change: Partial<NewSegment<string>> = {},
): SlidingWindow<string> {
  const window = new SlidingWindow<string>(options)
  for (let i = 0; i < count; i++) window.add(segment(change), i * 2000)
  return window
}

const sequences = (window: SlidingWindow<string>): string[] => window.playlist(String).segments.map(({ uri }) => uri)

test('lists just enough to cover the window and numbers on', () => {
  const window = filled(10, { windowUs: 7_000_000, firstSequence: 100 })
  assert.deepEqual(sequences(window), ['106', '107', '108', '109'])
  assert.equal(window.playlist(String).mediaSequence, 106)
})

test('never lists less than three target durations', () => {
  assert.deepEqual(sequences(filled(10, { windowUs: 1, targetDurationS: 4 })), ['4', '5', '6', '7', '8', '9'])
})

test('counts the discontinuities that slid out', () => {
  const window = new SlidingWindow<string>({ windowUs: 6_000_000 })
  for (let i = 0; i < 6; i++) window.add(segment({ discontinuity: i === 0 || i === 3 }), 0)
  const playlist = window.playlist(String)
  assert.equal(playlist.discontinuitySequence, 1)
  assert.deepEqual(
    playlist.segments.map((listed) => listed.discontinuity),
    [true, false, false],
  )
  window.add(segment(), 0)
  assert.equal(window.playlist(String).discontinuitySequence, 2)
})

test('a removed segment stays for its duration and that of the longest playlist that listed it', () => {
  const window = filled(4, { windowUs: 6_000_000 })
  assert.deepEqual(sequences(window), ['1', '2', '3'])
  // removed at 6 s; 2 s of its own and 6 s of playlist
  window.prune(13_999)
  assert.equal(window.get(0)?.sequence, 0)
  assert.equal(window.get(3)?.sequence, 3)
  assert.equal(window.get(4), undefined)
  window.prune(14_000)
  assert.equal(window.get(0), undefined)
  assert.equal(window.get(1)?.sequence, 1)
  assert.equal(window.sizeBytes, 3000)
})

test('bytes are bounded: removed segments go first, then the oldest listed, never the newest', () => {
  const window = filled(20, { windowUs: 10_000_000, maxBytes: 4500 })
  assert.ok(window.sizeBytes <= 4500)
  assert.deepEqual(sequences(window), ['16', '17', '18', '19'])
  window.add(segment({ sizeBytes: 1_000_000 }), 40_000)
  assert.deepEqual(sequences(window), ['20'])
  assert.equal(window.get(19), undefined)
})

test('the number of segments is bounded when durations are not', () => {
  assert.equal(filled(100, { maxSegments: 20 }, { durationUs: 0 }).length, 20)
})

test('the target duration covers the longest segment ever and never falls', () => {
  const window = filled(1, { targetDurationS: 2 })
  assert.equal(window.targetDurationS, 2)
  window.add(segment({ durationUs: 2_499_999 }), 0)
  assert.equal(window.targetDurationS, 2)
  window.add(segment({ durationUs: 8_333_333 }), 0)
  assert.equal(window.targetDurationS, 8)
  for (let i = 0; i < 50; i++) window.add(segment(), 0)
  assert.equal(window.targetDurationS, 8)
})

test('bandwidth is measured on the listed segments, without short ones in the peak', () => {
  const window = new SlidingWindow<string>({ targetDurationS: 2 })
  assert.deepEqual(window.bandwidth(), { peakBps: 0, averageBps: 0 })
  window.add(segment({ sizeBytes: 250_000 }), 0)
  window.add(segment({ sizeBytes: 500_000 }), 0)
  window.add(segment({ sizeBytes: 50_000, durationUs: 40_000 }), 0)
  assert.deepEqual(window.bandwidth(), { peakBps: 2_000_000, averageBps: 1_584_159 })
})

test('whoever keeps the segments is told when one is not available any more', () => {
  const forgotten: number[] = []
  const window = new SlidingWindow<string>({
    windowUs: 3_000_000,
    onForgotten: ({ sequence }) => forgotten.push(sequence),
  })
  const segment = { durationUs: 1_000_000, discontinuity: false, wallMs: null, sizeBytes: 1, body: '' }
  for (let i = 0; i < 10; i++) window.add(segment, i * 1000)
  // three listed, and those of the last second and the longest list
  assert.deepEqual(forgotten, [0, 1, 2])
  window.prune(60_000)
  assert.deepEqual(forgotten, [0, 1, 2, 3, 4, 5, 6])
})

test('with other bounds what is listed slides out in its turn, and the target duration falls with it', () => {
  const forgotten: number[] = []
  const window = filled(4, { windowUs: 20_000_000, targetDurationS: 10 }, { durationUs: 8_000_000 })
  assert.equal(window.targetDurationS, 10)
  const onForgotten = ({ sequence }: { sequence: number }): void => void forgotten.push(sequence)
  window.configure({ windowUs: 4_000_000, targetDurationS: 2, onForgotten })
  assert.deepEqual([window.targetDurationS, sequences(window).length], [8, 4])
  for (let i = 0; i < 13; i++) window.add(segment({ durationUs: 2_000_000 }), 1e6 + i * 2000)
  assert.equal(window.targetDurationS, 2)
  assert.deepEqual(sequences(window), ['14', '15', '16'])
  window.add(segment({ durationUs: 5_000_000 }), 2e6)
  for (let i = 0; i < 5; i++) window.add(segment(), 2e6)
  assert.equal(window.targetDurationS, 5)
  window.add(segment(), 1e9)
  assert.ok(forgotten.includes(1))
})
