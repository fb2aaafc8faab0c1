import assert from 'node:assert/strict'
import test, { after } from 'node:test'

import { Scope } from '@millrace/core'

import { openOpensslEngine } from '../../apps/media-node/src/io/packet-engine/openssl.ts'
import { Cluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { decodeWithFfmpeg, publishWithFfmpeg } from '../support/ffmpeg.ts'
import type { MediaNode } from '../support/media-node.ts'
import { readMedia, RtcClient } from '../support/rtc-client.ts'
import { openRtcPage, startRtcChromium, type RtcPage } from '../support/rtc-page.ts'
import { testScope } from '../support/scope.ts'

const ENV = { MILLRACE_RTC: 'on', MILLRACE_RTC_PORT: '0' }

const scope = new Scope()
after(() => scope.close())
const cluster = await Cluster.start(scope)
const [a, b, browser] = await Promise.all([
  cluster.startNode('a', ENV),
  cluster.startNode('b', ENV),
  startRtcChromium(scope),
  cluster.startWorker(),
])

const count = (node: MediaNode, message: string, name: string): number =>
  node.program.output.split('\n').filter((line) => line.includes(`"${message}"`) && line.includes(`/live/${name}"`))
    .length

const plays = (player: RtcPage): Promise<unknown> =>
  eventually('pictures and sound', async () => {
    const { video, audio } = await player.statistics()
    return (video.framesDecoded ?? 0) > 20 && (audio.totalAudioEnergy ?? 0) > 0
  })

test('players at another node share the packets of a publisher by WebRTC, and its key frames can be asked for', async (t) => {
  const own = testScope(t)
  const publisher = await openRtcPage(own, browser)
  await publisher.publish(a.httpUrl('live/far/whip'), { codec: 'vp8' })
  const players: RtcPage[] = []
  const requests = async (): Promise<number> =>
    (await publisher.statistics()).sent.reduce((sum, { pliCount = 0 }) => sum + pliCount, 0)
  for (let i = 0; i < 3; i++) {
    const before = await requests()
    const player = await openRtcPage(own, browser)
    await player.play(b.httpUrl('live/far/whep'))
    await plays(player)
    assert.ok((await requests()) > before, 'the publisher was asked for a key frame')
    players.push(player)
  }
  await Promise.all(players.map(plays))
  assert.equal(count(a, 'packet relay started', 'far'), 1)
  assert.equal(count(a, 'packet relay ended', 'far'), 0)
  assert.equal(count(a, 'play started', 'far'), 0)
  for (const player of players) await fetch(await player.resource(), { method: 'DELETE' })
  await eventually('the packets are left', () => count(a, 'packet relay ended', 'far') === 1)
})

test('frames and packets of one publisher are both fetched; of RTMP packets are made where they are played', async (t) => {
  const own = testScope(t)
  const publisher = await openRtcPage(own, browser)
  await publisher.publish(a.httpUrl('live/both/whip'), { codec: 'h264' })
  const player = await openRtcPage(own, browser)
  const [{ videoFrames }] = await Promise.all([
    decodeWithFfmpeg(b.httpUrl('live/both.flv'), 3),
    player.play(b.httpUrl('live/both/whep')).then(() => plays(player)),
  ])
  assert.ok(videoFrames > 20, `${videoFrames} frames`)
  assert.equal(count(a, 'relay started', 'both'), 1)
  assert.equal(count(a, 'packet relay started', 'both'), 1)

  await publishWithFfmpeg(own, { video: 'h264', audio: 'aac', url: a.rtmpUrl('live/rtmp') })
  const other = await openRtcPage(own, browser)
  await other.play(b.httpUrl('live/rtmp/whep'))
  await plays(other)
  assert.equal(count(a, 'packet relay started', 'rtmp'), 0)
})

test('what is lost on the way to one node or from the other is sent again', async (t) => {
  const own = testScope(t)
  const engine = await openOpensslEngine()
  own.defer(() => engine.close())
  /** A key frame of one packet, as far as forwarding looks at it, with its number. */
  const send = (sequence: number): void =>
    publisher.sendRtp(publisher.track('video'), {
      sequence,
      timestamp: sequence * 3000,
      marker: true,
      payload: Uint8Array.of(0x65, 0x88, sequence >> 8, sequence & 0xff),
    })
  const publisher = await RtcClient.connect(own, {
    engine,
    action: 'publish',
    audio: null,
    url: a.httpUrl('live/lossy/whip'),
    onRtcp(packets) {
      for (const packet of packets) if (packet.type === 'nack') packet.sequences.forEach(send)
    },
  })
  let sequence = 1000
  let lost = Infinity
  const timer = setInterval(() => {
    if (sequence !== lost) send(sequence)
    sequence++
  }, 20)
  own.defer(() => clearInterval(timer))
  const got: number[] = []
  const again: number[] = []
  const player = await RtcClient.connect(own, {
    engine,
    action: 'play',
    audio: null,
    url: b.httpUrl('live/lossy/whep'),
    onRtp(packet) {
      const { header, payload } = readMedia(packet)
      if (header.ssrc !== player.track('video').ssrc) again.push(u16(payload, 0))
      else if (got.push(u16(payload, 2)) === 1) first = header.sequence
    },
  })
  let first = 0
  await eventually('packets', () => got.length > 5)
  const wanted = (first + 2) & 0xffff
  const { ssrc: mediaSsrc } = player.track('video')
  player.sendRtcp([{ type: 'nack', senderSsrc: 1, mediaSsrc, sequences: [wanted] }])
  await eventually('it is sent again', () => again.length > 0)
  assert.deepEqual(again, [wanted])
  lost = sequence + 2
  await eventually('the lost one has come', () => got.includes(lost))
  assert.ok(got.indexOf(lost) > got.indexOf(lost + 1), 'behind its successor')
})

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
