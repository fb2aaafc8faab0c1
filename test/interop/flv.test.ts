/** FLV that real muxers wrote, taken apart, packaged again and decoded by real players. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { promisify } from 'node:util'

import { createFlvPackager, createFlvPayloads, FlvDemuxer, FlvFileMuxer, FlvReader } from '@millrace/flv'
import type { HevcDialect } from '@millrace/flv'
import type { Frame, Metadata, Track } from '@millrace/media'

import { flvClip } from '../support/clips.ts'
import type { Clip } from '../support/clips.ts'
import { decodeWithFfmpeg, ffprobe } from '../support/ffmpeg.ts'
import { decodeWithNodeAv } from '../support/node-av.ts'
import { words } from '../support/program.ts'

const run = promisify(execFile)
const SECONDS = 2

interface Media {
  readonly tracks: Track[]
  readonly frames: Frame[]
  metadata: Metadata | null
}

async function demux(file: string): Promise<Media> {
  const reader = new FlvReader()
  const demuxer = new FlvDemuxer()
  const media: Media = { tracks: [], frames: [], metadata: null }
  for (const part of reader.push(await readFile(file))) {
    if (part.type === 'header') continue
    for (const event of demuxer.push(part.kind, part.timestampMs, part.body)) {
      if (event.type === 'track') media.tracks.push(event.track)
      else if (event.type === 'frame') media.frames.push(event.frame)
      else if (event.type === 'metadata') media.metadata = event.metadata
    }
  }
  assert.deepEqual(demuxer.counters, { unsupported: 0, unconfigured: 0, otherTracks: 0, empty: 0 })
  return media
}

/** Packages frames without the bodies they came in, so that all is written anew, or with them. */
function repackage({ tracks, frames, metadata }: Media, hevc: HevcDialect, anew: boolean): Buffer {
  const packager = createFlvPackager(createFlvPayloads({ hevc }))
  const tags = frames.flatMap(({ flvBody, ...frame }) => {
    return packager.encode(anew || !flvBody ? frame : { ...frame, flvBody })
  })
  return Buffer.concat([...packager.init({ tracks, metadata }, 0), ...tags])
}

/** A file to seek in, as it is made of the archive's frames: they have no body to pass on, and don't begin at 0. */
function fileOf({ frames }: Media): Buffer {
  const muxer = new FlvFileMuxer()
  const tags = frames.flatMap(({ flvBody: _body, dtsTicks, ptsTicks, ...frame }) =>
    muxer.encode({ ...frame, dtsTicks: dtsTicks + 3_600_000, ptsTicks: ptsTicks + 3_600_000 }),
  )
  return Buffer.concat([muxer.header(), ...tags])
}

async function inTemporaryDirectory(act: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'millrace-flv-'))
  try {
    await act(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}

const legacyClips: [name: string, clip: Clip, codecs: string[]][] = [
  ['H.264 and AAC', { video: 'h264', audio: 'aac' }, ['h264', 'aac']],
  ['video only', { video: 'h264' }, ['h264']],
  ['MP3 only', { audio: 'mp3' }, ['mp3']],
  ['H.264 and G.711', { video: 'h264', audio: 'pcma' }, ['h264', 'pcm_alaw']],
]
for (const [name, clip, codecs] of legacyClips) {
  test(`FFmpeg 5 decodes what it muxed, taken apart and packaged again: ${name}`, async () => {
    const source = await flvClip({ ...clip, seconds: SECONDS })
    const media = await demux(source)
    assert.ok(media.frames.every(({ flvBody }) => flvBody !== undefined))
    await inTemporaryDirectory(async (directory) => {
      const expected = await decodeWithFfmpeg(source, SECONDS * 2)
      for (const anew of [false, true]) {
        const file = path.join(directory, `${anew}.flv`)
        await writeFile(file, repackage(media, 'enhanced', anew))
        assert.deepEqual(await decodeWithFfmpeg(file, SECONDS * 2), { ...expected, errors: [] })
        const { streams } = await ffprobe(file)
        assert.deepEqual(
          streams.map((stream) => stream.codec_name),
          codecs,
        )
      }
    })
  })
}

test('B-frames keep their composition times', async () => {
  await inTemporaryDirectory(async (directory) => {
    const source = path.join(directory, 'source.flv')
    const input = words('-v error -f lavfi -i testsrc2=size=160x90:rate=25 -t 2')
    await run('ffmpeg', [...input, ...words('-c:v libx264 -preset fast -bf 3 -g 25 -pix_fmt yuv420p'), source])
    const media = await demux(source)
    assert.ok(media.frames.some(({ ptsTicks, dtsTicks }) => ptsTicks > dtsTicks))
    const copy = path.join(directory, 'copy.flv')
    await writeFile(copy, repackage(media, 'enhanced', true))
    const checksums = async (file: string): Promise<string> =>
      (await run('ffmpeg', [...words('-v error -i'), file, ...words('-f framemd5 -')])).stdout
    assert.equal(await checksums(copy), await checksums(source))
  })
})

const enhancedClips: [name: string, clip: Clip, reference: Clip][] = [
  ['HEVC and AAC', { video: 'hevc', audio: 'aac' }, { video: 'hevc', audio: 'aac' }],
  ['HEVC by codec id 12', { video: 'hevc-id12' }, { video: 'hevc' }],
  ['AV1 and Opus', { video: 'av1', audio: 'opus' }, { video: 'av1', audio: 'opus' }],
  ['VP9', { video: 'vp9' }, { video: 'vp9' }],
]
for (const [name, clip, reference] of enhancedClips) {
  test(`FFmpeg 8 decodes Enhanced RTMP taken apart and packaged again: ${name}`, async () => {
    const media = await demux(await flvClip({ ...clip, seconds: SECONDS }))
    const expected = await decodeWithNodeAv(await flvClip({ ...reference, seconds: SECONDS }), SECONDS * 2)
    assert.ok(expected.videoFrames > 0)
    await inTemporaryDirectory(async (directory) => {
      for (const anew of [false, true]) {
        const file = path.join(directory, `${anew}.flv`)
        await writeFile(file, repackage(media, 'enhanced', anew))
        assert.deepEqual(await decodeWithNodeAv(file, SECONDS * 2), { ...expected, errors: [] })
      }
    })
  })
}

test('HEVC written by codec id 12 has the same frames as Enhanced RTMP', async () => {
  const enhanced = await demux(await flvClip({ video: 'hevc', seconds: SECONDS }))
  await inTemporaryDirectory(async (directory) => {
    const file = path.join(directory, 'id12.flv')
    await writeFile(file, repackage(enhanced, 'legacy', false))
    const legacy = await demux(file)
    const essence = ({ dtsTicks, ptsTicks, key, payload }: Frame): unknown => [dtsTicks, ptsTicks, key, payload.length]
    assert.deepEqual(legacy.frames.map(essence), enhanced.frames.map(essence))
    assert.deepEqual(legacy.tracks[0]?.config, enhanced.tracks[0]?.config)
  })
})

for (const [name, clip, codecs] of legacyClips) {
  test(`a file begins at 0, tells its duration, and FFmpeg 5 decodes it: ${name}`, async () => {
    const source = await flvClip({ ...clip, seconds: SECONDS })
    const expected = await decodeWithFfmpeg(source, SECONDS * 2)
    await inTemporaryDirectory(async (directory) => {
      const file = path.join(directory, 'file.flv')
      await writeFile(file, fileOf(await demux(source)))
      assert.deepEqual(await decodeWithFfmpeg(file, SECONDS * 2), { ...expected, errors: [] })
      const { stdout } = await run('ffprobe', [...words('-v error -show_format -show_streams -of json'), file])
      const { streams, format } = JSON.parse(stdout) as {
        streams: { codec_name: string }[]
        format: { start_time: string; duration: string; size: string }
      }
      assert.deepEqual(
        streams.map((stream) => stream.codec_name),
        codecs,
      )
      assert.equal(Number(format.start_time), 0)
      assert.ok(Math.abs(Number(format.duration) - SECONDS) < 0.1, format.duration)
    })
  })
}

for (const [name, clip, reference] of enhancedClips) {
  test(`a file of Enhanced RTMP decodes with FFmpeg 8: ${name}`, async () => {
    const media = await demux(await flvClip({ ...clip, seconds: SECONDS }))
    await inTemporaryDirectory(async (directory) => {
      const file = path.join(directory, 'file.flv')
      await writeFile(file, fileOf(media))
      const expected = await decodeWithNodeAv(await flvClip({ ...reference, seconds: SECONDS }), SECONDS * 2)
      assert.deepEqual(await decodeWithNodeAv(file, SECONDS * 2), { ...expected, errors: [] })
    })
  })
}

test('seeking in a file lands on its key frames, through the index', async () => {
  const media = await demux(await flvClip({ video: 'h264', audio: 'aac', seconds: 4 }))
  await inTemporaryDirectory(async (directory) => {
    const file = path.join(directory, 'file.flv')
    await writeFile(file, fileOf(media))
    const position = words(
      '-v error -read_intervals 3.5%+#1 -select_streams v -show_entries packet=pos,flags -of csv=p=0',
    )
    const { stdout } = await run('ffprobe', [...position, file])
    const [at = '', flags = ''] = stdout.trim().split(',')
    const bytes = await readFile(file)
    assert.match(flags, /^K/)
    assert.deepEqual([bytes[Number(at)], bytes[Number(at) + 11]], [9, 0x17])
    const seconds = bytes.readUIntBE(Number(at) + 4, 3) / 1000
    assert.ok(seconds >= 2.9 && seconds <= 3.1, `${seconds}`)
  })
})
