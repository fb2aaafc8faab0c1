import { createHash } from 'node:crypto'

import type { DesiredState } from '@millrace/contracts'
import { nodes, vhosts } from '@millrace/db'
import { asc, eq } from 'drizzle-orm'

import { failure } from './failures.ts'
import { timestamp } from './lists.ts'
import { validPlaybackRevocations } from './playback-revocations.ts'
import { validSigningKeys } from './signing-keys.ts'
import type { ReadUnit } from './unit.ts'

/** What a node has to know to decide without asking, and its ETag: a hash of it. Throws `NODE_NOT_FOUND`. */
export async function getDesiredState(unit: ReadUnit, nodeId: string): Promise<{ state: DesiredState; etag: string }> {
  const [node] = await unit.db.select({ state: nodes.desiredState }).from(nodes).where(eq(nodes.id, nodeId))
  if (node === undefined) throw failure('NODE_NOT_FOUND', `no node ${nodeId}: register again`)
  const [hosts, keys, revocations] = await Promise.all([
    unit.db.select().from(vhosts).orderBy(asc(vhosts.id)),
    validSigningKeys(unit),
    validPlaybackRevocations(unit),
  ])
  const state: DesiredState = {
    node,
    vhosts: hosts.map(({ name, enabled, playbackPolicy }) => ({ name, enabled, playback_policy: playbackPolicy })),
    signing_keys: keys.map(({ id, projectId, algorithm, publicJwk }) => ({
      kid: id,
      project_id: projectId,
      algorithm,
      public_jwk: publicJwk,
    })),
    revocations: revocations.map((row) => ({
      project_id: row.projectId,
      playback_id: row.playbackId,
      vid: row.vid,
      not_before: timestamp(row.notBefore),
      expires_at: timestamp(row.expiresAt),
    })),
  }
  return { state, etag: `"${createHash('sha256').update(JSON.stringify(state)).digest('base64url')}"` }
}
