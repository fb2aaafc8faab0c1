import {
  aacTrack,
  g711Track,
  isOpusStereo,
  mp3Track,
  opusTrack,
  plainOpusHead,
  readMp3Header,
  writeOpusHead,
} from '@millrace/codecs'
import type { TrackIdentity } from '@millrace/codecs'
import type { AudioTrack } from '@millrace/media'

import type { TrackReader } from './track-reader.ts'

/** AAC: raw frames under an AudioSpecificConfig. */
export function aacReader(identity: TrackIdentity): TrackReader {
  let track: AudioTrack | undefined
  return {
    configure(data) {
      track = aacTrack(identity, new Uint8Array(data))
      return track
    },
    read: ({ data }) => track && { track, payload: data, key: true },
  }
}

/** MP3: each frame has a header; a track ends where that changes its sampling rate or channels. */
export function mp3Reader(identity: TrackIdentity): TrackReader {
  let track: AudioTrack | undefined
  let format = -1
  return {
    configure: () => track,
    read({ data }) {
      // syncword, version, layer; sampling rate; channel mode
      const [b0 = 0, b1 = 0, b2 = 0, b3 = 0] = data
      const nextFormat = (b0 << 24) | ((b1 & 0xfe) << 16) | ((b2 & 0x0c) << 8) | (b3 & 0xc0)
      if (!track || nextFormat !== format) {
        const header = readMp3Header(data)
        const same = track?.sampleRate === header.sampleRate && track.channels === header.channels
        if (!track || !same) track = mp3Track(identity, header)
        format = nextFormat
      }
      return { track, payload: data, key: true }
    },
  }
}

/** Opus: an OpusHead, or where that is empty what the first packet shows. */
export function opusReader(identity: TrackIdentity): TrackReader {
  let track: AudioTrack | undefined
  return {
    configure(data) {
      track = opusTrack(identity, new Uint8Array(data))
      return track
    },
    read({ data }) {
      track ??= opusTrack(identity, writeOpusHead(plainOpusHead(isOpusStereo(data) ? 2 : 1)))
      return { track, payload: data, key: true }
    },
  }
}

/** G.711: the tag tells the channels, the rest is fixed. */
export function g711Reader(codec: 'pcma' | 'pcmu', identity: TrackIdentity): TrackReader {
  let track: AudioTrack | undefined
  return {
    configure: () => track,
    read(packet) {
      const channels = packet.kind === 'audio' ? packet.channels : 1
      if (track?.channels !== channels) track = g711Track(identity, codec, channels)
      return { track, payload: packet.data, key: true }
    },
  }
}
