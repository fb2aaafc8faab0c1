/** Broadcasts recorded to a real S3 server and played from there, in every format. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test, { after, describe } from 'node:test'

import type { RecordFormat, Recording, RecordingPlayback } from '@millrace/contracts'
import { Scope } from '@millrace/core'

import { type Clip, flvClip } from '../support/clips.ts'
import { Cluster } from '../support/cluster.ts'
import { flvFrameTimes, readFlv } from '../support/flv-file.ts'
import { playInChromium } from '../support/hls-page.ts'
import { decodeWithNodeAv, publishFlvFile } from '../support/node-av.ts'
import { allowBrowsers, newBucket, radosgwMissing } from '../support/radosgw.ts'
import { finishedRecording, type FrameTimes, frameTimes, recordedStream, storageOf } from '../support/recordings.ts'

// FFmpeg resets a connection that it hasn't read an acknowledgement from: the clip must not end where one is due
const SECONDS = process.env['MILLRACE_TEST_SCALE'] === 'full' ? 60 : 12
/** Pictures from one key frame of a clip to the next. */
const GOP_FRAMES = 25
/** How far audio and video may have moved against each other. */
const SYNC_S = 0.02

const CLIPS: readonly Clip[] = [
  { video: 'h264', audio: 'aac', seconds: SECONDS },
  { video: 'hevc', audio: 'aac', seconds: SECONDS },
  { audio: 'aac', seconds: SECONDS },
  { video: 'h264', seconds: SECONDS },
]
const FORMATS: readonly RecordFormat[] = ['fmp4', 'ts', 'mp4', 'flv']

const title = ({ video, audio }: Clip): string => `${video ?? 'no video'} and ${audio ?? 'no audio'}`

describe('recordings of live broadcasts', { skip: radosgwMissing, concurrency: true }, async () => {
  const scope = new Scope()
  after(() => scope.close())
  const cluster = await Cluster.start(scope)
  const api = cluster.api.bind(cluster)
  const node = await cluster.startNode('recorder', { MILLRACE_RECONNECT_WINDOW_MS: '1000' })
  await cluster.startWorker()
  const bucket = await newBucket()
  await allowBrowsers(bucket)
  const storageId = await storageOf(api, bucket)

  for (const clip of CLIPS) {
    for (const format of FORMATS) {
      test(`${title(clip)} as ${format}: every frame, in step`, async () => {
        const name = `${clip.video ?? 'none'}-${clip.audio ?? 'none'}-${format}`
        const stream = await recordedStream(api, name, { format, storage_id: storageId }, { reconnect_window_s: 1 })
        const publisher = await publishFlvFile(scope, await flvClip(clip), node.rtmpUrl(`live/${name}`))
        await publisher.finished((SECONDS + 30) * 1000)
        const recording = await finishedRecording(api, stream.id, 180_000)
        assert.equal(recording.status, 'ready', JSON.stringify(recording))
        assert.deepEqual(recording.gaps, [])
        for (const url of await urlsOf(recording)) {
          await isWhole(url, clip)
          if (clip.video === 'h264' && clip.audio && format !== 'flv') await playsInChromium(scope, url, clip)
        }
      })
    }
  }

  /** Of the playlist, and of the file where there is one. */
  async function urlsOf({ id, format }: Recording): Promise<string[]> {
    const { urls } = await api<RecordingPlayback>(`recordings/${id}/playback`)
    const types = format === 'fmp4' || format === 'ts' ? ['hls'] : ['hls', format]
    return types.map((type) => {
      const found = urls.find((entry) => entry.type === type)
      assert.ok(found, `no URL of type ${type} in ${JSON.stringify(urls)}`)
      return found.url
    })
  }
})

/** What can be played at `url` has all frames of the clip, decodes without a word, and audio is as far from video as it was. */
async function isWhole(url: string, clip: Clip): Promise<void> {
  const published = flvFrameTimes(readFlv(await readFile(await flvClip(clip))))
  const recorded = await timesAt(url)
  assert.equal(recorded.video.length, published.video.length, `video frames of ${url}`)
  assert.equal(recorded.audio.length, published.audio.length, `audio frames of ${url}`)
  const decoded = await decodeWithNodeAv(url, SECONDS + 5)
  assert.deepEqual(decoded.errors, [], url)
  assert.equal(decoded.videoFrames, published.video.length, `decoded video frames of ${url}`)
  if (!clip.video || !clip.audio) return
  for (const at of [0, -1]) {
    const offset = (times: FrameTimes): number => times.audio.at(at)! - times.video.at(at)!
    const movedS = Math.abs(offset(recorded) - offset(published))
    assert.ok(movedS <= SYNC_S, `${url}: audio moved by ${movedS} s against video`)
  }
}

/** A page plays it to the end, by hls.js or as a file, with every picture. */
async function playsInChromium(scope: Scope, url: string, clip: Clip): Promise<void> {
  const published = flvFrameTimes(readFlv(await readFile(await flvClip(clip))))
  const seen = await playInChromium(scope, url)
  // where the sound begins before the picture, hls.js steps over the difference
  const failures = seen.failures.filter((details) => details !== 'bufferSeekOverHole')
  assert.deepEqual(failures, [])
  // a step begins at a key frame: pictures that were decoded before it are decoded, and counted, again
  const more = seen.frames - published.video.length
  assert.ok(more >= 0 && more < GOP_FRAMES, `${seen.frames} pictures of ${url}`)
}

/** Debian's FFmpeg doesn't know HEVC in FLV. */
async function timesAt(url: string): Promise<FrameTimes> {
  if (!new URL(url).pathname.endsWith('.flv')) return frameTimes(url)
  return flvFrameTimes(readFlv(Buffer.from(await (await fetch(url)).arrayBuffer())))
}
