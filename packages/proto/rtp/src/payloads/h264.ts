import {
  avcConfigOf,
  H264_NALU,
  h264NaluType,
  h264ParameterSetId,
  h264SlicePpsId,
  h264Track,
  isH264Key,
  joinNalus,
  readAvcConfig,
  splitNalus,
  writeAvcConfig,
} from '@millrace/codecs'
import type { Frame, PacketTrack, VideoTrack } from '@millrace/media'

import { aggregateNalus, beginsWithNalu, collectNalus, fragmentNalu, H264_NALU_FORMAT } from './nal-units.ts'
import { optional, ParameterSets, readParameterSetList } from './parameter-sets.ts'
import {
  type AssembledFrame,
  DEFAULT_PAYLOAD_BYTES,
  type Depacketizer,
  formatParameter,
  markLast,
} from './payload-format.ts'
import type { Packetizer, RtpPayload } from './payload-format.ts'

/** What only marks an end or fills up: end of sequence, end of stream, filler data. */
const FIRST_FILLER = 10
const LAST_FILLER = 12

/**
 * H.264 in packetization mode 1: SPS, PPS and SEI in one STAP-A before each key frame, slices alone or in FU-A. Access unit delimiters
 * are left out. @see RFC 6184 §5
 */
export const h264Packetizer: Packetizer = {
  packetize(frame, maxBytes = DEFAULT_PAYLOAD_BYTES): RtpPayload[] {
    const nalus = splitNalus(frame.payload).filter((nalu) => isCarried(h264NaluType(nalu)))
    const sets = nalus.filter((nalu) => isParameterSet(h264NaluType(nalu)))
    const rest = nalus.filter((nalu) => !isParameterSet(h264NaluType(nalu)))
    const slicesAt = rest.findIndex((nalu) => h264NaluType(nalu) <= H264_NALU.idr)
    const head = [...(frame.key ? completeSets(frame, sets) : sets), ...rest.slice(0, Math.max(0, slicesAt))]
    const slices = slicesAt < 0 ? rest : rest.slice(slicesAt)
    const together = head.length > 1 ? aggregateNalus(H264_NALU_FORMAT, head, maxBytes) : undefined
    const single = together ? slices : [...head, ...slices]
    const payloads = single.flatMap((nalu) => fragmentNalu(H264_NALU_FORMAT, nalu, maxBytes))
    return markLast(together ? [together, ...payloads] : payloads)
  },
}

/** Whether a key frame begins with this payload: SPS, or the first slice of an IDR picture. */
export function isH264KeyStart(payload: Uint8Array): boolean {
  return beginsWithNalu(H264_NALU_FORMAT, payload, isKeyNalu)
}

/**
 * H.264 in packetization modes 0 and 1. Parameter sets come from the packets or `sprop-parameter-sets`; they are in the
 * track's avcC and not in the frames. @see RFC 6184
 */
export class H264Depacketizer implements Depacketizer {
  readonly #identity: { id: number; timescale: number }
  readonly #sps = new ParameterSets((nalu) => h264ParameterSetId(nalu).id)
  readonly #pps = new ParameterSets((nalu) => h264ParameterSetId(nalu).id)
  #changed = false
  #track: VideoTrack | undefined

  constructor({ id, clockRate, fmtp }: Pick<PacketTrack, 'id' | 'clockRate' | 'fmtp'>) {
    this.#identity = { id, timescale: clockRate }
    const described = readParameterSetList(formatParameter(fmtp, 'sprop-parameter-sets'))
    for (const nalu of described) optional(() => this.#putParameterSet(nalu))
  }

  assemble(payloads: readonly Uint8Array[]): AssembledFrame | undefined {
    const kept: Uint8Array[] = []
    let slice: Uint8Array | undefined
    for (const nalu of collectNalus(H264_NALU_FORMAT, payloads)) {
      const type = h264NaluType(nalu)
      if (isParameterSet(type)) this.#putParameterSet(nalu)
      else if (isCarried(type)) kept.push(nalu)
      if (type <= H264_NALU.idr) slice ??= nalu
    }
    if (!slice) return undefined
    const payload = joinNalus(kept)
    const key = isH264Key(payload, false) && this.#isDecodable(slice)
    if (key && this.#changed) this.#configure()
    return this.#track && { track: this.#track, key, payload }
  }

  #putParameterSet(nalu: Uint8Array): void {
    const sets = h264NaluType(nalu) === H264_NALU.sps ? this.#sps : this.#pps
    if (sets.put(nalu)) this.#changed = true
  }

  /** Whether the SPS and PPS that a slice needs have come. */
  #isDecodable(slice: Uint8Array): boolean {
    const pps = this.#pps.get(h264SlicePpsId(slice))
    return pps !== undefined && this.#sps.has(h264ParameterSetId(pps).spsId)
  }

  #configure(): void {
    this.#changed = false
    try {
      this.#track = h264Track(this.#identity, writeAvcConfig(avcConfigOf(this.#sps.all, this.#pps.all)))
    } catch (error) {
      // one that can't be read must not stay among those that can
      this.#sps.clear()
      this.#pps.clear()
      throw error
    }
  }
}

function isParameterSet(type: number): boolean {
  return type === H264_NALU.sps || type === H264_NALU.pps
}

function isCarried(type: number): boolean {
  return type !== H264_NALU.aud && (type < FIRST_FILLER || type > LAST_FILLER)
}

/** First slices of IDR pictures begin with first_mb_in_slice 0, which is one bit that is set. */
function isKeyNalu(type: number, firstPayloadByte: number): boolean {
  return type === H264_NALU.sps || (type === H264_NALU.idr && (firstPayloadByte & 0x80) !== 0)
}

/** The parameter sets of a key frame: its own when it has an SPS, else those of the track. */
function completeSets({ track }: Frame, own: readonly Uint8Array[]): readonly Uint8Array[] {
  if (own.some((nalu) => h264NaluType(nalu) === H264_NALU.sps)) return own
  const { sps, pps } = readAvcConfig(track.config)
  return [...sps, ...pps]
}
