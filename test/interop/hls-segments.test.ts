/** What HLS makes of frames, read back by FFmpeg: every frame, bit for bit, in step, without an error line. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import type http from 'node:http'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { promisify } from 'node:util'

import { Scope, silentLogger } from '@millrace/core'
import { Hub } from '@millrace/hub'
import { concatBytes } from '@millrace/bytes'
import { parsePlaylist, type MediaPlaylist } from '@millrace/hls'
import { TsMuxer } from '@millrace/mpegts'
import { FakeScheduler } from '@millrace/testkit'

import { createHttpServer, send } from '../../apps/media-node/src/io/http.ts'
import { listen } from '../../apps/media-node/src/io/listen.ts'
import { HlsOutputs } from '../../apps/media-node/src/outputs/hls/hls-outputs.ts'
import { words } from '../support/program.ts'
import { tempDir, testScope } from '../support/scope.ts'
import { readTsFile, type TsFile } from '../support/ts-frames.ts'

const run = promisify(execFile)
const SECONDS = 9
const KEY = { vhost: '__defaultVhost__', app: 'live', name: 'x' }

const VIDEO = `-t ${SECONDS} -f lavfi -i testsrc2=size=320x180:rate=25`
const AUDIO = `-t ${SECONDS} -f lavfi -i sine=440:sample_rate=44100`
const H264 = '-c:v libx264 -preset veryfast -bf 3 -b_strategy 0 -g 25 -sc_threshold 0 -pix_fmt yuv420p'
const HEVC =
  '-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=25:scenecut=0:bframes=3 -pix_fmt yuv420p'

/** Encodes a test clip to a transport stream. */
async function clip(scope: Scope, args: string): Promise<{ file: string; media: TsFile }> {
  const file = path.join(await tempDir(scope), 'clip.ts')
  await run('ffmpeg', ['-v', 'error', '-y', ...words(args), '-f', 'mpegts', file])
  return { file, media: readTsFile(await readFile(file)) }
}

/** Publishes frames to a hub and serves its HLS; all segments are in the playlist, which has ended. */
async function serve(scope: Scope, publications: readonly TsFile[]): Promise<string> {
  const scheduler = new FakeScheduler()
  const settings = { segmentMs: 2000, windowMs: 600_000 }
  const hls = new HlsOutputs({ settingsOf: () => settings, scheduler, logger: silentLogger })
  const hub = new Hub(
    scheduler,
    { reconnectWindowMs: 5000 },
    { opened: (stream) => hls.attach(stream), live: (stream) => hls.live(stream) },
  )
  for (const { tracks, frames } of publications) {
    const publication = hub.open(KEY).publish(() => {})
    for (const track of tracks) publication.setTrack(track)
    for (const frame of frames) publication.write(frame)
    publication.end('publisher_closed')
  }
  scheduler.advance(5000)
  const server = createHttpServer({
    handlers: [
      async (request, response) => {
        const target = hls.parse(request.path)
        if (!target) return false
        const { method, search } = request
        send(response, await hls.serve(KEY, target.resource, { method, search }))
        return true
      },
    ],
    maxConnections: 100,
    onError: (error) => assert.fail(String(error)),
  })
  scope.defer(() => closed(server))
  const port = await listen(server, { host: '127.0.0.1', port: 0 }, 'HTTP')
  return `http://127.0.0.1:${port}/live/x.m3u8?vhost=v`
}

function closed(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

interface Packet {
  readonly ptsTicks: number
  readonly crc: string
}

/** Every decoded frame by stream, and what FFmpeg complained about. */
async function decode(source: string): Promise<{ streams: Packet[][]; errors: string }> {
  const { stdout, stderr } = await run(
    'ffmpeg',
    ['-v', 'warning', '-copyts', '-i', source, ...words('-map 0 -fps_mode passthrough -f framecrc -')],
    { maxBuffer: 64 << 20 },
  )
  const streams: Packet[][] = []
  for (const line of stdout.split('\n')) {
    const [stream, , pts, , , crc = ''] = line.split(',').map((field) => field.trim())
    if (line.startsWith('#') || crc === '') continue
    ;(streams[Number(stream)] ??= []).push({ ptsTicks: Number(pts), crc })
  }
  return { streams, errors: stderr }
}

/** FFmpeg 5 gives the first two AAC frames of any HLS the same time: those are not compared. */
const SKEWED_FRAMES = 8

/** Asserts that both are the same frames, with the same distances in time. */
function assertSame(actual: Packet[][], expected: Packet[][]): void {
  assert.equal(actual.length, expected.length)
  for (const [i, stream] of expected.entries()) {
    const read = actual[i] ?? []
    assert.deepEqual(
      read.map(({ crc }) => crc),
      stream.map(({ crc }) => crc),
    )
    const shifts = read.map(({ ptsTicks }, at) => ptsTicks - (stream[at]?.ptsTicks ?? 0)).slice(SKEWED_FRAMES)
    // audio times are rounded to a tick of the sampling rate
    assert.ok(Math.max(...shifts) - Math.min(...shifts) <= 2, `stream ${i} is out of step`)
  }
}

/** Asserts that HLS gives what the clip has. */
async function assertCarried(test: TestContext, args: string): Promise<void> {
  const scope = testScope(test)
  const { file, media } = await clip(scope, args)
  const [expected, actual] = [await decode(file), await decode(await serve(scope, [media]))]
  assert.equal(actual.errors, '')
  assertSame(actual.streams, expected.streams)
}

test('H.264 with B-frames and AAC', (t) => assertCarried(t, `${VIDEO} ${AUDIO} ${H264} -c:a aac`))
test('HEVC with B-frames and AAC', (t) => assertCarried(t, `${VIDEO} ${AUDIO} ${HEVC} -c:a aac -ac 1`))
test('H.264 and MP3', (t) => assertCarried(t, `${VIDEO} ${AUDIO} ${H264} -c:a libmp3lame`))
test('AAC alone', (t) => assertCarried(t, `${AUDIO} -c:a aac`))
test('MP3 alone', (t) => assertCarried(t, `${AUDIO} -c:a libmp3lame`))
test('H.264 alone', (t) => assertCarried(t, `${VIDEO} ${H264}`))

/** Decodes every segment of a playlist by itself; none may draw a warning. Gives the numbers of video frames. */
async function decodeSegments(url: string): Promise<{ playlist: MediaPlaylist; pictures: number[] }> {
  const playlistUrl = url.replace('x.m3u8', 'x.media.m3u8')
  const playlist = parsePlaylist(await (await fetch(playlistUrl)).text())
  assert.ok(playlist.type === 'media')
  const pictures: number[] = []
  for (const { uri } of playlist.segments) {
    const { streams, errors } = await decode(new URL(uri, playlistUrl).href)
    assert.equal(errors, '')
    pictures.push(streams[0]?.length ?? 0)
  }
  return { playlist, pictures }
}

test('each segment decodes on its own, for as long as the playlist says', async (t) => {
  const scope = testScope(t)
  const { media } = await clip(scope, `${VIDEO} ${AUDIO} ${H264} -c:a aac`)
  const { playlist, pictures } = await decodeSegments(await serve(scope, [media]))
  assert.deepEqual(pictures, [25, 50, 50, 50, 50])
  assert.deepEqual(
    playlist.segments.slice(0, -1).map(({ durationUs }) => durationUs),
    [1, 2, 2, 2].map((seconds) => seconds * 1e6),
  )
})

test('a publisher who comes back with another picture size plays on', async (t) => {
  const scope = testScope(t)
  const first = await clip(scope, `${VIDEO} ${AUDIO} ${H264} -c:a aac`)
  const second = await clip(scope, `${VIDEO.replace('320x180', '480x270')} ${AUDIO} ${H264} -c:a aac`)
  const { streams, errors } = await decode(await serve(scope, [first.media, second.media]))
  assert.equal(errors, '')
  assert.equal(streams[0]?.length, 2 * SECONDS * 25)
})

test('a publisher who comes back with another codec and no audio begins a discontinuity', async (t) => {
  const scope = testScope(t)
  const first = await clip(scope, `${VIDEO} ${AUDIO} ${H264} -c:a aac`)
  const second = await clip(scope, `${VIDEO} ${HEVC}`)
  const { playlist, pictures } = await decodeSegments(await serve(scope, [first.media, second.media]))
  assert.equal(
    pictures.reduce((sum, count) => sum + count, 0),
    2 * SECONDS * 25,
  )
  const breaks = playlist.segments.flatMap(({ discontinuity }, i) => (discontinuity ? [i] : []))
  assert.deepEqual(breaks, [0, 5])
})

test('timestamps that wrap at 33 bits', async (t) => {
  const scope = testScope(t)
  const { file, media } = await clip(scope, `${VIDEO} ${AUDIO} ${H264} -c:a aac`)
  const muxer = new TsMuxer()
  muxer.setTracks(media.tracks)
  const shift = 2 ** 33 - 90_000 * Math.floor(SECONDS / 2)
  const packets = media.frames.flatMap((frame) =>
    muxer.encode({ ...frame, dtsTicks: frame.dtsTicks + shift, ptsTicks: frame.ptsTicks + shift }),
  )
  const wrapped = path.join(await tempDir(scope), 'wrapped.ts')
  await writeFile(wrapped, concatBytes([muxer.tables(), ...packets, ...muxer.flush()]))
  const [expected, actual] = [await decode(file), await decode(wrapped)]
  assert.equal(actual.errors, '')
  assertSame(actual.streams, expected.streams)
})
