/**
 * Cost of what is done for each packet: `node packages/proto/rtp/src/rtp.bench.ts`. Prints ns per packet, or per RTCP packet, of
 * the fastest round; one line per step.
 */
import { readExtension, readExtensionU16 } from './header-extensions.ts'
import { NackGenerator } from './nack-generator.ts'
import { PacketCache } from './packet-cache.ts'
import { Reception } from './reception.ts'
import { readRtcp, type RtcpPacket, writeRtcp } from './rtcp/compound.ts'
import { readRtpHeader, rtpHeaderBytes, writeRtpHeader } from './rtp-packet.ts'
import { SequenceUnwrapper, TimestampUnwrapper } from './sequence.ts'
import { TwccRecorder } from './twcc-recorder.ts'
import { TwccSender } from './twcc-sender.ts'

// short, so that on a busy machine some rounds have a core to themselves
const ROUND = 4096
const PAYLOAD_BYTES = 1100

const extensions = [
  { id: 4, data: Uint8Array.of(0x30) },
  { id: 2, data: Uint8Array.of(1, 2, 3) },
  { id: 3, data: Uint8Array.of(0, 0) },
]
const fields = { marker: false, payloadType: 96, sequence: 0, timestamp: 0, ssrc: 0x1234_5678, extensions }
const packets = Array.from({ length: 256 }, (_, i) => {
  const packet = new Uint8Array(rtpHeaderBytes(fields) + PAYLOAD_BYTES)
  writeRtpHeader(packet, 0, { ...fields, sequence: i, timestamp: 3000 * i })
  return packet
})
const headers = packets.map((packet) => readRtpHeader(packet))

/** Takes what is computed, so that it is not left out. */
let sink = 0

function measure(name: string, act: (i: number) => number | void): void {
  let bestNs = Infinity
  for (const startedMs = performance.now(); performance.now() - startedMs < 500;) {
    const roundMs = performance.now()
    for (let i = 0; i < ROUND; i++) sink += act(i) ?? 0
    bestNs = Math.min(bestNs, ((performance.now() - roundMs) * 1e6) / ROUND)
  }
  console.log(`${name.padEnd(48)} ${bestNs.toFixed(1).padStart(8)} ns`)
}

/** A packet and its header, of 256 that take turns. */
const packetAt = (i: number): Uint8Array => packets[i & 255] as Uint8Array
const headerAt = (i: number): (typeof headers)[number] => headers[i & 255] as (typeof headers)[number]

measure('the measuring itself', (i) => packetAt(i).length + headerAt(i).sequence)
measure('readRtpHeader, three extensions', (i) => readRtpHeader(packetAt(i)).sequence)
measure('readExtension, the third', (i) => readExtension(packetAt(i), headerAt(i), 3)?.length)
measure('readExtensionU16, the third', (i) => readExtensionU16(packetAt(i), headerAt(i), 3))
const target = new Uint8Array(1500)
measure('writeRtpHeader, three extensions', () => writeRtpHeader(target, 0, fields))

const sequences = new SequenceUnwrapper()
measure('SequenceUnwrapper.unwrap', (i) => sequences.unwrap(i & 0xffff))
const timestamps = new TimestampUnwrapper()
measure('TimestampUnwrapper.unwrap', (i) => timestamps.unwrap((i * 3000) >>> 0))

let sequence = 131_072
const nacks = new NackGenerator()
measure('NackGenerator.note, in order', () => (nacks.note(sequence++, sequence) ? 1 : 0))
measure('NackGenerator.note, one in 100 lost, and due', () => {
  sequence += sequence % 100 === 0 ? 2 : 1
  nacks.note(sequence, sequence / 10)
  return nacks.due(sequence / 10).length
})
const cache = new PacketCache<Uint8Array>()
measure('PacketCache.put', (i) => cache.put(sequence++, packetAt(i), sequence / 10))
measure('PacketCache.get', (i) => cache.get(sequence - 1 - (i & 511), sequence / 10)?.length)
const reception = new Reception(1, 90_000)
measure('Reception.note', (i) => reception.note(sequence++, (i * 3000) >>> 0, i / 10))

const recorder = new TwccRecorder()
let arrivals = 0
measure('TwccRecorder.note, and feedback each 100 ms', () => {
  const nowMs = arrivals / 2
  recorder.note(arrivals++ & 0xffff, nowMs)
  return recorder.feedback(nowMs, 1, 2).length
})
const sender = new TwccSender()
measure('TwccSender.next', (i) => sender.next(1200, i))

const report = {
  ssrc: 2,
  fractionLost: 3,
  cumulativeLost: 4,
  highestSequence: 5,
  jitter: 6,
  lastSenderReport: 7,
  delaySinceLastSenderReport: 8,
}
const usual: readonly RtcpPacket[] = [
  { type: 'rr', ssrc: 1, reports: [report] },
  { type: 'nack', senderSsrc: 1, mediaSsrc: 2, sequences: [10, 12, 40] },
]
const feedback: readonly RtcpPacket[] = [
  {
    type: 'twcc',
    senderSsrc: 1,
    mediaSsrc: 2,
    baseSequence: 7,
    referenceTime: 8,
    feedbackCount: 9,
    arrivals: Array.from({ length: 50 }, (_, i) => (i % 10 === 3 ? null : i * 2000)),
  },
]
const usualBytes = writeRtcp(usual)
const feedbackBytes = writeRtcp(feedback)
measure('readRtcp, RR and NACK', () => readRtcp(usualBytes).length)
measure('writeRtcp, RR and NACK', () => writeRtcp(usual).length)
measure('readRtcp, feedback on 50 packets', () => readRtcp(feedbackBytes).length)
measure('writeRtcp, feedback on 50 packets', () => writeRtcp(feedback).length)
if (Number.isNaN(sink)) console.log('never')
