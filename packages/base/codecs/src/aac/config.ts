import { BitReader } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

/** Sampling rates by index. @see ISO/IEC 14496-3 table 1.18 */
export const AAC_SAMPLE_RATES: readonly number[] = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
]

/** Channels by channelConfiguration, 1 to 14; 0 means a program config element says. @see ISO/IEC 14496-3 table 1.19 */
const CHANNELS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8]

/** What an AudioSpecificConfig tells. */
export interface AacConfig {
  /** Audio object type of the core coder: 1 Main, 2 LC, 3 SSR, 4 LTP, 23 LD, 39 ELD, 42 USAC. */
  readonly objectType: number
  /** Sampling rate of the core coder, in Hz. */
  readonly coreSampleRate: number
  /** channelConfiguration of the core coder, 0 to 15. */
  readonly channelConfig: number
  /** Spectral band replication is signalled explicitly (HE-AAC). */
  readonly sbr: boolean
  /** Parametric stereo is signalled explicitly (HE-AAC v2). */
  readonly ps: boolean
  /** Sampling rate of what is heard, in Hz: twice that of the core coder with SBR. */
  readonly sampleRate: number
  /** Channels that are heard. */
  readonly channels: number
  /** Samples of one frame of the core coder: 1024, or 960, 512, 480. */
  readonly frameSamples: number
}

/**
 * Reads an AudioSpecificConfig, with explicit SBR and PS in both ways of signalling.
 * Throws FormatError: `AAC_CONFIG_RATE`, `AAC_CONFIG_CHANNELS`, `BITS_SHORT`. @see ISO/IEC 14496-3 §1.6.2.1
 */
export function readAacConfig(bytes: Uint8Array): AacConfig {
  const bits = new BitReader(bytes)
  const outerType = readObjectType(bits)
  const coreSampleRate = readSampleRate(bits)
  const channelConfig = bits.u(4)
  const hierarchical = outerType === 5 || outerType === 29
  const hierarchicalRate = hierarchical ? readSampleRate(bits) : coreSampleRate
  const objectType = hierarchical ? readObjectType(bits) : outerType
  const core = isGeneralAudio(objectType)
    ? readGeneralAudio(bits, objectType, channelConfig)
    : { frameSamples: 1024, channels: CHANNELS[channelConfig] ?? 0 }
  if (core.channels === 0) throw new FormatError('AAC_CONFIG_CHANNELS', `channel configuration ${channelConfig}`)
  const extension = hierarchical
    ? { sbr: true, ps: outerType === 29, sampleRate: hierarchicalRate }
    : readSyncExtension(bits, coreSampleRate)
  const channels = extension.ps && core.channels === 1 ? 2 : core.channels
  return { objectType, coreSampleRate, channelConfig, ...extension, channels, frameSamples: core.frameSamples }
}

/**
 * Writes the AudioSpecificConfig of a core coder without extensions, as ADTS describes one.
 * @param objectType 1 to 4
 * @param channelConfig 1 to 15
 */
export function writeAacConfig(objectType: number, sampleRate: number, channelConfig: number): Uint8Array {
  const index = AAC_SAMPLE_RATES.indexOf(sampleRate)
  if (index >= 0) return Uint8Array.of((objectType << 3) | (index >> 1), ((index & 1) << 7) | (channelConfig << 3))
  return Uint8Array.of(
    (objectType << 3) | 7,
    0x80 | (sampleRate >> 17),
    (sampleRate >> 9) & 0xff,
    (sampleRate >> 1) & 0xff,
    ((sampleRate & 1) << 7) | (channelConfig << 3),
  )
}

/** RFC 6381 codec string: `mp4a.40.2` for LC, `.5` with SBR, `.29` with PS. @see RFC 6381 §3.3 */
export function aacCodecString({ objectType, sbr, ps }: Pick<AacConfig, 'objectType' | 'sbr' | 'ps'>): string {
  return `mp4a.40.${ps ? 29 : sbr ? 5 : objectType}`
}

function readObjectType(bits: BitReader): number {
  const type = bits.u(5)
  return type === 31 ? 32 + bits.u(6) : type
}

function readSampleRate(bits: BitReader): number {
  const index = bits.u(4)
  const rate = index === 15 ? bits.u(24) : (AAC_SAMPLE_RATES[index] ?? 0)
  if (rate === 0) throw new FormatError('AAC_CONFIG_RATE', `sampling rate index ${index}`)
  return rate
}

/** Object types whose configuration is a GASpecificConfig. @see ISO/IEC 14496-3 §1.6.2.1 */
function isGeneralAudio(objectType: number): boolean {
  return [1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23].includes(objectType)
}

/** @see ISO/IEC 14496-3 §4.4.1 GASpecificConfig */
function readGeneralAudio(
  bits: BitReader,
  objectType: number,
  channelConfig: number,
): Pick<AacConfig, 'frameSamples' | 'channels'> {
  // encoders that cut the record after the channels mean zeros
  if (bits.remaining < 3) return { frameSamples: 1024, channels: CHANNELS[channelConfig] ?? 0 }
  const short = bits.flag()
  if (bits.flag()) bits.skip(14) // coreCoderDelay
  const extended = bits.flag()
  const channels = channelConfig === 0 ? readProgramChannels(bits) : (CHANNELS[channelConfig] ?? 0)
  if (objectType === 6 || objectType === 20) bits.skip(3) // layerNr
  if (extended && objectType >= 17) {
    if (objectType === 22) bits.skip(16) // numOfSubFrame, layer_length
    else if (objectType !== 21) bits.skip(3) // resilience flags
    bits.skip(1) // extensionFlag3
  }
  const full = objectType === 23 ? 512 : 1024
  return { frameSamples: short ? (full / 16) * 15 : full, channels }
}

/** Channels of a program_config_element. @see ISO/IEC 14496-3 §4.4.1.1 */
function readProgramChannels(bits: BitReader): number {
  bits.skip(4 + 2 + 4) // element_instance_tag, object_type, sampling_frequency_index
  const [front, side, back] = [bits.u(4), bits.u(4), bits.u(4)]
  const lfe = bits.u(2)
  const data = bits.u(3)
  const coupling = bits.u(4)
  if (bits.flag()) bits.skip(4) // mono_mixdown_element_number
  if (bits.flag()) bits.skip(4) // stereo_mixdown_element_number
  if (bits.flag()) bits.skip(3) // matrix_mixdown_idx, pseudo_surround_enable
  let channels = lfe
  for (let i = front + side + back; i > 0; i--) {
    channels += bits.flag() ? 2 : 1
    bits.skip(4) // element_tag_select
  }
  bits.skip(lfe * 4 + data * 4 + coupling * 5)
  // byte_alignment() counts from the start of the AudioSpecificConfig, as `remaining` does from its end
  bits.skip(bits.remaining % 8)
  bits.skip(bits.u(8) * 8) // comment_field_data
  return channels
}

/** The backward-compatible extension after the core configuration. @see ISO/IEC 14496-3 §1.6.6.1 */
function readSyncExtension(bits: BitReader, coreSampleRate: number): Pick<AacConfig, 'sbr' | 'ps' | 'sampleRate'> {
  const none = { sbr: false, ps: false, sampleRate: coreSampleRate }
  if (bits.remaining < 17 || bits.u(11) !== 0x2b7 || readObjectType(bits) !== 5) return none
  if (bits.remaining < 5 || !bits.flag()) return none
  const sampleRate = readSampleRate(bits)
  const ps = bits.remaining >= 12 && bits.u(11) === 0x548 && bits.flag()
  return { sbr: true, ps, sampleRate }
}
