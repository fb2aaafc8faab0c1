import path from 'node:path'

import type { HttpRequest } from './http.ts'

/** A folder of files, and where it is by HTTP. */
export interface FileMount {
  /** Host name or vhost that requests must be for; undefined for any. */
  readonly host: string | undefined
  /** What paths begin with, a slash at both ends. */
  readonly prefix: string
  /** Absolute. */
  readonly folder: string
}

/** Absolute names of the files that a request may be for, the one that is meant first; whether they are there is another question. */
export type LocateFiles = (request: Pick<HttpRequest, 'path' | 'host' | 'params'>) => readonly string[]

/**
 * Finds files in mounts: those of the host come before those of any, longer prefixes before shorter ones. `index.html` is meant by paths
 * that end with a slash; what has a part that begins with a dot is nowhere.
 *
 * @param mounts asked anew each time, as they may change
 */
export function fileLocator(mounts: () => readonly FileMount[]): LocateFiles {
  return ({ path: urlPath, host, params }) => {
    const asked = urlPath.endsWith('/') ? `${urlPath}index.html` : urlPath
    const vhost = params['vhost'] ?? params['domain'] ?? host
    return mounts()
      .filter((mount) => (mount.host === undefined || mount.host === vhost) && asked.startsWith(mount.prefix))
      .toSorted((a, b) => rank(b) - rank(a))
      .flatMap(({ prefix, folder }) => {
        const parts = asked.slice(prefix.length).split('/')
        return parts.every(isPlain) ? [path.join(folder, ...parts)] : []
      })
  }
}

function rank({ host, prefix }: FileMount): number {
  return prefix.length + (host === undefined ? 0 : 1e6)
}

function isPlain(part: string): boolean {
  return part !== '' && !part.startsWith('.') && !part.includes('\0')
}
