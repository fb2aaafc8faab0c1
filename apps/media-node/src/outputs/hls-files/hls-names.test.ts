import assert from 'node:assert/strict'
import test from 'node:test'

import { FloorClock } from './floor-clock.ts'
import { HlsNames } from './hls-names.ts'
import { testOptions } from './hls-files.test-support.ts'

const KEY = { vhost: 'v.example', app: 'live/eu', name: 'x' }
const FACTS = { seq: 7, wallMs: Date.UTC(2026, 10, 3, 4, 5, 6, 78), durationMs: 1999.6, floor: undefined }

test('variables of templates are those of the stream, of the begin of the segment, and its number and length', () => {
  const segmentFile = '[vhost]/[app]/[2006]-[01]-[02]T[15].[04].[05].[999]/[stream]-[timestamp]-[seq]-[duration].ts'
  const names = new HlsNames(KEY, testOptions({ segmentFile, playlistFile: '[vhost]/[app]/[stream].m3u8' }))
  assert.equal(names.playlist, '/hls/v.example/live/eu/x.m3u8')
  assert.deepEqual(names.segment(FACTS), {
    file: `/hls/v.example/live/eu/2026-11-03T04.05.06.078/x-${FACTS.wallMs}-7-2000.ts`,
    uri: `2026-11-03T04.05.06.078/x-${FACTS.wallMs}-7-2000.ts`,
  })
  assert.match(names.segment({ ...FACTS, floor: 12 }).uri, /x-12-7-2000/)
})

test('a prefix comes before the folder of the playlist, unless it ends with a slash', () => {
  const uri = (entryPrefix: string): string => new HlsNames(KEY, testOptions({ entryPrefix })).segment(FACTS).uri
  assert.equal(uri(''), 'x-7.ts')
  assert.equal(uri('http://h'), 'http://h/live/eu/x-7.ts')
  assert.equal(uri('http://h/'), 'http://h/x-7.ts')
})

test('a key is named by its URL with nothing between, or from the playlist', () => {
  const keys = { segmentsPerKey: 5, folder: '/keys', file: '[app]/[stream]-[seq].key', url: 'https://k/?f=' }
  const names = new HlsNames(KEY, testOptions())
  assert.deepEqual(names.key(5, keys), { file: '/keys/live/eu/x-5.key', uri: 'https://k/?f=live/eu/x-5.key' })
  assert.equal(names.key(5, { ...keys, url: '' }).uri, '../../../keys/live/eu/x-5.key')
})

test('names that would lead out of the folder do not', () => {
  const { file } = new HlsNames({ vhost: 'v', app: '../..', name: 'x' }, testOptions()).segment(FACTS)
  assert.ok(file.startsWith('/hls/'), file)
})

test('the count of segments follows the clock, and their lengths make up for what they are off', () => {
  const clock = new FloorClock(1000)
  assert.equal(clock.begin(100_000), 700)
  assert.equal(clock.count, 99)
  assert.equal(clock.begin(100_700), 1000)
  assert.equal(clock.count, 100)
  // two too many, then far too few
  clock.begin(100_800)
  assert.equal(clock.begin(100_900), 1600)
  assert.equal(clock.begin(200_000), 700)
  assert.equal(clock.count, 199)
})
