import assert from 'node:assert/strict'
import test from 'node:test'

import { mediaPlaylistUri, parseHlsPath, playlistQuery, segmentUri } from './hls-target.ts'

test('paths name the playlists and segments of a stream', () => {
  const target = { app: 'live', name: 'x' }
  assert.deepEqual(parseHlsPath('/live/x.m3u8'), { ...target, resource: { type: 'multivariant' } })
  assert.deepEqual(parseHlsPath('/live/x.media.m3u8'), { ...target, resource: { type: 'media' } })
  assert.deepEqual(parseHlsPath('/live/x-1700000017.ts'), {
    ...target,
    resource: { type: 'segment', sequence: 1_700_000_017 },
  })
  assert.deepEqual(parseHlsPath('/a/b/c-2-1700000017.ts'), {
    app: 'a/b',
    name: 'c-2',
    resource: { type: 'segment', sequence: 1_700_000_017 },
  })
})

test('other paths are none of HLS', () => {
  for (const path of [
    '/',
    '/x.m3u8',
    '/live/.m3u8',
    '/live/x.ts',
    '/live/x-.ts',
    '/live/cam-12.ts',
    '/live/x-1.ts/',
    '/live/x.flv',
  ])
    assert.equal(parseHlsPath(path), undefined, path)
})

test('what is written into playlists leads back to the same stream', () => {
  for (const name of ['x', 'a b', '#1', 'ü:?', '100%', 'x.y-3']) {
    const media = decodeURIComponent(new URL(mediaPlaylistUri(name, '?t=1'), 'http://h/live/').pathname)
    assert.deepEqual(parseHlsPath(media), { app: 'live', name, resource: { type: 'media' } })
    const segment = decodeURIComponent(new URL(segmentUri(name, 1_700_000_005, ''), 'http://h/live/').pathname)
    assert.deepEqual(parseHlsPath(segment)?.name, name)
  }
})

test('a query is repeated as it came, but for what would break a playlist', () => {
  assert.equal(playlistQuery('?vhost=a.b&token=%41+c/d='), '?vhost=a.b&token=%41+c/d=')
  assert.equal(playlistQuery('?a="b"\u00fc\n'), '?a=%22b%22%FC%0A')
  assert.equal(playlistQuery('?'), '')
  assert.equal(playlistQuery(''), '')
})
