/** Carries `MediaPlaylist.epoch`. Players ignore tags that they don't know (RFC 8216 §6.3.1). */
export const EPOCH_TAG = '#EXT-X-MILLRACE-EPOCH'
