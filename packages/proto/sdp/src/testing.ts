/**
 * Offers that real clients made: Chromium 156, FFmpeg 8.1's WHIP muxer, libdatachannel (node-datachannel 0.33) and werift 0.25, with a made-up
 * fingerprint. `sendrecv` is what a page offers with `addTrack`; `play-unusual` has a data channel, three video and an audio.
 */
export const OFFERS = [
  'chromium-publish',
  'chromium-simulcast',
  'chromium-sendrecv',
  'chromium-play',
  'chromium-play-unusual',
  'ffmpeg-publish',
  'libdatachannel-publish',
  'libdatachannel-play',
  'werift-publish',
  'werift-play',
] as const

export type OfferName = (typeof OFFERS)[number]
