import path from 'node:path'

import type { VhostConfig } from '@millrace/config'

import type { HlsFilesOptions } from '../outputs/hls-files/options.ts'

/** What the `hls` of a vhost says; undefined for a vhost without. */
export function hlsOptions({ hls }: VhostConfig, utc: boolean): HlsFilesOptions | undefined {
  if (!hls.enabled) return undefined
  return {
    segmentMs: Math.round(hls.hls_fragment * 1000),
    windowMs: Math.round(hls.hls_window * 1000),
    targetRatio: hls.hls_td_ratio,
    overflowRatio: hls.hls_aof_ratio,
    waitKeyFrame: hls.hls_wait_keyframe,
    directTimes: hls.hls_dts_directly,
    onError: hls.hls_on_error,
    folder: path.resolve(hls.hls_path),
    playlistFile: hls.hls_m3u8_file,
    segmentFile: hls.hls_ts_file,
    floorTimestamp: hls.hls_ts_floor,
    entryPrefix: hls.hls_entry_prefix,
    cleanup: hls.hls_cleanup,
    disposeMs: hls.hls_dispose * 1000,
    keys: hls.hls_keys
      ? {
          segmentsPerKey: hls.hls_fragments_per_key,
          folder: path.resolve(hls.hls_key_file_path === '' ? hls.hls_path : hls.hls_key_file_path),
          file: hls.hls_key_file,
          url: hls.hls_key_url,
        }
      : undefined,
    context: hls.hls_ctx,
    segmentContext: hls.hls_ctx && hls.hls_ts_ctx,
    utc,
  }
}
