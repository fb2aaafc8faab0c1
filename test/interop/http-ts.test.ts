import assert from 'node:assert/strict'
import test, { after } from 'node:test'

import { Scope } from '@millrace/core'

import type { Clip } from '../support/clips.ts'
import { decodeWithFfmpeg, ffprobe, publishWithFfmpeg } from '../support/ffmpeg.ts'
import { startMediaNode } from '../support/media-node.ts'
import { testScope } from '../support/scope.ts'

const SECONDS = 3

const scope = new Scope()
after(() => scope.close())
const node = await startMediaNode(scope)

interface Case {
  readonly clip: Clip
  /** What each format has of it. */
  readonly formats: Readonly<Record<string, readonly string[]>>
}

const CASES: readonly Case[] = [
  { clip: { video: 'h264', audio: 'aac' }, formats: { ts: ['aac', 'h264'], aac: ['aac'] } },
  { clip: { video: 'h264', audio: 'mp3' }, formats: { ts: ['h264', 'mp3'], mp3: ['mp3'] } },
  { clip: { audio: 'aac' }, formats: { ts: ['aac'], aac: ['aac'] } },
  { clip: { audio: 'mp3' }, formats: { ts: ['mp3'], mp3: ['mp3'] } },
  { clip: { video: 'h264' }, formats: { ts: ['h264'] } },
]

test('FFmpeg decodes endless MPEG-TS, AAC and MP3 without an error line', { concurrency: true }, async (t) => {
  const plays = CASES.flatMap(({ clip, formats }, i) => {
    const { video = 'none', audio = 'none' } = clip
    return t.test(`${video}, ${audio}`, async (own) => {
      await publishWithFfmpeg(testScope(own), { ...clip, url: node.rtmpUrl(`live/cam-${i}`) })
      // FFmpeg looks at endless streams for five seconds before it begins
      const checks = Object.entries(formats).map(async ([extension, codecs]) => {
        const url = node.httpUrl(`live/cam-${i}.${extension}`)
        const [decoded, { streams }] = await Promise.all([decodeWithFfmpeg(url, SECONDS), ffprobe(url)])
        assert.deepEqual(decoded.errors, [], extension)
        if (codecs.includes('h264'))
          assert.ok(decoded.videoFrames >= SECONDS * 25 * 0.9, `${extension}: ${decoded.videoFrames}`)
        if (audio !== 'none')
          assert.ok(decoded.audioFrames >= SECONDS * 38 * 0.9, `${extension}: ${decoded.audioFrames}`)
        assert.deepEqual(streams.map(({ codec_name }) => codec_name).toSorted(), codecs)
      })
      await Promise.all(checks)
    })
  })
  await Promise.all(plays)
})

test('a sound that the stream does not have is not found, and a type is told without one', async (t) => {
  await publishWithFfmpeg(testScope(t), { video: 'h264', audio: 'aac', url: node.rtmpUrl('live/types') })
  for (const [extension, type] of Object.entries({ ts: 'video/MP2T', aac: 'audio/x-aac', mp3: 'audio/mpeg' })) {
    const head = await fetch(node.httpUrl(`live/types.${extension}`), { method: 'HEAD' })
    assert.equal(head.status, 200)
    assert.equal(head.headers.get('content-type'), type)
  }
  const answer = await fetch(node.httpUrl('live/types.mp3'))
  assert.equal(answer.status, 404)
  assert.match(await answer.text(), /nothing that could be played so/)
})
