import { concatBytes } from '@millrace/bytes'
import { g711Track } from '@millrace/codecs'
import type { AudioTrack, Frame, PacketTrack } from '@millrace/media'

import { DEFAULT_PAYLOAD_BYTES, evenPart } from './payload-format.ts'
import type { AssembledFrame, Depacketizer, Packetizer, RtpPayload } from './payload-format.ts'

/** G.711, whose frames of any length are cut where they are too long. @see RFC 3551 §4.5.14 */
export const g711Packetizer: Packetizer = {
  packetize({ track, payload }: Frame, maxBytes = DEFAULT_PAYLOAD_BYTES): RtpPayload[] {
    const channels = track.kind === 'audio' ? track.channels : 1
    const parts: RtpPayload[] = []
    // a sample of each channel stays together
    const step = evenPart(payload.length / channels, Math.floor(maxBytes / channels)) * channels
    for (let at = 0; at < payload.length; at += step) {
      parts.push({ payload: payload.subarray(at, at + step), marker: false, offsetTicks: at / channels })
    }
    return parts
  },
}

/** G.711, A-law or µ-law. @see RFC 3551 */
export class G711Depacketizer implements Depacketizer {
  readonly #track: AudioTrack

  constructor({ id, clockRate, channels }: Pick<PacketTrack, 'id' | 'clockRate' | 'channels'>, codec: 'pcma' | 'pcmu') {
    this.#track = g711Track({ id, timescale: clockRate }, codec, channels, clockRate)
  }

  assemble(payloads: readonly Uint8Array[]): AssembledFrame | undefined {
    if (payloads.length === 0) return undefined
    const payload = payloads.length === 1 && payloads[0] ? payloads[0] : concatBytes(payloads)
    return { track: this.#track, key: true, payload }
  }
}
