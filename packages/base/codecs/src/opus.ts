import { ByteReader } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

/** Opus counts time in ticks of 48 kHz whatever it was encoded from. */
export const OPUS_SAMPLE_RATE = 48_000

/** The identification header. */
export interface OpusHead {
  readonly channels: number
  /** Samples at 48 kHz to drop from the start. */
  readonly preSkip: number
  /** Rate of the encoder's input, in Hz; 0 unknown. For information only. */
  readonly inputSampleRate: number
  /** Q7.8 dB, signed. */
  readonly outputGain: number
  /** 0 mono or stereo, 1 surround in Vorbis order, 255 discrete. */
  readonly mappingFamily: number
  /** Stream count, coupled count and the mapping of each channel; empty for family 0. */
  readonly mapping: Uint8Array
}

const MAGIC = Uint8Array.from('OpusHead', (char) => char.charCodeAt(0))

/**
 * Reads an OpusHead. Throws FormatError: `OPUS_HEAD_MAGIC`, `OPUS_HEAD_VERSION`, `OPUS_HEAD_CHANNELS`, `BYTES_SHORT`.
 * @see RFC 7845 §5.1
 */
export function readOpusHead(bytes: Uint8Array): OpusHead {
  const reader = new ByteReader(bytes)
  const magic = reader.bytes(8)
  if (MAGIC.some((byte, i) => magic[i] !== byte)) throw new FormatError('OPUS_HEAD_MAGIC', 'not an OpusHead')
  const version = reader.u8()
  if (version > 15) throw new FormatError('OPUS_HEAD_VERSION', `OpusHead version ${version}`)
  const channels = reader.u8()
  const preSkip = swap16(reader.u16())
  const inputSampleRate = reader.u32le()
  const outputGain = (swap16(reader.i16() & 0xffff) << 16) >> 16
  const mappingFamily = reader.u8()
  if (channels === 0 || (mappingFamily === 0 && channels > 2)) {
    throw new FormatError('OPUS_HEAD_CHANNELS', `${channels} channels in mapping family ${mappingFamily}`)
  }
  const mapping = mappingFamily === 0 ? new Uint8Array(0) : reader.bytes(2 + channels)
  return { channels, preSkip, inputSampleRate, outputGain, mappingFamily, mapping }
}

/** Writes an OpusHead. */
export function writeOpusHead(head: OpusHead): Uint8Array {
  const out = new Uint8Array(19 + head.mapping.length)
  const view = new DataView(out.buffer)
  out.set(MAGIC)
  out[8] = 1
  out[9] = head.channels
  view.setUint16(10, head.preSkip, true)
  view.setUint32(12, head.inputSampleRate, true)
  view.setInt16(16, head.outputGain, true)
  out[18] = head.mappingFamily
  out.set(head.mapping, 19)
  return out
}

/** The OpusHead of plain mono or stereo, for streams that come without one. */
export function plainOpusHead(channels: 1 | 2): OpusHead {
  const mapping = new Uint8Array(0)
  return { channels, preSkip: 312, inputSampleRate: OPUS_SAMPLE_RATE, outputGain: 0, mappingFamily: 0, mapping }
}

/**
 * Duration of an Opus packet in samples at 48 kHz, from its TOC byte: 120 to 5760.
 * Throws FormatError `OPUS_PACKET` for an empty packet or one longer than 120 ms. @see RFC 6716 §3.1
 */
export function opusPacketSamples(packet: Uint8Array): number {
  const toc = packet[0]
  if (toc === undefined) throw new FormatError('OPUS_PACKET', 'an empty Opus packet')
  const config = toc >> 3
  const code = toc & 3
  const frames = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 0x3f
  const samples = frames * frameSamples(config)
  if (samples === 0 || samples > 5760) throw new FormatError('OPUS_PACKET', `an Opus packet of ${samples} samples`)
  return samples
}

/** Whether the packet is coded in stereo. @see RFC 6716 §3.1 */
export function isOpusStereo(packet: Uint8Array): boolean {
  return ((packet[0] ?? 0) & 4) !== 0
}

/** Samples of one frame by configuration number: SILK 10–60 ms, hybrid 10–20 ms, CELT 2.5–20 ms. */
function frameSamples(config: number): number {
  if (config < 12) return [480, 960, 1920, 2880][config & 3] ?? 0
  if (config < 16) return [480, 960][config & 1] ?? 0
  return [120, 240, 480, 960][config & 3] ?? 0
}

function swap16(value: number): number {
  return ((value & 0xff) << 8) | (value >> 8)
}
