import { concatBytes, equalBytes } from '@millrace/bytes'
import {
  AV1_OBU,
  av1ConfigOf,
  av1Track,
  type Av1Obu,
  isAv1Key,
  readAv1Config,
  readLeb128,
  splitObus,
  writeAv1Config,
  writeLeb128,
} from '@millrace/codecs'
import { FormatError } from '@millrace/core'
import type { Frame, PacketTrack, VideoTrack } from '@millrace/media'

import { byteAt, DEFAULT_PAYLOAD_BYTES, markLast } from './payload-format.ts'
import type { AssembledFrame, Depacketizer, Packetizer, RtpPayload } from './payload-format.ts'

/** Aggregation header. @see AV1 RTP §4.4 */
const CONTINUES = 0x80
const CONTINUED = 0x40
const NEW_SEQUENCE = 0x08
/** OBU header. @see AV1 Bitstream §5.3.2 */
const HAS_EXTENSION = 0x04
const HAS_SIZE = 0x02

/** So many OBUs fit into one packet with the last one's length left out. */
const MAX_ELEMENTS = 3
/** Most OBUs of a temporal unit. */
const MAX_OBUS = 4096
/** What is left of a packet below this isn't worth a part of an OBU. */
const MIN_PART_BYTES = 16
const TILE_LIST = 8

/** OBUs that have no place in RTP, or in a sample. */
const DROPPED = new Set<number>([AV1_OBU.temporalDelimiter, AV1_OBU.padding, TILE_LIST])

/** AV1: OBUs without sizes, each key frame with its sequence header. @see AV1 RTP §4, https://aomediacodec.github.io/av1-rtp-spec/ */
export const av1Packetizer: Packetizer = {
  packetize(frame, maxBytes = DEFAULT_PAYLOAD_BYTES): RtpPayload[] {
    const packets = packElements(elementsOf(frame), maxBytes)
    return markLast(packets.map((packet, i) => writePacket(packet, i === 0 && frame.key)))
  },
}

/** Whether a key frame begins with this payload. */
export function isAv1KeyStart(payload: Uint8Array): boolean {
  return ((payload[0] ?? 0) & (CONTINUES | NEW_SEQUENCE)) === NEW_SEQUENCE
}

/**
 * AV1. OBUs get their sizes; temporal delimiters, tile lists and padding are dropped. The av1C follows the sequence
 * header. @see https://aomediacodec.github.io/av1-rtp-spec/
 */
export class Av1Depacketizer implements Depacketizer {
  readonly #identity: { id: number; timescale: number }
  #sequenceHeader: Uint8Array | undefined
  #track: VideoTrack | undefined

  constructor({ id, clockRate }: Pick<PacketTrack, 'id' | 'clockRate'>) {
    this.#identity = { id, timescale: clockRate }
  }

  assemble(payloads: readonly Uint8Array[]): AssembledFrame | undefined {
    const payload = concatBytes(collectObus(payloads).flatMap(sizedObu))
    const obus = splitObus(payload)
    if (!obus.some(({ type }) => isPicture(type))) return undefined
    const key = isAv1Key(payload)
    const header = obus.find(({ type }) => type === AV1_OBU.sequenceHeader)
    if (key && header) this.#configure(payload.subarray(header.start, header.end))
    return this.#track && { track: this.#track, key, payload }
  }

  #configure(sequenceHeader: Uint8Array): void {
    if (this.#sequenceHeader && equalBytes(this.#sequenceHeader, sequenceHeader)) return
    const config = av1ConfigOf(sequenceHeader)
    if (!config) return
    this.#track = av1Track(this.#identity, writeAv1Config(config))
    this.#sequenceHeader = sequenceHeader.slice()
  }
}

function isPicture(type: number): boolean {
  return type === AV1_OBU.frame || type === AV1_OBU.frameHeader || type === AV1_OBU.tileGroup
}

/** The OBUs of a frame without their sizes. A key frame that has no sequence header gets the one of the track. */
function elementsOf({ payload, key, track }: Frame): Uint8Array[] {
  const obus = splitObus(payload)
  const elements = obus.filter(({ type }) => !DROPPED.has(type)).map((obu) => withoutSize(payload, obu))
  if (!key || obus.some(({ type }) => type === AV1_OBU.sequenceHeader)) return elements
  const described = readAv1Config(track.config).obus
  const header = splitObus(described).find(({ type }) => type === AV1_OBU.sequenceHeader)
  return header ? [withoutSize(described, header), ...elements] : elements
}

function withoutSize(bytes: Uint8Array, { start, payloadStart, end }: Av1Obu): Uint8Array {
  const header = bytes[start] ?? 0
  const extension = (header & HAS_EXTENSION) !== 0 ? [bytes[start + 1] ?? 0] : []
  return concatBytes([Uint8Array.of(header & ~HAS_SIZE, ...extension), bytes.subarray(payloadStart, end)])
}

interface PacketPlan {
  readonly elements: Uint8Array[]
  /** Whether the first element goes on from the packet before, the last one into the next. */
  readonly continues: boolean
  continued: boolean
}

/** Fills packets one after the other; an OBU that doesn't fit is cut. */
function packElements(elements: readonly Uint8Array[], maxBytes: number): PacketPlan[] {
  const plans: PacketPlan[] = []
  let plan: PacketPlan | undefined
  let room = 0
  for (const element of elements) {
    for (let at = 0; at < element.length;) {
      if (!plan || plan.elements.length === MAX_ELEMENTS || room < MIN_PART_BYTES) {
        plan = { elements: [], continues: at > 0, continued: false }
        plans.push(plan)
        room = maxBytes - 1
      }
      // those before the last have a length in front
      const part = element.subarray(at, at + room)
      plan.elements.push(part)
      at += part.length
      room -= part.length + writeLeb128(part.length).length
      plan.continued = at < element.length
    }
  }
  return plans
}

function writePacket({ elements, continues, continued }: PacketPlan, newSequence: boolean): Uint8Array {
  const flags = (continues ? CONTINUES : 0) | (continued ? CONTINUED : 0) | (newSequence ? NEW_SEQUENCE : 0)
  const last = elements.length - 1
  const parts = elements.flatMap((part, i) => (i === last ? [part] : [writeLeb128(part.length), part]))
  return concatBytes([Uint8Array.of(flags | (elements.length << 4)), ...parts])
}

/** The OBUs of the payloads of one temporal unit, as they came. */
function collectObus(payloads: readonly Uint8Array[]): Uint8Array[] {
  const obus: Uint8Array[] = []
  let pending: Uint8Array[] = []
  for (const payload of payloads) {
    const flags = byteAt(payload, 0)
    if (((flags & CONTINUES) !== 0) !== pending.length > 0) {
      throw new FormatError('RTP_AV1_FRAGMENT', 'parts of an OBU that do not follow each other')
    }
    const elements = readElements(payload, (flags >> 4) & 3)
    elements.forEach((element, i) => {
      pending.push(element)
      if (i === elements.length - 1 && (flags & CONTINUED) !== 0) return
      if (obus.length === MAX_OBUS) throw new FormatError('RTP_AV1_COUNT', `more than ${MAX_OBUS} OBUs`)
      obus.push(pending.length === 1 ? element : concatBytes(pending))
      pending = []
    })
  }
  if (pending.length > 0) throw new FormatError('RTP_AV1_FRAGMENT', 'an OBU without its last part')
  return obus
}

/** @param count elements, of which the last has no length; 0 when all have one */
function readElements(payload: Uint8Array, count: number): Uint8Array[] {
  const elements: Uint8Array[] = []
  for (let at = 1; at < payload.length;) {
    let length = payload.length - at
    if (count === 0 || elements.length < count - 1) [length, at] = readLeb128(payload, at)
    if (length > payload.length - at) throw new FormatError('RTP_PAYLOAD_SHORT', `an OBU element of ${length} bytes`)
    elements.push(payload.subarray(at, at + length))
    at += length
  }
  if (count > 0 && elements.length !== count) {
    throw new FormatError('RTP_AV1_ELEMENTS', `${elements.length} OBU elements instead of ${count}`)
  }
  return elements
}

/** The OBU with its size, in two parts; none when it is dropped. */
function sizedObu(obu: Uint8Array): Uint8Array[] {
  if (obu.length === 0) return []
  const [found] = splitObus(obu)
  if (!found || DROPPED.has(found.type)) return []
  const header = obu[0] ?? 0
  const payload = obu.subarray(found.payloadStart, found.end)
  const extension = (header & HAS_EXTENSION) !== 0 ? [obu[1] ?? 0] : []
  return [Uint8Array.of(header | HAS_SIZE, ...extension, ...writeLeb128(payload.length)), payload]
}
