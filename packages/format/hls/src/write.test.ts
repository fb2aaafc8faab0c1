import assert from 'node:assert/strict'
import test from 'node:test'
import { InvariantError } from '@millrace/core'
import { writeMediaPlaylist, writeMultivariantPlaylist } from './write.ts'

const segment = { durationUs: 2_000_000, discontinuity: false, wallMs: null }

test('a media playlist has its tags in the order players expect', () => {
  const text = writeMediaPlaylist({
    targetDurationS: 2,
    mediaSequence: 7,
    discontinuitySequence: 1,
    segments: [
      { ...segment, uri: 'x-7.ts?vhost=a', wallMs: 1_700_000_000_123 },
      { ...segment, uri: 'x-8.ts', durationUs: 1_966_667, discontinuity: true },
    ],
    ended: true,
  })
  assert.equal(
    text,
    `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:20.123Z
#EXTINF:2.000000,
x-7.ts?vhost=a
#EXT-X-DISCONTINUITY
#EXTINF:1.966667,
x-8.ts
#EXT-X-ENDLIST
`,
  )
})

test('a live playlist without discontinuities has neither ENDLIST nor DISCONTINUITY-SEQUENCE', () => {
  const text = writeMediaPlaylist({
    targetDurationS: 2,
    mediaSequence: 0,
    discontinuitySequence: 0,
    segments: [],
    ended: false,
  })
  assert.equal(text, '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n')
})

test('an initialisation section is named where it changes, and asks for version 6', () => {
  const text = writeMediaPlaylist({
    targetDurationS: 2,
    mediaSequence: 0,
    discontinuitySequence: 0,
    playlistType: 'vod',
    segments: [
      { ...segment, uri: '0.m4s', mapUri: 'init-0.mp4' },
      { ...segment, uri: '1.m4s', mapUri: 'init-0.mp4' },
      { ...segment, uri: '2.m4s', mapUri: 'init-1.mp4', discontinuity: true },
    ],
    ended: true,
  })
  assert.equal(
    text,
    `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MAP:URI="init-0.mp4"
#EXTINF:2.000000,
0.m4s
#EXTINF:2.000000,
1.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init-1.mp4"
#EXTINF:2.000000,
2.m4s
#EXT-X-ENDLIST
`,
  )
})

test('a key is named before the first segment that needs it and where it changes', () => {
  const key = (byte: number) => ({ uri: `http://h/${byte}.key`, iv: new Uint8Array(16).fill(byte) })
  const keys = [key(10), key(10), key(11), undefined]
  const text = writeMediaPlaylist({
    targetDurationS: 2,
    mediaSequence: 0,
    discontinuitySequence: 0,
    segments: keys.map((each, i) => ({ ...segment, uri: `${i}.ts`, ...(each && { key: each }) })),
    ended: false,
  })
  const line = (byte: string): string =>
    `#EXT-X-KEY:METHOD=AES-128,URI="http://h/${Number.parseInt(byte, 16)}.key",IV=0x${byte.repeat(16)}`
  assert.deepEqual(
    text.split('\n').filter((each) => /KEY|\.ts$/.test(each)),
    [line('0A'), '0.ts', '1.ts', line('0B'), '2.ts', '#EXT-X-KEY:METHOD=NONE', '3.ts'],
  )
})

test('a lost segment is a gap, and asks for version 8', () => {
  const text = writeMediaPlaylist({
    targetDurationS: 2,
    mediaSequence: 0,
    discontinuitySequence: 0,
    independentSegments: true,
    epoch: 3,
    segments: [
      { ...segment, uri: '0.ts' },
      { ...segment, uri: '1.ts', gap: true },
    ],
    ended: false,
  })
  assert.equal(
    text,
    `#EXTM3U
#EXT-X-VERSION:8
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-MILLRACE-EPOCH:3
#EXTINF:2.000000,
0.ts
#EXT-X-GAP
#EXTINF:2.000000,
1.ts
`,
  )
})

test('a segment cannot do without an initialisation section after one that has it', () => {
  const segments = [
    { ...segment, uri: 'a', mapUri: 'i' },
    { ...segment, uri: 'b' },
  ]
  const playlist = { targetDurationS: 2, mediaSequence: 0, discontinuitySequence: 0, ended: false, segments }
  assert.throws(() => writeMediaPlaylist(playlist), { code: 'HLS_MAP_MISSING' })
})

test('a variant says what is known of it', () => {
  const video = {
    uri: 'x.media.m3u8',
    bandwidthBps: 1_200_000,
    averageBandwidthBps: 1_000_000,
    codecs: ['avc1.64001f', 'mp4a.40.2'],
    width: 1280,
    height: 720,
    frameRate: 29.97,
  }
  assert.equal(
    writeMultivariantPlaylist({ variants: [video] }),
    `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-STREAM-INF:BANDWIDTH=1200000,AVERAGE-BANDWIDTH=1000000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970
x.media.m3u8
`,
  )
  const unknown = { ...video, averageBandwidthBps: null, codecs: [], width: 0, height: 0, frameRate: 0 }
  assert.match(writeMultivariantPlaylist({ variants: [unknown] }), /STREAM-INF:BANDWIDTH=1200000\nx\.media/)
})

test('a URI that would break the playlist is refused', () => {
  for (const uri of ['', '#x', 'a\nb', 'a b', 'a\u007f', 'a"b']) {
    const playlist = { targetDurationS: 2, mediaSequence: 0, discontinuitySequence: 0, ended: false }
    assert.throws(() => writeMediaPlaylist({ ...playlist, segments: [{ ...segment, uri }] }), InvariantError)
  }
})
