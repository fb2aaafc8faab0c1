import { opusPacketSamples, readAacConfig, readMp3Header } from '@millrace/codecs'
import { CodedError, rescale } from '@millrace/core'
import type { Frame } from '@millrace/media'

/** Frames per second of video that doesn't tell. */
const USUAL_FRAME_RATE = 25

/**
 * How long a frame lasts that no other follows, in ticks of its track: by the codec for audio, by the frame rate for video.
 */
export function frameDurationTicks({ track, payload }: Pick<Frame, 'track' | 'payload'>): number {
  if (track.kind === 'video') return Math.round(track.timescale / (track.frameRate || USUAL_FRAME_RATE))
  try {
    switch (track.codec) {
      case 'aac': {
        const { frameSamples, coreSampleRate } = readAacConfig(track.config)
        return rescale(frameSamples, coreSampleRate, track.timescale)
      }
      case 'mp3':
        return rescale(readMp3Header(payload).frameSamples, track.sampleRate, track.timescale)
      case 'opus':
        return rescale(opusPacketSamples(payload), 48_000, track.timescale)
      case 'pcma':
      case 'pcmu':
        return rescale(payload.length, track.sampleRate * track.channels, track.timescale)
    }
  } catch (error) {
    // a damaged frame is carried as it is
    if (error instanceof CodedError) return 0
    throw error
  }
}
