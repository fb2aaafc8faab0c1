import {
  type ClientInfo,
  type EventData,
  type Job,
  type Page,
  type Viewer,
  type ViewerJoined,
  type ViewerLeft,
  type ViewerQuery,
} from '@millrace/contracts'
import { appendEvent, streams, vhosts, viewers } from '@millrace/db'
import { and, desc, eq, inArray } from 'drizzle-orm'

import { startCommandJob } from './command-jobs.ts'
import { failure } from './failures.ts'
import { afterCursor, fetchCount, timestamp, toPage } from './lists.ts'
import { findStream, streamByName } from './streams.ts'
import { audit, type ReadUnit, type WriteUnit } from './unit.ts'
import { resolveVhost } from './vhosts.ts'

type Row = typeof viewers.$inferSelect
type ViewerEvent = 'viewer.joined' | 'viewer.left'

/** An event tells of as many viewers as fit into this, so that the whole is below `MAX_EVENT_BYTES`. */
const EVENT_VIEWER_BYTES = 12_000

/** Who watches now, those who came last first. Throws `STREAM_NOT_FOUND`. */
export async function listViewers(unit: ReadUnit, query: ViewerQuery): Promise<Page<Viewer>> {
  if (query.stream !== undefined) await findStream(unit, query.stream)
  const rows = await unit.db
    .select()
    .from(viewers)
    .where(
      and(
        eq(viewers.projectId, unit.principal.projectId),
        query.stream === undefined ? undefined : eq(viewers.streamId, query.stream),
        afterCursor(viewers.id, query),
      ),
    )
    .orderBy(desc(viewers.id))
    .limit(fetchCount(query))
  return toPage(rows, query, present)
}

/** Asks the node to end a viewer's connection. Throws `VIEWER_NOT_FOUND`. */
export async function kickViewer(unit: WriteUnit, id: string): Promise<Job> {
  const [row] = await unit.db
    .select()
    .from(viewers)
    .where(and(eq(viewers.id, id), eq(viewers.projectId, unit.principal.projectId)))
  if (row === undefined) throw failure('VIEWER_NOT_FOUND', `no viewer ${id}`)
  await audit(unit, 'viewer.kicked', { type: 'viewer', id }, { stream_id: row.streamId, ip: row.client.ip })
  return startCommandJob(unit, 'viewer.kick', { type: 'viewer', id }, [
    { nodeId: row.nodeId, command: { type: 'kick_viewer', viewer_id: id } },
  ])
}

interface Change {
  at: string
  joined: readonly ViewerJoined[]
  left: readonly ViewerLeft[]
}

interface Source {
  nodeId: string
  bootId: string
}

/** A stream that viewers joined or left. */
interface Watched {
  id: string
  projectId: string
  names: { vhost: string; app: string; stream: string }
  /** Whether its vhost wants events of viewers. */
  tells: boolean
}

/** Applies a node's report of who came and went. Those of a stream that control doesn't know are not kept. */
export async function changeViewers(unit: WriteUnit, source: Source, { at, joined, left }: Change): Promise<void> {
  const came = await withStreams(unit, joined)
  if (came.length > 0) {
    await unit.db
      .insert(viewers)
      .values(
        came.map(({ viewer, stream }) => ({
          id: viewer.viewer_id,
          projectId: stream.projectId,
          streamId: stream.id,
          ...source,
          protocol: viewer.protocol,
          client: viewer.client,
          joinedAt: new Date(viewer.joined_at),
        })),
      )
      .onConflictDoNothing()
  }
  const gone = await removeViewers(unit, source.nodeId, left)
  await tell(unit, 'viewer.joined', at, came, ({ viewer }) => ({
    viewer_id: viewer.viewer_id,
    protocol: viewer.protocol,
    client: forEvent(viewer.client),
    joined_at: viewer.joined_at,
  }))
  await tell(unit, 'viewer.left', at, gone, ({ viewer }) => viewer)
}

async function removeViewers(
  unit: WriteUnit,
  nodeId: string,
  left: readonly ViewerLeft[],
): Promise<{ viewer: ViewerLeft; stream: Watched }[]> {
  if (left.length === 0) return []
  const ids = left.map(({ viewer_id: id }) => id)
  const rows = await unit.db
    .delete(viewers)
    .where(and(inArray(viewers.id, ids), eq(viewers.nodeId, nodeId)))
    .returning({ id: viewers.id, streamId: viewers.streamId })
  const known = await streamsById(unit, [...new Set(rows.map(({ streamId }) => streamId))])
  const streamOf = new Map(rows.map(({ id, streamId }) => [id, known.get(streamId)]))
  return left.flatMap((viewer) => {
    const stream = streamOf.get(viewer.viewer_id)
    return stream === undefined ? [] : [{ viewer, stream }]
  })
}

async function withStreams(
  unit: WriteUnit,
  joined: readonly ViewerJoined[],
): Promise<{ viewer: ViewerJoined; stream: Watched }[]> {
  const idOf = new Map<ViewerJoined, string>()
  const byName = new Map<string, string | undefined>()
  for (const viewer of joined) {
    let id = viewer.stream_id ?? undefined
    if (id === undefined) {
      const name = `${viewer.vhost}\n${viewer.app}\n${viewer.stream}`
      if (!byName.has(name)) {
        const vhost = await resolveVhost(unit, viewer.vhost)
        byName.set(name, (await streamByName(unit.db, vhost.id, viewer.app, viewer.stream))?.id)
      }
      id = byName.get(name)
    }
    if (id !== undefined) idOf.set(viewer, id)
  }
  const known = await streamsById(unit, [...new Set(idOf.values())])
  return joined.flatMap((viewer) => {
    const stream = known.get(idOf.get(viewer) ?? '')
    return stream === undefined ? [] : [{ viewer, stream }]
  })
}

async function streamsById(unit: WriteUnit, ids: readonly string[]): Promise<Map<string, Watched>> {
  if (ids.length === 0) return new Map()
  const rows = await unit.db
    .select({
      id: streams.id,
      projectId: streams.projectId,
      vhost: vhosts.name,
      app: streams.app,
      stream: streams.name,
      tells: vhosts.viewerEvents,
    })
    .from(streams)
    .innerJoin(vhosts, eq(vhosts.id, streams.vhostId))
    .where(inArray(streams.id, [...ids]))
  return new Map(rows.map(({ id, projectId, tells, ...names }) => [id, { id, projectId, tells, names }]))
}

/** Tells of viewers, several in one event, for the vhosts that want it; in order of stream, as all who lock several do. */
async function tell<T extends ViewerEvent, V>(
  unit: WriteUnit,
  type: T,
  at: string,
  changes: readonly { viewer: V; stream: Watched }[],
  present: (change: { viewer: V; stream: Watched }) => EventData<T>['viewers'][number],
): Promise<void> {
  const told = changes.filter(({ stream }) => stream.tells)
  const byStream = [...Map.groupBy(told, ({ stream }) => stream.id)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  for (const [id, list] of byStream) {
    const { projectId, names } = list[0]!.stream
    for (const part of inParts(list.map(present))) {
      await appendEvent(unit.db, {
        projectId,
        type,
        subject: { type: 'stream', id },
        timestamp: new Date(at),
        data: { ...names, viewers: part } as unknown as EventData<T>,
      })
    }
  }
}

function inParts<V>(list: readonly V[]): V[][] {
  const parts: V[][] = []
  let bytes = Infinity
  for (const item of list) {
    const size = Buffer.byteLength(JSON.stringify(item))
    if (bytes + size > EVENT_VIEWER_BYTES) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)!.push(item)
    bytes += size
  }
  return parts
}

/** Without the page: its query may hold anything, and is long. */
function forEvent({ ip, user_agent: userAgent }: ClientInfo): ClientInfo {
  return { ip, ...(userAgent === undefined ? {} : { user_agent: userAgent }) }
}

function present(row: Row): Viewer {
  return {
    id: row.id,
    stream_id: row.streamId,
    node_id: row.nodeId,
    protocol: row.protocol,
    client: row.client,
    joined_at: timestamp(row.joinedAt),
  }
}
