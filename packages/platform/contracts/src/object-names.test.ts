import assert from 'node:assert/strict'
import test from 'node:test'

import {
  clipPrefix,
  FILE_NAMES,
  initKey,
  livePlaylistKey,
  parseObjectKey,
  parseTakeObject,
  recordingPrefix,
  relativeUri,
  segmentKey,
  takeObjectKey,
  templatedFileKey,
} from './object-names.ts'
import { recordSettingsSchema } from './rest/record-settings.ts'

const STREAM = 'str_01jd8y4v5xk3q9m2w7r6t0abcd'
const TAKE = 'tak_01jd8y4v5xk3q9m2w7r6t0abcd'
const RECORDING = 'rec_01jd8y4v5xk3q9m2w7r6t0abcd'
const CLIP = 'clp_01jd8y4v5xk3q9m2w7r6t0abcd'

test('every key that is built is read back as whose it is', () => {
  const take = { type: 'take', streamId: STREAM, takeId: TAKE }
  const cases: [string, unknown][] = [
    [segmentKey(STREAM, TAKE, 17, 'fmp4'), { ...take, object: { type: 'segment', segment: 17, format: 'fmp4' } }],
    [segmentKey(STREAM, TAKE, 0, 'ts'), { ...take, object: { type: 'segment', segment: 0, format: 'ts' } }],
    [initKey(STREAM, TAKE, 2), { ...take, object: { type: 'init', init: 2 } }],
    [livePlaylistKey(STREAM, 'media'), { type: 'live', streamId: STREAM }],
    [recordingPrefix(RECORDING) + FILE_NAMES.mp4, { type: 'recording', id: RECORDING, name: 'video.mp4' }],
    [clipPrefix(CLIP) + FILE_NAMES.poster, { type: 'clip', id: CLIP, name: 'poster.jpg' }],
  ]
  for (const [key, owner] of cases) assert.deepEqual(parseObjectKey(key), owner, key)
})

test('what is no name of ours is none', () => {
  for (const name of ['01.m4s', '1.m4a', '-1.ts', 'init-.mp4', 'init-00.mp4', 'live/x.m3u8', '../1.ts', '1.ts/', '']) {
    assert.equal(parseTakeObject(name), undefined, name)
    assert.equal(takeObjectKey(STREAM, TAKE, name), undefined, name)
  }
  for (const key of ['streams/x/y/0.ts', `streams/${STREAM}/${TAKE}/a/0.ts`, `recordings/${CLIP}/a`, 'files/a.mp4']) {
    assert.equal(parseObjectKey(key), undefined, key)
  }
})

test('names of a take are keys below it, and the live playlist is beside the takes', () => {
  assert.equal(takeObjectKey(STREAM, TAKE, '3.ts'), `streams/${STREAM}/${TAKE}/3.ts`)
  assert.equal(takeObjectKey(STREAM, TAKE, 'live/index.m3u8'), livePlaylistKey(STREAM, 'index'))
})

test('playlists refer to segments relatively', () => {
  const segment = segmentKey(STREAM, TAKE, 3, 'fmp4')
  assert.equal(relativeUri(`${recordingPrefix(RECORDING)}media.m3u8`, segment), `../../${segment}`)
  assert.equal(relativeUri(livePlaylistKey(STREAM, 'media'), segment), `../${TAKE}/3.m4s`)
  assert.equal(relativeUri('a/index.m3u8', 'a/media.m3u8'), 'media.m3u8')
  assert.equal(relativeUri('index.m3u8', 'a/b'), 'a/b')
})

test('templates know the variables of SRS, in UTC', () => {
  const facts = {
    vhost: 'tv.example',
    app: 'live',
    stream: 'news',
    startedAt: new Date('2026-01-02T03:04:05.006Z'),
    durationS: 61.5,
  }
  assert.equal(
    templatedFileKey('[vhost]/[app]/[2006]/[01]/[02]/[stream]-[15].[04].[05].[999]', 'mp4', facts),
    'files/tv.example/live/2026/01/02/news-03.04.05.006.mp4',
  )
  assert.equal(templatedFileKey('[timestamp]_[duration].flv', 'flv', facts), 'files/1767323045006_61500.flv')
  // a value is no template
  assert.equal(templatedFileKey('[stream]', 'flv', { ...facts, stream: '[app]' }), 'files/[app].flv')
})

test('settings refuse templates that leave their folder or name what there is not', () => {
  const accepts = (path: string) => recordSettingsSchema.safeParse({ mode: 'manual', path }).success
  for (const path of ['[stream].mp4', 'a/[2006]/[01].flv', 'x']) assert.ok(accepts(path), path)
  for (const path of ['', '/x', '../x', 'a/../b', 'a//b', '[date]', '[a', 'a]', 'a b', '%2e%2e']) {
    assert.ok(!accepts(path), path)
  }
})
