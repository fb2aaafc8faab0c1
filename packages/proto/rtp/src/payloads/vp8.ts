import { concatBytes } from '@millrace/bytes'
import { isVp8Key, readVp8KeyFrame, vp8Track } from '@millrace/codecs'
import { FormatError } from '@millrace/core'
import type { Frame, PacketTrack, VideoTrack } from '@millrace/media'

import { byteAt, DEFAULT_PAYLOAD_BYTES, evenPart, markLast } from './payload-format.ts'
import type { AssembledFrame, Depacketizer, Packetizer, RtpPayload } from './payload-format.ts'

const DESCRIPTOR_BYTES = 4

/** VP8 with 15-bit picture ids. @see RFC 7741 §4.2 */
export class Vp8Packetizer implements Packetizer {
  #pictureId = 0

  packetize({ payload }: Frame, maxBytes = DEFAULT_PAYLOAD_BYTES): RtpPayload[] {
    const parts: Uint8Array[] = []
    const step = evenPart(payload.length, maxBytes - DESCRIPTOR_BYTES)
    const pictureId = this.#pictureId
    for (let at = 0; at < payload.length; at += step) {
      const part = payload.subarray(at, at + step)
      const out = new Uint8Array(DESCRIPTOR_BYTES + part.length)
      out[0] = at === 0 ? 0x90 : 0x80 // X, and S for the start of the first partition
      out[1] = 0x80 // I
      out[2] = 0x80 | (pictureId >> 8)
      out[3] = pictureId
      out.set(part, DESCRIPTOR_BYTES)
      parts.push(out)
    }
    // receivers wait for ids that are left out
    if (parts.length > 0) this.#pictureId = (pictureId + 1) & 0x7fff
    return markLast(parts)
  }
}

/** Whether a key frame begins with this payload. */
export function isVp8KeyStart(payload: Uint8Array): boolean {
  if (((payload[0] ?? 0) & 0x17) !== 0x10) return false // S, and partition 0
  const at = descriptorBytes(payload)
  return at < payload.length && ((payload[at] ?? 1) & 1) === 0
}

/** VP8. The track follows the size of its key frames. @see RFC 7741 */
export class Vp8Depacketizer implements Depacketizer {
  readonly #identity: { id: number; timescale: number }
  #track: VideoTrack | undefined

  constructor({ id, clockRate }: Pick<PacketTrack, 'id' | 'clockRate'>) {
    this.#identity = { id, timescale: clockRate }
  }

  assemble(payloads: readonly Uint8Array[]): AssembledFrame | undefined {
    const parts = payloads.map((payload, i) => {
      const first = byteAt(payload, 0)
      const begins = (first & 0x10) !== 0 && (first & 7) === 0
      if (begins !== (i === 0)) throw new FormatError('RTP_VP8_START', 'a VP8 frame that begins in its middle')
      const at = descriptorBytes(payload)
      if (at >= payload.length) throw new FormatError('RTP_PAYLOAD_SHORT', 'a VP8 payload without data')
      return payload.subarray(at)
    })
    if (parts.length === 0) return undefined
    const payload = concatBytes(parts)
    const key = isVp8Key(payload)
    if (key) this.#configure(payload)
    return this.#track && { track: this.#track, key, payload }
  }

  #configure(frame: Uint8Array): void {
    const { width, height } = readVp8KeyFrame(frame)
    if (this.#track?.width === width && this.#track.height === height) return
    this.#track = vp8Track(this.#identity, { width, height })
  }
}

/** Length of the payload descriptor; it may pass the end of a payload that is cut off. */
function descriptorBytes(payload: Uint8Array): number {
  if (((payload[0] ?? 0) & 0x80) === 0) return 1
  const flags = payload[1] ?? 0
  let bytes = 2
  if ((flags & 0x80) !== 0) bytes += ((payload[2] ?? 0) & 0x80) !== 0 ? 2 : 1 // PictureID
  if ((flags & 0x40) !== 0) bytes++ // TL0PICIDX
  if ((flags & 0x30) !== 0) bytes++ // TID, KEYIDX
  return bytes
}
