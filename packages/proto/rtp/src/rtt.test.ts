import assert from 'node:assert/strict'
import test from 'node:test'

import { ntpFromWall, ntpMiddle, ntpToWall } from './ntp.ts'
import { RoundTrip, roundTripMs } from './rtt.ts'

const WALL_MS = 1_795_000_000_123.5
/** The time that we sent, as a peer echoes it. */
const echo = (wallMs: number): number => ntpMiddle(ntpFromWall(wallMs))

test('NTP times: golden values, there and back', () => {
  assert.deepEqual(ntpFromWall(0), { seconds: 2_208_988_800, fraction: 0 })
  assert.deepEqual(ntpFromWall(500), { seconds: 2_208_988_800, fraction: 2 ** 31 })
  assert.equal(ntpMiddle({ seconds: 0x1122_3344, fraction: 0x5566_7788 }), 0x3344_5566)
  assert.equal(ntpMiddle({ seconds: 0xffff_ffff, fraction: 0xffff_ffff }), 0xffff_ffff)
  assert.ok(Math.abs(ntpToWall(ntpFromWall(WALL_MS)) - WALL_MS) < 0.001)
})

test('NTP times: the era that begins in 2036', () => {
  const wallMs = Date.UTC(2040, 0, 1)
  assert.ok(ntpFromWall(wallMs).seconds < 2 ** 31)
  assert.equal(ntpToWall(ntpFromWall(wallMs)), wallMs)
})

test('the round trip is the time since what was echoed, less the time the peer held it', () => {
  const rttMs = roundTripMs(echo(WALL_MS), 65_536 * 2, WALL_MS + 2050)
  assert.ok(rttMs !== undefined && Math.abs(rttMs - 50) < 0.1)
})

test('the round trip over the wrap of the middle 32 bits', () => {
  const wrapMs = Math.ceil((WALL_MS + 2_208_988_800_000) / 65_536_000) * 65_536_000 - 2_208_988_800_000
  assert.ok(echo(wrapMs - 20) > echo(wrapMs + 10))
  const rttMs = roundTripMs(echo(wrapMs - 20), 0, wrapMs + 10)
  assert.ok(rttMs !== undefined && Math.abs(rttMs - 30) < 0.1)
})

test('nothing echoed, an absurd time, a clock that was set: no measurement', () => {
  assert.equal(roundTripMs(0, 0, WALL_MS), undefined)
  assert.equal(roundTripMs(echo(WALL_MS), 0, WALL_MS + 31_000), undefined)
  assert.equal(roundTripMs(echo(WALL_MS), 0, WALL_MS - 1000), undefined)
  assert.equal(roundTripMs(echo(WALL_MS), 0x7fff_ffff, WALL_MS + 10), undefined)
})

test('a trip that rounding makes negative took no time', () => {
  assert.equal(roundTripMs(echo(WALL_MS), 60, WALL_MS), 0)
})

test('measurements are smoothed, and what measures nothing changes nothing', () => {
  const trip = new RoundTrip()
  trip.note(0, 0, WALL_MS)
  assert.equal(trip.ms, undefined)
  trip.note(echo(WALL_MS), 0, WALL_MS + 100)
  const first = trip.ms ?? NaN
  trip.note(echo(WALL_MS), 0, WALL_MS + 180)
  trip.note(0, 0, WALL_MS)
  assert.ok(Math.abs((trip.ms ?? NaN) - first - 10) < 0.1)
})
