import type { Hub, LiveStream } from '@millrace/hub'
import type { AudioTrack, VideoTrack } from '@millrace/media'

import { json, send, text, type HttpHandler, type HttpRequest } from '../io/http.ts'
import type { NodeStats } from '../stats/node-stats.ts'

export interface SrsApiDeps {
  hub: Hub
  stats: NodeStats
  /** The RTMP port, once it is known. */
  rtmpPort: () => number
  /** Unique for this run of the node, SRS's `server`. */
  serverId: string
  version: string
}

/** `GET /api/v1/versions` and `GET /api/v1/streams`, in SRS's shapes. */
export function createSrsApi(deps: SrsApiDeps): HttpHandler {
  return (request, response) => {
    const answer = answers[request.path.replace(/\/$/, '')]
    if (!answer) return false
    if (request.method !== 'GET' && request.method !== 'HEAD') send(response, text(405, 'GET only'))
    else send(response, json(200, { code: 0, server: deps.serverId, ...answer(deps, request) }))
    return true
  }
}

const answers: Readonly<Record<string, (deps: SrsApiDeps, request: HttpRequest) => object>> = {
  '/api/v1/versions': ({ version }) => {
    const [major = 0, minor = 0, revision = 0] = version.split('.').map(Number)
    return { data: { major, minor, revision, version } }
  },
  '/api/v1/streams': (deps, request) => ({
    streams: deps.hub.streams.map((stream) => describe(deps, request, stream)),
  }),
}

function describe({ stats, rtmpPort }: SrsApiDeps, { host }: HttpRequest, stream: LiveStream): object {
  const { vhost, app, name } = stream.key
  const { sinceMs, inBps, outBps } = stats.rates(stream)
  const { tracks } = stream.info
  return {
    id: stream.id,
    name,
    vhost,
    app,
    live_ms: Math.round(performance.now() - sinceMs),
    clients: stats.players(stream) + (stream.publication ? 1 : 0),
    players: stats.players(stream),
    frames: stream.framesIn,
    send_bytes: stats.bytesOut(stream),
    recv_bytes: stream.bytesIn,
    kbps: { recv_30s: Math.round(inBps / 1000), send_30s: Math.round(outBps / 1000) },
    publish: { active: stream.live },
    video: describeVideo(tracks.find((track) => track.kind === 'video')),
    audio: describeAudio(tracks.find((track) => track.kind === 'audio')),
    urls: playUrls(stream, `rtmp://${host.includes(':') ? `[${host}]` : host}:${rtmpPort()}`),
  }
}

const SRS_CODEC_NAMES: Readonly<Record<string, string>> = {
  h264: 'H264',
  hevc: 'HEVC',
  av1: 'AV1',
  vp9: 'VP9',
  vp8: 'VP8',
  aac: 'AAC',
  mp3: 'MP3',
  opus: 'Opus',
  pcma: 'G.711A',
  pcmu: 'G.711U',
}

function describeVideo(track: VideoTrack | undefined): object | null {
  if (!track) return null
  const { codec, codecString, width, height, frameRate } = track
  return {
    codec: SRS_CODEC_NAMES[codec],
    codec_string: codecString,
    width,
    height,
    fps: frameRate,
    ...h264Profile(codecString),
  }
}

/** SRS names profile and level of H.264; both stand in the codec string. @see RFC 6381 §3.3 */
function h264Profile(codecString: string): object {
  const [, profileHex, levelHex] = /^avc1\.(..)..(..)$/.exec(codecString) ?? []
  if (!profileHex || !levelHex) return {}
  const names: Readonly<Record<number, string>> = {
    66: 'Baseline',
    77: 'Main',
    88: 'Extended',
    100: 'High',
    110: 'High 10',
    122: 'High 4:2:2',
  }
  return {
    profile: names[Number.parseInt(profileHex, 16)] ?? 'Other',
    level: String(Number.parseInt(levelHex, 16) / 10),
  }
}

function describeAudio(track: AudioTrack | undefined): object | null {
  if (!track) return null
  const { codec, codecString, sampleRate, channels } = track
  const profile = codec === 'aac' ? { profile: codecString === 'mp4a.40.2' ? 'LC' : 'Other' } : {}
  return {
    codec: SRS_CODEC_NAMES[codec],
    codec_string: codecString,
    sample_rate: sampleRate,
    channel: channels,
    ...profile,
  }
}

/** Paths on this origin, RTMP on the host that the client asked; a vhost other than the one a host name stands for must be said. */
function playUrls({ key: { vhost, app, name } }: LiveStream, rtmpOrigin: string): object {
  const path = [...app.split('/'), name].map(encodeURIComponent).join('/')
  const query = vhost === '__defaultVhost__' ? '' : `?vhost=${encodeURIComponent(vhost)}`
  return {
    flv: `/${path}.flv${query}`,
    ws_flv: `/${path}.flv${query}`,
    hls: `/${path}.m3u8${query}`,
    rtmp: `${rtmpOrigin}/${path}${query}`,
  }
}
