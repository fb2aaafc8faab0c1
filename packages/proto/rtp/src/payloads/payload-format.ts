import { FormatError } from '@millrace/core'
import type { Frame, Track } from '@millrace/media'

/** Bytes of payload in a packet by default: with all headers, SRTP and IPv6 it stays below 1280 bytes. */
export const DEFAULT_PAYLOAD_BYTES = 1188

/** One RTP packet to be, without its header. */
export interface RtpPayload {
  readonly payload: Uint8Array
  /** The marker bit: the packet ends an access unit. Never set for audio. */
  readonly marker: boolean
  /** Added to the RTP timestamp of the frame; 0 but for audio that is cut into several packets. */
  readonly offsetTicks: number
}

/** Cuts frames of one track into RTP payloads. */
export interface Packetizer {
  /**
   * The payloads of a frame in order, each of at most `maxBytes` (default 1188, at least 64); none for a frame that
   * has nothing to carry. They may share the frame's memory. Throws FormatError for a payload that can't be read.
   */
  packetize(frame: Frame, maxBytes?: number): readonly RtpPayload[]
}

/** What one access unit's packets hold. */
export interface AssembledFrame {
  /** Stays the same object until the configuration of the decoder really changes. */
  readonly track: Track
  /** As `Frame.key`. */
  readonly key: boolean
  /** As `Frame.payload`. */
  readonly payload: Uint8Array
}

/** Puts the frames of one layer of one track together. */
export interface Depacketizer {
  /**
   * The frame of the payloads of one access unit, complete and in order, none of them empty. Undefined when there is
   * no picture in them, or none that could be decoded because the configuration hasn't come yet. Throws FormatError
   * when they can't be read; the next access unit may be assembled all the same.
   */
  assemble(payloads: readonly Uint8Array[]): AssembledFrame | undefined
}

/** Payloads of one access unit: the last one has the marker. */
export function markLast(payloads: readonly Uint8Array[]): RtpPayload[] {
  return payloads.map((payload, i) => ({ payload, marker: i === payloads.length - 1, offsetTicks: 0 }))
}

/** How many bytes each part of `length` bytes has at most when it is cut into as few as possible, of nearly one size. */
export function evenPart(length: number, maxBytes: number): number {
  return Math.ceil(length / Math.max(1, Math.ceil(length / maxBytes)))
}

/** `payload[at]`. Throws FormatError `RTP_PAYLOAD_SHORT` past the end. */
export function byteAt(payload: Uint8Array, at: number): number {
  const byte = payload[at]
  if (byte === undefined) throw new FormatError('RTP_PAYLOAD_SHORT', `a payload of ${payload.length} bytes is cut off`)
  return byte
}

/** The value of a format parameter of `a=fmtp`, undefined when it isn't there. Names are in small letters. */
export function formatParameter(fmtp: string, name: string): string | undefined {
  for (const part of fmtp.split(';')) {
    const [key = '', ...value] = part.split('=')
    if (key.trim().toLowerCase() === name) return value.join('=').trim()
  }
  return undefined
}
