import type { AudioTrack, VideoTrack } from '@millrace/media'

import { aacCodecString, readAacConfig } from './aac/config.ts'
import { av1CodecString, av1ConfigOf, readAv1Config } from './av1/config.ts'
import { AV1_OBU, splitObus } from './av1/obu.ts'
import { readAv1SequenceHeader } from './av1/sequence-header.ts'
import { G711_CODEC_STRINGS, G711_SAMPLE_RATE } from './g711.ts'
import { avcCodecString, readAvcConfig } from './h264/config.ts'
import { readH264Sps } from './h264/sps.ts'
import { hevcParameterSets, readHevcConfig } from './hevc/config.ts'
import { HEVC_NALU } from './hevc/nalu.ts'
import { hevcCodecString } from './hevc/profile.ts'
import { readHevcSps } from './hevc/sps.ts'
import { MP3_CODEC_STRING } from './mp3.ts'
import { OPUS_SAMPLE_RATE, readOpusHead } from './opus.ts'
import { readVpConfig, vp9CodecString } from './vp9.ts'

/** Which track of a stream, and its clock. */
export interface TrackIdentity {
  readonly id: number
  /** Ticks per second. */
  readonly timescale: number
}

/** Size of a picture in pixels, where the configuration doesn't tell it. */
export interface PictureSize {
  readonly width: number
  readonly height: number
}

const NO_CONFIG = new Uint8Array(0)

/** H.264 track of an avcC with 4-byte lengths; it is kept, not copied. Throws FormatError as its readers do. */
export function h264Track({ id, timescale }: TrackIdentity, config: Uint8Array): VideoTrack {
  const record = readAvcConfig(config)
  const { width, height, frameRate } = readH264Sps(record.sps[0] ?? NO_CONFIG)
  const codecString = avcCodecString(record)
  return { kind: 'video', codec: 'h264', id, timescale, config, codecString, width, height, frameRate }
}

/** HEVC track of an hvcC with 4-byte lengths; it is kept, not copied. Throws FormatError as its readers do. */
export function hevcTrack({ id, timescale }: TrackIdentity, config: Uint8Array): VideoTrack {
  const record = readHevcConfig(config)
  const [sps = NO_CONFIG] = hevcParameterSets(record, HEVC_NALU.sps)
  const { width, height, frameRate } = readHevcSps(sps)
  const codecString = hevcCodecString(record)
  return { kind: 'video', codec: 'hevc', id, timescale, config, codecString, width, height, frameRate }
}

/**
 * AV1 track of an av1C; it is kept, not copied. The picture size comes from the sequence header in the av1C, or in
 * `temporalUnit` where the av1C has none. Throws FormatError as its readers do.
 */
export function av1Track(
  { id, timescale }: TrackIdentity,
  config: Uint8Array,
  temporalUnit: Uint8Array = NO_CONFIG,
): VideoTrack {
  const record = readAv1Config(config)
  const codecString = av1CodecString(record)
  const source = av1ConfigOf(record.obus) ? record.obus : temporalUnit
  const found = splitObus(source).find(({ type }) => type === AV1_OBU.sequenceHeader)
  const header = found && readAv1SequenceHeader(source.subarray(found.payloadStart, found.end))
  const { width = 0, height = 0, frameRate = 0 } = header ?? {}
  return { kind: 'video', codec: 'av1', id, timescale, config, codecString, width, height, frameRate }
}

/** VP9 track of a vpcC (from its version byte on); it is kept, not copied. Throws FormatError as `readVpConfig` does. */
export function vp9Track({ id, timescale }: TrackIdentity, config: Uint8Array, size: PictureSize): VideoTrack {
  const codecString = vp9CodecString(readVpConfig(config))
  const { width, height } = size
  return { kind: 'video', codec: 'vp9', id, timescale, config, codecString, width, height, frameRate: 0 }
}

/** VP8 track, which has no configuration. */
export function vp8Track({ id, timescale }: TrackIdentity, { width, height }: PictureSize): VideoTrack {
  const plain = { config: NO_CONFIG, codecString: 'vp8', frameRate: 0 }
  return { kind: 'video', codec: 'vp8', id, timescale, ...plain, width, height }
}

/** AAC track of an AudioSpecificConfig; it is kept, not copied. Throws FormatError as `readAacConfig` does. */
export function aacTrack({ id, timescale }: TrackIdentity, config: Uint8Array): AudioTrack {
  const record = readAacConfig(config)
  const { sampleRate, channels } = record
  const codecString = aacCodecString(record)
  return { kind: 'audio', codec: 'aac', id, timescale, config, codecString, sampleRate, channels }
}

/** MP3 track by the header of its first frame, or by what a container says of it. */
export function mp3Track(
  { id, timescale }: TrackIdentity,
  { sampleRate, channels }: Pick<AudioTrack, 'sampleRate' | 'channels'>,
): AudioTrack {
  const plain = { config: NO_CONFIG, codecString: MP3_CODEC_STRING }
  return { kind: 'audio', codec: 'mp3', id, timescale, ...plain, sampleRate, channels }
}

/** Opus track of an OpusHead; it is kept, not copied. Throws FormatError as `readOpusHead` does. */
export function opusTrack({ id, timescale }: TrackIdentity, config: Uint8Array): AudioTrack {
  const { channels } = readOpusHead(config)
  const rate = { codecString: 'opus', sampleRate: OPUS_SAMPLE_RATE }
  return { kind: 'audio', codec: 'opus', id, timescale, config, ...rate, channels }
}

/** G.711 track. */
export function g711Track(
  { id, timescale }: TrackIdentity,
  codec: 'pcma' | 'pcmu',
  channels: number,
  sampleRate = G711_SAMPLE_RATE,
): AudioTrack {
  const codecString = G711_CODEC_STRINGS[codec]
  return { kind: 'audio', codec, id, timescale, config: NO_CONFIG, codecString, sampleRate, channels }
}
