import type { PacketClock } from '@millrace/hub'
import type { MediaPacket, PacketTrack } from '@millrace/media'
import {
  isKeyStart,
  NackGenerator,
  ntpToWall,
  Reception,
  SequenceUnwrapper,
  TimestampUnwrapper,
  type RtpHeader,
  type SenderReport,
} from '@millrace/rtp'

/** One SSRC that a publisher sends: an encoding of a track. */
export class IncomingStream {
  readonly track: PacketTrack
  readonly layer: number
  readonly ssrc: number
  readonly reception: Reception
  readonly nacks = new NackGenerator()
  readonly #sequences = new SequenceUnwrapper()
  readonly #timestamps = new TimestampUnwrapper()
  readonly #before: Pick<MediaPacket, 'sequence' | 'timestamp' | 'arrivedMs'> | undefined
  /** Added to its own, so that the numbers of the encoding go on from those of the SSRC before. */
  #offsets: { readonly sequence: number; readonly timestamp: number } | undefined
  #newest: MediaPacket | undefined
  /** As the publisher reported it. */
  #clock: PacketClock | undefined

  /** @param source `before` is the stream that this one is instead of */
  constructor(source: { track: PacketTrack; layer: number; ssrc: number; before?: IncomingStream | undefined }) {
    this.#before = source.before?.newest
    this.track = source.track
    this.layer = source.layer
    this.ssrc = source.ssrc
    this.reception = new Reception(source.ssrc, source.track.clockRate)
  }

  /** By the publisher's last report; undefined before the first. */
  get clock(): PacketClock | undefined {
    if (!this.#clock || !this.#offsets) return undefined
    return { ...this.#clock, timestamp: this.#clock.timestamp + this.#offsets.timestamp }
  }

  /** The packet with the highest sequence number of the encoding so far, also under an SSRC before. */
  get newest(): Pick<MediaPacket, 'sequence' | 'timestamp' | 'arrivedMs'> | undefined {
    return this.#newest ?? this.#before
  }

  /**
   * @param packet becomes part of what players share
   * @param header of it
   * @param repaired whether it came as a retransmission under another SSRC, which counts for nothing in reports
   * @returns undefined for a packet that was there before
   */
  take(packet: Uint8Array, header: RtpHeader, repaired: boolean, nowMs: number): MediaPacket | undefined {
    const sequence = this.#sequences.unwrap(header.sequence)
    const payload = packet.subarray(header.headerBytes, header.payloadEnd)
    if (!repaired) this.reception.note(sequence, header.timestamp, nowMs)
    if (!this.nacks.note(sequence, nowMs)) return undefined
    const { track, layer } = this
    const timestamp = this.#timestamps.unwrap(header.timestamp)
    const offsets = (this.#offsets ??= this.#offsetsFrom(sequence, timestamp, nowMs))
    const media: MediaPacket = {
      track,
      layer,
      sequence: sequence + offsets.sequence,
      timestamp: timestamp + offsets.timestamp,
      marker: header.marker,
      key: track.kind === 'audio' || isKeyStart(track.codec, payload),
      payload,
      arrivedMs: nowMs,
    }
    if (!this.#newest || media.sequence > this.#newest.sequence) this.#newest = media
    return media
  }

  reported(report: SenderReport, nowMs: number): void {
    this.reception.noteSenderReport(report, nowMs)
    this.#clock = { timestamp: this.#timestamps.unwrap(report.rtpTimestamp), wallMs: ntpToWall(report.ntp) }
  }

  #offsetsFrom(sequence: number, timestamp: number, nowMs: number): { sequence: number; timestamp: number } {
    const before = this.#before
    if (!before) return { sequence: 0, timestamp: 0 }
    const elapsed = Math.round(((nowMs - before.arrivedMs) * this.track.clockRate) / 1000)
    return {
      sequence: before.sequence + 1 - sequence,
      timestamp: before.timestamp + Math.max(1, elapsed) - timestamp,
    }
  }
}
