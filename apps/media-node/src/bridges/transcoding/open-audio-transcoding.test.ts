import assert from 'node:assert/strict'
import { once } from 'node:events'
import test, { type TestContext } from 'node:test'
import type { Worker } from 'node:worker_threads'

import { errorCode, silentLogger } from '@millrace/core'

import type { AudioTranscoder, AudioTranscoding } from '../audio-transcoding.ts'
import { openAudioTranscoding, type TranscodingSettings } from './open-audio-transcoding.ts'
import {
  aacSound,
  g711Sound,
  listenTo,
  mp3Sound,
  opusSound,
  ONSET_S,
  RATE,
  TONE_HZ,
  transcode,
  type Sound,
} from './sound.test-support.ts'

const SOUNDS = {
  'AAC of 44.1 kHz': aacSound(),
  'AAC of one channel': aacSound(3, 32_000, 1),
  MP3: mp3Sound(),
  'G.711 A-law': g711Sound('pcma'),
  'G.711 µ-law': g711Sound('pcmu'),
  Opus: opusSound(),
}
/** 10 ms */
const CLOSE_SAMPLES = 480

for (const engine of ['node-av', 'ffmpeg'] as const) {
  for (const [name, sound] of Object.entries(SOUNDS)) {
    const codec = name === 'Opus' ? 'aac' : 'opus'
    test(`${engine} makes ${codec} of ${name}, heard at its time`, { timeout: 20_000 }, async (t) => {
      const transcoding = openAudioTranscoding(silentLogger, { engines: [engine] })
      t.after(() => transcoding.close())
      const from = await sound
      const to = await transcode(transcoding, from, codec)
      const [before, after] = await Promise.all([listenTo(from), listenTo(to)])
      t.diagnostic(`onset ${((after.onset - before.onset) / 48).toFixed(2)} ms after the input's`)
      assert.ok(Math.abs(after.onset - before.onset) < CLOSE_SAMPLES, `${after.onset} for ${before.onset}`)
      assert.ok(Math.abs(after.onset - (from.frames[0]!.pts + ONSET_S * RATE)) < RATE / 10, 'the onset is the tone')
      assert.ok(Math.abs(after.hz - TONE_HZ) < 10, `${after.hz} Hz`)
      const samples = codec === 'opus' ? 960 : 1024
      assert.equal(after.samples, to.frames.length * samples)
      const steps = new Set(to.frames.slice(1).map(({ pts }, i) => pts - to.frames[i]!.pts))
      assert.deepEqual([...steps], [samples])
    })
  }
}

const tolerant = { timeout: 20_000 }

function setUp(t: TestContext, settings: TranscodingSettings = {}) {
  const transcoding = openAudioTranscoding(silentLogger, settings)
  t.after(() => transcoding.close())
  const workers: Worker[] = []
  const seen = (worker: Worker): void => void workers.push(worker)
  process.on('worker', seen)
  t.after(() => process.off('worker', seen))
  return { transcoding, workers }
}

for (const engine of ['node-av', 'ffmpeg'] as const) {
  test(`${engine}: a gap of the input is one of the result`, tolerant, async (t) => {
    const { transcoding } = setUp(t, { engines: [engine] })
    const sound = await SOUNDS['AAC of 44.1 kHz']
    // the silence ends half a second later
    const frames = sound.frames.map(({ payload, pts }, i) => ({ payload, pts: i < 30 ? pts : pts + RATE / 2 }))
    const from = { ...sound, frames }
    const to = await transcode(transcoding, from, 'opus')
    const gap = to.frames.findIndex(({ pts }, i) => i > 0 && pts - to.frames[i - 1]!.pts > RATE / 4)
    assert.ok(gap > 0)
    const [before, after] = await Promise.all([
      listenTo({ ...from, frames: from.frames.slice(30) }),
      listenTo({ ...to, frames: to.frames.slice(gap) }),
    ])
    t.diagnostic(`onset ${((after.onset - before.onset) / 48).toFixed(2)} ms after the input's`)
    assert.ok(Math.abs(after.onset - before.onset) < CLOSE_SAMPLES, `${after.onset} for ${before.onset}`)
  })

  test(`${engine}: timestamps in milliseconds that drift by 0.2 % are followed`, tolerant, async (t) => {
    const { transcoding } = setUp(t, { engines: [engine] })
    const sound = await aacSound(12)
    const begins = sound.frames[0]!.pts
    const drifted = (pts: number): number => 48 * Math.floor((begins + (pts - begins) * 1.002) / 48)
    const frames = sound.frames.map(({ payload, pts }) => ({ payload, pts: drifted(pts) }))
    const to = await transcode(transcoding, { ...sound, frames }, 'opus')
    const first = to.frames[0]!.pts
    const last = to.frames.at(-1)!.pts
    // as many samples as the clock of the input says, or timestamps that say so
    const own = first + (to.frames.length - 1) * 960
    if (engine === 'node-av') assert.equal(last, own)
    else assert.notEqual(last, own)
    const inputSamples = own - first
    const held = drifted(sound.frames.at(-1)!.pts) - last
    t.diagnostic(`${inputSamples} samples, the last ${(held / 48).toFixed(1)} ms before the input's end`)
    // the encoder holds a frame; without correction it would be 24 ms more
    if (engine === 'node-av') assert.ok(Math.abs(held) < 1440)
    assert.ok(to.frames.every(({ pts }, i) => i === 0 || Math.abs(pts - to.frames[i - 1]!.pts - 960) < CLOSE_SAMPLES))
  })

  test(`${engine}: frames that can't be decoded are left out, and time goes on`, tolerant, async (t) => {
    const { transcoding } = setUp(t, { engines: [engine] })
    const sound = await SOUNDS['AAC of 44.1 kHz']
    const frames = sound.frames.map(({ payload, pts }, i) =>
      i > 60 && i % 10 === 0 ? { payload: new Uint8Array(200).fill(i), pts } : { payload, pts },
    )
    const to = await transcode(transcoding, { ...sound, frames }, 'opus')
    const { onset } = await listenTo(to)
    assert.ok(Math.abs(onset - (await listenTo(sound)).onset) < CLOSE_SAMPLES)
  })
}

/** Resolves with the error of a stream. */
function failureOf(
  transcoding: AudioTranscoding,
  { track }: Sound,
): { transcoder: AudioTranscoder; failed: Promise<Error> } {
  const { promise: failed, resolve: onFailed } = Promise.withResolvers<Error>()
  const to = { codec: 'opus', bitrateBps: 96_000 } as const
  return { transcoder: transcoding.open({ from: track, to, onFrame() {}, onFailed }), failed }
}

test('a stream of which nothing can be decoded fails', tolerant, async (t) => {
  const { transcoding } = setUp(t, { engines: ['node-av'] })
  const sound = await SOUNDS['AAC of 44.1 kHz']
  const { transcoder, failed } = failureOf(transcoding, sound)
  for (const { pts } of sound.frames.slice(0, 80)) transcoder.push(new Uint8Array(200).fill(0xff), pts)
  assert.equal(errorCode(await failed), 'TRANSCODE_DECODE')
  // the thread serves others
  assert.ok((await transcode(transcoding, sound, 'opus')).frames.length > 100)
})

test('a thread that ends takes its streams along, and others get a new one', tolerant, async (t) => {
  const { transcoding, workers } = setUp(t, { engines: ['node-av'] })
  const sound = await SOUNDS['AAC of 44.1 kHz']
  const streams = [failureOf(transcoding, sound), failureOf(transcoding, sound)]
  await t.waitFor(() => assert.equal(workers.length, 1))
  await once(workers[0]!, 'message')
  await workers[0]!.terminate()
  for (const { failed } of streams) assert.equal(errorCode(await failed), 'TRANSCODE_WORKER')
  assert.ok((await transcode(transcoding, sound, 'opus')).frames.length > 100)
  assert.equal(workers.length, 2)
})

test('the thread ends when nobody needs it', tolerant, async (t) => {
  const { transcoding, workers } = setUp(t, { engines: ['node-av'], idleMs: 20 })
  const sound = await SOUNDS.Opus
  await transcode(transcoding, sound, 'aac')
  const [worker] = workers
  if (worker!.threadId !== -1) await once(worker!, 'exit')
  assert.equal(worker!.threadId, -1)
  await t.waitFor(() => assert.equal(process.getActiveResourcesInfo().includes('MessagePort'), false))
  await transcode(transcoding, sound, 'aac')
  assert.equal(workers.length, 2)
})

test('a program of its own ends with its stream', tolerant, async (t) => {
  const { transcoding } = setUp(t, { engines: ['ffmpeg'] })
  await transcode(transcoding, await SOUNDS.Opus, 'aac')
  await transcoding.close()
  await t.waitFor(() => assert.equal(process.getActiveResourcesInfo().includes('ProcessWrap'), false))
})

test('two seconds of sound wait for the codecs, and what is more is dropped and counted', tolerant, async (t) => {
  const { transcoding } = setUp(t, { engines: ['node-av'] })
  const { track, frames } = await SOUNDS['AAC of 44.1 kHz']
  let made = 0
  const to = { codec: 'opus', bitrateBps: 96_000 } as const
  const transcoder = transcoding.open({ from: track, to, onFrame: () => made++, onFailed: assert.fail })
  for (const { payload, pts } of frames) transcoder.push(payload, pts)
  const waiting = frames.length - transcoder.droppedFrames
  assert.ok(Math.abs((waiting * 1024) / 44_100 - 2) < 0.1, `${waiting} frames wait`)
  await t.waitFor(() => assert.ok(made > 90), { timeout: 10_000 })
})

test('where there are no codecs, that is what is said', tolerant, async (t) => {
  const { transcoding } = setUp(t, { engines: [] })
  const { failed } = failureOf(transcoding, await SOUNDS.MP3)
  assert.equal(errorCode(await failed), 'TRANSCODE_UNAVAILABLE')
})

test('a stream that is closed before the codecs are there needs none', tolerant, async (t) => {
  const { transcoding } = setUp(t, { engines: ['node-av'] })
  const sound = await SOUNDS.MP3
  const { transcoder, failed } = failureOf(transcoding, sound)
  transcoder.close()
  transcoder.push(sound.frames[0]!.payload, 0)
  await transcode(transcoding, sound, 'opus')
  assert.equal(await Promise.race([failed, Promise.resolve('nothing')]), 'nothing')
})
