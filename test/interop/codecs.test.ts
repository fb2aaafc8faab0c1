import assert from 'node:assert/strict'
import test, { after, describe } from 'node:test'

import { Scope } from '@millrace/core'

import { type Clip, flvClip } from '../support/clips.ts'
import { decodeWithFfmpeg, publishWithFfmpeg } from '../support/ffmpeg.ts'
import { eventually } from '../support/eventually.ts'
import { FlvPlayer } from '../support/flv-player.ts'
import { startMediaNode } from '../support/media-node.ts'
import { decodeWithNodeAv, publishFlvFile } from '../support/node-av.ts'
import { testScope } from '../support/scope.ts'

interface Case extends Clip {
  /** FFmpeg 5 knows these in FLV; the others are published and played by FFmpeg 8. */
  readonly legacy: boolean
  /** Whether HLS with MPEG-TS may carry it. */
  readonly hls: boolean
}

const CASES: readonly Case[] = [
  { video: 'h264', audio: 'mp3', legacy: true, hls: true },
  { audio: 'aac', legacy: true, hls: true },
  { audio: 'mp3', legacy: true, hls: true },
  { video: 'h264', legacy: true, hls: true },
  { video: 'hevc', audio: 'aac', legacy: false, hls: true },
  { video: 'hevc-id12', audio: 'aac', legacy: false, hls: true },
  { video: 'hevc', legacy: false, hls: true },
  { video: 'h264', audio: 'opus', legacy: false, hls: false },
  { video: 'av1', audio: 'opus', legacy: false, hls: false },
  { video: 'vp9', audio: 'aac', legacy: false, hls: false },
  { video: 'h264', audio: 'pcma', legacy: true, hls: false },
  { video: 'h264', audio: 'pcmu', legacy: true, hls: false },
]

const SECONDS = 3

const scope = new Scope()
after(() => scope.close())
const node = await startMediaNode(scope, { env: { MILLRACE_HLS_SEGMENT_MS: '1000' } })

describe('carried to every player whose protocol can take it', { concurrency: 4 }, () => {
  for (const { legacy, hls, ...clip } of CASES) {
    const protocols = ['RTMP', 'FLV', ...(hls ? ['HLS'] : [])]
    test(`${clip.video ?? 'no video'}, ${clip.audio ?? 'no audio'}: ${protocols.join(', ')}`, async (t) => {
      const own = testScope(t)
      const stream = `live/${clip.video ?? 'none'}-${clip.audio ?? 'none'}`
      const rtmpUrl = node.rtmpUrl(stream)
      const flvUrl = node.httpUrl(`${stream}.flv`)
      if (legacy) await publishWithFfmpeg(own, { ...clip, url: rtmpUrl })
      else await publishFlvFile(own, await flvClip({ ...clip, seconds: 30 }), rtmpUrl)

      const player = FlvPlayer.play(own, flvUrl)
      await player.until('the FLV header', () => player.flags !== undefined)
      assert.equal(player.flags, (clip.audio ? 4 : 0) | (clip.video ? 1 : 0), 'FLV header flags match the tracks')

      const urls = [rtmpUrl, flvUrl]
      const plays = urls.map((url) => decoded(clip, url, decodeWithNodeAv))
      if (legacy) plays.push(...urls.map((url) => decoded(clip, url, decodeWithFfmpeg)))
      if (hls) plays.push(decodedFromHls(clip, node.httpUrl(`${stream}.m3u8`)))
      await Promise.all(plays)
    })
  }
})

async function decodedFromHls(clip: Clip, url: string): Promise<void> {
  await eventually('an HLS playlist', async () => (await fetch(url)).ok)
  await decoded(clip, url, decodeWithNodeAv)
}

async function decoded(clip: Clip, url: string, decode: typeof decodeWithFfmpeg): Promise<void> {
  const { videoFrames, audioFrames, errors } = await decode(url, SECONDS)
  assert.deepEqual(errors, [], url)
  assertFrames(videoFrames, clip.video !== undefined, `${url}: ${videoFrames} video frames`)
  assertFrames(audioFrames, clip.audio !== undefined, `${url}: ${audioFrames} audio frames`)
}

/** Both kinds come at 25 frames a second or more. */
function assertFrames(frames: number, expected: boolean, message: string): void {
  if (expected) assert.ok(frames >= SECONDS * 25 * 0.85, message)
  else assert.equal(frames, 0, message)
}
