/** The child process behind `node-av.ts`: remux FROM TO, publish FILE URL, packetise FILE URL, decode URL SECONDS. */
import { readFile } from 'node:fs/promises'

import {
  AV_LOG_ERROR,
  AV_NOPTS_VALUE,
  AVIO_FLAG_WRITE,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
  Decoder,
  Demuxer,
  FFmpegError,
  IOContext,
  Log,
  Muxer,
  type Stream,
} from 'node-av'

import { SupportError } from './errors.ts'
import { flvHeader, flvTag, readFlv } from './flv-file.ts'

async function remux(from: string, to: string): Promise<void> {
  const input = await Demuxer.open(from)
  const output = await Muxer.open(to, {
    format: 'flv',
    // FLV has tags of its own; those of the source would be refused
    configure: ({ streams }) => streams?.forEach(({ codecpar }) => (codecpar.codecTag = 0)),
  })
  const streams = input.streams.map((stream) => output.addStream(stream))
  for await (const packet of input.packets()) {
    const stream = packet && streams[packet.streamIndex]
    if (stream === null || stream === undefined) continue
    await output.writePacket(packet, stream)
  }
  await output.close()
  await input.close()
}

async function publish(file: string, url: string): Promise<void> {
  const tags = readFlv(await readFile(file))
  const io = new IOContext()
  FFmpegError.throwIfError(await io.open2(url, AVIO_FLAG_WRITE), 'open')
  console.log('publishing')
  await io.write(flvHeader(tags))
  const beganMs = performance.now()
  for (const tag of tags) {
    const waitMs = tag.timestampMs - (performance.now() - beganMs)
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    await io.write(flvTag(tag))
    await io.flush()
  }
  await io.closep()
}

async function packetise(from: string, url: string): Promise<void> {
  const input = await Demuxer.open(from)
  // AV1 over RTP is an experiment to FFmpeg
  const output = await Muxer.open(url, { format: 'rtp', options: { strict: -2 } })
  const [stream] = input.streams
  if (!stream) throw new SupportError('SUPPORT_PACKETISE', `nothing in ${from}`)
  const index = output.addStream(stream)
  for await (const packet of input.packets()) if (packet) await output.writePacket(packet, index)
  await output.close()
  await input.close()
}

async function decode(url: string, seconds: number): Promise<void> {
  Log.setLevel(AV_LOG_ERROR)
  const input = await Demuxer.open(url, url.endsWith('.sdp') ? { options: { protocol_whitelist: 'file,rtp,udp' } } : {})
  const decoders = new Map<number, Decoder>()
  for (const stream of input.streams) {
    if (kindOf(stream) !== undefined) decoders.set(stream.index, await Decoder.create(stream, { exitOnError: true }))
  }
  const codecs = [...decoders.values()].map((decoder) => decoder.getCodec().name)
  const counts = { video: 0, audio: 0 }
  let first: number | undefined
  for await (const packet of input.packets()) {
    const decoder = packet && decoders.get(packet.streamIndex)
    if (!decoder) continue
    const stream = decoder.getStream()
    const kind = kindOf(stream)
    if (kind !== undefined) counts[kind] += (await decoder.decodeAll(packet)).length
    // the first packets of RTP have no time
    if (packet.dts === AV_NOPTS_VALUE) continue
    const atSeconds = (Number(packet.dts) * stream.timeBase.num) / stream.timeBase.den
    first ??= atSeconds
    if (atSeconds - first >= seconds) break
  }
  for (const decoder of decoders.values()) {
    const kind = kindOf(decoder.getStream())
    if (kind !== undefined) counts[kind] += (await decoder.decodeAll(null)).length
  }
  console.log(JSON.stringify({ videoFrames: counts.video, audioFrames: counts.audio, codecs }))
  process.exit(0)
}

function kindOf({ codecpar }: Stream): 'video' | 'audio' | undefined {
  if (codecpar.codecType === AVMEDIA_TYPE_VIDEO) return 'video'
  return codecpar.codecType === AVMEDIA_TYPE_AUDIO ? 'audio' : undefined
}

const [verb, from = '', to = ''] = process.argv.slice(2)
if (verb === 'remux') await remux(from, to)
else if (verb === 'publish') await publish(from, to)
else if (verb === 'packetise') await packetise(from, to)
else if (verb === 'decode') await decode(from, Number(to))
else throw new SupportError('SUPPORT_USAGE', 'remux FROM TO, publish or packetise FILE URL, or decode URL SECONDS')
