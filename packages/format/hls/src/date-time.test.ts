import assert from 'node:assert/strict'
import test from 'node:test'
import { formatDateTime, parseDateTime } from './date-time.ts'

test('dates are those of the platform, in both directions', () => {
  const samples = [0, 1, 951_782_399_999, 951_782_400_000, 1_709_251_199_999, 1_735_689_599_999, 4_102_444_800_000]
  for (let wallMs = 0; wallMs < 200 * 365 * 86_400_000; wallMs += 86_400_000 * 17 + 3_723_004) samples.push(wallMs)
  for (const wallMs of samples) {
    assert.equal(formatDateTime(wallMs), new Date(wallMs).toISOString())
    assert.equal(parseDateTime(formatDateTime(wallMs)), wallMs)
  }
})

test('zones, missing seconds and long fractions are read', () => {
  assert.equal(parseDateTime('2024-02-29T12:00:00.250+02:00'), Date.parse('2024-02-29T10:00:00.250Z'))
  assert.equal(parseDateTime('2024-02-29T12:00:00-0530'), Date.parse('2024-02-29T17:30:00Z'))
  assert.equal(parseDateTime('2024-02-29T12:00'), Date.parse('2024-02-29T12:00:00Z'))
  assert.equal(parseDateTime('2024-02-29T12:00:00.123456789Z'), Date.parse('2024-02-29T12:00:00.123Z'))
})

test('what is no date is undefined', () => {
  for (const text of [
    '',
    'now',
    '2024-13-01T00:00:00Z',
    '2024-01-01',
    '2024-01-01T25:00:00Z',
    '2024-01-01T00:00:00+1',
  ]) {
    assert.equal(parseDateTime(text), undefined, text)
  }
})
