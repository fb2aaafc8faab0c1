import assert from 'node:assert/strict'
import test from 'node:test'

import { audioTrack } from '@millrace/testkit'

import { SteadySound } from './steady-sound.ts'

test('whole milliseconds become what the samples tell, until they are too far off', () => {
  const steady = new SteadySound()
  const track = audioTrack({ timescale: 1000, sampleRate: 44_100 })
  const time = (ms: number): number =>
    steady.frame({ track, dtsTicks: ms, ptsTicks: ms, key: true, payload: new Uint8Array(1) }).dtsTicks
  assert.deepEqual([0, 23, 46, 70].map(time), [0, 2090, 4180, 6269])
  // sound was lost
  assert.deepEqual([500, 523].map(time), [45_000, 47_090])
})
