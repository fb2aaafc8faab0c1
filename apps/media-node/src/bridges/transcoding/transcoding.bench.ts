/** `node apps/media-node/src/bridges/transcoding/transcoding.bench.ts`: CPU and memory of a stream in a thread of codecs. */
import { silentLogger } from '@millrace/core'

import type { AudioTranscoding } from '../audio-transcoding.ts'
import { openAudioTranscoding } from './open-audio-transcoding.ts'
import { aacSound, opusSound, transcode, type Sound } from './sound.test-support.ts'

const SECONDS = 60
const STREAMS = 20

async function measure(name: string, transcoding: AudioTranscoding, sound: Sound, codec: 'aac' | 'opus') {
  // loads the codecs
  await transcode(transcoding, { ...sound, frames: sound.frames.slice(0, 100) }, codec)
  const rssBytes = process.memoryUsage().rss
  const before = process.cpuUsage()
  const running = Array.from({ length: STREAMS }, () => transcode(transcoding, sound, codec))
  let peakBytes = 0
  const timer = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage().rss)), 20)
  await Promise.all(running)
  clearInterval(timer)
  const { user, system } = process.cpuUsage(before)
  const percent = (user + system) / 1e4 / SECONDS / STREAMS
  const megabytes = (peakBytes - rssBytes) / 1e6 / STREAMS
  console.log(`${name}: ${percent.toFixed(2)} % of a core and at most ${megabytes.toFixed(1)} MB a stream`)
}

const transcoding = openAudioTranscoding(silentLogger, { maxWorkers: 1 })
const [aac, opus] = await Promise.all([aacSound(SECONDS), opusSound(SECONDS)])
const idleBytes = process.memoryUsage().rss
await transcode(transcoding, { ...aac, frames: aac.frames.slice(0, 100) }, 'opus')
console.log(`a thread of codecs: ${((process.memoryUsage().rss - idleBytes) / 1e6).toFixed(0)} MB`)
for (let run = 0; run < 3; run++) {
  await measure('AAC → Opus', transcoding, aac, 'opus')
  await measure('Opus → AAC', transcoding, opus, 'aac')
}
await transcoding.close()
