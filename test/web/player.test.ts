import assert from 'node:assert/strict'
import test from 'node:test'

import { codecLabel } from '../../packages/web/player/src/codecs.ts'
import { LiveEdge } from '../../packages/web/player/src/live-edge.ts'
import { overlayText } from '../../packages/web/player/src/overlay.ts'
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
  })
  assert.deepEqual(sourceUrls({ stream: 'a/b c?d', vhost: 'v&w', base: 'https://edge.example' }, PAGE), {
    flv: 'https://edge.example/a/b%20c%3Fd.flv?vhost=v%26w',
    'ws-flv': 'wss://edge.example/a/b%20c%3Fd.flv?vhost=v%26w',
    hls: 'https://edge.example/a/b%20c%3Fd.m3u8?vhost=v%26w',
  })
})

test('explicit URLs take the place of built ones', () => {
  assert.deepEqual(sourceUrls({ flv: '/x.flv' }, PAGE), {
    flv: 'http://node.example:8080/x.flv',
    'ws-flv': 'ws://node.example:8080/x.flv',
  })
  assert.deepEqual(sourceUrls({ stream: 'live/a', wsFlv: 'ws://other/x', hls: 'http://[' }, PAGE), {
    flv: 'http://node.example:8080/live/a.flv',
    'ws-flv': 'ws://other/x',
  })
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
