import {
  HEVC_NALU,
  hevcConfigOf,
  hevcNaluType,
  hevcParameterSetId,
  hevcParameterSets,
  hevcTrack,
  isHevcKey,
  joinNalus,
  readHevcConfig,
  splitNalus,
  writeHevcConfig,
} from '@millrace/codecs'
import type { Frame, PacketTrack, VideoTrack } from '@millrace/media'

import { aggregateNalus, beginsWithNalu, collectNalus, fragmentNalu, HEVC_NALU_FORMAT } from './nal-units.ts'
import { optional, ParameterSets, readParameterSetList } from './parameter-sets.ts'
import { DEFAULT_PAYLOAD_BYTES, formatParameter, markLast } from './payload-format.ts'
import type { AssembledFrame, Depacketizer, Packetizer, RtpPayload } from './payload-format.ts'

/** NAL units of pictures have lower types than all others. @see ITU-T H.265 table 7-1 */
const FIRST_NON_VCL = 32
/** BLA, IDR and CRA. */
const FIRST_IRAP = 16
const LAST_IRAP = 23
/** What only marks: access unit delimiter, end of sequence, end of bitstream, filler data. */
const LAST_MARK = 38
const SETS = [HEVC_NALU.vps, HEVC_NALU.sps, HEVC_NALU.pps] as const

/**
 * HEVC without decoding order numbers: VPS, SPS, PPS and SEI in one aggregation packet before each key frame, slices alone or in
 * fragmentation units. @see RFC 7798 §4.4
 */
export const hevcPacketizer: Packetizer = {
  packetize(frame, maxBytes = DEFAULT_PAYLOAD_BYTES): RtpPayload[] {
    const nalus = splitNalus(frame.payload).filter((nalu) => isCarried(hevcNaluType(nalu)))
    const sets = nalus.filter((nalu) => isParameterSet(hevcNaluType(nalu)))
    const rest = nalus.filter((nalu) => !isParameterSet(hevcNaluType(nalu)))
    const slicesAt = rest.findIndex((nalu) => hevcNaluType(nalu) < FIRST_NON_VCL)
    const head = [...(frame.key ? completeSets(frame, sets) : sets), ...rest.slice(0, Math.max(0, slicesAt))]
    const slices = slicesAt < 0 ? rest : rest.slice(slicesAt)
    const together = head.length > 1 ? aggregateNalus(HEVC_NALU_FORMAT, head, maxBytes) : undefined
    const single = together ? slices : [...head, ...slices]
    const payloads = single.flatMap((nalu) => fragmentNalu(HEVC_NALU_FORMAT, nalu, maxBytes))
    return markLast(together ? [together, ...payloads] : payloads)
  },
}

/** Whether a key frame begins with this payload: VPS, SPS, or the first slice of an IRAP picture. */
export function isHevcKeyStart(payload: Uint8Array): boolean {
  return beginsWithNalu(HEVC_NALU_FORMAT, payload, isKeyNalu)
}

/**
 * HEVC without decoding order numbers. Parameter sets come from the packets or `sprop-vps`, `sprop-sps` and `sprop-pps`;
 * they are in the track's hvcC and not in the frames. @see RFC 7798
 */
export class HevcDepacketizer implements Depacketizer {
  readonly #identity: { id: number; timescale: number }
  readonly #sets = new Map(SETS.map((type) => [type as number, new ParameterSets(hevcParameterSetId)]))
  #changed = false
  #track: VideoTrack | undefined

  constructor({ id, clockRate, fmtp }: Pick<PacketTrack, 'id' | 'clockRate' | 'fmtp'>) {
    this.#identity = { id, timescale: clockRate }
    const described = ['sprop-vps', 'sprop-sps', 'sprop-pps'].flatMap((name) =>
      readParameterSetList(formatParameter(fmtp, name)),
    )
    for (const nalu of described) optional(() => this.#putParameterSet(nalu))
  }

  assemble(payloads: readonly Uint8Array[]): AssembledFrame | undefined {
    const kept: Uint8Array[] = []
    let picture = false
    for (const nalu of collectNalus(HEVC_NALU_FORMAT, payloads)) {
      const type = hevcNaluType(nalu)
      if (isParameterSet(type)) this.#putParameterSet(nalu)
      else if (isCarried(type)) kept.push(nalu)
      picture ||= type < FIRST_NON_VCL
    }
    if (!picture) return undefined
    const payload = joinNalus(kept)
    const key = isHevcKey(payload) && SETS.every((type) => this.#all(type).length > 0)
    if (key && this.#changed) this.#configure()
    return this.#track && { track: this.#track, key, payload }
  }

  #putParameterSet(nalu: Uint8Array): void {
    if (this.#sets.get(hevcNaluType(nalu))?.put(nalu)) this.#changed = true
  }

  #all(type: number): Uint8Array[] {
    return this.#sets.get(type)?.all ?? []
  }

  #configure(): void {
    this.#changed = false
    try {
      const [vps = [], sps = [], pps = []] = SETS.map((type) => this.#all(type))
      this.#track = hevcTrack(this.#identity, writeHevcConfig(hevcConfigOf(vps, sps, pps)))
    } catch (error) {
      // one that can't be read must not stay among those that can
      for (const sets of this.#sets.values()) sets.clear()
      throw error
    }
  }
}

function isParameterSet(type: number): boolean {
  return type >= HEVC_NALU.vps && type <= HEVC_NALU.pps
}

function isCarried(type: number): boolean {
  return type < HEVC_NALU.aud || type > LAST_MARK
}

/** Slices begin with first_slice_segment_in_pic_flag. */
function isKeyNalu(type: number, firstPayloadByte: number): boolean {
  if (type === HEVC_NALU.vps || type === HEVC_NALU.sps) return true
  return type >= FIRST_IRAP && type <= LAST_IRAP && (firstPayloadByte & 0x80) !== 0
}

/** The parameter sets of a key frame: its own when it has an SPS, else those of the track. */
function completeSets({ track }: Frame, own: readonly Uint8Array[]): readonly Uint8Array[] {
  if (own.some((nalu) => hevcNaluType(nalu) === HEVC_NALU.sps)) return own
  const config = readHevcConfig(track.config)
  return SETS.flatMap((type) => hevcParameterSets(config, type))
}
