import { isOpusStereo, opusPacketSamples, opusTrack, plainOpusHead, writeOpusHead } from '@millrace/codecs'
import { concatBytes } from '@millrace/bytes'
import type { AudioTrack, Frame, PacketTrack } from '@millrace/media'

import { formatParameter } from './payload-format.ts'
import type { AssembledFrame, Depacketizer, Packetizer, RtpPayload } from './payload-format.ts'

/** Opus: each packet of it is one payload. @see RFC 7587 §4.2 */
export const opusPacketizer: Packetizer = {
  packetize({ payload }: Frame): RtpPayload[] {
    return payload.length === 0 ? [] : [{ payload, marker: false, offsetTicks: 0 }]
  },
}

/**
 * Opus. It is stereo when the format parameters say so (`stereo` or `sprop-stereo`), else from the first packet that is.
 * @see RFC 7587
 */
export class OpusDepacketizer implements Depacketizer {
  readonly #identity: { id: number; timescale: number }
  #track: AudioTrack

  constructor({ id, clockRate, fmtp }: Pick<PacketTrack, 'id' | 'clockRate' | 'fmtp'>) {
    this.#identity = { id, timescale: clockRate }
    const stereo = ['sprop-stereo', 'stereo'].some((name) => formatParameter(fmtp, name) === '1')
    this.#track = this.#trackOf(stereo ? 2 : 1)
  }

  assemble(payloads: readonly Uint8Array[]): AssembledFrame | undefined {
    if (payloads.length === 0) return undefined
    const payload = payloads.length === 1 && payloads[0] ? payloads[0] : concatBytes(payloads)
    opusPacketSamples(payload)
    if (isOpusStereo(payload) && this.#track.channels === 1) this.#track = this.#trackOf(2)
    return { track: this.#track, key: true, payload }
  }

  #trackOf(channels: 1 | 2): AudioTrack {
    return opusTrack(this.#identity, writeOpusHead(plainOpusHead(channels)))
  }
}
