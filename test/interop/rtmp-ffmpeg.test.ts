/** The RTMP sessions against FFmpeg's own RTMP, both ways round and bit by bit, without a media node in between. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import test from 'node:test'

import type { Scope } from '@millrace/core'
import type { FlvPayloads, Frame, VideoTrack } from '@millrace/media'
import { createRtmpPackager, RtmpClientSession, RtmpServerSession, type RtmpServerEvent } from '@millrace/rtmp'

import { drive, type Driven } from '../../apps/media-node/src/io/drive.ts'
import { flvClip } from '../support/clips.ts'
import { eventually } from '../support/eventually.ts'
import { decodeWithFfmpeg } from '../support/ffmpeg.ts'
import { readFlv, TAG_AUDIO, TAG_VIDEO, type FlvTag } from '../support/flv-file.ts'
import { Program, words } from '../support/program.ts'
import { freePort, tempDir, testScope } from '../support/scope.ts'

const CLIP = { video: 'h264', audio: 'aac', seconds: 4 } as const
const isMedia = ({ type }: FlvTag): boolean => type === TAG_AUDIO || type === TAG_VIDEO
/** Whether a tag is a frame of H.264 or AAC; FFmpeg stamps decoder configurations with 0. */
const isFrame = (tag: FlvTag): boolean => isMedia(tag) && tag.body[1] === 1
const clip = await flvClip(CLIP)
const tags = readFlv(await readFile(clip)).filter(isMedia)

/** Runs a server session for each client that connects, and returns the URL. */
async function serve(
  scope: Scope,
  onEvent: (session: RtmpServerSession, event: RtmpServerEvent, socket: net.Socket, driven: Driven) => void,
  onClosed: (reason: string | null) => void = () => {},
): Promise<string> {
  const server = net.createServer((socket) => {
    const session = new RtmpServerSession({ nowMs: performance.now() })
    const driven = drive<RtmpServerEvent>(session, socket, {
      event(event) {
        driven.act(() => onEvent(session, event, socket, driven))
      },
      closed: (reason) => onClosed(reason?.code ?? null),
    })
    scope.defer(() => void socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.defer(() => void server.close())
  return `rtmp://127.0.0.1:${(server.address() as net.AddressInfo).port}/live/s`
}

/** Bodies and steps in time: what has to survive, wherever the clock began. */
const essence = (media: readonly FlvTag[]): string[] =>
  media.map(
    ({ type, timestampMs, body }) =>
      `${type}@${timestampMs - (media[0]?.timestampMs ?? 0)}:${Buffer.from(body).toString('base64')}`,
  )

for (const [name, startSeconds] of [
  ['from 0', 0],
  ['from 20 000 s, with extended timestamps', 20_000],
] as const) {
  test(`FFmpeg publishes ${name}: every frame arrives as it is in the file`, async (t) => {
    const scope = testScope(t)
    const got: FlvTag[] = []
    const events: string[] = []
    const closed: (string | null)[] = []
    const url = await serve(
      scope,
      (session, event) => {
        if (event.type === 'publish') session.acceptPublish(event.request)
        if (event.type !== 'media') events.push(event.type)
        else
          got.push({
            type: event.kind === 'audio' ? TAG_AUDIO : TAG_VIDEO,
            timestampMs: event.timestampMs,
            body: event.payload,
          })
      },
      (reason) => closed.push(reason),
    )
    const args = words(
      `-v warning -i ${clip} -c copy -output_ts_offset ${startSeconds} -flvflags no_duration_filesize -f flv ${url}`,
    )
    const ffmpeg = await Program.start(scope, 'ffmpeg', args)
    assert.equal((await ffmpeg.finished(20_000)).code, 0)
    await eventually('the end of the connection', () => closed.length > 0)
    assert.deepEqual(closed, [null])
    assert.deepEqual(ffmpeg.errorLines, [])
    assert.deepEqual(events, ['publish', 'metadata', 'unpublish'])
    assert.ok(got.filter(isFrame).every(({ timestampMs }) => timestampMs >= startSeconds * 1000))
    assert.equal(got.length, tags.length)
    assert.deepEqual(essence(got.filter(isFrame)), essence(tags.filter(isFrame)))
  })
}

const track: VideoTrack = {
  id: 1,
  kind: 'video',
  codec: 'h264',
  timescale: 1000,
  config: new Uint8Array(0),
  codecString: 'avc1',
  width: 0,
  height: 0,
  frameRate: 0,
}
/** Tags of a file as they are; the track only says which kind. */
const asFrame = ({ type, timestampMs, body }: FlvTag): Frame => ({
  track: { ...track, id: type },
  dtsTicks: timestampMs,
  ptsTicks: timestampMs,
  key: true,
  payload: body,
})
const payloads: FlvPayloads = {
  metadata: () => null,
  sequenceHeaders: () => [],
  body: ({ track: { id }, dtsTicks, payload }) => ({
    kind: id === TAG_AUDIO ? 'audio' : 'video',
    body: payload,
    timestampMs: dtsTicks,
  }),
}

for (const [name, chunkSize, startMs] of [
  ['in chunks of 200 bytes', 200, 0],
  ['in chunks of 200 bytes with extended timestamps', 200, 2 ** 24 + 5000],
  ['in chunks of 60 000 bytes', 60_000, 0],
] as const) {
  test(`FFmpeg plays ${name} without an error line`, async (t) => {
    const scope = testScope(t)
    const packager = createRtmpPackager({ chunkSize, payloads })
    const url = await serve(scope, (session, event, socket, driven) => {
      if (event.type !== 'play') return
      driven.act(() => session.acceptPlay(event.request, { chunkSize }))
      for (const tag of tags) {
        const frame = asFrame({ ...tag, timestampMs: tag.timestampMs + startMs })
        for (const bytes of packager.encode(frame)) socket.write(bytes)
      }
      session.completePlay()
    })
    const decoded = await decodeWithFfmpeg(url, CLIP.seconds + 2)
    assert.deepEqual(decoded.errors, [])
    assert.equal(decoded.videoFrames, CLIP.seconds * 25)
    assert.ok(decoded.audioFrames >= CLIP.seconds * 40)
  })
}

test('a rejection is what FFmpeg shows', async (t) => {
  const scope = testScope(t)
  const url = await serve(scope, (session, event) => {
    if (event.type === 'publish') session.reject({ code: 'NetStream.Publish.BadName', description: 'wrong stream key' })
  })
  const ffmpeg = await Program.start(scope, 'ffmpeg', words(`-v warning -i ${clip} -c copy -f flv ${url}`))
  assert.notEqual((await ffmpeg.finished(20_000)).code, 0)
  assert.match(ffmpeg.errorLines.join('\n'), /wrong stream key/)
})

for (const handshake of ['digest', 'simple'] as const) {
  test(`FFmpeg listens, the client session publishes: ${handshake} handshake`, async (t) => {
    const scope = testScope(t)
    const port = await freePort()
    const file = path.join(await tempDir(scope), 'got.flv')
    const args = words(`-v error -listen 1 -f live_flv -i rtmp://127.0.0.1:${port}/live/s -c copy -copyts ${file}`)
    const ffmpeg = await Program.start(scope, 'ffmpeg', args)
    const socket = await eventually('FFmpeg listens', async () => {
      const attempt = net.connect(port, '127.0.0.1')
      await once(attempt, 'connect')
      return attempt
    })
    scope.defer(() => void socket.destroy())
    const session = new RtmpClientSession({
      nowMs: performance.now(),
      mode: 'publish',
      tcUrl: `rtmp://127.0.0.1:${port}/live`,
      stream: 's',
      handshake,
    })
    drive(session, socket, {
      event(event) {
        if (event.type !== 'publishing') return
        for (const { type, timestampMs, body } of tags) {
          session.sendMedia(type === TAG_AUDIO ? 'audio' : 'video', timestampMs, body)
        }
        session.close(null)
      },
      closed: () => {},
    })
    assert.equal((await ffmpeg.finished(20_000)).code, 0)
    const frames = readFlv(await readFile(file)).filter(isFrame)
    assert.deepEqual(essence(frames), essence(tags.filter(isFrame)))
  })
}
