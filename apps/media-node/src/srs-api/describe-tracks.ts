import type { AudioTrack, Track, VideoTrack } from '@millrace/media'

/** SRS's names of codecs, and those it would give the ones it has not. */
const CODEC_NAMES: Readonly<Record<Track['codec'], string>> = {
  h264: 'H264',
  hevc: 'HEVC',
  av1: 'AV1',
  vp9: 'VP9',
  vp8: 'VP8',
  aac: 'AAC',
  mp3: 'MP3',
  opus: 'Opus',
  pcma: 'G.711A',
  pcmu: 'G.711U',
}

/** By `profile_idc`. @see ITU-T H.264 §A.2 */
const AVC_PROFILES: Readonly<Record<number, string>> = {
  66: 'Baseline',
  77: 'Main',
  88: 'Extended',
  100: 'High',
  110: 'High(10)',
  122: 'High(422)',
  144: 'High(444)',
  244: 'High(444+Predictive)',
}

/** By `general_profile_idc`. @see ITU-T H.265 §A.3 */
const HEVC_PROFILES: Readonly<Record<string, string>> = {
  1: 'Main',
  2: 'Main10',
  3: 'MainStillPicture',
  4: 'Rext',
}

/** By audio object type. @see ISO/IEC 14496-3 §1.5.1.1 */
const AAC_PROFILES: Readonly<Record<string, string>> = { 1: 'Main', 2: 'LC', 3: 'SSR', 5: 'HE', 29: 'HEv2' }

/** The `video` of a stream: SRS's members, then ours. */
export function describeVideo(track: VideoTrack | undefined): object | null {
  if (!track) return null
  const { codec, codecString, width, height, frameRate } = track
  const { profile, level } = videoProfile(track)
  return { codec: CODEC_NAMES[codec], profile, level, width, height, codec_string: codecString, fps: frameRate }
}

/**
 * The `audio` of a stream: SRS's members, then ours.
 *
 * SRS: the sample rate is that of the decoder configuration; FLV's flags, where SRS takes it from, know none above 44100.
 */
export function describeAudio(track: AudioTrack | undefined): object | null {
  if (!track) return null
  const { codec, codecString, sampleRate, channels } = track
  const objectType = /^mp4a\.40\.(\d+)$/.exec(codecString)?.[1] ?? ''
  const profile = AAC_PROFILES[objectType] ?? 'Other'
  return { codec: CODEC_NAMES[codec], sample_rate: sampleRate, channel: channels, profile, codec_string: codecString }
}

/** Both stand in the codec string. @see RFC 6381 §3.3, ISO/IEC 14496-15 §E.3 */
function videoProfile({ codec, codecString }: VideoTrack): { profile: string; level: string } {
  if (codec === 'h264') {
    const [, profileHex = '', levelHex = ''] = /^avc[13]\.(..)..(..)$/.exec(codecString) ?? []
    const level = Number.parseInt(levelHex, 16)
    return {
      profile: AVC_PROFILES[Number.parseInt(profileHex, 16)] ?? 'Other',
      level: level > 0 ? String(level / 10) : 'Other',
    }
  }
  if (codec === 'hevc') {
    const [, profile = '', level] = /^h[ev][vc]1\.[ABC]?(\d+)\..*?[LH](\d+)/.exec(codecString) ?? []
    return { profile: HEVC_PROFILES[profile] ?? 'Other', level: level ? String(Number(level) / 30) : 'Other' }
  }
  return { profile: 'Other', level: 'Other' }
}
