import { relayKeyOf, signRelayToken } from '@millrace/auth'
import type { AdmitAnswer, AdmitRequest, OriginAnswer, OriginLookup, StreamOrigin } from '@millrace/contracts'
import { heldLeases, nodes, streams, takeLease, vhosts } from '@millrace/db'
import { and, eq, inArray, ne, sql } from 'drizzle-orm'

import type { WriteUnit } from './unit.ts'

/** A publisher's grant with the lease of its stream: whoever had the stream loses it now. Other answers stay as they are. */
export async function withLease(unit: WriteUnit, request: AdmitRequest, answer: AdmitAnswer): Promise<AdmitAnswer> {
  if (request.action !== 'publish' || !answer.allow || answer.stream_id === null) return answer
  const [node] = await unit.db.select({ bootId: nodes.bootId }).from(nodes).where(eq(nodes.id, request.node_id))
  if (node === undefined) return answer
  const { epoch } = await takeLease(unit, answer.stream_id, { nodeId: request.node_id, bootId: node.bootId })
  return { ...answer, epoch }
}

/** Where streams are published, but for those of the node that asks. With a token for each that opens it to this node. */
export async function findOrigins(
  unit: WriteUnit,
  { node_id: asker, streams: wanted }: OriginLookup,
): Promise<OriginAnswer> {
  if (wanted.length === 0) return { origins: [] }
  const named = await namedStreams(unit, wanted)
  const leases = await heldLeases(
    unit.db,
    named.map(({ id }) => id),
    unit.now,
  )
  const holders = [...new Set(leases.map(({ nodeId }) => nodeId!))]
  const rows =
    holders.length === 0
      ? []
      : await unit.db
          .select()
          .from(nodes)
          .where(and(inArray(nodes.id, holders), ne(nodes.id, asker)))
  const origins = leases.flatMap((lease): StreamOrigin[] => {
    const node = rows.find(({ id, bootId }) => id === lease.nodeId && bootId === lease.bootId)
    const names = named.find(({ id }) => id === lease.streamId)
    const base = node?.addresses.internal ?? node?.addresses.http
    if (!node || !names || base === undefined) return []
    const stream = { vhost: names.vhost, app: names.app, stream: names.stream }
    const key = relayKeyOf(unit.keyring, node.id, node.bootId)
    const token = signRelayToken(key, { ...stream, nodeId: asker }, unit.now.getTime())
    return [{ ...stream, node_id: node.id, epoch: lease.epoch, url: relayUrl(base, stream), token }]
  })
  return { origins }
}

type Names = OriginLookup['streams'][number]

async function namedStreams(unit: WriteUnit, wanted: readonly Names[]): Promise<(Names & { id: string })[]> {
  const owners = await unit.db
    .select({ id: vhosts.id, name: vhosts.name })
    .from(vhosts)
    .where(inArray(vhosts.name, [...new Set(wanted.map(({ vhost }) => vhost))]))
  const names = wanted.flatMap(({ vhost, app, stream }) => {
    const owner = owners.find(({ name }) => name === vhost)
    return owner ? [sql`(${owner.id}, ${app}, ${stream})`] : []
  })
  if (names.length === 0) return []
  const rows = await unit.db
    .select({ id: streams.id, vhostId: streams.vhostId, app: streams.app, stream: streams.name })
    .from(streams)
    .where(sql`(${streams.vhostId}, ${streams.app}, ${streams.name}) in (${sql.join(names, sql`, `)})`)
  return rows.map(({ vhostId, ...row }) => ({ ...row, vhost: owners.find(({ id }) => id === vhostId)!.name }))
}

/** The path that nodes serve other nodes at. */
function relayUrl(base: string, { vhost, app, stream }: Names): string {
  return new URL(`/relay/v1/${[vhost, ...app.split('/'), stream].map(encodeURIComponent).join('/')}.flv`, base).href
}
