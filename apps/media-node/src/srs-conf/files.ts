import { globSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'

import type { ConfigFiles } from '@millrace/config'

/** Files of the machine, relative ones from a folder on: the working directory may change before they are read again. */
export function filesFrom(folder: string): ConfigFiles {
  return {
    read(file) {
      try {
        return readFileSync(path.resolve(folder, file), 'utf8')
      } catch {
        return undefined
      }
    },
    glob: (pattern) => globSync(pattern, { cwd: folder }).toSorted(),
  }
}

/**
 * The file to use: the one that is asked for, else as SRS looks for it. Undefined when none of them is there.
 *
 * @param wanted what the command line says, default `conf/srs.conf`
 */
export function findConfigFile(wanted = 'conf/srs.conf'): string | undefined {
  const docker = wanted.endsWith('docker.conf') ? [`${wanted.slice(0, -'docker.conf'.length)}srs.conf`] : []
  return [wanted, ...docker, 'conf/srs.conf', '/etc/srs/srs.conf'].find(isFile)
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false
}
