import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test, { describe } from 'node:test'

import type { MediaPacket, PacketTrack } from '@millrace/media'
import {
  createDepacketizer,
  createPacketizer,
  FrameAssembler,
  isKeyStart,
  isRtp,
  readRtpHeader,
  rtpHeaderBytes,
  SequenceUnwrapper,
  type TimedFrame,
  TimestampUnwrapper,
  writeRtpHeader,
} from '@millrace/rtp'

import { decodeWithNodeAv } from '../support/node-av.ts'
import {
  accessUnits,
  decodedChecksums,
  receiveFromFfmpeg,
  rtpClip,
  type RtpClipCodec,
  freeRtpPort,
  sendUntil,
  writeSdp,
} from '../support/rtp-peer.ts'
import { testScope } from '../support/scope.ts'

interface Case {
  readonly codec: RtpClipCodec
  readonly rtpmap: string
  readonly clockRate: number
  readonly audio?: boolean
}

const CASES: readonly Case[] = [
  { codec: 'h264', rtpmap: 'H264/90000', clockRate: 90_000 },
  { codec: 'hevc', rtpmap: 'H265/90000', clockRate: 90_000 },
  { codec: 'av1', rtpmap: 'AV1/90000', clockRate: 90_000 },
  { codec: 'vp9', rtpmap: 'VP9/90000', clockRate: 90_000 },
  { codec: 'vp8', rtpmap: 'VP8/90000', clockRate: 90_000 },
  { codec: 'opus', rtpmap: 'opus/48000/2', clockRate: 48_000, audio: true },
]

describe('RTP from and to FFmpeg', { concurrency: 4 }, () => {
  for (const { codec, rtpmap, clockRate, audio = false } of CASES) {
    test(`${codec}: FFmpeg's packets make the access units of its file, and it decodes ours to the same`, async (t) => {
      const scope = testScope(t)
      const file = await rtpClip(codec)
      const { datagrams, fmtp } = await receiveFromFfmpeg(scope, file, codec)
      const kind = audio ? 'audio' : 'video'
      const track: PacketTrack = { id: 1, kind, codec, clockRate, channels: 1, fmtp, layers: [{ rid: '' }] }
      const frames = assemble(track, datagrams)

      const assembled = frames.map(({ key, payload }) => ({
        key,
        sha256: createHash('sha256').update(payload).digest('hex'),
      }))
      assert.deepEqual(assembled, await accessUnits(file))

      const port = await freeRtpPort()
      const sdp = await writeSdp(scope, kind, port, [`a=rtpmap:96 ${rtpmap}`])
      const next = endless(frames)
      if (codec === 'av1') {
        const done = decodeWithNodeAv(sdp, 1)
        await sendUntil(scope, port, done, next)
        const { videoFrames, errors } = await done
        assert.deepEqual(errors, [])
        assert.ok(videoFrames >= 25, `${videoFrames} frames`)
        return
      }
      const count = audio ? 20 : frames.length
      const done = decodedChecksums(scope, sdp, kind, count)
      await sendUntil(scope, port, done, next)
      const wanted = await decodedChecksums(scope, file, kind, count)
      // only the file tells what to drop of the first sound
      const from = audio ? 1 : 0
      assert.deepEqual((await done).slice(from), wanted.slice(from))
    })
  }
})

function assemble(track: PacketTrack, datagrams: readonly Uint8Array[]): TimedFrame[] {
  const assembler = new FrameAssembler(createDepacketizer(track), track.kind)
  const sequences = new SequenceUnwrapper()
  const timestamps = new TimestampUnwrapper()
  return datagrams.filter(isRtp).flatMap((datagram) => {
    const header = readRtpHeader(datagram)
    const payload = datagram.subarray(header.headerBytes, header.payloadEnd)
    const packet: MediaPacket = {
      track,
      layer: 0,
      sequence: sequences.unwrap(header.sequence),
      timestamp: timestamps.unwrap(header.timestamp),
      marker: header.marker,
      key: isKeyStart(track.codec, payload),
      payload,
      arrivedMs: 0,
    }
    return assembler.push(packet, 0)
  })
}

/** The datagrams of one frame after the other, of all again and again. */
function endless(frames: readonly TimedFrame[]): () => Uint8Array[] {
  const [first] = frames
  assert.ok(first)
  const packetizer = createPacketizer(first.track.codec)
  const stepTicks = (frames[1]?.timestamp ?? 0) - first.timestamp
  let sequence = 65_500
  let count = 0
  return () => {
    const frame = frames[count % frames.length] ?? first
    const timestamp = count++ * stepTicks
    const { track, key, payload } = frame
    const packets = packetizer.packetize({ track, key, payload, dtsTicks: timestamp, ptsTicks: timestamp })
    return packets.map(({ payload: part, marker, offsetTicks }) => {
      const fields = { marker, payloadType: 96, sequence: sequence++, timestamp: timestamp + offsetTicks, ssrc: 7 }
      const datagram = new Uint8Array(rtpHeaderBytes(fields) + part.length)
      datagram.set(part, writeRtpHeader(datagram, 0, fields))
      return datagram
    })
  }
}
