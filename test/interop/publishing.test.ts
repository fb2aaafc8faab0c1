import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { after } from 'node:test'

import { Scope } from '@millrace/core'
import { WebSocket } from 'ws'

import { selfSignedCertificate } from '../support/certificate.ts'
import { eventually } from '../support/eventually.ts'
import { decodeWithFfmpeg, publishWithFfmpeg } from '../support/ffmpeg.ts'
import { FlvPlayer } from '../support/flv-player.ts'
import { startMediaNode } from '../support/media-node.ts'
import { tempDir, testScope } from '../support/scope.ts'

const scope = new Scope()
after(() => scope.close())
const { certFile, keyFile } = await selfSignedCertificate(scope)
const node = await startMediaNode(scope, {
  env: {
    MILLRACE_HLS_SEGMENT_MS: '1000',
    MILLRACE_RECONNECT_WINDOW_MS: '4000',
    MILLRACE_RTMPS_PORT: '0',
    MILLRACE_RTMPS_CERT: certFile,
    MILLRACE_RTMPS_KEY: keyFile,
  },
})

const SECONDS = 2
const isWhole = (videoFrames: number): boolean => videoFrames >= SECONDS * 25 * 0.85

test('a player that comes before the publisher waits for it', async (t) => {
  const own = testScope(t)
  const plays = [node.rtmpUrl('live/early'), node.httpUrl('live/early.flv')].map((url) =>
    decodeWithFfmpeg(url, SECONDS),
  )
  await eventually('the players are there', async () => (await viewers('live', 'early')) === plays.length)
  await publishWithFfmpeg(own, { url: node.rtmpUrl('live/early'), video: 'h264', audio: 'aac' })
  for (const { videoFrames, errors } of await Promise.all(plays)) {
    assert.deepEqual(errors, [])
    assert.ok(isWhole(videoFrames), `${videoFrames} frames`)
  }
})

test('a second publisher of the same name replaces the first, and players go on', async (t) => {
  const own = testScope(t)
  const url = node.rtmpUrl('live/twice')
  const first = await publishWithFfmpeg(own, { url, video: 'h264', audio: 'aac' })
  const player = FlvPlayer.play(own, node.httpUrl('live/twice.flv'))
  await player.until('the first publisher', () => player.videoFrames >= 25)
  const second = await publishWithFfmpeg(own, { url, video: 'h264', audio: 'aac' })
  await first.exited
  const before = player.videoFrames
  await player.until('the second publisher', () => player.videoFrames >= before + 50)
  assert.ok(second.running)
  const times = player.tags.map(({ timestampMs }) => timestampMs)
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
    'timestamps never go back',
  )
  const { videoFrames, errors } = await decodeWithFfmpeg(node.httpUrl('live/twice.flv'), SECONDS)
  assert.deepEqual(errors, [])
  assert.ok(isWhole(videoFrames))
})

test('HLS goes on over a publisher that comes back, with a discontinuity where it was away', async (t) => {
  const own = testScope(t)
  const url = node.rtmpUrl('live/again')
  const first = await publishWithFfmpeg(own, { url, video: 'h264', audio: 'aac' })
  const before = await playlist('live/again', ({ segments }) => segments.length >= 2)
  await first.stop()
  await publishWithFfmpeg(own, { url, video: 'h264', audio: 'aac' })
  const later = await playlist('live/again', ({ segments, cut = 0 }) => cut > 0 && segments.length > cut + 1)
  assert.ok(later.sequence >= before.sequence)
  assert.deepEqual(new Set(later.segments).size, later.segments.length, 'no segment name comes twice')
  const known = before.segments.at(-1)
  assert.ok(known === undefined || later.segments.indexOf(known) < (later.cut ?? 0), 'old segments are before the cut')
  // media time goes on over the gap, so that the frames of two seconds may be spread over more
  const { videoFrames, errors } = await decodeWithFfmpeg(node.httpUrl('live/again.m3u8'), SECONDS + 3)
  assert.deepEqual(errors, [])
  assert.ok(isWhole(videoFrames), `${videoFrames} frames`)
})

test('streams of the same name on two vhosts are two streams', async (t) => {
  const own = testScope(t)
  await publishWithFfmpeg(own, { url: node.rtmpUrl('live/same?vhost=sound.example'), audio: 'aac' })
  await publishWithFfmpeg(own, { url: node.rtmpUrl('live/same?vhost=picture.example'), video: 'h264' })
  const sound = FlvPlayer.play(own, node.httpUrl('live/same.flv?vhost=sound.example'))
  const picture = FlvPlayer.play(own, node.wsUrl('live/same.flv?vhost=picture.example'))
  await sound.until('sound', () => sound.audioFrames > 20)
  await picture.until('pictures', () => picture.videoFrames > 20)
  assert.equal(sound.flags, 4)
  assert.equal(picture.flags, 1)
  const [heard, seen, listed] = await Promise.all([
    decodeWithFfmpeg(node.rtmpUrl('live/same?vhost=sound.example'), SECONDS),
    decodeWithFfmpeg(node.rtmpUrl('live/same?vhost=picture.example'), SECONDS),
    decodeWithFfmpeg((await hlsUrl('live/same', '?vhost=picture.example')).href, SECONDS),
  ])
  assert.ok(heard.videoFrames === 0 && heard.audioFrames > 0)
  assert.ok(seen.audioFrames === 0 && isWhole(seen.videoFrames))
  assert.ok(listed.audioFrames === 0 && isWhole(listed.videoFrames))
  const elsewhere = await fetch(node.httpUrl('live/same.flv'))
  assert.equal(elsewhere.status, 404, 'the default vhost has no such stream')
})

test('WebSocket-FLV carries what HTTP-FLV does', async (t) => {
  const own = testScope(t)
  await publishWithFfmpeg(own, { url: node.rtmpUrl('live/socket'), video: 'h264', audio: 'aac' })
  const socket = new WebSocket(node.wsUrl('live/socket.flv'))
  own.defer(() => socket.terminate())
  const messages: Buffer[] = []
  await new Promise<void>((resolve, reject) => {
    socket.on('message', (data: Buffer) => {
      if (messages.push(data) === 200) resolve()
    })
    socket.once('close', reject)
  })
  const file = path.join(await tempDir(own), 'received.flv')
  await writeFile(file, Buffer.concat(messages))
  const { videoFrames, audioFrames, errors } = await decodeWithFfmpeg(file, 60)
  assert.deepEqual(errors, [])
  assert.ok(videoFrames > 50 && audioFrames > 90, `${videoFrames} video and ${audioFrames} audio frames`)
})

test('RTMPS publishes and plays with the given certificate', async (t) => {
  const own = testScope(t)
  const url = `rtmps://127.0.0.1:${node.ports.rtmps}/live/secure`
  await publishWithFfmpeg(own, { url, video: 'h264', audio: 'aac' })
  for (const playUrl of [url, node.rtmpUrl('live/secure')]) {
    const { videoFrames, errors } = await decodeWithFfmpeg(playUrl, SECONDS)
    assert.deepEqual(errors, [])
    assert.ok(isWhole(videoFrames))
  }
})

/** Players of a stream as SRS's API counts them; undefined while there is no such stream. */
async function viewers(app: string, name: string): Promise<number | undefined> {
  const answer = await fetch(node.apiUrl('api/v1/streams/'))
  const { streams } = (await answer.json()) as { streams: { app: string; name: string; clients: number }[] }
  return streams.find((stream) => stream.app === app && stream.name === name)?.clients
}

/** URL of the media playlist that a stream's multivariant playlist names, once there is one. */
function hlsUrl(stream: string, query = ''): Promise<URL> {
  return eventually('an HLS playlist', async () => {
    const response = await fetch(node.httpUrl(`${stream}.m3u8${query}`))
    const uri = /^[^#\n].*$/m.exec(await response.text())?.[0]
    return response.ok && uri !== undefined && new URL(uri, response.url)
  })
}

interface Playlist {
  readonly sequence: number
  readonly segments: readonly string[]
  /** Index of the segment behind the last discontinuity. */
  readonly cut: number | undefined
}

async function playlist(stream: string, fits: (playlist: Playlist) => boolean): Promise<Playlist> {
  const url = await hlsUrl(stream)
  return eventually('the playlist wanted', async () => {
    const lines = (await (await fetch(url)).text()).trim().split('\n')
    const uris = lines.filter((line) => !line.startsWith('#'))
    const mark = lines.lastIndexOf('#EXT-X-DISCONTINUITY')
    const behind = lines.find((line, index) => index > mark && !line.startsWith('#'))
    const found: Playlist = {
      sequence: Number(/\d+/.exec(lines.find((line) => line.startsWith('#EXT-X-MEDIA-SEQUENCE:')) ?? '0')?.[0]),
      segments: uris,
      cut: mark < 0 || behind === undefined ? undefined : uris.indexOf(behind),
    }
    return fits(found) && found
  })
}
