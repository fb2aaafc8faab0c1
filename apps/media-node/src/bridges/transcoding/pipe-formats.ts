import {
  ADTS_HEADER_BYTES,
  adtsWriter,
  opusPacketSamples,
  plainOpusHead,
  readAacConfig,
  readAdtsHeader,
  readMp3Header,
  readOpusHead,
  writeOpusHead,
} from '@millrace/codecs'
import { FormatError } from '@millrace/core'

import { OUTPUT_RATE, type StreamFormat } from './messages.ts'
import { OggReader, OggWriter } from './ogg.ts'

/** How frames go into FFmpeg's standard input. */
export interface PipeInput {
  readonly args: readonly string[]
  /** Bytes before the first frame. */
  readonly head: Uint8Array
  /**
   * Bytes of a frame and its duration in samples of 48 kHz, which may be a fraction.
   *
   * @throws FormatError for a frame that has no place there
   */
  write(payload: Uint8Array): { readonly bytes: Uint8Array; readonly samples: number }
}

/** How frames come out of FFmpeg's standard output. */
export interface PipeOutput {
  readonly args: readonly string[]
  readonly frameSamples: number
  /** The frames that are whole now. Throws FormatError for bytes that are none. */
  read(chunk: Uint8Array): readonly Uint8Array[]
  /** Samples that the encoder puts before the first; known from the first frame on. */
  readonly paddingSamples: number
}

const NOTHING = new Uint8Array(0)
const AAC_FRAME_SAMPLES = 1024
const OPUS_FRAME_SAMPLES = 960
/** More expected loss than 5 % would have libopus take music for speech; a page has one packet. */
const OPUS_ARGS =
  '-c:a libopus -application audio -frame_duration 20 -compression_level 5 -fec 1 -packet_loss 5 -page_duration 20000'
const OPUS_TAGS = new TextEncoder().encode('OpusTags\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000')

/** Throws FormatError for sound that has no such form. */
export function pipeInput({ codec, config, sampleRate, channels }: StreamFormat['from']): PipeInput {
  switch (codec) {
    case 'aac':
      return adtsInput(config)
    case 'mp3':
      return {
        args: ['-f', 'mp3'],
        head: NOTHING,
        write(payload) {
          const header = readMp3Header(payload)
          return { bytes: payload, samples: (header.frameSamples * OUTPUT_RATE) / header.sampleRate }
        },
      }
    case 'opus':
      return oggInput(config)
    case 'pcma':
    case 'pcmu':
      return {
        args: ['-f', codec === 'pcma' ? 'alaw' : 'mulaw', '-ar', String(sampleRate), '-ac', String(channels)],
        head: NOTHING,
        write: (payload) => ({
          bytes: payload,
          samples: (payload.length * OUTPUT_RATE) / (channels * sampleRate),
        }),
      }
  }
}

export function pipeOutput({ codec, bitrateBps }: StreamFormat['to']): PipeOutput {
  return codec === 'opus' ? oggOutput(bitrateBps) : adtsOutput(bitrateBps)
}

function adtsInput(config: Uint8Array): PipeInput {
  const aac = readAacConfig(config)
  const writeHeader = adtsWriter(aac)
  return {
    args: ['-f', 'aac'],
    head: NOTHING,
    write(payload) {
      if (payload.length > 0x1fff - ADTS_HEADER_BYTES) throw new FormatError('ADTS_LENGTH', 'too long for ADTS')
      const bytes = new Uint8Array(ADTS_HEADER_BYTES + payload.length)
      writeHeader(bytes, 0, payload.length)
      bytes.set(payload, ADTS_HEADER_BYTES)
      return { bytes, samples: (AAC_FRAME_SAMPLES * OUTPUT_RATE) / aac.coreSampleRate }
    },
  }
}

function oggInput(config: Uint8Array): PipeInput {
  const writer = new OggWriter()
  const head = config.length > 0 ? readOpusHead(config) : plainOpusHead(2)
  // what a head tells of samples to leave out is true of a file's beginning only
  const pages = [writer.page(writeOpusHead({ ...head, preSkip: 0 }), 0), writer.page(OPUS_TAGS, 0)]
  let granule = 0
  return {
    args: ['-f', 'ogg'],
    head: Buffer.concat(pages),
    write(payload) {
      const samples = opusPacketSamples(payload)
      return { bytes: writer.page(payload, (granule += samples)), samples }
    },
  }
}

function oggOutput(bitrateBps: number): PipeOutput {
  const reader = new OggReader()
  let headers = 0
  let paddingSamples = 0
  return {
    args: `${OPUS_ARGS} -b:a ${bitrateBps} -f ogg`.split(' '),
    frameSamples: OPUS_FRAME_SAMPLES,
    get paddingSamples() {
      return paddingSamples
    },
    read(chunk) {
      return reader.push(chunk).filter((packet) => {
        if (headers === 0) paddingSamples = readOpusHead(packet).preSkip
        return ++headers > 2
      })
    },
  }
}

function adtsOutput(bitrateBps: number): PipeOutput {
  let pending = NOTHING
  return {
    args: ['-c:a', 'aac', '-b:a', String(bitrateBps), '-f', 'adts'],
    frameSamples: AAC_FRAME_SAMPLES,
    paddingSamples: AAC_FRAME_SAMPLES,
    read(chunk) {
      const bytes = Uint8Array.from([...pending, ...chunk])
      const frames: Uint8Array[] = []
      let at = 0
      while (bytes.length - at >= ADTS_HEADER_BYTES) {
        const { headerBytes, frameBytes } = readAdtsHeader(bytes, at)
        if (bytes.length - at < frameBytes) break
        frames.push(bytes.slice(at + headerBytes, at + frameBytes))
        at += frameBytes
      }
      pending = bytes.slice(at)
      return frames
    },
  }
}
