import type { Hub, LiveStream, StreamKey } from '@millrace/hub'

import type { Client } from '../stats/clients.ts'
import type { NodeStats } from '../stats/node-stats.ts'
import type { Statistics, VhostFigures } from '../stats/statistics.ts'
import type { SrsApiOptions } from './options.ts'
import { describeAudio, describeVideo } from './describe-tracks.ts'

/** What vhosts, streams and clients are described from. */
export interface DescribeDeps {
  hub: Hub
  statistics: Statistics
  stats: Pick<NodeStats, 'players' | 'bytesOut' | 'rates'>
}

/** As configured; who asks at a request. */
export interface Asked {
  readonly vhost: SrsApiOptions['vhost']
  /** `rtmp://host:port` by which the client reaches us. */
  readonly rtmpOrigin: string
}

const DEFAULT_VHOST = '__defaultVhost__'

/** A `Vhost` of SRS. */
export function describeVhost(figures: VhostFigures, { vhost }: Asked): object {
  const { id, name, clients, streams, sentBytes, receivedBytes, inBps, outBps } = figures
  const { enabled, hlsFragmentS: fragment } = vhost(name)
  return {
    id,
    name,
    enabled,
    clients,
    streams,
    send_bytes: sentBytes,
    recv_bytes: receivedBytes,
    kbps: kbps(inBps, outBps),
    hls: fragment === undefined ? { enabled: false } : { enabled: true, fragment },
  }
}

/** A `Stream` of SRS, then what ours has besides: players alone, and where to play it. */
export function describeStream(deps: DescribeDeps, stream: LiveStream, { rtmpOrigin }: Asked): object {
  const { statistics, stats } = deps
  const { vhost, app, name } = stream.key
  const { inBps, outBps } = stats.rates(stream)
  const players = stats.players(stream)
  const published = stream.publication !== undefined
  const tracks = published ? stream.info.tracks : []
  return {
    id: statistics.streamId(stream),
    name,
    vhost: statistics.vhostId(vhost),
    app,
    // SRS: the time of the server, not since when
    live_ms: Date.now(),
    clients: players + (published ? 1 : 0),
    frames: stream.picturesIn,
    send_bytes: stats.bytesOut(stream),
    recv_bytes: stream.bytesIn,
    kbps: kbps(inBps, outBps),
    publish: { active: published, cid: statistics.publisherId(stream) },
    video: describeVideo(tracks.find((track) => track.kind === 'video')),
    audio: describeAudio(tracks.find((track) => track.kind === 'audio')),
    players,
    urls: playUrls(stream.key, rtmpOrigin),
  }
}

/** A `Client` of SRS 4, then those of its successor's members that ours knows, and the protocol, which `type` hides. */
export function describeClient({ hub, statistics }: DescribeDeps, client: Client): object {
  const { id, key, protocol, publishes, client: told, aliveMs, bytes } = client
  const { vhost, app, name } = key
  const stream = hub.find(key)
  const bps = statistics.bitrateBps(client)
  const inward = publishes ? 1 : 0
  return {
    id,
    vhost: statistics.vhostId(vhost),
    stream: stream ? statistics.streamId(stream) : '',
    ip: told.ip,
    pageUrl: told.pageUrl ?? '',
    swfUrl: told.swfUrl ?? '',
    tcUrl: told.tcUrl ?? `rtmp://${vhost}/${app}`,
    url: vhost === DEFAULT_VHOST ? `${app}/${name}` : `${vhost}/${app}/${name}`,
    type: clientType(client),
    publish: publishes,
    alive: aliveMs() / 1000,
    kbps: kbps(bps * inward, bps * (1 - inward)),
    name,
    send_bytes: bytes() * (1 - inward),
    recv_bytes: bytes() * inward,
    protocol,
  }
}

/** SRS: players of everything but WebRTC are said to be of RTMP, as in SRS 4. */
function clientType({ protocol, publishes, client: { manner = 'fmle' } }: Client): string {
  if (protocol === 'webrtc') return publishes ? 'rtc-publish' : 'rtc-play'
  return publishes ? `${manner}-publish` : 'rtmp-play'
}

/** A page of a list. SRS: never fewer than ten. */
export function page<T>(all: Iterable<T>, params: Readonly<Record<string, string>>): T[] {
  const start = Math.max(0, whole(params['start']))
  const count = Math.max(10, whole(params['count']))
  const some: T[] = []
  let index = 0
  for (const each of all) {
    if (some.length >= count) break
    if (index++ >= start) some.push(each)
  }
  return some
}

/** As C reads a number: what it begins with, and 0 for what is none. */
function whole(text = ''): number {
  const value = Number.parseInt(text, 10)
  return Number.isSafeInteger(value) ? value : 0
}

function kbps(inBps: number, outBps: number): object {
  return { recv_30s: Math.round(inBps / 1000), send_30s: Math.round(outBps / 1000) }
}

/** Paths on this origin, RTMP on the host that the client asked; a vhost other than the one a host name stands for must be said. */
function playUrls({ vhost, app, name }: StreamKey, rtmpOrigin: string): object {
  const path = [...app.split('/'), name].map(encodeURIComponent).join('/')
  const query = vhost === DEFAULT_VHOST ? '' : `?vhost=${encodeURIComponent(vhost)}`
  return {
    flv: `/${path}.flv${query}`,
    ws_flv: `/${path}.flv${query}`,
    hls: `/${path}.m3u8${query}`,
    rtmp: `${rtmpOrigin}/${path}${query}`,
  }
}
