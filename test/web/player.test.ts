import assert from 'node:assert/strict'
import test from 'node:test'

import { codecLabel } from '../../packages/web/player/src/codecs.ts'
import { LiveEdge } from '../../packages/web/player/src/live-edge.ts'
import { overlayText } from '../../packages/web/player/src/overlay.ts'
import { formatDuration, spokenDuration } from '../../packages/web/player/src/recording/clock-text.ts'
import { parseStoryboard, tileAt } from '../../packages/web/player/src/recording/storyboard.ts'
import { positionAt, stretchesOf, wallAt } from '../../packages/web/player/src/recording/wall-clock.ts'
import { sourceUrls } from '../../packages/web/player/src/sources.ts'

const PAGE = 'http://node.example:8080/?stream=live/livestream'

test('codec strings get names that people know', () => {
  const names: Readonly<Record<string, string>> = {
    'avc1.64001f': 'H.264 High 3.1',
    'avc1.42c01e': 'H.264 Baseline 3.0',
    'avc3.4D4028': 'H.264 Main 4.0',
    avc1: 'H.264',
    'hvc1.1.6.L93.B0': 'HEVC Main 3.1',
    'hev1.2.4.H153.90': 'HEVC Main 10 5.1',
    'av01.0.04M.08': 'AV1',
    'vp09.00.10.08': 'VP9',
    'mp4a.40.2': 'AAC LC',
    'mp4a.40.29': 'AAC HE v2',
    'mp4a.6B': 'MP3',
    'mp4a.40.34': 'MP3',
    mp3: 'MP3',
    opus: 'Opus',
    'x-new.1': 'x-new.1',
    '': '',
  }
  for (const [codec, name] of Object.entries(names)) assert.equal(codecLabel(codec), name, codec)
})

test('a stream name gives a URL for each engine', () => {
  assert.deepEqual(sourceUrls({ stream: 'live/livestream' }, PAGE), {
    flv: 'http://node.example:8080/live/livestream.flv',
    'ws-flv': 'ws://node.example:8080/live/livestream.flv',
    hls: 'http://node.example:8080/live/livestream.m3u8',
    webrtc: 'http://node.example:8080/live/livestream/whep',
  })
  assert.deepEqual(sourceUrls({ stream: 'a/b c?d', vhost: 'v&w', base: 'https://edge.example' }, PAGE), {
    flv: 'https://edge.example/a/b%20c%3Fd.flv?vhost=v%26w',
    'ws-flv': 'wss://edge.example/a/b%20c%3Fd.flv?vhost=v%26w',
    hls: 'https://edge.example/a/b%20c%3Fd.m3u8?vhost=v%26w',
    webrtc: 'https://edge.example/a/b%20c%3Fd/whep?vhost=v%26w',
  })
})

test('a token is in the URLs that players fetch, and not in the one that offers go to', () => {
  const urls = sourceUrls({ stream: 'live/a', vhost: 'v', token: 'x.y' }, PAGE)
  assert.equal(urls.flv, 'http://node.example:8080/live/a.flv?vhost=v&token=x.y')
  assert.equal(urls.webrtc, 'http://node.example:8080/live/a/whep?vhost=v')
})

test('explicit URLs take the place of built ones', () => {
  assert.deepEqual(sourceUrls({ flv: '/x.flv' }, PAGE), {
    flv: 'http://node.example:8080/x.flv',
    'ws-flv': 'ws://node.example:8080/x.flv',
  })
  assert.deepEqual(sourceUrls({ stream: 'live/a', wsFlv: 'ws://other/x', hls: 'http://[' }, PAGE), {
    flv: 'http://node.example:8080/live/a.flv',
    'ws-flv': 'ws://other/x',
    webrtc: 'http://node.example:8080/live/a/whep',
  })
  assert.deepEqual(sourceUrls({ webrtc: '/x/whep' }, PAGE), { webrtc: 'http://node.example:8080/x/whep' })
  assert.deepEqual(sourceUrls({}, PAGE), {})
})

test('near the live edge playback runs at its own speed', () => {
  const edge = new LiveEdge({ targetMs: 900 })
  for (const aheadMs of [0, 400, 900, 1_399]) assert.deepEqual(edge.step(aheadMs, 0), { type: 'rate', rate: 1 })
})

test('behind the edge playback is faster until it has caught up', () => {
  const edge = new LiveEdge({ targetMs: 900 })
  assert.deepEqual(edge.step(1_500, 0), { type: 'rate', rate: 1.1 })
  assert.deepEqual(edge.step(2_500, 1), { type: 'rate', rate: 1.25 })
  assert.deepEqual(edge.step(1_000, 2), { type: 'rate', rate: 1.1 }, 'no flutter around the threshold')
  assert.deepEqual(edge.step(900, 3), { type: 'rate', rate: 1 })
  assert.deepEqual(edge.step(1_300, 4), { type: 'rate', rate: 1 })
})

test('far behind the edge playback jumps', () => {
  const edge = new LiveEdge({ targetMs: 900, jumpMs: 3_000 })
  assert.deepEqual(edge.step(3_901, 0), { type: 'jump', aheadMs: 900 })
  assert.deepEqual(edge.step(950, 1), { type: 'rate', rate: 1 })
})

test('stalls widen the buffer up to its bound, and calm narrows it again', () => {
  const edge = new LiveEdge({ targetMs: 900, maxTargetMs: 2_000 })
  for (let i = 0; i < 10; i++) edge.stalled(i)
  assert.equal(edge.targetMs, 2_000)
  edge.step(2_000, 29_000)
  assert.equal(edge.targetMs, 2_000)
  let nowMs = 31_000
  for (; edge.targetMs > 900; nowMs += 31_000) edge.step(900, nowMs)
  assert.ok(nowMs > 100_000, 'slowly')
  edge.step(900, nowMs + 60_000)
  assert.equal(edge.targetMs, 900)
})

test('a codec the browser lacks is named, and the other engines are offered', () => {
  const failure = { reason: 'codec', codec: 'hvc1.1.6.L93.B0' } as const
  const text = overlayText({ type: 'failed', failure }, 'flv', ['hls'])
  assert.match(text?.title ?? '', /can’t play HEVC Main 3\.1/)
  assert.match(text?.text ?? '', /HTTP-FLV/)
  assert.deepEqual(
    text?.actions.map(({ label }) => label),
    ['Try HLS', 'Try again'],
  )
})

test('every state but playing says something', () => {
  assert.equal(overlayText({ type: 'playing' }, 'flv', []), undefined)
  const network = { reason: 'network' } as const
  const titles = [
    overlayText({ type: 'waiting', ended: false }, 'flv', []),
    overlayText({ type: 'waiting', ended: true }, 'flv', []),
    overlayText({ type: 'reconnecting', attempt: 2, failure: network }, 'flv', []),
    overlayText({ type: 'failed', failure: { reason: 'forbidden' } }, 'flv', ['hls']),
    overlayText({ type: 'failed', failure: { reason: 'unsupported' } }, 'hls', []),
    overlayText({ type: 'blocked' }, 'flv', []),
    overlayText({ type: 'paused', released: true }, 'flv', []),
  ].map((text) => text?.title)
  assert.equal(new Set(titles).size, titles.length)
  assert.ok(titles.every(Boolean))
})

test('media that can’t get through are told of with the port, and another way is offered', () => {
  const failure = { reason: 'ice', port: 8000 } as const
  const text = overlayText({ type: 'reconnecting', attempt: 1, failure }, 'webrtc', ['flv'])
  assert.match(text?.text ?? '', /port 8000 .*UDP.*TCP.*firewall/)
  assert.deepEqual(
    text?.actions.map(({ label }) => label),
    ['Try HTTP-FLV', 'Try now'],
  )
})

test('segments that follow each other on the wall clock are one stretch, a gap begins another', () => {
  const fragments = [
    { start: 0, duration: 4, programDateTime: 100_000 },
    { start: 4, duration: 4, programDateTime: 104_040 },
    { start: 8, duration: 4, programDateTime: null },
    { start: 12, duration: 4, programDateTime: 160_000 },
  ]
  const stretches = stretchesOf(fragments)
  assert.deepEqual(stretches, [
    { startS: 0, endS: 12, wallMs: 100_000 },
    { startS: 12, endS: 16, wallMs: 160_000 },
  ])
  assert.deepEqual(
    [-1, 0, 11.5, 12, 15, 99].map((positionS) => wallAt(stretches, positionS)),
    [100_000, 100_000, 111_500, 160_000, 163_000, 164_000],
  )
  // what lies in the gap leads to what comes after it
  assert.deepEqual(
    [0, 100_000, 103_500, 112_000, 130_000, 161_000, 999_000].map((wallMs) => positionAt(stretches, wallMs)),
    [0, 0, 3.5, 12, 12, 13, 16],
  )
  assert.deepEqual([wallAt([], 1), positionAt([], 1)], [undefined, undefined])
  assert.deepEqual(stretchesOf([{ start: 0, duration: 4, programDateTime: null }]), [])
})

test('a storyboard gives the picture of a position; what cannot be read is left out', () => {
  const cue = (from: string, to: string, box: string): string =>
    `${from} --> ${to}\nstoryboard-0.jpg?token=a#xywh=${box}\n\n`
  const text = `WEBVTT\n\n${cue('00:00.000', '00:10.000', '0,0,160,90')}${cue('00:00:10.000', '01:00:00.500', '160,0,160,90')}`
  const tiles = parseStoryboard(`${text}${cue('x', 'y', '0,0,1,1')}${cue('00:09.000', '00:08.000', '0,0,1,1')}`, PAGE)
  assert.equal(tiles.length, 2)
  assert.deepEqual(tileAt(tiles, 3600.4), {
    startS: 10,
    endS: 3600.5,
    sheet: 'http://node.example:8080/storyboard-0.jpg?token=a',
    x: 160,
    y: 0,
    width: 160,
    height: 90,
  })
  assert.equal(tileAt(tiles, 0)?.x, 0)
  assert.equal(tileAt(tiles, 9.99)?.x, 0)
  assert.equal(tileAt(tiles, 4000), undefined)
  assert.equal(tileAt([], 1), undefined)
})

test('durations are short for eyes and whole for ears', () => {
  assert.deepEqual([0, 59.6, 125, 3723].map(formatDuration), ['0:00', '1:00', '2:05', '1:02:03'])
  assert.deepEqual([0, 1, 3723].map(spokenDuration), ['0 seconds', '1 second', '1 hour 2 minutes 3 seconds'])
})
