import path from 'node:path'

import { DEFAULT_VHOST_NAME, type VhostConfig } from '@millrace/config'

import type { FileMount } from '../io/file-mounts.ts'

/** The folders of files that vhosts have of their own. @see SRS 4 `full.conf`, "http_static" */
export function fileMounts(vhosts: readonly VhostConfig[]): FileMount[] {
  return vhosts.flatMap(({ name, enabled, http_static: files }) =>
    enabled && files.enabled ? [mountOf(name, files.mount, files.dir)] : [],
  )
}

/** What stands before the first slash is a host; the default vhost is for all of them. */
function mountOf(vhost: string, template: string, dir: string): FileMount {
  const mount = template.replaceAll('[vhost]', vhost)
  const cut = mount.indexOf('/')
  const host = cut < 0 ? mount : mount.slice(0, cut)
  const inner = (cut < 0 ? '' : mount.slice(cut)).split('/').filter((part) => part !== '')
  return {
    host: host === '' || host === DEFAULT_VHOST_NAME ? undefined : host,
    prefix: ['', ...inner, ''].join('/'),
    folder: path.resolve(dir),
  }
}
