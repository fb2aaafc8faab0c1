import path from 'node:path'

import type { VhostConfig } from '@millrace/config'

import type { DashFilesOptions } from '../outputs/dash-files/options.ts'

/** What the `dash` of a vhost says; undefined for a vhost without. */
export function dashOptions({ dash }: VhostConfig): DashFilesOptions | undefined {
  if (!dash.enabled) return undefined
  return {
    segmentMs: Math.round(dash.dash_fragment * 1000),
    updateMs: Math.round(dash.dash_update_period * 1000),
    windowMs: Math.round(Math.max(dash.dash_timeshift, dash.dash_window_size * dash.dash_fragment) * 1000),
    folder: path.resolve(dash.dash_path),
    manifestFile: dash.dash_mpd_file,
    disposeMs: dash.dash_dispose * 1000,
    cleanup: dash.dash_cleanup,
  }
}
