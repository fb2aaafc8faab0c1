import {
  aacTrack,
  av1Track,
  g711Track,
  h264Track,
  hevcTrack,
  mp3Track,
  opusTrack,
  readAvcConfig,
  readHevcConfig,
  vp8Track,
  vp9Track,
  writeAvcConfig,
  writeHevcConfig,
} from '@millrace/codecs'
import type { TrackIdentity } from '@millrace/codecs'
import type { Track } from '@millrace/media'
import { requireBox } from './box.ts'
import type { ReadBox } from './box.ts'
import { readElementaryStream } from './boxes/elementary-stream.ts'
import { readOpusSpecific } from './boxes/opus-specific.ts'
import { readAudioEntry, readVisualEntry } from './boxes/sample-entry.ts'
import { OBJECT_TYPES } from './describe.ts'

/** What a sample entry describes. */
export interface Description {
  readonly track: Track
  /** Bytes of each NAL unit length in its samples, which is 4 in the track's configuration. */
  readonly lengthSize: number
}

/**
 * Reads a sample entry; undefined for a codec that isn't supported. Configurations are copied.
 * Throws FormatError as the readers of boxes and configurations do.
 */
export function readSampleEntry(entry: ReadBox, identity: TrackIdentity): Description | undefined {
  switch (entry.type) {
    case 'avc1':
    case 'avc3': {
      const config = copyOf(readVisualEntry(entry.body).boxes, 'avcC')
      const record = readAvcConfig(config)
      const { lengthSize } = record
      const plain = lengthSize === 4 ? config : writeAvcConfig({ ...record, lengthSize: 4 })
      return { track: h264Track(identity, plain), lengthSize }
    }
    case 'hvc1':
    case 'hev1': {
      const config = copyOf(readVisualEntry(entry.body).boxes, 'hvcC')
      const record = readHevcConfig(config)
      const { lengthSize } = record
      const plain = lengthSize === 4 ? config : writeHevcConfig({ ...record, lengthSize: 4 })
      return { track: hevcTrack(identity, plain), lengthSize }
    }
    default: {
      const track = plainTrack(entry, identity)
      return track && { track, lengthSize: 4 }
    }
  }
}

function plainTrack({ type, body }: ReadBox, identity: TrackIdentity): Track | undefined {
  switch (type) {
    case 'av01': {
      const { width, height, boxes } = readVisualEntry(body)
      const track = av1Track(identity, copyOf(boxes, 'av1C'))
      return track.width > 0 ? track : { ...track, width, height }
    }
    case 'vp09': {
      const entry = readVisualEntry(body)
      return vp9Track(identity, copyOf(entry.boxes, 'vpcC'), entry)
    }
    case 'vp08':
      return vp8Track(identity, readVisualEntry(body))
    case 'mp4a':
      return mpegAudioTrack(body, identity)
    case 'Opus':
      return opusTrack(identity, readOpusSpecific(requireBox(readAudioEntry(body).boxes, 'dOps')))
    case 'alaw':
    case 'ulaw': {
      const { channels, sampleRate } = readAudioEntry(body)
      return g711Track(identity, type === 'alaw' ? 'pcma' : 'pcmu', channels, sampleRate)
    }
    default:
      return undefined
  }
}

function mpegAudioTrack(body: Uint8Array, identity: TrackIdentity): Track | undefined {
  const entry = readAudioEntry(body)
  const stream = readElementaryStream(requireBox(entry.boxes, 'esds'))
  switch (stream?.objectType) {
    case OBJECT_TYPES.aac:
      return aacTrack(identity, new Uint8Array(stream.config))
    case OBJECT_TYPES.mpeg1Audio:
    case OBJECT_TYPES.mpeg2Audio:
      return mp3Track(identity, entry)
    default:
      return undefined
  }
}

function copyOf(boxes: readonly ReadBox[], type: string): Uint8Array {
  return new Uint8Array(requireBox(boxes, type))
}
