import assert from 'node:assert/strict'
import test from 'node:test'
import { FormatError } from '@millrace/core'
import { mutations, onlyCoded } from '@millrace/testkit'
import { parsePlaylist } from './parse.ts'
import { writeMediaPlaylist, writeMultivariantPlaylist } from './write.ts'

const media = {
  targetDurationS: 4,
  mediaSequence: 1_700_000_000,
  discontinuitySequence: 3,
  segments: [
    { uri: 'a.ts?x=1', durationUs: 3_999_999, discontinuity: true, wallMs: 1_709_164_800_001 },
    { uri: 'https://cdn.example/b.ts', durationUs: 4_000_000, discontinuity: false, wallMs: null },
  ],
  ended: true,
}
const fragmented = {
  ...media,
  playlistType: 'event' as const,
  independentSegments: true,
  epoch: 12,
  ended: false,
  segments: [
    { ...media.segments[0]!, mapUri: '../a/init-0.mp4' },
    { ...media.segments[1]!, mapUri: '../a/init-0.mp4', gap: true },
    { ...media.segments[1]!, mapUri: 'https://cdn.example/init-1.mp4?x=1,2' },
  ],
}
const multivariant = {
  variants: [
    {
      uri: 'x.m3u8',
      bandwidthBps: 5,
      averageBandwidthBps: 4,
      codecs: ['hvc1.1.6.L93.B0', 'mp4a.40.2'],
      width: 640,
      height: 360,
      frameRate: 25,
    },
    { uri: 'y.m3u8', bandwidthBps: 1, averageBandwidthBps: null, codecs: [], width: 0, height: 0, frameRate: 0 },
  ],
}

function code(text: string, limits = {}): string | undefined {
  return onlyCoded(() => parsePlaylist(text, limits))?.code
}

test('what is written reads back the same', () => {
  assert.deepEqual(parsePlaylist(writeMediaPlaylist(media)), { type: 'media', ...media })
  assert.deepEqual(parsePlaylist(writeMediaPlaylist(fragmented)), { type: 'media', ...fragmented })
  assert.deepEqual(parsePlaylist(writeMultivariantPlaylist(multivariant)), { type: 'multivariant', ...multivariant })
})

test('CRLF, blank lines, comments, titles, unknown tags and fractional target durations are read', () => {
  const text =
    '#EXTM3U\r\n\r\n# hello\r\n#EXT-X-TARGETDURATION:9.5\r\n#EXT-X-FUTURE:A=1\r\n#EXTINF:9, no desc\r\na.ts\r\n'
  const playlist = parsePlaylist(text)
  assert.equal(playlist.type === 'media' && playlist.targetDurationS, 10)
  assert.deepEqual(playlist.type === 'media' && playlist.segments, [
    { uri: 'a.ts', durationUs: 9_000_000, discontinuity: false, wallMs: null },
  ])
})

test('an attribute value may hold commas and equal signs in quotes', () => {
  const text = '#EXTM3U\n#EXT-X-STREAM-INF:NAME="a,B=2",BANDWIDTH=10 , CODECS="avc1.4d401f"\nx\n'
  const playlist = parsePlaylist(text)
  assert.equal(playlist.type === 'multivariant' && playlist.variants[0]?.bandwidthBps, 10)
})

test('what is wrong has its own code', () => {
  const head = '#EXTM3U\n#EXT-X-TARGETDURATION:2\n'
  assert.equal(code(''), 'HLS_NOT_PLAYLIST')
  assert.equal(code('<html>'), 'HLS_NOT_PLAYLIST')
  assert.equal(code('#EXTM3U\n'), 'HLS_MISSING_TAG')
  assert.equal(code(`${head}a.ts\n`), 'HLS_MISSING_TAG')
  assert.equal(code(`${head}#EXTINF:-1,\na.ts\n`), 'HLS_BAD_TAG')
  assert.equal(code(`${head}#EXT-X-MEDIA-SEQUENCE:99999999999999999999\n`), 'HLS_BAD_TAG')
  assert.equal(code(`${head}#EXT-X-PROGRAM-DATE-TIME:yesterday\n`), 'HLS_BAD_TAG')
  assert.equal(code(`${head}#EXT-X-STREAM-INF:BANDWIDTH=1\nx.m3u8\n`), 'HLS_BAD_TAG')
  assert.equal(code('#EXTM3U\n#EXT-X-STREAM-INF:CODECS="x"\nx.m3u8\n'), 'HLS_BAD_TAG')
  assert.equal(code(`${head}#EXT-X-KEY:METHOD=AES-128,URI="k"\n`), 'HLS_UNSUPPORTED')
  assert.equal(code(`${head}#EXT-X-MAP:URI="init.mp4",BYTERANGE="10@0"\n`), 'HLS_UNSUPPORTED')
  assert.equal(code(`${head}#EXT-X-MAP:BANDWIDTH=1\n`), 'HLS_BAD_TAG')
  assert.equal(code(`${head}#EXT-X-PLAYLIST-TYPE:LIVE\n`), 'HLS_BAD_TAG')
  assert.equal(code(`${head}#EXT-X-KEY:METHOD=NONE\n`), undefined)
})

test('length and entries are bounded', () => {
  const text = `#EXTM3U\n#EXT-X-TARGETDURATION:2\n${'#EXTINF:2,\na\n'.repeat(11)}`
  assert.equal(code(text, { maxEntries: 10 }), 'HLS_TOO_LARGE')
  assert.equal(code(text, { maxLength: 50 }), 'HLS_TOO_LARGE')
  assert.equal(code(text), undefined)
})

test('cut and mutated playlists give a playlist or a FormatError', () => {
  const decoder = new TextDecoder()
  for (const text of [
    writeMediaPlaylist(media),
    writeMediaPlaylist(fragmented),
    writeMultivariantPlaylist(multivariant),
  ]) {
    for (let end = 0; end < text.length; end++)
      assert.ok((onlyCoded(() => parsePlaylist(text.slice(0, end))) ?? new FormatError('', '')) instanceof FormatError)
    for (const bytes of mutations(new TextEncoder().encode(text), 3000))
      onlyCoded(() => parsePlaylist(decoder.decode(bytes)))
  }
})

test('a hostile attribute list takes linear time', () => {
  const text = `#EXTM3U\n#EXT-X-STREAM-INF:${' '.repeat(200_000)}!${'A=1,'.repeat(100_000)}\nx\n`
  assert.equal(code(text), 'HLS_BAD_TAG')
})
