import assert from 'node:assert/strict'
import test from 'node:test'

import { concatBytes } from '@millrace/bytes'
import type { FlvPayloads, Frame, StreamInfo, VideoTrack } from '@millrace/media'

import { ChunkReader } from './chunk-reader.ts'
import { encodeMessage } from './chunk-writer.ts'
import { setChunkSize } from './protocol-control.ts'
import { createRtmpPackager } from './rtmp-packager.ts'

const track: VideoTrack = {
  id: 1,
  kind: 'video',
  codec: 'h264',
  timescale: 1000,
  config: new Uint8Array(0),
  codecString: 'avc1.64001f',
  width: 640,
  height: 360,
  frameRate: 25,
}
const info: StreamInfo = { tracks: [track], metadata: null }
const frame = (dtsTicks: number, length: number): Frame => ({
  track,
  dtsTicks,
  ptsTicks: dtsTicks,
  key: true,
  payload: new Uint8Array(length).fill(0x55),
})
const payloads: FlvPayloads = {
  metadata: ({ metadata }) => (metadata ? Uint8Array.of(2, 0, 0) : null),
  sequenceHeaders: () => [
    { kind: 'audio', body: Uint8Array.of(0xaf, 0) },
    { kind: 'video', body: Uint8Array.of(0x17, 0) },
  ],
  body: ({ dtsTicks, payload }) => (dtsTicks < 0 ? null : { kind: 'video', body: payload, timestampMs: dtsTicks }),
}

/** What a player with that chunk size reads. */
function play(chunkSize: number, parts: readonly Uint8Array[]): string[] {
  const messages: string[] = []
  const reader = new ChunkReader(({ typeId, streamId, timestampMs, payload }) =>
    messages.push(`${typeId}/${streamId}@${timestampMs}:${payload.length}`),
  )
  reader.push(encodeMessage(setChunkSize(chunkSize), 2, 128))
  reader.push(concatBytes(parts))
  return messages
}

test('metadata comes first, stamped 0, then sequence headers at the time given', () => {
  const packager = createRtmpPackager({ chunkSize: 100, payloads })
  assert.deepEqual(play(100, packager.init({ ...info, metadata: { width: 1 } }, 40)), [
    '18/1@0:3',
    '8/1@40:2',
    '9/1@40:2',
  ])
  assert.deepEqual(play(100, packager.update(info, 50)), ['8/1@50:2', '9/1@50:2'])
})

test('a frame is one buffer, readable at its chunk size by whoever joins', () => {
  for (const chunkSize of [128, 4096, 60_000]) {
    const packager = createRtmpPackager({ chunkSize, payloads, messageStreamId: 3 })
    const parts = packager.encode(frame(2 ** 32 + 7, 10_000))
    assert.equal(parts.length, 1)
    assert.deepEqual(play(chunkSize, [...parts, ...packager.encode(frame(2 ** 24, 300))]), [
      '9/3@7:10000',
      '9/3@16777216:300',
    ])
  }
})

test('what FLV cannot carry, and nothing, make no bytes', () => {
  const packager = createRtmpPackager({ chunkSize: 100, payloads })
  assert.deepEqual(packager.encode(frame(-1, 5)), [])
  assert.deepEqual(packager.encode(frame(0, 0)), [])
})
