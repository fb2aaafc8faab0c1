/** VP8 that no decoder is asked to decode: key frames where one is, and in each payload when it was sent. */
import { readRtpHeader } from '@millrace/rtp'

import type { RtcClientPacket } from '../../support/rtc-client.ts'

/** How much, in equal packets at equal distances, three to a picture. */
export interface VideoRate {
  readonly packetsPerSecond: number
  readonly payloadBytes: number
}

const PACKETS_PER_PICTURE = 3
const PICTURES_PER_KEY = 60
const CLOCK_RATE = 90_000
/** Behind the payload descriptor and the frame's header. */
const TIME_AT = 16
const TICK_MS = 10

/** Sends packets in real time until the result is called. */
export function paceVideo(
  { packetsPerSecond, payloadBytes }: VideoRate,
  send: (packet: RtcClientPacket) => void,
): () => void {
  const startMs = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    const due = ((performance.now() - startMs) * packetsPerSecond) / 1000
    for (; sent < due; sent++) send(packetAt(sent, payloadBytes, packetsPerSecond))
  }, TICK_MS)
  return () => clearInterval(timer)
}

/** When a packet that was received was sent, by `performance.now()` of this process. */
export function sentAtMs(packet: Uint8Array): number {
  const { headerBytes } = readRtpHeader(packet)
  return new DataView(packet.buffer, packet.byteOffset + headerBytes + TIME_AT).getFloat64(0)
}

function packetAt(i: number, payloadBytes: number, packetsPerSecond: number): RtcClientPacket {
  const picture = Math.floor(i / PACKETS_PER_PICTURE)
  const isFirst = i % PACKETS_PER_PICTURE === 0
  const isKey = picture % PICTURES_PER_KEY === 0
  const payload = new Uint8Array(payloadBytes)
  // start of partition 0; a frame header says key by a 0 in its first bit, then its start code and size
  payload[0] = isFirst ? 0x10 : 0
  if (isFirst) payload.set(isKey ? [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01] : [0x11, 0, 0], 1)
  new DataView(payload.buffer).setFloat64(TIME_AT, performance.now())
  const timestamp = Math.round((picture * PACKETS_PER_PICTURE * CLOCK_RATE) / packetsPerSecond)
  return { sequence: i, timestamp, marker: i % PACKETS_PER_PICTURE === PACKETS_PER_PICTURE - 1, payload }
}
