import type { HlsFilesOptions } from './options.ts'

/** Options of a vhost that says nothing but what is given, with files below `/hls`. */
export function testOptions(changes: Partial<HlsFilesOptions> = {}): HlsFilesOptions {
  return {
    segmentMs: 1000,
    windowMs: 3000,
    targetRatio: 1,
    overflowRatio: 2,
    waitKeyFrame: true,
    directTimes: true,
    onError: 'continue',
    folder: '/hls',
    playlistFile: '[app]/[stream].m3u8',
    segmentFile: '[app]/[stream]-[seq].ts',
    floorTimestamp: false,
    entryPrefix: '',
    cleanup: true,
    disposeMs: 0,
    keys: undefined,
    context: true,
    segmentContext: true,
    utc: true,
    ...changes,
  }
}
