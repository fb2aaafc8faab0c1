/** Fragments as hls.js feeds them to Chromium: they play to the end, each picture, over a change of tracks. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test, { after, describe } from 'node:test'

import { concatBytes } from '@millrace/bytes'
import { Scope } from '@millrace/core'
import { FlvDemuxer, FlvReader } from '@millrace/flv'
import { writeMediaPlaylist, type MediaSegment } from '@millrace/hls'
import type { Frame, Track } from '@millrace/media'
import { FragmentMuxer, ProgressiveIndex, writeSegmentType } from '@millrace/mp4'

import { flvClip, type Clip } from '../support/clips.ts'
import { playInChromium } from '../support/hls-page.ts'

const SECONDS = 2

async function framesOf(clip: Clip): Promise<Frame[]> {
  const demuxer = new FlvDemuxer()
  const frames: Frame[] = []
  for (const part of new FlvReader().push(
    new Uint8Array(await readFile(await flvClip({ ...clip, seconds: SECONDS }))),
  )) {
    if (part.type !== 'tag') continue
    for (const event of demuxer.push(part.kind, part.timestampMs, part.body)) {
      if (event.type === 'frame') frames.push(event.frame)
    }
  }
  // as segments begin: with a picture, and end: all together
  const first = frames.find(({ track }) => track.kind === 'video') ?? frames[0]
  const startTicks = first?.dtsTicks ?? 0
  const late = frames.filter(({ dtsTicks }) => dtsTicks >= startTicks && dtsTicks - startTicks < SECONDS * 1000)
  return late.map((frame) => {
    return { ...frame, dtsTicks: frame.dtsTicks - startTicks, ptsTicks: frame.ptsTicks - startTicks }
  })
}

const tracksOf = (frames: readonly Frame[]): Track[] => [...new Set(frames.map(({ track }) => track))]

/** One segment for each second, its fragments half a second each. */
function segmentsOf(frames: readonly Frame[]): { init: Uint8Array; segments: Uint8Array[] } {
  const muxer = new FragmentMuxer(tracksOf(frames))
  const init = muxer.initSegment()
  const end = new Map(tracksOf(frames).map(({ id }) => [id, SECONDS * 1000]))
  const halves = Map.groupBy(frames, ({ dtsTicks }) => Math.min(2 * SECONDS - 1, Math.floor(dtsTicks / 500)))
  const fragments = Array.from({ length: 2 * SECONDS }, (_, i) =>
    muxer.fragment(halves.get(i) ?? [], i === 2 * SECONDS - 1 ? end : undefined),
  )
  const segments = Array.from({ length: SECONDS }, (_, i) =>
    concatBytes([writeSegmentType(), ...fragments.slice(2 * i, 2 * i + 2)]),
  )
  return { init, segments }
}

const CLIPS: Readonly<Record<string, Clip>> = {
  'H.264 and AAC': { video: 'h264', audio: 'aac' },
  'AV1 and Opus': { video: 'av1', audio: 'opus' },
  'VP9 alone': { video: 'vp9' },
  'AAC alone': { audio: 'aac' },
}

describe(
  'hls.js plays fragments over a change of tracks, and Chromium the progressive file',
  { concurrency: true },
  () => {
    const scope = new Scope()
    after(() => scope.close())
    for (const [name, clip] of Object.entries(CLIPS)) {
      test(name, async () => {
        const frames = await framesOf(clip)
        const pictures = frames.filter(({ track }) => track.kind === 'video').length
        const files = new Map<string, Uint8Array | string>()
        const listed: MediaSegment[] = []
        for (const run of [0, 1]) {
          const { init, segments } = segmentsOf(frames)
          files.set(`/init-${run}.mp4`, init)
          for (const [i, segment] of segments.entries()) {
            files.set(`/${run}-${i}.m4s`, segment)
            const mapUri = `init-${run}.mp4`
            listed.push({ uri: `${run}-${i}.m4s`, durationUs: 1e6, discontinuity: i === 0, wallMs: null, mapUri })
          }
        }
        const playlist = {
          targetDurationS: 1,
          mediaSequence: 0,
          discontinuitySequence: 0,
          segments: listed,
          ended: true,
        }
        files.set('/media.m3u8', writeMediaPlaylist({ ...playlist, playlistType: 'vod', independentSegments: true }))
        const index = new ProgressiveIndex()
        for (const { payload, ...frame } of frames) index.add({ ...frame, sizeBytes: payload.length })
        files.set('/file.mp4', concatBytes([index.header(), ...frames.map(({ payload }) => payload)]))

        const segmented = await playInChromium(scope, '/media.m3u8', files)
        assert.deepEqual(segmented.failures, [])
        assert.ok(Math.abs(segmented.durationS - 2 * SECONDS) < 0.2, `${segmented.durationS} s`)
        assert.equal(segmented.frames, 2 * pictures)
        const whole = await playInChromium(scope, '/file.mp4', files)
        assert.ok(Math.abs(whole.durationS - SECONDS) < 0.1, `${whole.durationS} s`)
        assert.equal(whole.frames, pictures)
        assert.equal(whole.width, pictures > 0 ? 320 : 0)
      })
    }
  },
)
