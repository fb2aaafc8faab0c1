import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import path from 'node:path'
import test from 'node:test'
import { promisify } from 'node:util'

import type { Scope } from '@millrace/core'

import { avOffsetsMs } from '../support/av-offset.ts'
import { eventually } from '../support/eventually.ts'
import { startMediaNode, type MediaNode } from '../support/media-node.ts'
import { decodeWithNodeAv } from '../support/node-av.ts'
import { Program, words } from '../support/program.ts'
import { openRtcPage, startRtcChromium, type RtcPage } from '../support/rtc-page.ts'
import { tempDir, testScope } from '../support/scope.ts'

const run = promisify(execFile)

/** How many streams' sound of a codec the node has begun to transcode. */
const transcodings = ({ program }: MediaNode, from: 'aac' | 'opus'): number =>
  program.output.split('\n').filter((line) => line.includes(`"from":"${from}"`) && line.includes('sound is transcoded'))
    .length

/** Publishes by RTMP what FFmpeg makes of these sources, in real time. */
const publishByRtmp = (scope: Scope, url: string, sources: string, codecs: string): Promise<Program> =>
  Program.start(scope, 'ffmpeg', words(`-v error -re ${sources} -pix_fmt yuv420p ${codecs} -f flv ${url}`))

async function decodes(player: RtcPage, atLeast = 10): Promise<void> {
  const before = (await player.statistics()).video.framesDecoded ?? 0
  await eventually('pictures', async () => ((await player.statistics()).video.framesDecoded ?? 0) >= before + atLeast)
}

test('WebRTC beside other protocols', async (t) => {
  const scope = testScope(t)
  const env = { MILLRACE_RTC: 'on', MILLRACE_RTC_PORT: '0' }
  const [node, browser] = await Promise.all([startMediaNode(scope, { env }), startRtcChromium(scope)])

  await t.test(
    'what Chromium publishes decodes from RTMP, HTTP-FLV and HLS, its sound and picture in step',
    async (t) => {
      const scope = testScope(t)
      const open = (): Promise<RtcPage> => openRtcPage(scope, browser)
      const publisher = await open()
      await publisher.publish(node.httpUrl('live/marks/whip'), { codec: 'h264', source: 'marks' })
      const folder = await tempDir(scope)
      const urls = {
        rtmp: node.rtmpUrl('live/marks'),
        flv: node.httpUrl('live/marks.flv'),
        hls: node.httpUrl('live/marks.m3u8'),
      }
      const recorded = Object.entries(urls).map(async ([name, url]) => {
        const file = path.join(folder, `${name}.mkv`)
        const { stderr } = await run('ffmpeg', [...words('-nostdin -v error -i'), url, ...words('-t 9 -c copy'), file])
        assert.equal(stderr, '', name)
        const { stderr: decoding } = await run('ffmpeg', [
          ...words('-v error -i'),
          file,
          ...words('-enc_time_base -1 -f null -'),
        ])
        // two frames may fall into one millisecond of the file, which the null muxer minds, and no decoder
        const faults = decoding
          .split('\n')
          .filter((line) => line !== '' && !line.includes('non monotonically increasing'))
        assert.deepEqual(faults, [], name)
        const offsets = await avOffsetsMs(file)
        assert.ok(offsets.length >= 4, `${name}: marks ${offsets.join(', ')}`)
        assert.ok(
          // the publisher's clocks are known, and gone over to slowly, from its first report on
          offsets.slice(-2).every((offset) => Math.abs(offset) <= 40),
          `${name}: sound after picture by ${offsets.join(', ')} ms`,
        )
      })
      await Promise.all(recorded)
      assert.equal(transcodings(node, 'opus'), 1)
    },
  )

  await t.test('VP9 and AV1 that Chromium publishes decode from RTMP and HTTP-FLV', async (t) => {
    const scope = testScope(t)
    const open = (): Promise<RtcPage> => openRtcPage(scope, browser)
    for (const codec of ['vp9', 'av1'] as const) {
      const publisher = await open()
      await publisher.publish(node.httpUrl(`live/${codec}/whip`), { codec })
      const urls = [node.rtmpUrl(`live/${codec}`), node.httpUrl(`live/${codec}.flv`)]
      for (const { errors, videoFrames, audioFrames } of await Promise.all(
        urls.map((url) => decodeWithNodeAv(url, 2)),
      )) {
        assert.deepEqual(errors, [])
        assert.ok(videoFrames > 10 && audioFrames > 60, `${codec}: ${videoFrames} pictures, ${audioFrames} of sound`)
      }
      await publisher.page.close()
    }
  })

  await t.test('the sound of an RTMP stream is heard by WHEP, of one transcoding for all players', async (t) => {
    const scope = testScope(t)
    const open = (): Promise<RtcPage> => openRtcPage(scope, browser)
    const sources = '-f lavfi -i testsrc2=size=320x180:rate=15 -f lavfi -i sine=1000:sample_rate=44100'
    await publishByRtmp(
      scope,
      node.rtmpUrl('live/tone'),
      sources,
      '-c:v libx264 -preset ultrafast -g 30 -c:a aac -ac 2',
    )
    const players = await Promise.all([open(), open(), open()])
    for (const player of players) await player.play(node.httpUrl('live/tone/whep'))
    for (const player of players) {
      const { frequency } = await eventually('a tone', async () => {
        const heard = await player.loudest()
        return heard.decibels > -60 && heard
      })
      assert.ok(Math.abs(frequency - 1000) < 15, `${frequency} Hz`)
      await decodes(player)
    }
    assert.equal(transcodings(node, 'aac'), 1)
  })

  await t.test('pictures of an RTMP stream with B-frames are shown in order', async (t) => {
    const scope = testScope(t)
    const open = (): Promise<RtcPage> => openRtcPage(scope, browser)
    // each picture is a little brighter than the one before it, and black comes after white
    const sources = '-f lavfi -i nullsrc=size=160x90:rate=20,format=yuv420p,geq=lum=mod(N\\,40)*5+25:cb=128:cr=128'
    const codec = '-c:v libx264 -preset veryfast -bf 2 -b_strategy 0 -g 40 -an'
    await publishByRtmp(scope, node.rtmpUrl('live/ramp'), sources, codec)
    const player = await open()
    await player.play(node.httpUrl('live/ramp/whep'))
    const levels = await player.brightness(30)
    const back = levels.filter((level, i) => level < (levels[i - 1] ?? 0) - 2)
    assert.ok(
      back.every((level) => level < 80),
      `back to ${back.join(', ')} in ${levels.join(', ')}`,
    )
    assert.match(node.program.output, /B-frames/)
  })

  await t.test('a player stays while publishers end, vanish and change their protocol', async (t) => {
    const scope = testScope(t)
    const open = (): Promise<RtcPage> => openRtcPage(scope, browser)
    const [publisher, player] = await Promise.all([open(), open()])
    await publisher.publish(node.httpUrl('live/again/whip'), { codec: 'h264' })
    await player.play(node.httpUrl('live/again/whep'))
    await decodes(player)
    const ended = await fetch(await publisher.resource(), { method: 'DELETE' })
    assert.equal(ended.status, 200)
    assert.equal((await fetch(await publisher.resource(), { method: 'DELETE' })).status, 404)
    const sources = '-f lavfi -i testsrc2=size=320x180:rate=15 -f lavfi -i sine=500'
    const codecs = '-c:v libx264 -preset ultrafast -tune zerolatency -g 15 -c:a aac'
    const encoder = await publishByRtmp(scope, node.rtmpUrl('live/again'), sources, codecs)
    await decodes(player)
    await encoder.stop()
    await publisher.publish(node.httpUrl('live/again/whip'), { codec: 'h264' })
    await decodes(player)
  })

  await t.test("Chromium publishes and plays by SRS's API", async (t) => {
    const scope = testScope(t)
    const open = (): Promise<RtcPage> => openRtcPage(scope, browser)
    const [publisher, player] = await Promise.all([open(), open()])
    const streamUrl = 'webrtc://127.0.0.1/live/srs'
    await publisher.publish(node.httpUrl('rtc/v1/publish/'), { codec: 'h264', streamUrl })
    await player.play(node.httpUrl('rtc/v1/play/'), { streamUrl })
    await decodes(player)
  })
})
