import path from 'node:path'

import type { VhostConfig } from '@millrace/config'

import type { HdsFilesOptions } from '../outputs/hds-files/options.ts'

/** What the `hds` of a vhost says; undefined for a vhost without. */
export function hdsOptions({ hds }: VhostConfig): HdsFilesOptions | undefined {
  if (!hds.enabled) return undefined
  return {
    fragmentMs: Math.round(hds.hds_fragment * 1000),
    windowMs: Math.round(hds.hds_window * 1000),
    folder: path.resolve(hds.hds_path),
  }
}
