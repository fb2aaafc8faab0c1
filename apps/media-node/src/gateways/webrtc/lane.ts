import type { PacketClock } from '@millrace/hub'
import type { MediaPacket, PacketTrack } from '@millrace/media'
import { PacketCache } from '@millrace/rtp'

import type { PacketSender, PacketTarget } from '../../io/packet-engine/packet-engine.ts'
import { RateMeter } from '../../stats/rate-meter.ts'
import { asSent, type MovedTimes, type Outlet, type OutletLane } from './outlet.ts'

/** Packets since a key frame that a new player may begin with, where no key frame can be asked for. */
const MAX_JOIN_PACKETS = 2000

/** Over which rates are measured; an encoding that sends nothing for so long has none. */
const RATE_WINDOW_MS = 1000
const RATE_SAMPLES = 5

/** One encoding of one track, and who gets it. */
export class Lane implements OutletLane {
  readonly track: PacketTrack
  readonly layer: number
  readonly clockOf: () => PacketClock | undefined
  newest: MediaPacket | undefined
  packets = 0
  bytes = 0
  readonly #rate = new RateMeter(RATE_SAMPLES)
  #sampledMs = -Infinity
  readonly #sender: PacketSender
  readonly #cache: PacketCache<MediaPacket>
  /** Since the last key frame, in order of arrival; undefined where a key frame can be asked for instead. */
  readonly #sinceKey: MediaPacket[] | undefined
  readonly #outlets: Outlet[] = []
  /** Parallel to `#outlets`: what the engine is given. */
  readonly #targets: PacketTarget[] = []
  readonly #waiting = new Set<Outlet>()
  /** For all who are there. */
  #pending: MediaPacket[] = []
  /** Packets before this one are not for everybody: some outlets have begun with it. */
  #floor = 0

  constructor(
    track: PacketTrack,
    layer: number,
    options: { sender: PacketSender; bridged: boolean; clockOf: () => PacketClock | undefined },
  ) {
    this.track = track
    this.layer = layer
    this.clockOf = options.clockOf
    this.#sender = options.sender
    this.#cache = new PacketCache<MediaPacket>(track.kind === 'video' ? { maxPackets: 1024 } : { maxPackets: 128 })
    this.#sinceKey = options.bridged && track.kind === 'video' ? [] : undefined
  }

  /** Payload bits per second, of about the last second. */
  bitrateBps(nowMs: number): number {
    const { newest } = this
    return newest && nowMs - newest.arrivedMs < RATE_WINDOW_MS ? this.#rate.perSecond * 8 : 0
  }

  /** Passes a packet on to everybody. */
  packet(packet: MediaPacket): void {
    this.#cache.put(packet.sequence, packet, packet.arrivedMs)
    if (packet.key) for (const outlet of this.#waiting) this.#begin(outlet, packet)
    if (!this.newest || packet.sequence > this.newest.sequence) this.newest = packet
    this.#keep(packet)
    this.packets++
    this.bytes += packet.payload.length
    this.#sample(packet.arrivedMs)
    if (packet.sequence >= this.#floor) this.#pending.push(packet)
    else this.#sender.fanOut([packet], this.#begunBefore(packet.sequence))
  }

  /** Sends what has come since the last call: packets that go out together cost less. */
  flush(): void {
    if (this.#pending.length === 0) return
    this.#sender.fanOut(this.#pending, this.#targets)
    this.#pending = []
  }

  /** Gives an outlet this encoding from the next key frame on, or from the last if that is kept. False while it has to wait. */
  await(outlet: Outlet): boolean {
    const [key, ...others] = this.#sinceKey ?? []
    if (key) this.#catchUp(outlet, key, others)
    else this.#waiting.add(outlet)
    return key !== undefined
  }

  find(sequence: number, nowMs: number): MediaPacket | undefined {
    return this.#cache.get(sequence, nowMs)
  }

  leave(outlet: Outlet): void {
    this.#waiting.delete(outlet)
    const at = this.#outlets.indexOf(outlet)
    if (at < 0) return
    // what goes on elsewhere goes on behind what it has had here
    this.flush()
    // order means nothing
    this.#outlets[at] = this.#outlets.at(-1) as Outlet
    this.#targets[at] = this.#targets.at(-1) as PacketTarget
    this.#outlets.pop()
    this.#targets.pop()
  }

  #sample(nowMs: number): void {
    if (nowMs - this.#sampledMs < RATE_WINDOW_MS / (RATE_SAMPLES - 1)) return
    this.#sampledMs = nowMs
    this.#rate.sample(this.bytes, nowMs)
  }

  #begin(outlet: Outlet, first: MediaPacket, moved?: MovedTimes): void {
    // what has come before is not for it
    this.flush()
    this.#waiting.delete(outlet)
    outlet.begin(this, first, moved)
    this.#outlets.push(outlet)
    this.#targets.push(outlet.target)
    this.#floor = Math.max(this.#floor, first.sequence)
  }

  /**
   * Packets that are late must not go to whom they would be before the first: their numbers were those of something else, and an
   * index of SRTP is for one packet only.
   */
  #begunBefore(sequence: number): readonly PacketTarget[] {
    return this.#targets.filter((_target, at) => (this.#outlets[at] as Outlet).firstSequence <= sequence)
  }

  #keep(packet: MediaPacket): void {
    const kept = this.#sinceKey
    if (!kept) return
    if (packet.key) kept.length = 0
    // nor is what is late from before it
    else if (!kept[0] || packet.sequence < kept[0].sequence) return
    // a picture group that is too long to be sent at once is of no use from its middle on either
    if (kept.length >= MAX_JOIN_PACKETS) kept.length = 0
    else kept.push(packet)
  }

  /** Sends the pictures since the key frame as if they were a millisecond apart, so that the player shows the newest at once. */
  #catchUp(outlet: Outlet, key: MediaPacket, others: readonly MediaPacket[]): void {
    const packets = [key, ...others]
    const step = Math.ceil(this.track.clockRate / 1000)
    const times = [...new Set(packets.map(({ timestamp }) => timestamp))]
    const last = times.at(-1) ?? 0
    const moved = {
      through: packets.at(-1)?.sequence ?? 0,
      times: new Map(times.map((time, i) => [time, last - (times.length - 1 - i) * step])),
    }
    this.#begin(outlet, key, moved)
    this.#sender.fanOut(
      packets.map((packet) => asSent({ moved }, packet)),
      [outlet.target],
    )
  }
}
