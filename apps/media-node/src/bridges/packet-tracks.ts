import { OPUS_SAMPLE_RATE, opusTrack, plainOpusHead, writeOpusHead } from '@millrace/codecs'
import type { AudioTrack, Codec, PacketTrack, Track } from '@millrace/media'

const VIDEO_CLOCK_RATE = 90_000
const OPUS_CHANNELS = 2

/** The packets that can be made of a track's frames; undefined where no player would take them. */
export function packetTrackOf(track: Track): PacketTrack | undefined {
  const { id, kind } = track
  const layers = [{ rid: '' }]
  if (kind === 'video') {
    const { codec } = track
    return { id, kind, codec, clockRate: VIDEO_CLOCK_RATE, channels: 0, fmtp: formatOf(codec, track.config), layers }
  }
  const { codec, sampleRate, channels } = track
  if (codec === 'pcma' || codec === 'pcmu') {
    // at another rate it has no payload type of its own
    return sampleRate === 8000 && channels === 1
      ? { id, kind, codec, clockRate: 8000, channels, fmtp: '', layers }
      : undefined
  }
  return {
    id,
    kind,
    codec: 'opus',
    clockRate: OPUS_SAMPLE_RATE,
    channels: OPUS_CHANNELS,
    fmtp: 'minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1',
    layers,
  }
}

/** The Opus that takes the place of other sound. */
export function opusOf({ id }: AudioTrack): AudioTrack {
  return opusTrack({ id, timescale: OPUS_SAMPLE_RATE }, writeOpusHead(plainOpusHead(OPUS_CHANNELS)))
}

/** What SDP says of a codec beside its name. @see RFC 6184 §8.1 */
function formatOf(codec: Codec, config: Uint8Array): string {
  if (codec !== 'h264') return ''
  const profile = Array.from(config.subarray(1, 4), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${profile || '42e01f'}`
}
