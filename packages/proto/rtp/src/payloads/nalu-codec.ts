import { joinNalus, splitNalus } from '@millrace/codecs'
import type { TrackIdentity } from '@millrace/codecs'
import type { Frame, PacketTrack, Track, VideoTrack } from '@millrace/media'

import { aggregateNalus, beginsWithNalu, collectNalus, fragmentNalu, naluType } from './nal-units.ts'
import type { NaluFormat } from './nal-units.ts'
import { optional, ParameterSets, readParameterSetList } from './parameter-sets.ts'
import { DEFAULT_PAYLOAD_BYTES, formatParameter, markLast } from './payload-format.ts'
import type { AssembledFrame, Depacketizer, Packetizer, RtpPayload } from './payload-format.ts'

/** Parameter sets by NAL unit type. */
export type ParameterSetsByType = ReadonlyMap<number, ParameterSets>

/** Where H.264 and HEVC differ. Types are of NAL units. */
export interface NaluCodec {
  readonly format: NaluFormat
  /** Types of parameter sets, in the order they are sent. */
  readonly setTypes: readonly number[]
  readonly spsType: number
  /** Format parameters that may hold parameter sets. */
  readonly describedBy: readonly string[]
  /** Whether it belongs into packets and frames: not what only delimits or fills. Parameter sets apart. */
  readonly isCarried: (type: number) => boolean
  /** Whether it is a part of a picture. */
  readonly isPicture: (type: number) => boolean
  /** Whether a key frame begins with this NAL unit, by its type and the byte after its header. */
  readonly isKeyStart: (type: number, firstPayloadByte: number) => boolean
  /** Whether a decoder may start at this access unit. */
  readonly isKey: (payload: Uint8Array) => boolean
  readonly setId: (nalu: Uint8Array) => number
  /** Whether all parameter sets that a key frame's first slice needs are there. */
  readonly isDecodable: (slice: Uint8Array, sets: ParameterSetsByType) => boolean
  /** The parameter sets of a track's configuration. */
  readonly setsOf: (track: Track) => readonly Uint8Array[]
  /** The track of parameter sets. Throws FormatError when they can't be read. */
  readonly trackOf: (identity: TrackIdentity, sets: ParameterSetsByType) => VideoTrack
}

/**
 * Packets of NAL units: parameter sets and SEI together before each key frame, slices alone or in fragments. A key frame
 * without parameter sets of its own gets those of its track; they come after no slice.
 */
export function naluPacketizer(codec: NaluCodec): Packetizer {
  const { format } = codec
  const typeOf = (nalu: Uint8Array): number => naluType(format, nalu)
  const isSet = (nalu: Uint8Array): boolean => codec.setTypes.includes(typeOf(nalu))
  return {
    packetize(frame: Frame, maxBytes = DEFAULT_PAYLOAD_BYTES): RtpPayload[] {
      const nalus = splitNalus(frame.payload)
      const own = nalus.filter(isSet)
      const complete = !frame.key || own.some((nalu) => typeOf(nalu) === codec.spsType)
      const rest = nalus.filter((nalu) => !isSet(nalu) && codec.isCarried(typeOf(nalu)))
      const slices = rest.findIndex((nalu) => codec.isPicture(typeOf(nalu)))
      const headEnd = slices < 0 ? rest.length : slices
      const head = [...(complete ? own : codec.setsOf(frame.track)), ...rest.slice(0, headEnd)]
      const together = head.length > 1 ? aggregateNalus(format, head, maxBytes) : undefined
      const payloads = together ? [together] : head.flatMap((nalu) => fragmentNalu(format, nalu, maxBytes))
      for (const nalu of rest.slice(headEnd)) payloads.push(...fragmentNalu(format, nalu, maxBytes))
      return markLast(payloads)
    },
  }
}

/** Whether a key frame begins with this payload: a parameter set of its start, or the first slice. */
export function isNaluKeyStart(codec: NaluCodec, payload: Uint8Array): boolean {
  return beginsWithNalu(codec.format, payload, codec.isKeyStart)
}

/**
 * Access units out of NAL units in packets. Parameter sets come in packets or from the format parameters; they make the
 * track's configuration, which changes at key frames, and are not in the frames.
 */
export class NaluDepacketizer implements Depacketizer {
  readonly #codec: NaluCodec
  readonly #identity: TrackIdentity
  readonly #sets: ParameterSetsByType
  #changed = false
  #track: VideoTrack | undefined

  constructor(codec: NaluCodec, { id, clockRate, fmtp }: Pick<PacketTrack, 'id' | 'clockRate' | 'fmtp'>) {
    this.#codec = codec
    this.#identity = { id, timescale: clockRate }
    this.#sets = new Map(codec.setTypes.map((type) => [type, new ParameterSets(codec.setId)]))
    for (const name of codec.describedBy) {
      const described = readParameterSetList(formatParameter(fmtp, name))
      for (const nalu of described) optional(() => this.#put(nalu))
    }
  }

  assemble(payloads: readonly Uint8Array[]): AssembledFrame | undefined {
    const codec = this.#codec
    const kept: Uint8Array[] = []
    let slice: Uint8Array | undefined
    for (const nalu of collectNalus(codec.format, payloads)) {
      const type = naluType(codec.format, nalu)
      if (codec.setTypes.includes(type)) this.#put(nalu)
      else if (codec.isCarried(type)) kept.push(nalu)
      if (codec.isPicture(type)) slice ??= nalu
    }
    if (!slice) return undefined
    const payload = joinNalus(kept)
    const key = codec.isKey(payload) && codec.isDecodable(slice, this.#sets)
    if (key && this.#changed) this.#configure()
    return this.#track && { track: this.#track, key, payload }
  }

  #put(nalu: Uint8Array): void {
    const sets = this.#sets.get(naluType(this.#codec.format, nalu))
    if (sets?.put(nalu) === true) this.#changed = true
  }

  #configure(): void {
    this.#changed = false
    try {
      this.#track = this.#codec.trackOf(this.#identity, this.#sets)
    } catch (error) {
      // one that can't be read must not stay among those that can
      for (const sets of this.#sets.values()) sets.clear()
      throw error
    }
  }
}
