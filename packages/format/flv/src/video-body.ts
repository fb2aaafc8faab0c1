import { ByteReader } from '@millrace/bytes'

import { fourCcText, legacyVideoCodec, OTHER_VIDEO_NAMES, videoCodecOf } from './codec-ids.ts'
import { readEnhancedBody, VIDEO_PACKET } from './enhanced.ts'
import type { EnhancedBody, EnhancedPart } from './enhanced.ts'
import type { FlvVideoPacket } from './packet.ts'

const COMMAND_FRAME = 5

/**
 * Reads a video tag body, legacy or enhanced. Empty bodies and commands hold no packet, multitrack messages several.
 * Throws FormatError as `readEnhancedBody` does. @see FLV 10.1 §E.4.3.1
 */
export function readVideoBody(body: Uint8Array): FlvVideoPacket[] {
  const first = body[0]
  if (first === undefined) return []
  const frameType = (first >> 4) & 7
  const key = frameType === 1 || frameType === 4
  if ((first & 0x80) !== 0) {
    if (frameType === COMMAND_FRAME && (first & 15) !== VIDEO_PACKET.metadata) return []
    const enhanced = readEnhancedBody(body, VIDEO_PACKET.multitrack)
    return enhanced.parts.map((part) => enhancedPacket(enhanced, part, key))
  }
  return frameType === COMMAND_FRAME ? [] : [legacyPacket(body, first & 15, key)]
}

function legacyPacket(body: Uint8Array, codecId: number, key: boolean): FlvVideoPacket {
  const codec = legacyVideoCodec(codecId)
  const base = { kind: 'video', trackId: 0, codec, key, canonical: codec === 'h264' } as const
  if (!codec) {
    const codecName = OTHER_VIDEO_NAMES[codecId] ?? `video codec id ${codecId}`
    return { ...base, codecName, type: 'other', compositionMs: 0, data: body.subarray(1) }
  }
  const reader = new ByteReader(body)
  reader.skip(1)
  const packetType = reader.u8()
  const compositionMs = reader.i24()
  const type = packetType === 0 ? 'config' : packetType === 1 ? 'frame' : 'other'
  return { ...base, codecName: codec, type, compositionMs, data: reader.rest() }
}

function enhancedPacket({ packetType, plain }: EnhancedBody, part: EnhancedPart, key: boolean): FlvVideoPacket {
  const { fourCc, trackId } = part
  const codec = videoCodecOf(fourCc)
  const timed = packetType === VIDEO_PACKET.codedFrames && (codec === 'h264' || codec === 'hevc')
  const reader = new ByteReader(part.data)
  const compositionMs = timed ? reader.i24() : 0
  return {
    kind: 'video',
    trackId,
    codec,
    codecName: codec ?? fourCcText(fourCc),
    type: packetTypeOf(packetType),
    key,
    compositionMs,
    data: reader.rest(),
    canonical: plain && codec !== 'h264',
  }
}

function packetTypeOf(packetType: number): FlvVideoPacket['type'] {
  if (packetType === VIDEO_PACKET.sequenceStart) return 'config'
  return packetType === VIDEO_PACKET.codedFrames || packetType === VIDEO_PACKET.codedFramesX ? 'frame' : 'other'
}
