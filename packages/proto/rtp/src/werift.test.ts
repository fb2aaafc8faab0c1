/** The wire against a second implementation of it, as far as that one is sound: one packet at a time, no wraps, no FIR. */
import assert from 'node:assert/strict'
import test from 'node:test'

import {
  GenericNack,
  PacketChunk,
  PacketStatus,
  PictureLossIndication,
  ReceiverEstimatedMaxBitrate,
  RecvDelta,
  RtcpHeader,
  RtcpPacketConverter,
  RtcpPayloadSpecificFeedback,
  RtcpReceiverInfo,
  RtcpRrPacket,
  RtcpSenderInfo,
  RtcpSourceDescriptionPacket,
  RtcpSrPacket,
  RtcpTransportLayerFeedback,
  RtpPacket,
  RunLengthChunk,
  SourceDescriptionChunk,
  SourceDescriptionItem,
  StatusVectorChunk,
  TransportWideCC,
  wrapRtx,
} from 'werift'

import { readExtension } from './header-extensions.ts'
import { readRtcp, type RtcpPacket, writeRtcp } from './rtcp/compound.ts'
import { readRtpHeader, rtpHeaderBytes, writeRtpHeader } from './rtp-packet.ts'
import { unwrapRtx, writeRtx } from './rtx.ts'
import { bytesOf, hexOf } from './testing.ts'

/** That both write the same bytes, and we read them as our packet. */
function same(ours: RtcpPacket, theirs: { serialize: () => Buffer }): void {
  const bytes = Uint8Array.from(theirs.serialize())
  assert.equal(hexOf(writeRtcp([ours])), hexOf(bytes))
  assert.deepEqual(readRtcp(bytes), [ours])
}

const REPORT = {
  ssrc: 2,
  fractionLost: 64,
  cumulativeLost: 5,
  highestSequence: 0x1_0007,
  jitter: 16,
  lastSenderReport: 0xaabb_ccdd,
  delaySinceLastSenderReport: 0x1_0000,
}
const THEIR_REPORT = new RtcpReceiverInfo({
  ssrc: 2,
  fractionLost: 64,
  packetsLost: 5,
  highestSequence: 0x1_0007,
  jitter: 16,
  lsr: 0xaabb_ccdd,
  dlsr: 0x1_0000,
})

test('reports and source descriptions', () => {
  same({ type: 'rr', ssrc: 1, reports: [REPORT] }, new RtcpRrPacket({ ssrc: 1, reports: [THEIR_REPORT] }))
  const ntpTimestamp = (0xeeee_eeeen << 32n) | 0x8000_0000n
  const senderInfo = new RtcpSenderInfo({ ntpTimestamp, rtpTimestamp: 0xffff_fff0, packetCount: 5, octetCount: 6 })
  same(
    {
      type: 'sr',
      ssrc: 1,
      ntp: { seconds: 0xeeee_eeee, fraction: 0x8000_0000 },
      rtpTimestamp: 0xffff_fff0,
      packets: 5,
      octets: 6,
      reports: [REPORT],
    },
    new RtcpSrPacket({ ssrc: 1, senderInfo, reports: [THEIR_REPORT] }),
  )
  const items = [new SourceDescriptionItem({ type: 1, text: 'millrace' })]
  same(
    { type: 'sdes', chunks: [{ ssrc: 1, cname: 'millrace' }] },
    new RtcpSourceDescriptionPacket({ chunks: [new SourceDescriptionChunk({ source: 1, items })] }),
  )
})

test('feedback', () => {
  const media = { senderSsrc: 1, mediaSsrc: 2 }
  const nack = new GenericNack({ senderSsrc: 1, mediaSourceSsrc: 2, lost: [10, 11, 13, 1000] })
  same({ type: 'nack', ...media, sequences: [10, 11, 13, 1000] }, new RtcpTransportLayerFeedback({ feedback: nack }))
  const pli = new PictureLossIndication({ senderSsrc: 1, mediaSsrc: 2 })
  same({ type: 'pli', ...media }, new RtcpPayloadSpecificFeedback({ feedback: pli }))
  const theirs = new ReceiverEstimatedMaxBitrate({
    senderSsrc: 1,
    mediaSsrc: 0,
    uniqueID: 'REMB',
    ssrcNum: 1,
    brExp: 4,
    brMantissa: 0x3_0d40,
    bitrate: 3_200_000n,
    ssrcFeedbacks: [2],
  })
  same(
    { type: 'remb', senderSsrc: 1, bitrateBps: 3_200_000, ssrcs: [2] },
    new RtcpPayloadSpecificFeedback({ feedback: theirs }),
  )
})

test('transport-wide feedback: theirs is read', () => {
  const small = PacketStatus.TypeTCCPacketReceivedSmallDelta
  const large = PacketStatus.TypeTCCPacketReceivedLargeDelta
  const feedback = new TransportWideCC({
    senderSsrc: 1,
    mediaSourceSsrc: 2,
    baseSequenceNumber: 10,
    packetStatusCount: 3 + 7,
    referenceTime: 5,
    fbPktCount: 6,
    packetChunks: [
      new RunLengthChunk({ packetStatus: small, runLength: 3 }),
      new StatusVectorChunk({
        symbolSize: 1,
        symbolList: [large, 0, small, 0, 0, 0, large],
        type: PacketChunk.TypeTCCStatusVectorChunk,
      }),
    ],
    recvDeltas: [1000, 1000, 250, 100_000, 500, -2000].map(
      (delta, i) => new RecvDelta({ delta, type: i === 3 || i === 5 ? large : small }),
    ),
    header: new RtcpHeader({ count: 15, type: 205, version: 2 }),
  })
  const bytes = Uint8Array.from(new RtcpTransportLayerFeedback({ feedback }).serialize())
  assert.deepEqual(readRtcp(bytes), [
    {
      type: 'twcc',
      senderSsrc: 1,
      mediaSsrc: 2,
      baseSequence: 10,
      referenceTime: 5,
      feedbackCount: 6,
      arrivals: [1000, 2000, 2250, 102_250, null, 102_750, null, null, null, 100_750],
    },
  ])
})

test('transport-wide feedback: ours is read', () => {
  const bytes = writeRtcp([
    {
      type: 'twcc',
      senderSsrc: 1,
      mediaSsrc: 2,
      baseSequence: 10,
      referenceTime: 5,
      feedbackCount: 6,
      arrivals: [1000, 1250, 1500],
    },
  ])
  const [packet] = RtcpPacketConverter.deSerialize(Buffer.from(bytes))
  assert.ok(packet instanceof RtcpTransportLayerFeedback && packet.feedback instanceof TransportWideCC)
  assert.deepEqual([packet.feedback.baseSequenceNumber, packet.feedback.packetStatusCount], [10, 3])
  assert.deepEqual(
    packet.feedback.recvDeltas.map(({ delta }) => delta),
    [1000, 250, 250],
  )
})

test('RTP: headers with extensions, and retransmissions', () => {
  const fields = { marker: true, payloadType: 96, sequence: 65_535, timestamp: 0xffff_fff0, ssrc: 0xdead_beef }
  const extensions = [
    { id: 3, data: bytesOf('0102') },
    { id: 4, data: bytesOf('30') },
  ]
  const packet = new Uint8Array(rtpHeaderBytes({ ...fields, extensions }) + 3)
  packet.set([7, 8, 9], writeRtpHeader(packet, 0, { ...fields, extensions }))
  const theirs = RtpPacket.deSerialize(Buffer.from(packet))
  assert.deepEqual(
    theirs.header.extensions.map(({ id, payload }) => [id, hexOf(payload)]),
    [
      [3, '0102'],
      [4, '30'],
    ],
  )
  assert.equal(hexOf(theirs.serialize()), hexOf(packet))
  const header = readRtpHeader(Uint8Array.from(theirs.serialize()))
  assert.equal(hexOf(readExtension(packet, header, 4) ?? packet), '30')

  const rtx = Uint8Array.from(wrapRtx(theirs, 97, 7, 5).serialize())
  const target = new Uint8Array(200)
  const ours = { ...fields, payloadType: 97, sequence: 7, ssrc: 5, extensions }
  const bytes = writeRtx(target, 0, ours, 65_535, bytesOf('070809'))
  assert.equal(hexOf(target.subarray(0, bytes)), hexOf(rtx))
  const original = unwrapRtx(rtx, readRtpHeader(rtx), fields.ssrc, 96)
  assert.equal(hexOf(original ?? rtx), hexOf(packet))
})
