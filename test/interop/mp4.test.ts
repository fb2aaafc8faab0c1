/** MP4 as FFmpeg reads and writes it: every frame, bit for bit, at its time, without an error line. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { open, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'
import { promisify } from 'node:util'

import { concatBytes } from '@millrace/bytes'
import type { Scope } from '@millrace/core'
import { FlvDemuxer, FlvReader } from '@millrace/flv'
import type { Frame, Track } from '@millrace/media'
import { FragmentMuxer, Mp4Demuxer, ProgressiveIndex, writeSegmentType } from '@millrace/mp4'

import { flvClip, type Clip } from '../support/clips.ts'
import { words } from '../support/program.ts'
import { tempDir, testScope } from '../support/scope.ts'
import { readTsFile } from '../support/ts-frames.ts'

const run = promisify(execFile)

interface Media {
  readonly tracks: readonly Track[]
  /** In decoding order over all tracks. */
  readonly frames: readonly Frame[]
}

const VIDEO = '-t 3 -f lavfi -i testsrc2=size=320x180:rate=25'
const AUDIO = '-t 3 -f lavfi -i sine=440:sample_rate=44100'
const H264_B = '-c:v libx264 -preset veryfast -bf 3 -b_strategy 0 -g 25 -sc_threshold 0 -pix_fmt yuv420p'
const HEVC_B =
  '-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=25:scenecut=0:bframes=3 -pix_fmt yuv420p'

async function encode(scope: Scope, args: string): Promise<string> {
  const file = path.join(await tempDir(scope), 'clip')
  await run('ffmpeg', ['-v', 'error', '-y', ...words(args), file])
  return file
}

/** On a clock of 90 kHz. */
async function broadcast(scope: Scope, args: string): Promise<Media> {
  return readTsFile(await readFile(await encode(scope, `${args} -f mpegts`)))
}

const published = async (clip: Clip): Promise<Media> => readFlvFile(await flvClip({ ...clip, seconds: 2 }))

/** As RTMP brings it, in milliseconds. */
async function readFlvFile(file: string): Promise<Media> {
  const demuxer = new FlvDemuxer()
  const tracks = new Map<number, Track>()
  const frames: Frame[] = []
  for (const part of new FlvReader().push(new Uint8Array(await readFile(file)))) {
    if (part.type !== 'tag') continue
    for (const event of demuxer.push(part.kind, part.timestampMs, part.body)) {
      if (event.type === 'track') tracks.set(event.track.id, event.track)
      if (event.type === 'frame') frames.push(event.frame)
    }
  }
  return { tracks: [...tracks.values()].toSorted((a, b) => a.id - b.id), frames }
}

const seconds = ({ dtsTicks, track }: Frame): number => dtsTicks / track.timescale

/** Fragments of half a second behind an initialisation segment. */
function fragmented({ tracks, frames }: Media): Uint8Array[] {
  const muxer = new FragmentMuxer(tracks)
  const chunks = [muxer.initSegment(), writeSegmentType()]
  const groups = Map.groupBy(frames, (frame) => Math.floor(seconds(frame) * 2))
  const keys = [...groups.keys()].toSorted((a, b) => a - b)
  for (const [i, key] of keys.entries()) {
    const next = new Map<number, number>()
    for (const { track, dtsTicks } of (groups.get(keys[i + 1] ?? -1) ?? []).toReversed()) next.set(track.id, dtsTicks)
    chunks.push(muxer.fragment(groups.get(key) ?? [], next))
  }
  return chunks
}

/** One file with its index in front. */
function progressive({ frames }: Media): Uint8Array {
  const index = new ProgressiveIndex()
  for (const { payload, ...frame } of frames) index.add({ ...frame, sizeBytes: payload.length })
  return concatBytes([index.header(), ...frames.map(({ payload }) => payload)])
}

function demuxed(chunks: readonly Uint8Array[]): Media {
  const demuxer = new Mp4Demuxer()
  const events = chunks.flatMap((chunk) => demuxer.push(chunk))
  assert.equal(demuxer.complete, true)
  return {
    tracks: events.flatMap((event) => (event.type === 'tracks' ? event.tracks : [])),
    frames: events.flatMap((event) => (event.type === 'fragment' ? event.frames : [])),
  }
}

interface Packet {
  readonly ptsS: number
  readonly dtsS: number
  /** Size and key flag. */
  readonly what: string
}

/** The packets of each stream as ffprobe finds them. */
async function packetsOf(file: string): Promise<Packet[][]> {
  const fields = 'packet=stream_index,pts_time,dts_time,size,flags'
  const { stdout, stderr } = await run('ffprobe', [...words(`-v warning -show_entries ${fields} -of json`), file], {
    maxBuffer: 64 << 20,
  })
  assert.equal(stderr, '')
  const streams: Packet[][] = []
  const { packets } = JSON.parse(stdout) as { packets: Record<string, string>[] }
  for (const { stream_index: stream, pts_time: pts, dts_time: dts, size, flags } of packets) {
    const what = `${size} ${flags?.startsWith('K')}`
    ;(streams[Number(stream)] ??= []).push({ ptsS: Number(pts), dtsS: Number(dts), what })
  }
  return streams
}

/** What {@link packetsOf} is to find when the presentation begins at `startS`. */
function expectedPackets({ tracks, frames }: Media, startS: number): Packet[][] {
  return tracks.map((track) =>
    frames
      .filter((frame) => frame.track.id === track.id)
      .map(({ ptsTicks, dtsTicks, payload, key }) => {
        const toS = (ticks: number): number => ticks / track.timescale - startS
        return { ptsS: toS(ptsTicks), dtsS: toS(dtsTicks), what: `${payload.length} ${key}` }
      }),
  )
}

/** Asserts that both are the same packets at the same times, but for 0.1 ms. */
function assertPackets(actual: Packet[][], expected: Packet[][]): void {
  const whats = (streams: Packet[][]): string[][] => streams.map((packets) => packets.map(({ what }) => what))
  assert.deepEqual(whats(actual), whats(expected))
  for (const [i, stream] of expected.entries()) {
    for (const [at, { ptsS, dtsS }] of stream.entries()) {
      const read = actual[i]?.[at]
      const off = Math.max(Math.abs((read?.ptsS ?? 0) - ptsS), Math.abs((read?.dtsS ?? 0) - dtsS))
      assert.ok(off < 1e-4, `packet ${at} of stream ${i} at ${read?.ptsS} (${read?.dtsS}) instead of ${ptsS} (${dtsS})`)
    }
  }
}

/** Checksums of all decoded frames, by stream. */
async function decode(file: string): Promise<string[][]> {
  const args = ['-v', 'error', '-i', file, ...words('-map 0 -fps_mode passthrough -f framecrc -')]
  const { stdout, stderr } = await run('ffmpeg', args, { maxBuffer: 64 << 20 })
  assert.equal(stderr, '')
  const streams: string[][] = []
  for (const text of stdout.split('\n')) {
    const [stream, , , , , crc] = text.split(',').map((field) => field.trim())
    if (!text.startsWith('#') && crc !== undefined) (streams[Number(stream)] ??= []).push(crc)
  }
  return streams
}

const startOf = ({ frames }: Media): number =>
  Math.min(...frames.map(({ ptsTicks, track }) => ptsTicks / track.timescale))

const CASES: Readonly<Record<string, (scope: Scope) => Promise<Media>>> = {
  'H.264 with B-frames and AAC': (scope) => broadcast(scope, `${VIDEO} ${AUDIO} ${H264_B} -c:a aac`),
  'HEVC with B-frames and AAC': (scope) => broadcast(scope, `${VIDEO} ${AUDIO} ${HEVC_B} -c:a aac`),
  'H.264 and AAC in milliseconds': () => published({ video: 'h264', audio: 'aac' }),
  'H.264 and MP3': () => published({ video: 'h264', audio: 'mp3' }),
  'AV1 and Opus': () => published({ video: 'av1', audio: 'opus' }),
  'VP9 alone': () => published({ video: 'vp9' }),
  'HEVC alone': () => published({ video: 'hevc' }),
  'AAC alone': () => published({ audio: 'aac' }),
  'MP3 of MPEG-2 alone': async (scope) => readFlvFile(await encode(scope, `${AUDIO} -c:a libmp3lame -ar 22050 -f flv`)),
  'G.711 alone': () => published({ audio: 'pcma' }),
}

for (const [name, media] of Object.entries(CASES)) {
  test(`${name}: fragments and the progressive file have each frame at its time, and decode without a word`, async (t) => {
    const scope = testScope(t)
    const dir = await tempDir(scope)
    const source = await media(scope)
    const fragments = fragmented(source)
    const files = { fragments: path.join(dir, 'f.mp4'), progressive: path.join(dir, 'p.mp4') }
    await writeFile(files.fragments, concatBytes(fragments))
    await writeFile(files.progressive, progressive(source))
    assertPackets(await packetsOf(files.fragments), expectedPackets(source, 0))
    assertPackets(await packetsOf(files.progressive), expectedPackets(source, startOf(source)))
    const decoded = await decode(files.progressive)
    assert.deepEqual(await decode(files.fragments), decoded)
    assert.equal(decoded.length, source.tracks.length)

    const back = demuxed(fragments)
    assert.deepEqual(back.tracks, source.tracks)
    for (const { id } of source.tracks) {
      const own = ({ track }: Frame): boolean => track.id === id
      const plain = source.frames.map(({ flvBody: _body, ...frame }) => frame)
      assert.deepEqual(back.frames.filter(own), plain.filter(own))
    }
  })
}

const WRITTEN_BY_FFMPEG: Readonly<Record<string, string>> = {
  'with an edit list': 'frag_keyframe+delay_moov+default_base_moof',
  'with offsets from the start of the file': 'frag_keyframe+empty_moov',
  'with a fragment for each frame': 'frag_every_frame+delay_moov+default_base_moof+global_sidx',
  'of CMAF, with pictures presented before they are decoded': 'cmaf',
}

for (const [name, flags] of Object.entries(WRITTEN_BY_FFMPEG)) {
  test(`fragments that FFmpeg wrote ${name} are read`, async (t) => {
    const file = await encode(testScope(t), `${VIDEO} ${AUDIO} ${H264_B} -c:a aac -movflags ${flags} -f mp4`)
    const { tracks, frames } = demuxed([new Uint8Array(await readFile(file))])
    assert.deepEqual(
      tracks.map(({ id, codec }) => `${id} ${codec}`),
      ['1 h264', '2 aac'],
    )
    const [pictures = [], sounds = []] = expectedPackets({ tracks, frames }, 0)
    const times = pictures.map(({ ptsS }) => Math.round(ptsS * 1000)).toSorted((a, b) => a - b)
    const start = flags.includes('empty_moov') ? 80 : 0
    assert.deepEqual(
      times,
      Array.from({ length: 75 }, (_, i) => start + i * 40),
    )
    // decoding times of pictures are FFmpeg's own where a file has none that fit
    const [video = [], audio = []] = await packetsOf(file)
    assert.deepEqual(
      pictures.map(({ what }) => what),
      video.map(({ what }) => what),
    )
    assertPackets([sounds], [audio])
  })
}

test('a file of more than 4 GiB has its last frames where its index says', async (t) => {
  const scope = testScope(t)
  const file = path.join(await tempDir(scope), 'large.mp4')
  const { tracks, frames } = await published({ video: 'h264', audio: 'aac' })
  const [video] = tracks
  assert.ok(video)
  // real media, then a picture of 2 MiB each 40 ms, which are a hole in the file, then real media again
  const clipMs = 2040
  const holes = 2200
  const shiftMs = clipMs + holes * 40
  const index = new ProgressiveIndex()
  const add = (fromMs: number): void => {
    for (const { payload, dtsTicks, ptsTicks, ...frame } of frames) {
      index.add({ ...frame, sizeBytes: payload.length, dtsTicks: dtsTicks + fromMs, ptsTicks: ptsTicks + fromMs })
    }
  }
  add(0)
  for (let i = 0; i < holes; i++) {
    const dtsTicks = clipMs + i * 40
    index.add({ track: video, sizeBytes: 2 << 20, dtsTicks, ptsTicks: dtsTicks, key: i % 25 === 0 })
  }
  add(shiftMs)
  const header = index.header()
  const clip = concatBytes(frames.map(({ payload }) => payload))
  const tailAt = header.length + clip.length + holes * (2 << 20)
  const handle = await open(file, 'w')
  await handle.write(header, 0, header.length, 0)
  await handle.write(clip, 0, clip.length, header.length)
  await handle.write(clip, 0, clip.length, tailAt)
  await handle.close()
  assert.equal(tailAt + clip.length, header.length + index.dataBytes)

  const { stdout } = await run('ffprobe', [
    ...words(`-v error -read_intervals ${shiftMs / 1000}%`),
    ...words('-show_entries packet=pos,size:format=duration -of json'),
    file,
  ])
  const probed = JSON.parse(stdout) as { packets: Record<string, string>[]; format: { duration: string } }
  assert.ok(Math.abs(Number(probed.format.duration) - (shiftMs + 2000) / 1000) < 0.1, probed.format.duration)
  const found = probed.packets
    .map(({ pos, size }) => `${pos} ${size}`)
    .filter((one) => Number.parseInt(one, 10) >= tailAt)
  let offset = tailAt
  const expected = frames.map(({ payload: { length } }) => {
    offset += length
    return `${offset - length} ${length}`
  })
  assert.deepEqual(found.toSorted(), expected.toSorted())
  // and they decode from there
  const args = ['-v', 'error', '-ss', `${(shiftMs + 500) / 1000}`, '-i', file, ...words('-map 0 -f framecrc -')]
  const decoded = await run('ffmpeg', args)
  assert.equal(decoded.stderr, '')
  const pictures = decoded.stdout.split('\n').filter((text) => text.startsWith('0,')).length
  assert.ok(pictures >= 37 && pictures <= 39, `${pictures} pictures of the last 1.5 s`)
})

test('a configuration that changes in mid-file, a gap and a late start of sound stay in the progressive file', async (t) => {
  const scope = testScope(t)
  const file = path.join(await tempDir(scope), 'changed.mp4')
  const first = await broadcast(scope, `${VIDEO} ${AUDIO} ${H264_B} -c:a aac`)
  const larger = VIDEO.replace('320x180', '640x360')
  const second = await broadcast(scope, `${larger} ${AUDIO} ${H264_B} -c:a aac`)
  const shifted = second.frames.map(({ dtsTicks, ptsTicks, ...frame }) => {
    return { ...frame, dtsTicks: dtsTicks + 10 * 90_000, ptsTicks: ptsTicks + 10 * 90_000 }
  })
  const late = first.frames.filter(
    (frame) => frame.track.kind === 'video' || seconds(frame) > seconds(first.frames[0]!) + 1,
  )
  const source = { tracks: first.tracks, frames: [...late, ...shifted] }
  await writeFile(file, progressive(source))
  assertPackets(await packetsOf(file), expectedPackets(source, startOf(source)))
  const decoded = await decode(file)
  assert.equal(decoded[0]?.length, 150)
})
