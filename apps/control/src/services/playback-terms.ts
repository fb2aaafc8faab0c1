import { type PlaybackTerms, strictestPolicy } from '@millrace/contracts'

import { playbackIdsOf } from './playback-id-rows.ts'
import type { StreamRow } from './streams.ts'
import type { PublicUnit } from './unit.ts'
import type { VhostRow } from './vhosts.ts'

/**
 * How viewers may come in, for a node that decides about each of them by itself.
 *
 * @param stream undefined for one that nobody has made yet
 * @param hookAllowed whether the vhost's play hook was asked, and let this viewer in
 */
export async function playbackTerms(
  unit: PublicUnit,
  vhost: VhostRow,
  stream: StreamRow | undefined,
  hookAllowed: boolean,
): Promise<PlaybackTerms> {
  const ids = stream === undefined ? [] : await playbackIdsOf(unit.db, stream.id)
  return {
    project_id: vhost.projectId,
    policy: vhost.playbackPolicy === 'signed' || stream?.playbackPolicy === 'signed' ? 'signed' : 'public',
    hook_allowed: hookAllowed,
    ids: ids.map(({ id, policy, allowedOrigins }) => ({
      id,
      policy: strictestPolicy([policy, vhost.playbackPolicy, stream?.playbackPolicy ?? 'public']),
      allowed_origins: allowedOrigins,
    })),
  }
}
