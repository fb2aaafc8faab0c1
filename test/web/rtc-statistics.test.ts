import assert from 'node:assert/strict'
import test from 'node:test'

import { readReceived } from '../../packages/web/player/src/webrtc/received.ts'
import type { RtcReport } from '../../packages/web/player/src/webrtc/rtc-report.ts'
import { readSent } from '../../packages/web/player/src/webrtc/sent.ts'

const PATH: readonly RtcReport[] = [
  {
    id: 'P',
    type: 'candidate-pair',
    timestamp: 0,
    nominated: true,
    state: 'succeeded',
    currentRoundTripTime: 0.04,
    localCandidateId: 'L',
  },
  { id: 'L', type: 'local-candidate', timestamp: 0, protocol: 'udp', candidateType: 'host' },
]
const CODECS: readonly RtcReport[] = [
  {
    id: 'CV',
    type: 'codec',
    timestamp: 0,
    mimeType: 'video/H264',
    sdpFmtpLine: 'packetization-mode=1;profile-level-id=42e01f',
  },
  { id: 'CA', type: 'codec', timestamp: 0, mimeType: 'audio/opus' },
]

/** What a player has received after so many seconds. */
const receivedAfter = (seconds: number, lost: number): readonly RtcReport[] => [
  ...PATH,
  ...CODECS,
  {
    id: 'V',
    type: 'inbound-rtp',
    kind: 'video',
    codecId: 'CV',
    timestamp: seconds * 1000,
    bytesReceived: 100_000 * seconds,
    packetsReceived: 80 * seconds,
    packetsLost: lost,
    jitter: 0.003,
    jitterBufferDelay: 0.9 * seconds,
    jitterBufferEmittedCount: 30 * seconds,
    nackCount: 4,
    freezeCount: 1,
  },
  {
    id: 'A',
    type: 'inbound-rtp',
    kind: 'audio',
    codecId: 'CA',
    timestamp: seconds * 1000,
    bytesReceived: 25_000 * seconds,
    packetsReceived: 20 * seconds,
  },
]

test('what a player receives is counted from one measurement to the next', () => {
  const first = readReceived(receivedAfter(1, 0), undefined)
  assert.equal(first.stats.network?.lossRatio, null)
  assert.equal(first.stats.bitrateBps, undefined)
  const { stats } = readReceived(receivedAfter(2, 25), first.sums)
  assert.deepEqual(stats, {
    delayMs: 50,
    bitrateBps: 1_000_000,
    videoCodec: 'avc1.42e01f',
    audioCodec: 'opus',
    network: { rttMs: 40, lossRatio: 0.2, jitterMs: 3, jitterBufferMs: 30, nacks: 4, freezes: 1, path: 'UDP' },
  })
})

test('packets that come after all are no loss', () => {
  const { sums } = readReceived(receivedAfter(1, 10), undefined)
  assert.equal(readReceived(receivedAfter(2, 4), sums).stats.network?.lossRatio, 0)
})

test('without a measurement nothing is known', () => {
  const { stats } = readReceived([], undefined)
  assert.deepEqual(stats.network, {
    rttMs: null,
    lossRatio: null,
    jitterMs: null,
    jitterBufferMs: null,
    nacks: 0,
    freezes: 0,
    path: null,
  })
})

/** What a publisher has sent after so many seconds, in two sizes and a third that is off. */
const sentAfter = (seconds: number): readonly RtcReport[] => {
  const layer = (rid: string, height: number, more: Partial<RtcReport> = {}): RtcReport => ({
    id: rid,
    rid,
    type: 'outbound-rtp',
    kind: 'video',
    codecId: 'CV',
    timestamp: seconds * 1000,
    bytesSent: height * 100 * seconds,
    frameWidth: (height * 16) / 9,
    frameHeight: height,
    framesPerSecond: 29.97,
    qualityLimitationReason: 'none',
    nackCount: 1,
    pliCount: 2,
    ...more,
  })
  return [
    ...PATH,
    ...CODECS,
    layer('q', 180),
    layer('h', 360, { qualityLimitationReason: 'cpu' }),
    layer('f', 720, { active: false }),
    {
      id: 'R',
      type: 'remote-inbound-rtp',
      kind: 'video',
      timestamp: 0,
      roundTripTime: 0.05,
      fractionLost: 0.1,
      jitter: 0.002,
    },
  ]
}

test('what a publisher sends is told by layer, the largest first', () => {
  const { sums } = readSent(sentAfter(1), undefined)
  const { stats } = readSent(sentAfter(2), sums)
  assert.deepEqual(
    stats.layers.map(({ rid, height, bitrateBps, limitation }) => [rid, height, bitrateBps, limitation]),
    [
      ['h', 360, 288_000, 'cpu'],
      ['q', 180, 144_000, 'none'],
    ],
  )
  const { rttMs, lossRatio, jitterMs, videoCodec, audioCodec, nacks, plis, path } = stats
  assert.deepEqual(
    { rttMs, lossRatio, jitterMs, videoCodec, audioCodec, nacks, plis, path },
    {
      rttMs: 50,
      lossRatio: 0.1,
      jitterMs: 2,
      videoCodec: 'avc1.42e01f',
      audioCodec: null,
      nacks: 3,
      plis: 6,
      path: 'UDP',
    },
  )
})
