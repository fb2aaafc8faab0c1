import type { AudioTrack, Frame, Track, VideoTrack } from '@millrace/media'

/** An H.264 track for tests that look at no bitstream: 25 fps, milliseconds. */
export const videoTrack = (change: Partial<VideoTrack> = {}): VideoTrack => ({
  id: 1,
  kind: 'video',
  codec: 'h264',
  timescale: 1000,
  config: Uint8Array.of(1, 0x64, 0, 0x1f),
  codecString: 'avc1.64001f',
  width: 1280,
  height: 720,
  frameRate: 25,
  ...change,
})

/** An AAC track for tests that look at no bitstream. */
export const audioTrack = (change: Partial<AudioTrack> = {}): AudioTrack => ({
  id: 2,
  kind: 'audio',
  codec: 'aac',
  timescale: 1000,
  config: Uint8Array.of(0x12, 0x10),
  codecString: 'mp4a.40.2',
  sampleRate: 44_100,
  channels: 2,
  ...change,
})

/** A frame of `bytes` bytes, presented when it is decoded. */
export function frameAt(track: Track, dtsTicks: number, { key = track.kind === 'audio', bytes = 10 } = {}): Frame {
  return { track, dtsTicks, ptsTicks: dtsTicks, key, payload: new Uint8Array(bytes).fill(dtsTicks & 0xff) }
}
