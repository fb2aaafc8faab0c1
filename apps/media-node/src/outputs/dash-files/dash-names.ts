import path from 'node:path'

import type { StreamKey } from '@millrace/hub'

import { streamVariables, substitute } from '../../variables.ts'
import type { DashFilesOptions } from './options.ts'

/** Where the files of one stream are. */
export interface DashNames {
  /** Absolute file name of the manifest. */
  readonly manifest: string
  /** Absolute folder of initialisation and media segments. */
  readonly folder: string
  /** URI of that folder in the manifest. */
  readonly baseUrl: string
}

/**
 * Names of a stream's files: segments are in the folder of its app and name, whatever the manifest's name is.
 *
 * SRS: the manifest names that folder from where it is itself; SRS names `[stream]/`, which is right below `[app]/` only.
 */
export function dashNames(key: StreamKey, options: Pick<DashFilesOptions, 'folder' | 'manifestFile'>): DashNames {
  const variables = streamVariables(key)
  const manifest = path.join(options.folder, substitute(options.manifestFile, variables))
  const folder = path.join(options.folder, variables.app ?? '', variables.stream ?? '')
  const relative = path.relative(path.dirname(manifest), folder)
  const baseUrl = relative === '' ? './' : `${relative.split('/').map(encodeURIComponent).join('/')}/`
  return { manifest, folder, baseUrl }
}
