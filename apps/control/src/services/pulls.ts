import type { PullGrant, PullGrantRequest } from '@millrace/contracts'
import { streams, vhosts } from '@millrace/db'
import { eq } from 'drizzle-orm'

import { failure } from './failures.ts'
import type { ReadUnit } from './unit.ts'

/** Where a node is to pull a stream from. Throws `STREAM_NOT_FOUND`, or `STREAM_NOT_PULLED` when it is not to be. */
export async function grantPull(unit: ReadUnit, request: PullGrantRequest): Promise<PullGrant> {
  const [found] = await unit.db
    .select({ row: streams, vhost: vhosts.name, vhostEnabled: vhosts.enabled })
    .from(streams)
    .innerJoin(vhosts, eq(vhosts.id, streams.vhostId))
    .where(eq(streams.id, request.stream_id))
  if (found === undefined) throw failure('STREAM_NOT_FOUND', `no stream ${request.stream_id}`)
  const { row, vhost, vhostEnabled } = found
  if (row.source.type !== 'pull' || !row.enabled || !vhostEnabled) {
    throw failure('STREAM_NOT_PULLED', 'the stream is not to be pulled')
  }
  return { url: row.source.url, vhost, app: row.app, stream: row.name }
}
