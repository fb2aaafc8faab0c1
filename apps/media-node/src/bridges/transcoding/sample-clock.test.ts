import assert from 'node:assert/strict'
import test from 'node:test'

import { DriftWatch, SampleClock } from './sample-clock.ts'

test('a frame is of the time of most of its samples', () => {
  const clock = new SampleClock()
  assert.equal(clock.timeAt(0), undefined)
  clock.set(0, 1000)
  assert.equal(clock.timeOfFrame(-312, 960), 688)
  clock.set(960, 50_000)
  // 312 samples of before the gap, 648 of after it
  assert.equal(clock.timeOfFrame(648, 960), 50_000 - 312)
  assert.equal(clock.timeOfFrame(1608, 960), 50_648)
})

test('jitter is let be, small drift stretched, much drift padded, and a gap a gap', () => {
  const second = (watch: DriftWatch, error: (i: number) => number) =>
    Array.from({ length: 50 }, (_, i) => watch.observe(error(i), 960)).filter((correction) => correction)
  assert.deepEqual(
    second(new DriftWatch(), (i) => (i % 2 ? 900 : -900)),
    [],
  )
  assert.deepEqual(
    second(new DriftWatch(), () => 120),
    [{ kind: 'stretch', samples: 120 }],
  )
  assert.deepEqual(new Set(second(new DriftWatch(), () => -960)).size, 2)
  assert.deepEqual(second(new DriftWatch(), () => -960)[0], { kind: 'pad', samples: -960 })
  assert.deepEqual(new DriftWatch().observe(4801, 960), { kind: 'jump' })
})
