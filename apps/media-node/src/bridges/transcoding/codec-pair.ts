import { CodedError, FormatError } from '@millrace/core'
import {
  AV_CHANNEL_LAYOUT_4POINT0,
  AV_CHANNEL_LAYOUT_5POINT0_BACK,
  AV_CHANNEL_LAYOUT_5POINT1_BACK,
  AV_CHANNEL_LAYOUT_6POINT1,
  AV_CHANNEL_LAYOUT_7POINT1,
  AV_CHANNEL_LAYOUT_MONO,
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CHANNEL_LAYOUT_SURROUND,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_NOPTS_VALUE,
  AV_SAMPLE_FMT_FLT,
  AV_SAMPLE_FMT_FLTP,
  AV_SAMPLE_FMT_S16,
  AVERROR_EAGAIN,
  FF_DECODER_AAC,
  FF_DECODER_LIBOPUS,
  FF_DECODER_MP3FLOAT,
  FF_DECODER_PCM_ALAW,
  FF_DECODER_PCM_MULAW,
  FF_ENCODER_AAC,
  FF_ENCODER_LIBFDK_AAC,
  FF_ENCODER_LIBOPUS,
} from 'node-av/constants'
import { Codec, CodecContext, Frame, Packet, Rational, SoftwareResampleContext } from 'node-av/lib'

import { OUTPUT_RATE, type StreamFormat } from './messages.ts'
import { DriftWatch, SampleClock } from './sample-clock.ts'

/** Half of a resampler's filter, with room to spare, in samples of the slower side. */
const FILTER_SAMPLES = 32

const DECODERS = {
  aac: FF_DECODER_AAC,
  mp3: FF_DECODER_MP3FLOAT,
  opus: FF_DECODER_LIBOPUS,
  pcma: FF_DECODER_PCM_ALAW,
  pcmu: FF_DECODER_PCM_MULAW,
} as const
const ENCODERS = {
  libopus: { codec: FF_ENCODER_LIBOPUS, sampleFormat: AV_SAMPLE_FMT_FLT, frameSamples: 960 },
  libfdk_aac: { codec: FF_ENCODER_LIBFDK_AAC, sampleFormat: AV_SAMPLE_FMT_S16, frameSamples: 1024 },
  aac: { codec: FF_ENCODER_AAC, sampleFormat: AV_SAMPLE_FMT_FLTP, frameSamples: 1024 },
} as const
type EncoderName = keyof typeof ENCODERS

/**
 * A decoder, a resampler and an encoder in a row, in FFmpeg within this thread. The timestamps of the result are those of the input:
 * what decoders, filters and encoders hold back is taken off.
 */
export class CodecPair {
  readonly #onFrame: (payload: Uint8Array, pts: number) => void
  readonly #decoder: CodecContext
  readonly #encoder: CodecContext
  readonly #sampleFormat: (typeof ENCODERS)[EncoderName]['sampleFormat']
  readonly #frameSamples: number
  readonly #packet = new Packet()
  readonly #decoded = new Frame()
  readonly #resampled = new Frame()
  readonly #encoded = new Packet()
  readonly #clock = new SampleClock()
  #drift = new DriftWatch()
  #resampler: SoftwareResampleContext | undefined
  /** What the resampler was made for. */
  #shape = ''
  #marginSamples = FILTER_SAMPLES
  /** Samples that the encoder has got. */
  #position = 0
  /** When the next decoded frame is due that has no timestamp of its own. */
  #nextPts = 0

  /**
   * @param onFrame gets a payload of its own
   * @throws CodedError `TRANSCODE_OPEN` where FFmpeg can't do that
   */
  constructor(format: StreamFormat, onFrame: (payload: Uint8Array, pts: number) => void) {
    this.#onFrame = onFrame
    this.#decoder = openDecoder(format.from)
    const name = encoderFor(format.to.codec)
    this.#encoder = openEncoder(name, format.to.bitrateBps)
    this.#sampleFormat = ENCODERS[name].sampleFormat
    this.#frameSamples = ENCODERS[name].frameSamples
    for (const part of [this.#packet, this.#decoded, this.#resampled, this.#encoded]) part.alloc()
  }

  /**
   * @param pts in 1/48,000 s
   * @throws FormatError `TRANSCODE_DECODE` for a frame that can't be decoded; the next may
   * @throws CodedError `TRANSCODE_ENCODE` when FFmpeg refuses its own
   */
  feed(payload: Uint8Array, pts: number): void {
    this.#packet.data = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
    this.#packet.pts = BigInt(pts)
    const sent = this.#decoder.sendPacketSync(this.#packet)
    this.#packet.unref()
    if (sent < 0) throw new FormatError('TRANSCODE_DECODE', `sound that can't be decoded (${sent})`)
    for (;;) {
      const got = this.#decoder.receiveFrameSync(this.#decoded)
      if (got === AVERROR_EAGAIN) return
      if (got < 0) throw new FormatError('TRANSCODE_DECODE', `sound that can't be decoded (${got})`)
      this.#resample(this.#decoded)
    }
  }

  /** Gives everything back to FFmpeg. */
  close(): void {
    this.#resampler?.free()
    this.#decoder.freeContext()
    this.#encoder.freeContext()
    for (const part of [this.#packet, this.#decoded, this.#resampled, this.#encoded]) part.free()
  }

  #resample(frame: Frame): void {
    const resampler = this.#resamplerFor(frame)
    const begins = frame.pts === AV_NOPTS_VALUE ? this.#nextPts : Number(frame.pts)
    const samples = Math.round((frame.nbSamples * OUTPUT_RATE) / frame.sampleRate)
    this.#nextPts = begins + samples
    this.#follow(resampler, begins, samples, frame.sampleRate)
    encoding(resampler.convertFrame(null, frame), 'resample')
    this.#pump(resampler)
  }

  /** Keeps what comes out of the resampler in step with the timestamps of what goes in. */
  #follow(resampler: SoftwareResampleContext, begins: number, samples: number, sampleRate: number): void {
    const expected = this.#clock.timeAt(this.#position)
    if (expected === undefined) return this.#clock.set(this.#position, begins - this.#held(resampler))
    const correction = this.#drift.observe(begins - this.#held(resampler) - expected, samples)
    if (correction === undefined) return
    if (correction.kind === 'stretch') {
      encoding(resampler.setCompensation(correction.samples, OUTPUT_RATE), 'stretch')
    } else if (correction.kind === 'jump') {
      this.#fillUp(resampler, sampleRate)
      this.#clock.set(this.#position, begins - this.#held(resampler))
    } else if (correction.samples > 0) {
      encoding(resampler.injectSilence(Math.round((correction.samples * sampleRate) / OUTPUT_RATE)), 'pad')
    } else {
      encoding(resampler.dropOutput(-correction.samples), 'cut')
    }
  }

  /** Lets what is held go, as a frame that ends in silence. */
  #fillUp(resampler: SoftwareResampleContext, sampleRate: number): void {
    const missing = this.#frameSamples + this.#marginSamples - this.#held(resampler)
    encoding(resampler.injectSilence(Math.ceil((missing * sampleRate) / OUTPUT_RATE) + 1), 'pad')
    this.#pump(resampler)
  }

  #held(resampler: SoftwareResampleContext): number {
    return Number(resampler.getDelay(BigInt(OUTPUT_RATE)))
  }

  #resamplerFor(frame: Frame): SoftwareResampleContext {
    const { format, sampleRate, channelLayout } = frame
    const shape = `${format} ${sampleRate} ${channelLayout.nbChannels} ${channelLayout.mask}`
    if (this.#resampler && shape === this.#shape) return this.#resampler
    this.#resampler?.free()
    const resampler = new SoftwareResampleContext()
    this.#resampler = resampler
    this.#shape = shape
    // an unordered layout has no way to stereo
    const layout = channelLayout.mask === 0n ? defaultLayout(channelLayout.nbChannels) : channelLayout
    const set = resampler.allocSetOpts2(
      AV_CHANNEL_LAYOUT_STEREO,
      this.#sampleFormat,
      OUTPUT_RATE,
      layout,
      frame.format as never,
      sampleRate,
    )
    opening(set, 'resampler')
    // a filter also where the rates are the same: it is what stretches
    opening(resampler.setOption('flags', '+res'), 'resampler')
    opening(resampler.init(), 'resampler')
    this.#marginSamples = Math.ceil(FILTER_SAMPLES * Math.max(1, OUTPUT_RATE / sampleRate))
    this.#drift = new DriftWatch()
    return resampler
  }

  /** Encodes whole frames: the encoder takes no others. */
  #pump(resampler: SoftwareResampleContext): void {
    const frame = this.#resampled
    while (this.#held(resampler) >= this.#frameSamples + this.#marginSamples) {
      frame.unref()
      frame.format = this.#sampleFormat
      frame.sampleRate = OUTPUT_RATE
      frame.channelLayout = AV_CHANNEL_LAYOUT_STEREO
      frame.nbSamples = this.#frameSamples
      encoding(frame.getBuffer(), 'get memory')
      encoding(resampler.convertFrame(frame, null), 'resample')
      if (frame.nbSamples !== this.#frameSamples) throw new CodedError('TRANSCODE_ENCODE', 'a frame that is too short')
      frame.pts = BigInt(this.#position)
      this.#position += this.#frameSamples
      encoding(this.#encoder.sendFrameSync(frame), 'encode')
      this.#emit()
    }
  }

  #emit(): void {
    while (this.#encoder.receivePacketSync(this.#encoded) >= 0) {
      const { data, pts } = this.#encoded
      // the timestamp of a packet is the position of the sample that its decoder gives first
      if (data) this.#onFrame(Uint8Array.from(data), this.#clock.timeOfFrame(Number(pts), this.#frameSamples))
      this.#encoded.unref()
    }
  }
}

function openDecoder({ codec, config, sampleRate, channels }: StreamFormat['from']): CodecContext {
  const decoder = Codec.findDecoderByName(DECODERS[codec])
  if (!decoder) throw new CodedError('TRANSCODE_OPEN', `no decoder for ${codec}`)
  const context = new CodecContext()
  try {
    context.allocContext3(decoder)
    context.sampleRate = sampleRate
    context.channelLayout = defaultLayout(channels)
    context.pktTimebase = new Rational(1, OUTPUT_RATE)
    context.threadCount = 1
    // what an OpusHead tells of samples to leave out is true of a file's beginning only
    const isPlain = codec === 'opus' && (config[18] ?? 0) === 0
    if (config.length > 0 && !isPlain) context.extraData = Buffer.from(config)
    opening(context.open2Sync(decoder), `the decoder for ${codec}`)
    return context
  } catch (error) {
    context.freeContext()
    throw error
  }
}

function encoderFor(codec: StreamFormat['to']['codec']): EncoderName {
  if (codec === 'opus') return 'libopus'
  // half the work
  return Codec.findEncoderByName(FF_ENCODER_LIBFDK_AAC) ? 'libfdk_aac' : 'aac'
}

function openEncoder(name: EncoderName, bitrateBps: number): CodecContext {
  const encoder = Codec.findEncoderByName(ENCODERS[name].codec)
  if (!encoder) throw new CodedError('TRANSCODE_OPEN', `no encoder ${name}`)
  const context = new CodecContext()
  try {
    context.allocContext3(encoder)
    context.sampleRate = OUTPUT_RATE
    context.channelLayout = AV_CHANNEL_LAYOUT_STEREO
    context.sampleFormat = ENCODERS[name].sampleFormat
    context.bitRate = BigInt(bitrateBps)
    context.timeBase = new Rational(1, OUTPUT_RATE)
    context.threadCount = 1
    // frames without ADTS
    context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER)
    const options: Readonly<Record<string, string>> = name === 'libopus' ? OPUS_OPTIONS : {}
    for (const [option, value] of Object.entries(options)) opening(context.setOption(option, value), option)
    opening(context.open2Sync(encoder), `the encoder ${name}`)
    return context
  } catch (error) {
    context.freeContext()
    throw error
  }
}

/** More expected loss than 5 % would have libopus take music for speech. */
const OPUS_OPTIONS = {
  application: 'audio',
  frame_duration: '20',
  compression_level: '5',
  fec: '1',
  packet_loss: '5',
} as const

const LAYOUTS = [
  AV_CHANNEL_LAYOUT_MONO,
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CHANNEL_LAYOUT_SURROUND,
  AV_CHANNEL_LAYOUT_4POINT0,
  AV_CHANNEL_LAYOUT_5POINT0_BACK,
  AV_CHANNEL_LAYOUT_5POINT1_BACK,
  AV_CHANNEL_LAYOUT_6POINT1,
  AV_CHANNEL_LAYOUT_7POINT1,
]

/** FFmpeg's default order of so many channels. */
function defaultLayout(channels: number): typeof AV_CHANNEL_LAYOUT_STEREO {
  return LAYOUTS.find(({ nbChannels }) => nbChannels === channels) ?? AV_CHANNEL_LAYOUT_STEREO
}

function opening(result: number, what: string): void {
  if (result < 0) throw new CodedError('TRANSCODE_OPEN', `FFmpeg can't open ${what} (${result})`)
}

function encoding(result: number, what: string): void {
  if (result < 0) throw new CodedError('TRANSCODE_ENCODE', `FFmpeg can't ${what} (${result})`)
}
