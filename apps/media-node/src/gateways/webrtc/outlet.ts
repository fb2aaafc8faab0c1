import { randomInt } from 'node:crypto'

import type { PacketClock } from '@millrace/hub'
import type { MediaPacket, PacketTrack } from '@millrace/media'
import { unwrapSequence } from '@millrace/rtp'

import type { OutgoingPacket, PacketSender, PacketTarget } from '../../io/packet-engine/packet-engine.ts'

/** Changes of encoding whose packets can still be asked for again. */
const MAX_TURNS = 4
/** Clocks of two encodings that are further apart from when packets arrive are wrong. */
const MAX_SKEW_MS = 2000

/** Sequence numbers begin in the first half of the first cycle: receivers count the cycles from there on. @see RFC 3711 §3.3.1 */
const firstSequence = (): number => randomInt(1, 0x8000)

/** Where an outlet's packets come from: one encoding of one track. */
export interface OutletLane {
  readonly track: PacketTrack
  readonly layer: number
  /** Since it began, as all who have it were sent. */
  readonly packets: number
  /** Of payload. */
  readonly bytes: number
  /** The packet with the highest sequence number so far. */
  readonly newest: MediaPacket | undefined
  readonly clockOf: () => PacketClock | undefined
  bitrateBps(nowMs: number): number
  /** The packet that had this sequence number, if it still is there. */
  find(sequence: number, nowMs: number): MediaPacket | undefined
  leave(outlet: Outlet): void
}

/** A stretch of what an outlet has sent, all of one lane. */
interface Turn {
  readonly lane: OutletLane
  /** First sequence number sent, and what was added to those of the lane. */
  readonly from: number
  readonly sequenceOffset: number
  readonly timestampOffset: number
  readonly moved: MovedTimes | undefined
}

/** Timestamps of a lane that are sent as others, in the packets up to one. */
export interface MovedTimes {
  readonly through: number
  readonly times: ReadonlyMap<number, number>
}

/** How an outlet sends. */
export interface OutletOptions {
  readonly sender: PacketSender
  readonly target: PacketTarget
  /** For retransmissions; they repeat the packet as it was without one. @see RFC 4588 */
  readonly rtx: PacketTarget | undefined
}

/** One track of one player: sequence numbers and timestamps go on without a gap whatever encoding it is given. */
export class Outlet {
  readonly target: PacketTarget
  readonly #sender: PacketSender
  readonly #rtx: PacketTarget | undefined
  #lane: OutletLane | undefined
  #turns: readonly Turn[] = []
  /** Before the lane was this outlet's, less what the lane had had by then. */
  #packetsBefore = 0
  #bytesBefore = 0
  #rtxSequence = firstSequence()
  #retransmitted = 0

  constructor({ sender, target, rtx }: OutletOptions) {
    this.#sender = sender
    this.target = target
    this.#rtx = rtx
  }

  /** What it gets at the moment. */
  get lane(): OutletLane | undefined {
    return this.#lane
  }

  /** Sequence number, of the lane, that it has begun with. */
  get firstSequence(): number {
    const turn = this.#turns.at(-1)
    return turn ? turn.from - turn.sequenceOffset : 0
  }

  get packets(): number {
    return this.#packetsBefore + (this.#lane?.packets ?? 0)
  }

  /** Payload bytes. */
  get bytes(): number {
    return this.#bytesBefore + (this.#lane?.bytes ?? 0)
  }

  get retransmitted(): number {
    return this.#retransmitted
  }

  /**
   * Goes on with another lane.
   *
   * @param first packet of the lane that will be sent
   * @param moved timestamps that will be sent as others
   */
  begin(lane: OutletLane, first: MediaPacket, moved?: MovedTimes): void {
    const from = this.#nextSequence()
    const timestamp = this.#timestampFor(lane, first)
    this.leave()
    this.#lane = lane
    this.#packetsBefore -= lane.packets
    this.#bytesBefore -= lane.bytes
    const sequenceOffset = from - first.sequence
    const timestampOffset = timestamp - first.timestamp
    Object.assign(this.target, { sequenceOffset, timestampOffset })
    this.#turns = [...this.#turns.slice(1 - MAX_TURNS), { lane, from, sequenceOffset, timestampOffset, moved }]
  }

  /** Gets nothing any more, until it begins with another lane. */
  leave(): void {
    this.#packetsBefore = this.packets
    this.#bytesBefore = this.bytes
    this.#lane?.leave(this)
    this.#lane = undefined
  }

  /** The packet of the lane that was sent with these 16 bits, sent again. False if it is gone. */
  resend(sequence16: number, nowMs: number): boolean {
    const newest = this.#highestSequence()
    if (newest === undefined) return false
    const sequence = unwrapSequence(sequence16, newest)
    const turn = this.#turns.findLast(({ from }) => sequence >= from)
    const packet = turn?.lane.find(sequence - turn.sequenceOffset, nowMs)
    if (!turn || !packet) return false
    this.#retransmitted++
    if (this.#rtx) this.#sendRtx(this.#rtx, turn, asSent(turn, packet), sequence)
    else this.#repeat(turn, asSent(turn, packet))
    return true
  }

  #highestSequence(): number | undefined {
    const turn = this.#turns.at(-1)
    if (!turn) return undefined
    return Math.max(turn.from - 1, (turn.lane.newest?.sequence ?? 0) + turn.sequenceOffset)
  }

  #nextSequence(): number {
    const highest = this.#highestSequence()
    return highest === undefined ? firstSequence() : highest + 1
  }

  /** The timestamp that `first` of a lane has in this outlet's time: the same moment has the same one whatever the encoding. */
  #timestampFor(lane: OutletLane, first: MediaPacket): number {
    const turn = this.#turns.at(-1)
    const last = turn?.lane.newest
    if (!turn || !last) return randomInt(2 ** 31)
    const { clockRate } = first.track
    const before = turn.lane.clockOf()
    const after = lane.clockOf()
    const byArrival = last.timestamp + ((first.arrivedMs - last.arrivedMs) * clockRate) / 1000
    const sameSource = before && after && turn.lane.track === lane.track
    const wallMs = sameSource ? after.wallMs + ((first.timestamp - after.timestamp) * 1000) / clockRate : 0
    const atMoment = sameSource ? before.timestamp + ((wallMs - before.wallMs) * clockRate) / 1000 : byArrival
    const believed = Math.abs(atMoment - byArrival) * 1000 <= MAX_SKEW_MS * clockRate
    return Math.max(last.timestamp + 1, Math.round(believed ? atMoment : byArrival)) + turn.timestampOffset
  }

  #sendRtx(rtx: PacketTarget, turn: Turn, { timestamp, marker, payload }: OutgoingPacket, sequence: number): void {
    const again = new Uint8Array(payload.length + 2)
    again[0] = sequence >> 8
    again[1] = sequence
    again.set(payload, 2)
    rtx.timestampOffset = turn.timestampOffset
    this.#sender.fanOut([{ sequence: this.#rtxSequence++, timestamp, marker, payload: again }], [rtx])
  }

  /** The very same bytes, as they were: another packet with this index would give the key away. */
  #repeat({ sequenceOffset, timestampOffset }: Turn, packet: OutgoingPacket): void {
    const { target } = this
    const now = { sequenceOffset: target.sequenceOffset, timestampOffset: target.timestampOffset }
    Object.assign(target, { sequenceOffset, timestampOffset })
    this.#sender.fanOut([packet], [target])
    Object.assign(target, now)
  }
}

/** A packet of the lane with the timestamp that it was sent with. */
export function asSent({ moved }: Pick<Turn, 'moved'>, packet: MediaPacket): OutgoingPacket {
  const timestamp = moved && packet.sequence <= moved.through ? moved.times.get(packet.timestamp) : undefined
  return timestamp === undefined ? packet : { ...packet, timestamp }
}
