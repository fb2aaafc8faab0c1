import {
  readAacConfig,
  readAv1Config,
  readAvcConfig,
  readHevcConfig,
  readVpConfig,
  vp9ConfigOf,
  writeVpConfig,
} from '@millrace/codecs'
import { CodedError, FormatError } from '@millrace/core'
import type { AudioTrack, Track, VideoTrack } from '@millrace/media'
import { box } from './box.ts'
import type { Part } from './box.ts'
import { elementaryStreamBox } from './boxes/elementary-stream.ts'
import { opusSpecificBox } from './boxes/opus-specific.ts'
import { audioEntryBox, visualEntryBox } from './boxes/sample-entry.ts'

/** objectTypeIndication values. @see https://mp4ra.org/registered-types/object-types */
export const OBJECT_TYPES = { aac: 0x40, mpeg2Audio: 0x69, mpeg1Audio: 0x6b } as const

/** MPEG-2 audio has the lower sampling rates. */
const MIN_MPEG1_RATE = 32_000
const NO_CONFIG = new Uint8Array(0)

/**
 * Whether a track has a place in MP4: any codec there is, with a configuration that can be read. Browsers refuse a whole
 * initialisation segment for a VP8 or G.711 track in it, so what is made for them leaves those out.
 */
export function mp4Carries(track: Track): boolean {
  try {
    sampleEntryBox(track)
    return true
  } catch (error) {
    if (error instanceof CodedError) return false
    throw error
  }
}

/**
 * The sample entry of a track. Throws FormatError as the reader of its configuration does, and `MP4_NALU_LENGTH` for a
 * configuration without 4-byte lengths.
 */
export function sampleEntryBox(track: Track): Part {
  return track.kind === 'video' ? videoEntry(track) : audioEntry(track)
}

function videoEntry(track: VideoTrack): Part {
  const { codec, config } = track
  switch (codec) {
    case 'h264':
      checkLengths(readAvcConfig(config).lengthSize)
      return visualEntryBox('avc1', track, box('avcC', config))
    case 'hevc':
      checkLengths(readHevcConfig(config).lengthSize)
      return visualEntryBox('hvc1', track, box('hvcC', config))
    case 'av1':
      readAv1Config(config)
      return visualEntryBox('av01', track, box('av1C', config))
    case 'vp9':
      return visualEntryBox('vp09', track, box('vpcC', writeVpConfig(readVpConfig(config))))
    case 'vp8':
      return visualEntryBox('vp08', track, box('vpcC', vp8Config(track)))
  }
}

function audioEntry(track: AudioTrack): Part {
  const { codec, config, sampleRate } = track
  switch (codec) {
    case 'aac':
      readAacConfig(config)
      return audioEntryBox('mp4a', track, elementaryStreamBox({ objectType: OBJECT_TYPES.aac, config }))
    case 'mp3': {
      const objectType = sampleRate < MIN_MPEG1_RATE ? OBJECT_TYPES.mpeg2Audio : OBJECT_TYPES.mpeg1Audio
      return audioEntryBox('mp4a', track, elementaryStreamBox({ objectType, config: NO_CONFIG }))
    }
    case 'opus':
      return audioEntryBox('Opus', track, opusSpecificBox(config))
    case 'pcma':
      return audioEntryBox('alaw', track)
    case 'pcmu':
      return audioEntryBox('ulaw', track)
  }
}

function checkLengths(lengthSize: number): void {
  if (lengthSize !== 4) throw new FormatError('MP4_NALU_LENGTH', `NAL unit lengths of ${lengthSize} bytes`)
}

/** VP8 tracks have no configuration of their own, but the sample entry wants a record. */
function vp8Config({ width, height }: VideoTrack): Uint8Array {
  return writeVpConfig(vp9ConfigOf({ profile: 0, bitDepth: 8, chromaSubsampling: 1, width, height }))
}
