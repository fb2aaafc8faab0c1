import path from 'node:path'

import { createAddressGuard } from '@millrace/address-guard'
import type { Logger, Scope } from '@millrace/core'

import type { NodeLink } from '../../node-link/node-link.ts'
import type { Settings } from '../../settings.ts'
import { Archive } from './archive.ts'
import { HttpObjects } from './http-objects.ts'
import { LivePlaylists } from './live-playlists.ts'
import { LocalObjects } from './local-objects.ts'
import type { ObjectAccess } from './objects.ts'
import { Spool } from './spool.ts'
import { StorageGrants } from './storage-grants.ts'

export interface OpenArchiveDeps {
  link: NodeLink
  settings: Settings
  logger: Logger
  /** A segment is in the storage, so long after its end. */
  onStored: (lagMs: number) => void
}

/** Opens the archive, and begins with what earlier runs left; nobody waits for that. */
export function openArchive({ link, settings, logger, onStored }: OpenArchiveDeps, scope: Scope): Archive {
  const { spoolBytes, uploads, closeMs, allow, directories } = settings.archive
  const http = new HttpObjects(createAddressGuard(allow))
  const objects = objectsOf(http, new LocalObjects(directories))
  const wallNowMs = Date.now
  const grants = new StorageGrants({ control: link.control, nodeId: () => link.nodeId, wallNowMs })
  const archive = new Archive({
    spool: new Spool({ dir: path.join(settings.dataDir, 'spool'), maxBytes: spoolBytes }),
    grants,
    objects,
    live: new LivePlaylists({ grants, objects, logger }),
    record: (body) => link.reports.record(body),
    onStored,
    wallNowMs,
    logger,
    uploads,
    closeMs,
  })
  scope.defer(() => http.close())
  scope.defer(() => archive.close())
  void archive.recover()
  return archive
}

/** Each grant tells how its object is reached. */
function objectsOf(http: HttpObjects, local: LocalObjects): ObjectAccess {
  return {
    put: (grant, body, options) =>
      grant.type === 'http' ? http.put(grant, body, options) : local.put(grant, body, options),
    get: (grant, options) => (grant.type === 'http' ? http.get(grant, options) : local.get(grant)),
  }
}
