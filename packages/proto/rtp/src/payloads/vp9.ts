import { concatBytes } from '@millrace/bytes'
import {
  isVp9Key,
  joinVp9Superframe,
  readVp9KeyFrame,
  splitVp9Superframe,
  vp9ConfigOf,
  vp9Track,
  writeVpConfig,
} from '@millrace/codecs'
import { FormatError } from '@millrace/core'
import type { Frame, PacketTrack, VideoTrack } from '@millrace/media'

import { DEFAULT_PAYLOAD_BYTES, evenPart, markLast } from './payload-format.ts'
import type { AssembledFrame, Depacketizer, Packetizer, RtpPayload } from './payload-format.ts'
import { readVp9Descriptor, VP9_BITS, vp9SpatialId } from './vp9-descriptor.ts'

const DESCRIPTOR_BYTES = 3
/** One spatial layer, its size, no picture group. @see RFC 9628 §4.2.1 */
const STRUCTURE_BYTES = 5
const HAS_SIZES = 0x10

/** VP9 of one layer with 15-bit picture ids; key frames tell the size of the picture. @see RFC 9628 §4.2 */
export class Vp9Packetizer implements Packetizer {
  #pictureId = 0

  packetize({ payload, key }: Frame, maxBytes = DEFAULT_PAYLOAD_BYTES): RtpPayload[] {
    const structure = key ? pictureStructure(payload) : new Uint8Array(0)
    const step = evenPart(payload.length, maxBytes - DESCRIPTOR_BYTES - structure.length)
    const parts: Uint8Array[] = []
    for (let at = 0; at < payload.length; at += step) {
      const extra = at === 0 ? structure : structure.subarray(0, 0)
      const end = at + step >= payload.length
      const flags = (key ? 0 : VP9_BITS.interPicture) | (at === 0 ? VP9_BITS.start : 0) | (end ? VP9_BITS.end : 0)
      const id = [0x80 | (this.#pictureId >> 8), this.#pictureId & 0xff]
      const head = [VP9_BITS.pictureId | flags | (extra.length > 0 ? VP9_BITS.structure : 0), ...id, ...extra]
      parts.push(concatBytes([Uint8Array.from(head), payload.subarray(at, at + step)]))
    }
    // receivers wait for ids that are left out
    if (parts.length > 0) this.#pictureId = (this.#pictureId + 1) & 0x7fff
    return markLast(parts)
  }
}

/** Whether a key frame begins with this payload: the start of the lowest layer of a picture without references. */
export function isVp9KeyStart(payload: Uint8Array): boolean {
  const flags = payload[0] ?? 0
  return (flags & (VP9_BITS.start | VP9_BITS.interPicture)) === VP9_BITS.start && vp9SpatialId(payload) === 0
}

/**
 * VP9 in flexible and non-flexible mode. The spatial layers of a picture become one superframe, whose last frame is
 * the one to be shown. @see RFC 9628
 */
export class Vp9Depacketizer implements Depacketizer {
  readonly #identity: { id: number; timescale: number }
  #track: VideoTrack | undefined

  constructor({ id, clockRate }: Pick<PacketTrack, 'id' | 'clockRate'>) {
    this.#identity = { id, timescale: clockRate }
  }

  assemble(payloads: readonly Uint8Array[]): AssembledFrame | undefined {
    const layers: Uint8Array[][] = []
    let size: { width: number; height: number } | undefined
    let ended = true
    for (const payload of payloads) {
      const descriptor = readVp9Descriptor(payload)
      // an end that is not marked is one all the same when the next layer begins
      if (descriptor.start) layers.push([])
      else if (ended) throw new FormatError('RTP_VP9_START', 'a VP9 frame that begins in its middle')
      ended = descriptor.end
      size ??= descriptor.size
      layers.at(-1)?.push(payload.subarray(descriptor.bytes))
    }
    if (layers.length === 0) return undefined
    const frames = layers.map((parts) => concatBytes(parts))
    const payload = frames.length === 1 && frames[0] ? frames[0] : joinVp9Superframe(frames.flatMap(splitVp9Superframe))
    const key = isVp9Key(payload)
    if (key) this.#configure(payload, size)
    return this.#track && { track: this.#track, key, payload }
  }

  /** @param size of the highest layer, which the frame of the lowest doesn't tell */
  #configure(frame: Uint8Array, size: { width: number; height: number } | undefined): void {
    const header = readVp9KeyFrame(frame)
    const { width, height } = size ?? header
    const config = writeVpConfig(vp9ConfigOf({ ...header, width, height }))
    const track = vp9Track(this.#identity, config, { width, height })
    const same = this.#track
    if (same?.width === width && same.height === height && same.codecString === track.codecString) return
    this.#track = track
  }
}

/** Scalability structure of one layer; empty for a frame whose header can't be read. */
function pictureStructure(frame: Uint8Array): Uint8Array {
  if (!isVp9Key(frame)) return new Uint8Array(0)
  const { width, height } = readVp9KeyFrame(frame)
  const out = new Uint8Array(STRUCTURE_BYTES)
  const view = new DataView(out.buffer)
  out[0] = HAS_SIZES
  view.setUint16(1, width)
  view.setUint16(3, height)
  return out
}
