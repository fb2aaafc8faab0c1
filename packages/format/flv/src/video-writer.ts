import { writeVpConfig, vp9ConfigOf } from '@millrace/codecs'
import type { Frame, VideoCodec, VideoTrack } from '@millrace/media'

import { VIDEO_CODEC_ID, VIDEO_FOURCC } from './codec-ids.ts'
import { VIDEO_PACKET } from './enhanced.ts'

/** Enhanced RTMP, or codec id 12 in the layout of AVC. */
export type HevcDialect = 'enhanced' | 'legacy'

const KEY_FRAME = 1
const INTER_FRAME = 2
const MAX_COMPOSITION_MS = 0x7fffff

/** The sequence header of a track, or undefined where the codec needs none. */
export function writeVideoConfig(track: VideoTrack, hevc: HevcDialect): Uint8Array | undefined {
  const { codec } = track
  const codecId = legacyCodecId(codec, hevc)
  if (codecId) return legacyBody(codecId, KEY_FRAME, 0, 0, track.config)
  const config = codec === 'vp8' ? vp8Config(track) : track.config
  return config.length === 0 ? undefined : enhancedBody(codec, KEY_FRAME, VIDEO_PACKET.sequenceStart, config)
}

/** The tag body of a frame. */
export function writeVideoBody(
  codec: VideoCodec,
  { key, payload }: Frame,
  compositionMs: number,
  hevc: HevcDialect,
): Uint8Array {
  const frameType = key ? KEY_FRAME : INTER_FRAME
  const codecId = legacyCodecId(codec, hevc)
  if (codecId) return legacyBody(codecId, frameType, 1, compositionMs, payload)
  if (codec !== 'hevc') return enhancedBody(codec, frameType, VIDEO_PACKET.codedFrames, payload)
  if (compositionMs === 0) return enhancedBody(codec, frameType, VIDEO_PACKET.codedFramesX, payload)
  const out = enhancedBody(codec, frameType, VIDEO_PACKET.codedFrames, payload, 3)
  writeComposition(out, 5, compositionMs)
  return out
}

/** Composition time in a body that is in the enhanced dialect for HEVC, legacy for H.264; other codecs have none: 0. */
export function videoCompositionMs(codec: VideoCodec, body: Uint8Array): number {
  if (codec !== 'h264' && codec !== 'hevc') return 0
  if (codec === 'hevc' && ((body[0] ?? 0) & 15) === VIDEO_PACKET.codedFramesX) return 0
  const at = codec === 'h264' ? 2 : 5
  return (((body[at] ?? 0) << 24) | ((body[at + 1] ?? 0) << 16) | ((body[at + 2] ?? 0) << 8)) >> 8
}

/** Codec id of a codec that is written as legacy tags, as `onMetaData` names it too; undefined for the others. */
export function legacyCodecId(codec: VideoCodec, hevc: HevcDialect): number | undefined {
  return codec === 'h264' || (codec === 'hevc' && hevc === 'legacy') ? VIDEO_CODEC_ID[codec] : undefined
}

/** @see FLV 10.1 §E.4.3.1 */
function legacyBody(
  codecId: number,
  frameType: number,
  packetType: number,
  compositionMs: number,
  data: Uint8Array,
): Uint8Array {
  const out = new Uint8Array(5 + data.length)
  out[0] = (frameType << 4) | codecId
  out[1] = packetType
  writeComposition(out, 2, compositionMs)
  out.set(data, 5)
  return out
}

/**
 * @param gap bytes left between header and data
 * @see Enhanced RTMP v2 "ExVideoTagHeader"
 */
function enhancedBody(codec: VideoCodec, frameType: number, packetType: number, data: Uint8Array, gap = 0): Uint8Array {
  const fourCc = VIDEO_FOURCC[codec]
  const out = new Uint8Array(5 + gap + data.length)
  out[0] = 0x80 | (frameType << 4) | packetType
  out[1] = fourCc >>> 24
  out[2] = fourCc >>> 16
  out[3] = fourCc >>> 8
  out[4] = fourCc
  out.set(data, 5 + gap)
  return out
}

function writeComposition(out: Uint8Array, at: number, compositionMs: number): void {
  const value = Math.max(-MAX_COMPOSITION_MS, Math.min(MAX_COMPOSITION_MS, compositionMs))
  out[at] = value >> 16
  out[at + 1] = value >> 8
  out[at + 2] = value
}

/** VP8 tracks have no configuration of their own, but Enhanced RTMP wants a record. */
function vp8Config({ width, height }: VideoTrack): Uint8Array {
  return writeVpConfig(vp9ConfigOf({ profile: 0, bitDepth: 8, chromaSubsampling: 1, width, height }))
}
