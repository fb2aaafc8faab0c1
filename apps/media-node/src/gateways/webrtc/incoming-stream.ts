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
  #clock: PacketClock | undefined
  #bytes = 0
  #repeated = 0

  constructor(source: { track: PacketTrack; layer: number; ssrc: number }) {
    this.track = source.track
    this.layer = source.layer
    this.ssrc = source.ssrc
    this.reception = new Reception(source.ssrc, source.track.clockRate)
  }

  /** Payload bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Packets that came more than once. */
  get repeated(): number {
    return this.#repeated
  }

  /** By the publisher's last report; undefined before the first. */
  get clock(): PacketClock | undefined {
    return this.#clock
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
    if (!this.nacks.note(sequence, nowMs)) {
      this.#repeated++
      return undefined
    }
    this.#bytes += payload.length
    const { track, layer } = this
    const timestamp = this.#timestamps.unwrap(header.timestamp)
    const key = track.kind === 'audio' || isKeyStart(track.codec, payload)
    return { track, layer, sequence, timestamp, marker: header.marker, key, payload, arrivedMs: nowMs }
  }

  reported(report: SenderReport, nowMs: number): void {
    this.reception.noteSenderReport(report, nowMs)
    this.#clock = { timestamp: this.#timestamps.unwrap(report.rtpTimestamp), wallMs: ntpToWall(report.ntp) }
  }
}
