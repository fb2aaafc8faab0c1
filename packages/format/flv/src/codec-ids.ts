import type { AudioCodec, VideoCodec } from '@millrace/media'

/** A FourCC as the number it is on the wire and in `onMetaData`. */
export function fourCc(text: string): number {
  let value = 0
  for (let i = 0; i < 4; i++) value = value * 256 + text.charCodeAt(i)
  return value
}

/** The FourCC as text, with `.` for what can't be shown. */
export function fourCcText(value: number): string {
  const bytes = [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
  return bytes.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
}

/** FourCC of each video codec. @see Enhanced RTMP v2 "Enhanced Video" */
export const VIDEO_FOURCC: Readonly<Record<VideoCodec, number>> = {
  h264: fourCc('avc1'),
  hevc: fourCc('hvc1'),
  av1: fourCc('av01'),
  vp9: fourCc('vp09'),
  vp8: fourCc('vp08'),
}

/** FourCC of the audio codecs that have one. @see Enhanced RTMP v2 "Enhanced Audio" */
export const AUDIO_FOURCC = { aac: fourCc('mp4a'), mp3: fourCc('.mp3'), opus: fourCc('Opus') } as const

const VIDEO_BY_FOURCC = new Map(Object.entries(VIDEO_FOURCC).map(([codec, value]) => [value, codec as VideoCodec]))
const AUDIO_BY_FOURCC = new Map(Object.entries(AUDIO_FOURCC).map(([codec, value]) => [value, codec as AudioCodec]))

/** The codec of a video FourCC, or undefined for one that is not supported. */
export function videoCodecOf(fourCcValue: number): VideoCodec | undefined {
  return VIDEO_BY_FOURCC.get(fourCcValue)
}

/** The codec of an audio FourCC, or undefined for one that is not supported. */
export function audioCodecOf(fourCcValue: number): AudioCodec | undefined {
  return AUDIO_BY_FOURCC.get(fourCcValue)
}

/**
 * Codec ids of legacy video tags. 7 is of the specification; 12 and 13, for HEVC and AV1 in the layout of AVC, are what
 * Chinese encoders, networks and players agreed on.
 */
export const VIDEO_CODEC_ID = { h264: 7, hevc: 12, av1: 13 } as const

/** The codec of a legacy video codec id, or undefined for one that is not supported. */
export function legacyVideoCodec(id: number): VideoCodec | undefined {
  return id === 7 ? 'h264' : id === 12 ? 'hevc' : id === 13 ? 'av1' : undefined
}

/** SoundFormat values of legacy audio tags; 14 is MP3 at 8 kHz. @see FLV 10.1 §E.4.2.1 */
export const SOUND_FORMAT = { mp3: 2, pcma: 7, pcmu: 8, aac: 10, mp3At8k: 14 } as const

/** The codec of a SoundFormat, or undefined for one that is not supported (linear PCM, ADPCM, Nellymoser, Speex). */
export function legacyAudioCodec(soundFormat: number): AudioCodec | undefined {
  switch (soundFormat) {
    case SOUND_FORMAT.aac:
      return 'aac'
    case SOUND_FORMAT.mp3:
    case SOUND_FORMAT.mp3At8k:
      return 'mp3'
    case SOUND_FORMAT.pcma:
      return 'pcma'
    case SOUND_FORMAT.pcmu:
      return 'pcmu'
    default:
      return undefined
  }
}

/** Names of the legacy video codecs that are not supported, for people. */
export const OTHER_VIDEO_NAMES: Readonly<Record<number, string>> = {
  2: 'sorenson-h263',
  3: 'screen',
  4: 'vp6',
  5: 'vp6-alpha',
  6: 'screen-2',
}

/** Names of the sound formats that are not supported, for people. */
export const OTHER_AUDIO_NAMES: Readonly<Record<number, string>> = {
  0: 'pcm',
  1: 'adpcm',
  3: 'pcm-le',
  4: 'nellymoser-16k',
  5: 'nellymoser-8k',
  6: 'nellymoser',
  11: 'speex',
  15: 'native',
}
