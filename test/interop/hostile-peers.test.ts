import assert from 'node:assert/strict'
import test, { after } from 'node:test'

import { Scope } from '@millrace/core'
import { Random } from '@millrace/testkit'

import { decodeWithFfmpeg, publishWithFfmpeg } from '../support/ffmpeg.ts'
import { TAG_VIDEO } from '../support/flv-file.ts'
import { FlvPlayer } from '../support/flv-player.ts'
import { startMediaNode } from '../support/media-node.ts'
import { openSocket, rawPublisher, rtmpMessage } from '../support/raw-rtmp.ts'
import { testScope } from '../support/scope.ts'

const scope = new Scope()
after(() => scope.close())
const node = await startMediaNode(scope)

const MSG_AUDIO = 8
const MSG_VIDEO = 9
const MSG_DATA_AMF0 = 18

/** Timestamps of the coded frames a player of `stream` gets, from here on. */
function watch(own: Scope, stream: string): { player: FlvPlayer; gapsMs: () => number[] } {
  const player = FlvPlayer.play(own, node.httpUrl(`${stream}.flv`))
  return {
    player,
    gapsMs() {
      const times = player.tags.filter(({ type }) => type === TAG_VIDEO).map(({ timestampMs }) => timestampMs)
      return times.slice(1).map((time, index) => time - (times[index] ?? 0))
    },
  }
}

/** Lets a player go on for 50 frames and holds that none of them was lost. */
async function goesOn({ player, gapsMs }: ReturnType<typeof watch>): Promise<void> {
  const goal = player.videoFrames + 50
  await player.until('50 more frames', () => player.videoFrames >= goal)
  assert.ok(Math.max(...gapsMs()) <= 80, `gaps of ${gapsMs().join(' ')} ms`)
}

test('200 connections that dribble their first bytes disturb neither players nor new ones', async (t) => {
  const own = testScope(t)
  await publishWithFfmpeg(own, { url: node.rtmpUrl('live/calm'), video: 'h264', audio: 'aac' })
  const running = watch(own, 'live/calm')
  await running.player.until('the first frame', () => running.player.videoFrames > 0)

  const rtmp = await Promise.all(Array.from({ length: 100 }, () => openSocket(own, node.ports.rtmp)))
  const http = await Promise.all(Array.from({ length: 100 }, () => openSocket(own, node.ports.http)))
  for (const socket of rtmp) socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(700)]))
  for (const socket of http) socket.write('GET /live/calm.flv HTTP/1.1\r\nHost: a\r\nX-Slow: ')
  const dribble = setInterval(() => {
    for (const socket of [...rtmp, ...http]) if (socket.writable) socket.write('a')
  }, 200)
  own.defer(() => clearInterval(dribble))

  await goesOn(running)
  for (const url of [node.rtmpUrl('live/calm'), node.httpUrl('live/calm.flv')]) {
    const decoded = await decodeWithFfmpeg(url, 2)
    assert.deepEqual(decoded.errors, [])
    assert.ok(decoded.videoFrames >= 45, `${url}: ${decoded.videoFrames} frames`)
  }
  await goesOn(running)
})

const random = new Random(7)
const ATTACKS: readonly { name: string; bytes: () => Uint8Array }[] = [
  { name: 'random bytes', bytes: () => random.bytes(200_000) },
  { name: 'messages with random video', bytes: () => messages(MSG_VIDEO, () => random.bytes(random.int(2_000))) },
  { name: 'messages with random audio', bytes: () => messages(MSG_AUDIO, () => random.bytes(random.int(500))) },
  {
    name: 'messages with random metadata',
    bytes: () => messages(MSG_DATA_AMF0, () => random.bytes(random.int(2_000))),
  },
  {
    name: 'H.264 whose configuration and pictures are random',
    bytes: () =>
      messages(MSG_VIDEO, (n) => Buffer.concat([Buffer.from([0x17, n === 0 ? 0 : 1, 0, 0, 0]), random.bytes(900)])),
  },
  {
    name: 'a message of 16 MB that never ends',
    bytes: () => Buffer.from([4, 0, 0, 0, 0xff, 0xff, 0xff, MSG_VIDEO, 1, 0, 0, 0]),
  },
]

const messages = (type: number, body: (index: number) => Uint8Array): Buffer =>
  Buffer.concat(Array.from({ length: 300 }, (_, index) => rtmpMessage(6, type, 1, body(index))))

for (const { name, bytes } of ATTACKS) {
  test(`a publisher that sends ${name} disturbs no other stream`, async (t) => {
    const own = testScope(t)
    const calm = `live/calm-${ATTACKS.findIndex((attack) => attack.name === name)}`
    await publishWithFfmpeg(own, { url: node.rtmpUrl(calm), video: 'h264', audio: 'aac' })
    const running = watch(own, calm)
    await running.player.until('the first frame', () => running.player.videoFrames > 0)
    FlvPlayer.play(own, node.httpUrl('live/garbage.flv'))

    const publisher = await rawPublisher(own, node.ports.rtmp, 'live', 'garbage')
    publisher.write(bytes())
    await goesOn(running)
    assert.ok(node.program.running)
  })
}

test('after garbage the same name can be published and played', async (t) => {
  const own = testScope(t)
  const publisher = await rawPublisher(own, node.ports.rtmp, 'live', 'mended')
  publisher.write(random.bytes(50_000))
  await publishWithFfmpeg(own, { url: node.rtmpUrl('live/mended'), video: 'h264', audio: 'aac' })
  const decoded = await decodeWithFfmpeg(node.httpUrl('live/mended.flv'), 2)
  assert.deepEqual(decoded.errors, [])
  assert.ok(decoded.videoFrames >= 45)
})
