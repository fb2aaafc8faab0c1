import { writeAmf0, writeAmf0EcmaArray } from '@millrace/amf'
import { ByteWriter } from '@millrace/bytes'
import type { AudioTrack, Metadata, MetadataValue, StreamInfo, VideoTrack } from '@millrace/media'

import { audioCodecId } from './audio-writer.ts'
import { carriedTracks } from './carried.ts'
import { VIDEO_FOURCC } from './codec-ids.ts'
import { legacyCodecId } from './video-writer.ts'
import type { HevcDialect } from './video-writer.ts'

/** Of a file rather than of a live stream, or of tracks that are not carried. */
const DROPPED = new Set([
  'duration',
  'filesize',
  'keyframes',
  'hasKeyframes',
  'canSeekToEnd',
  'lasttimestamp',
  'lastkeyframetimestamp',
  'lastkeyframelocation',
  'videoTrackIdInfoMap',
  'audioTrackIdInfoMap',
])
/** What a publisher may claim of a track that is not there. */
const OF_VIDEO = new Set(['width', 'height', 'framerate', 'videocodecid', 'videodatarate'])
const OF_AUDIO = new Set([
  'audiocodecid',
  'audiodatarate',
  'audiosamplerate',
  'audiosamplesize',
  'audiochannels',
  'stereo',
])

/**
 * A script tag's body: `"onMetaData"` and an ECMA array of what the publisher said, put right by the real tracks.
 * null while there is neither metadata nor a track.
 * @see FLV 10.1 §E.5, Enhanced RTMP v2 "onMetaData"
 */
export function writeMetadata(info: StreamInfo, hevc: HevcDialect): Uint8Array | null {
  const { video, audio } = carriedTracks(info.tracks)
  return video || audio || info.metadata ? writeOnMetaData(metadataMembers(info, hevc)) : null
}

/** A script tag's body: `"onMetaData"` and an ECMA array. */
export function writeOnMetaData(members: Metadata): Uint8Array {
  const out = new ByteWriter(512)
  writeAmf0(out, 'onMetaData')
  writeAmf0EcmaArray(out, members)
  return out.finish()
}

/** What {@link writeMetadata} writes. */
export function metadataMembers({ tracks, metadata }: StreamInfo, hevc: HevcDialect): Metadata {
  const { video, audio } = carriedTracks(tracks)
  return {
    ...published(metadata ?? {}, video !== undefined, audio !== undefined),
    // mpegts.js believes these more than the flags of the header
    hasVideo: video !== undefined,
    hasAudio: audio !== undefined,
    ...(video && videoMembers(video, hevc)),
    ...(audio && audioMembers(audio)),
    server: 'Millrace',
  }
}

function published(metadata: Metadata, hasVideo: boolean, hasAudio: boolean): Metadata {
  const kept = ([name]: [string, MetadataValue]): boolean =>
    !DROPPED.has(name) && (hasVideo || !OF_VIDEO.has(name)) && (hasAudio || !OF_AUDIO.has(name))
  return Object.fromEntries(Object.entries(metadata).filter(kept))
}

/** Sizes and rates that the bitstream doesn't tell are left to the publisher. */
function videoMembers({ codec, width, height, frameRate }: VideoTrack, hevc: HevcDialect): Metadata {
  return {
    videocodecid: legacyCodecId(codec, hevc) ?? VIDEO_FOURCC[codec],
    ...(width > 0 && { width, height }),
    ...(frameRate > 0 && { framerate: frameRate }),
  }
}

function audioMembers(track: AudioTrack): Metadata {
  return {
    audiocodecid: audioCodecId(track),
    audiosamplerate: track.sampleRate,
    audiosamplesize: 16,
    audiochannels: track.channels,
    stereo: track.channels > 1,
  }
}
