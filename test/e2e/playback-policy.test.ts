/** Signed playback on a real node: all protocols with and without a token, revocation, and a control plane that is away. */
import assert from 'node:assert/strict'
import test from 'node:test'

import { Cluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { decodeWithFfmpeg, publishWithFfmpeg } from '../support/ffmpeg.ts'
import { FlvPlayer } from '../support/flv-player.ts'
import type { MediaNode } from '../support/media-node.ts'
import { Program, words } from '../support/program.ts'
import { tempDir, testScope } from '../support/scope.ts'

const mediaClip = { video: 'h264', audio: 'aac' } as const

interface Stream {
  readonly id: string
  readonly playback_ids: readonly { readonly id: string; readonly policy: string }[]
}

const uris = (playlist: string): string[] => playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'))

async function refusal(url: string, headers: Record<string, string> = {}): Promise<[status: number, text: string]> {
  const response = await fetch(url, { headers })
  return [response.status, (await response.text()).trim()]
}

const NO_TOKEN: [number, string] = [403, 'a playback token is needed: ?token=…']

/** The URI of the first segment, asked for as a player does: without headers, by what the playlists say alone. */
async function firstSegment(multivariant: string): Promise<string> {
  const [media = ''] = uris(await (await fetch(multivariant)).text())
  const mediaUrl = new URL(media, multivariant)
  const [segment = ''] = uris(await (await fetch(mediaUrl)).text())
  return new URL(segment, mediaUrl).href
}

async function playsEverywhere(node: MediaNode, stream: string, token: string): Promise<void> {
  const urls = [
    node.httpUrl(`live/${stream}.flv?token=${token}`),
    node.rtmpUrl(`live/${stream}?token=${token}`),
    node.rtmpUrl(`live?token=${token}/${stream}`),
    node.httpUrl(`live/${stream}.m3u8?token=${token}`),
  ]
  for (const url of urls) assert.ok((await decodeWithFfmpeg(url, 1)).videoFrames > 10, url)
}

test('a signed stream plays with a token on every protocol and without one on none; revocation ends viewers; all of it also while the control plane is away', async (t) => {
  const scope = testScope(t)
  const cluster = await Cluster.start(scope, { queue: 'postgres' })
  const env = { MILLRACE_DATA: await tempDir(scope) }
  const node = await cluster.startNode('a', env)
  const stream = await cluster.api<Stream>('streams', { name: 'news', playback_policy: 'signed' })
  const [playbackId] = stream.playback_ids
  assert.equal(playbackId?.policy, 'signed')
  const key = await cluster.api<{ id: string }>('signing-keys', {})
  const mint = async (more: object = {}): Promise<string> => {
    const body = { playback_id: playbackId.id, ...more }
    return (await cluster.api<{ token: string }>('playback-tokens', body)).token
  }
  await publishWithFfmpeg(scope, { url: node.rtmpUrl('live/news'), ...mediaClip })
  const token = await mint()

  // without a token
  for (const resource of ['live/news.flv', 'live/news.m3u8', 'live/news.media.m3u8', 'live/news-100000001.ts']) {
    assert.deepEqual(await refusal(node.httpUrl(resource)), NO_TOKEN, resource)
  }
  await assert.rejects(decodeWithFfmpeg(node.rtmpUrl('live/news'), 1))
  const uninvited = FlvPlayer.play(scope, node.wsUrl('live/news.flv'))
  await assert.rejects(uninvited.until('a frame', () => uninvited.videoFrames > 0))
  assert.equal((await refusal(node.httpUrl('live/news.flv?token=nonsense')))[0], 403)

  // with one, made a moment ago by a key of which the node had not heard
  await playsEverywhere(node, 'news', token)
  const webSocket = FlvPlayer.play(scope, node.wsUrl(`live/news.flv?token=${token}`))
  await webSocket.until('frames', () => webSocket.videoFrames > 10)
  const segment = await firstSegment(node.httpUrl(`live/news.m3u8?token=${token}`))
  assert.ok(segment.includes(`token=${token}`))
  const answer = await fetch(segment)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('cache-control'), 'private, no-cache')
  await answer.arrayBuffer()
  assert.deepEqual(await refusal(segment.replace(/\?.*/, '')), NO_TOKEN)

  // whoever has the playback id sees where it goes, and no token
  const playback = await cluster.api<{ policy: string; urls: { url: string }[] }>(`playback/${playbackId.id}`)
  assert.equal(playback.policy, 'signed')
  assert.ok(playback.urls.every(({ url }) => url.endsWith('?token=YOUR_PLAYBACK_TOKEN')))

  // one viewer is shut out: on every protocol, and nobody else
  const shutOut = await mint({ vid: 'viewer 7' })
  const flv = FlvPlayer.play(scope, node.httpUrl(`live/news.flv?token=${shutOut}`))
  await flv.until('frames', () => flv.videoFrames > 10)
  const rtmp = await Program.start(scope, 'ffmpeg', [
    ...words('-nostdin -v error -stats_period 0.1 -progress pipe:1 -i'),
    node.rtmpUrl(`live/news?token=${shutOut}`),
    ...words('-c copy -f null -'),
  ])
  await rtmp.line(/^frame=[1-9]/)
  await cluster.api('playback-revocations', { vid: 'viewer 7' })
  await assert.rejects(
    flv.until('the end', () => false),
    /the response ended/,
  )
  await rtmp.finished(20_000)
  assert.deepEqual(await refusal(node.httpUrl(`live/news.m3u8?token=${shutOut}`)), [403, 'the token was revoked'])
  const framesThen = webSocket.videoFrames
  await webSocket.until('more frames', () => webSocket.videoFrames > framesThen + 10)

  // the node starts again while the control plane is away
  await cluster.stopControl()
  await node.program.stop()
  const again = await cluster.startNode('a', env)
  await publishWithFfmpeg(scope, { url: again.rtmpUrl('live/news'), ...mediaClip })
  await playsEverywhere(again, 'news', token)
  assert.deepEqual(await refusal(again.httpUrl('live/news.flv')), NO_TOKEN)
  await assert.rejects(decodeWithFfmpeg(again.rtmpUrl('live/news'), 1))
  assert.deepEqual(await refusal(again.httpUrl(`live/news.flv?token=${shutOut}`)), [403, 'the token was revoked'])

  // and comes back: a key that is revoked ends all who came by it
  const viewer = FlvPlayer.play(scope, again.httpUrl(`live/news.flv?token=${token}`))
  await viewer.until('frames', () => viewer.videoFrames > 10)
  await cluster.startControl()
  await cluster.api(`signing-keys/${key.id}`, undefined, 'DELETE')
  await assert.rejects(
    viewer.until('the end', () => false),
    /the response ended/,
  )
})

test('allowed origins are those of pages, and a token ends the viewing when it expires', async (t) => {
  const scope = testScope(t)
  const cluster = await Cluster.start(scope, { queue: 'postgres' })
  const node = await cluster.startNode('a')
  const stream = await cluster.api<Stream>('streams', { name: 'show' })
  const old = stream.playback_ids[0]?.id ?? ''
  await cluster.api(`streams/${stream.id}/playback-ids`, { allowed_origins: ['https://*.example.com'] })
  await cluster.api(`streams/${stream.id}/playback-ids/${old}`, undefined, 'DELETE')
  await cluster.api('signing-keys', { algorithm: 'ES256' })
  const signed = await cluster.api<{ id: string }>(`streams/${stream.id}/playback-ids`, { policy: 'signed' })
  await publishWithFfmpeg(scope, { url: node.rtmpUrl('live/show'), ...mediaClip })

  const url = node.httpUrl('live/show.m3u8')
  const page = { origin: 'https://tv.example.com' }
  const playlist = await eventually('a playlist', async () => {
    const response = await fetch(url, { headers: page })
    return response.ok && response
  })
  assert.equal(playlist.headers.get('access-control-allow-origin'), 'https://tv.example.com')
  assert.equal(playlist.headers.get('vary'), 'Origin')
  assert.equal((await fetch(url, { headers: { referer: 'https://tv.example.com/watch?x' } })).status, 200)
  const denied = [403, 'the stream may not be played from this page']
  assert.deepEqual(await refusal(url, { origin: 'https://example.com' }), denied)
  assert.deepEqual(await refusal(url, { origin: 'https://tv.example.com.evil.net' }), denied)
  assert.deepEqual(await refusal(url), denied)

  const mint = { playback_id: signed.id, expires_in_s: 3 }
  const { token } = await cluster.api<{ token: string }>('playback-tokens', mint)
  // a player that is no page, by the id that asks for no origin
  const viewer = FlvPlayer.play(scope, node.httpUrl(`live/show.flv?token=${token}`))
  await viewer.until('frames', () => viewer.videoFrames > 10)
  await assert.rejects(
    viewer.until('the end', () => false),
    /the response ended/,
  )
  assert.deepEqual(await refusal(`${url}?token=${token}`), [403, 'the token has expired'])
})
