import type { AudioTrack } from '@millrace/media'

import { AUDIO_FOURCC, SOUND_FORMAT } from './codec-ids.ts'
import { AUDIO_PACKET } from './enhanced.ts'

const EX_HEADER = 9
/** What the specification wants for AAC whatever the stream is: 44 kHz, 16 bits, stereo. */
const AAC_TAG = (SOUND_FORMAT.aac << 4) | 15

/** The sequence header of a track, or undefined where the codec has none. */
export function writeAudioConfig({ codec, config }: AudioTrack): Uint8Array | undefined {
  if (codec === 'aac') return prefixed([AAC_TAG, 0], config)
  return codec === 'opus' ? opusBody(AUDIO_PACKET.sequenceStart, config) : undefined
}

/** The tag body of a frame. */
export function writeAudioBody(track: AudioTrack, payload: Uint8Array): Uint8Array {
  switch (track.codec) {
    case 'aac':
      return prefixed([AAC_TAG, 1], payload)
    case 'opus':
      return opusBody(AUDIO_PACKET.codedFrames, payload)
    case 'mp3':
    case 'pcma':
    case 'pcmu':
      return prefixed([soundTag(track)], payload)
  }
}

/** SoundFormat of a track, as `onMetaData` names it too; Opus has its FourCC instead. */
export function audioCodecId({ codec, sampleRate }: AudioTrack): number {
  if (codec === 'opus') return AUDIO_FOURCC.opus
  return codec === 'mp3' && sampleRate === 8000 ? SOUND_FORMAT.mp3At8k : SOUND_FORMAT[codec]
}

/** The first byte of a legacy tag: SoundFormat, SoundRate, 16 bits, SoundType. @see FLV 10.1 §E.4.2.1 */
function soundTag(track: AudioTrack): number {
  const { sampleRate, channels } = track
  const rate = sampleRate < 11_025 ? 0 : sampleRate < 22_050 ? 1 : sampleRate < 44_100 ? 2 : 3
  return (audioCodecId(track) << 4) | (rate << 2) | 2 | (channels > 1 ? 1 : 0)
}

function opusBody(packetType: number, data: Uint8Array): Uint8Array {
  const { opus } = AUDIO_FOURCC
  const head = [(EX_HEADER << 4) | packetType, opus >>> 24, (opus >>> 16) & 0xff, (opus >>> 8) & 0xff, opus & 0xff]
  return prefixed(head, data)
}

function prefixed(head: readonly number[], data: Uint8Array): Uint8Array {
  const out = new Uint8Array(head.length + data.length)
  out.set(head)
  out.set(data, head.length)
  return out
}
