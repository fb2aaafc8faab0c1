import { livePlaylistKey, type Playback, strictestPolicy } from '@millrace/contracts'
import { archiveSettingsOf, playbackIds, sessions, storages, streams, vhosts } from '@millrace/db'
import { publicUrls } from '@millrace/storage'
import { eq } from 'drizzle-orm'

import type { Caller } from '../http/route.ts'
import { recordingOf } from './archive/recording-playback.ts'
import { selectDoors } from './archive/viewing.ts'
import { failure } from './failures.ts'
import { timestamp } from './lists.ts'
import { type NodeRow, readyNodes } from './nodes.ts'
import { statusOf } from './streams.ts'
import type { PublicUnit } from './unit.ts'
import { httpUrl, rtmpUrl, type StreamAddress, webSocketUrl } from './urls.ts'

/** Stands where the token goes: whoever may play is given one. */
const TOKEN_PLACE = 'YOUR_PLAYBACK_TOKEN'

/** How to play, and whether it is live. For anybody who has the playback id. */
export async function getPlayback(unit: PublicUnit, id: string, caller: Caller): Promise<Playback> {
  const [found] = await unit.db
    .select({
      policy: playbackIds.policy,
      recordingId: playbackIds.recordingId,
      stream: streams,
      vhost: vhosts,
      session: sessions,
    })
    .from(playbackIds)
    .innerJoin(streams, eq(streams.id, playbackIds.streamId))
    .innerJoin(vhosts, eq(vhosts.id, streams.vhostId))
    .leftJoin(sessions, eq(sessions.id, streams.currentSessionId))
    .where(eq(playbackIds.id, id))
  if (found === undefined) throw failure('PLAYBACK_ID_NOT_FOUND', `no playback id ${id}`)
  const { stream, vhost, session } = found
  const policy = strictestPolicy([found.policy, stream.playbackPolicy, vhost.playbackPolicy])
  const status = statusOf(stream)
  const base = { playback_id: id, title: stream.title, status, policy }
  if (found.recordingId !== null) {
    const [door] = await selectDoors(unit, eq(playbackIds.id, id))
    return { ...base, live: false, tracks: [], live_since: null, ...(await recordingOf(unit, door!, caller)) }
  }
  const nodes = status === 'disabled' ? [] : await readyNodes(unit)
  // who publishes is on one node: only that one has it
  const serving = session === null ? nodes : nodes.filter((node) => node.id === session.nodeId)
  const address = { vhost: vhost.name, app: stream.app, name: stream.name }
  const token = policy === 'signed' ? TOKEN_PLACE : undefined
  return {
    ...base,
    live: status === 'live',
    recording: null,
    tracks: session?.tracks ?? [],
    live_since: timestamp(session?.liveAt ?? null),
    urls: [
      ...serving.flatMap((node) => playUrls(node, address, token)),
      ...(policy === 'public' && status !== 'disabled' ? await storageUrls(unit, stream.id) : []),
    ],
  }
}

/** The live playlist in the storage, where it is kept and everybody can read it: a CDN serves it, and no node. */
async function storageUrls(unit: PublicUnit, streamId: string): Promise<Playback['urls']> {
  const { livePlaylist, storageId } = await archiveSettingsOf(unit.db, streamId)
  if (!livePlaylist || storageId === null) return []
  const [storage] = await unit.db.select().from(storages).where(eq(storages.id, storageId))
  const url = storage && publicUrls(storage)?.(livePlaylistKey(streamId, 'index'))
  return url === undefined ? [] : [{ protocol: 'hls', url, region: null }]
}

function playUrls({ addresses, region }: NodeRow, address: StreamAddress, token: string | undefined): Playback['urls'] {
  const urls: Playback['urls'] = []
  for (const protocol of ['rtmp', 'rtmps'] as const) {
    const base = addresses[protocol]
    if (base !== undefined) urls.push({ protocol, url: rtmpUrl(base, address, { token }).url, region })
  }
  if (addresses.http !== undefined) {
    const flv = httpUrl(addresses.http, address, '.flv', token)
    urls.push(
      { protocol: 'http-flv', url: flv, region },
      { protocol: 'ws-flv', url: webSocketUrl(flv), region },
      { protocol: 'hls', url: httpUrl(addresses.http, address, '.m3u8', token), region },
    )
  }
  if (addresses.rtc !== undefined)
    urls.push({ protocol: 'whep', url: httpUrl(addresses.rtc, address, '/whep', token), region })
  return urls
}
