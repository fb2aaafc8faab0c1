import type { TrackInfo } from '@millrace/contracts'
import type { Track } from '@millrace/media'

/** A track as reports tell of it. */
export function trackInfo(track: Track): TrackInfo {
  const { kind, codec, codecString } = track
  const common = { kind, codec, ...(codecString ? { codec_string: codecString } : {}) }
  if (track.kind === 'audio') return { ...common, sample_rate: track.sampleRate, channels: track.channels }
  // a bitstream may claim anything; the report must not be refused for it
  const { width, height, frameRate } = track
  return { ...common, width: Math.min(width, 65_535), height: Math.min(height, 65_535), fps: Math.min(frameRate, 1000) }
}
