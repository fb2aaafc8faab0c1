import { ByteReader } from '@millrace/bytes'

import { audioCodecOf, fourCcText, legacyAudioCodec, OTHER_AUDIO_NAMES } from './codec-ids.ts'
import { AUDIO_PACKET, readEnhancedBody } from './enhanced.ts'
import type { FlvAudioPacket } from './packet.ts'

const EX_HEADER = 9

/**
 * Reads an audio tag body, legacy or enhanced. Empty bodies (RTMP's silence message) hold no packet, multitrack
 * messages several. Throws FormatError as `readEnhancedBody` does. @see FLV 10.1 §E.4.2.1
 */
export function readAudioBody(body: Uint8Array): FlvAudioPacket[] {
  const first = body[0]
  if (first === undefined) return []
  return first >> 4 === EX_HEADER ? enhancedPackets(body) : [legacyPacket(body, first)]
}

function legacyPacket(body: Uint8Array, first: number): FlvAudioPacket {
  const codec = legacyAudioCodec(first >> 4)
  const channels = (first & 1) === 1 ? 2 : 1
  const base = { kind: 'audio', trackId: 0, codec, channels, canonical: true } as const
  if (!codec) {
    const codecName = OTHER_AUDIO_NAMES[first >> 4] ?? `sound format ${first >> 4}`
    return { ...base, codecName, type: 'other', data: body.subarray(1) }
  }
  const reader = new ByteReader(body)
  reader.skip(1)
  const config = codec === 'aac' && reader.u8() === 0
  return { ...base, codecName: codec, type: config ? 'config' : 'frame', data: reader.rest() }
}

function enhancedPackets(body: Uint8Array): FlvAudioPacket[] {
  const { packetType, plain, parts } = readEnhancedBody(body, AUDIO_PACKET.multitrack)
  const coded = packetType === AUDIO_PACKET.codedFrames
  const type = packetType === AUDIO_PACKET.sequenceStart ? 'config' : coded ? 'frame' : 'other'
  return parts.map(({ fourCc, trackId, data }) => {
    const codec = audioCodecOf(fourCc)
    const codecName = codec ?? fourCcText(fourCc)
    return { kind: 'audio', trackId, codec, codecName, type, channels: 2, data, canonical: plain && codec === 'opus' }
  })
}
