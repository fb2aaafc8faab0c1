import { aacTrack, writeAacConfig } from '@millrace/codecs'
import type { Logger } from '@millrace/core'
import type { LiveStream, PacketListener, PacketSource, Publication } from '@millrace/hub'
import type { AudioTrack, MediaPacket, PacketTrack, Track } from '@millrace/media'
import { AvClock, createDepacketizer, FrameAssembler, type TimedFrame, type TrackClock } from '@millrace/rtp'

import type { BridgePolicy } from '../admission/vhost-policy.ts'
import type { AudioTranscoder, AudioTranscoding } from './audio-transcoding.ts'

export interface PacketsToFramesDeps {
  readonly stream: LiveStream
  readonly publication: Publication
  readonly policy: Pick<BridgePolicy, 'aacBps' | 'keyFrameIntervalMs'>
  readonly transcoding: AudioTranscoding
  readonly logger: Logger
}

/** An encoding that has sent nothing for so long is no longer the best. */
const SILENT_MS = 1500
const AAC_LC = 2
const AAC_RATE = 48_000
const AAC_CHANNELS = 2

/** One track on its way into frames. */
interface Lane {
  readonly packets: PacketTrack
  readonly clock: TrackClock
  /** The encoding that frames are made of; undefined before the first. */
  layer: number | undefined
  assembler: FrameAssembler
  arrivedMs: number
  /** As the publication was told of it. */
  track: Track | undefined
}

/**
 * Makes frames of a publisher's packets, of its best encoding: for RTMP, HTTP-FLV, HLS and recordings. Opus becomes AAC, which all
 * of them carry, while anybody takes frames.
 */
export class PacketsToFrames implements PacketListener {
  readonly #deps: PacketsToFramesDeps
  readonly #clock = new AvClock()
  readonly #unlisten: () => void
  readonly #keyFrameTimer: NodeJS.Timeout
  #source: PacketSource | undefined
  #lanes = new Map<PacketTrack, Lane>()
  #sound: AudioTranscoder | undefined
  /** Sound can't be made into AAC: it stays what it is. */
  #plainSound = false

  constructor(deps: PacketsToFramesDeps) {
    this.#deps = deps
    this.#unlisten = deps.stream.packets.listen(this)
    this.#keyFrameTimer = setInterval(() => this.#askForKeyFrames(), deps.policy.keyFrameIntervalMs).unref()
  }

  close(): void {
    clearInterval(this.#keyFrameTimer)
    this.#unlisten()
    this.#sound?.close()
    this.#sound = undefined
  }

  // --- what the plane says ---

  started(source: PacketSource): void {
    // made of the stream's frames, which would go round in a circle
    if (source.bridged) return
    this.#source = source
    this.#lanes = new Map(source.tracks.map((track) => [track, this.#open(track)]))
    // whoever reads the stream is to know from the beginning that there will be sound
    for (const { packets } of this.#lanes.values())
      if (packets.codec === 'opus') this.#deps.publication.setTrack(aacOf(packets))
  }

  packet(packet: MediaPacket): void {
    const lane = this.#lanes.get(packet.track)
    if (!lane || !this.#isOfLane(lane, packet)) return
    lane.arrivedMs = packet.arrivedMs
    const clock = this.#source?.clockOf(packet.track, packet.layer)
    if (clock) lane.clock.report(clock)
    for (const frame of lane.assembler.push(packet, packet.arrivedMs)) this.#write(lane, frame)
    if (lane.assembler.wantsKeyFrame) this.#deps.stream.packets.requestKeyFrame(packet.track, packet.layer)
  }

  /** Its publisher has left, or another has come. It no longer listens: that would be taken for a player. */
  stopped(): void {
    this.#source = undefined
    this.#lanes.clear()
    this.close()
  }

  #open(packets: PacketTrack): Lane {
    return {
      packets,
      clock: this.#clock.open(packets.kind, packets.clockRate),
      layer: undefined,
      assembler: new FrameAssembler(createDepacketizer(packets), packets.kind),
      arrivedMs: 0,
      track: undefined,
    }
  }

  /** Whether frames are made of the packet's encoding: a better one is changed to at its key frame, a worse one if there is no other. */
  #isOfLane(lane: Lane, { key, layer, arrivedMs }: MediaPacket): boolean {
    if (layer === lane.layer) return true
    if (!key || (lane.layer !== undefined && layer < lane.layer && arrivedMs - lane.arrivedMs < SILENT_MS)) return false
    lane.layer = layer
    lane.assembler = new FrameAssembler(createDepacketizer(lane.packets), lane.packets.kind)
    return true
  }

  #write(lane: Lane, { track, key, payload, timestamp, arrivedMs }: TimedFrame): void {
    const ticks = lane.clock.ticks(timestamp, arrivedMs)
    if (track.kind === 'audio' && track.codec === 'opus' && !this.#plainSound) {
      if (this.#deps.stream.watched) (this.#sound ??= this.#openTranscoder(lane.packets, track)).push(payload, ticks)
      return
    }
    const { publication } = this.#deps
    if (lane.track !== track) publication.setTrack((lane.track = track))
    publication.write({ track, dtsTicks: ticks, ptsTicks: ticks, key, payload })
  }

  #openTranscoder(packets: PacketTrack, from: AudioTrack): AudioTranscoder {
    const { transcoding, policy, publication, logger, stream } = this.#deps
    const track = aacOf(packets)
    return transcoding.open({
      from,
      to: { codec: 'aac', bitrateBps: policy.aacBps },
      onFrame: (payload, ptsTicks) => {
        publication.write({ track, dtsTicks: ptsTicks, ptsTicks, key: true, payload })
      },
      onFailed: (error) => {
        logger.warn({ stream: stream.id, reason: error.message }, 'Opus stays Opus, which not all players take')
        this.#plainSound = true
      },
    })
  }

  /** Players and recordings begin at key frames, which browsers send only when asked. */
  #askForKeyFrames(): void {
    if (!this.#deps.stream.watched) return
    for (const { packets, layer } of this.#lanes.values())
      if (packets.kind === 'video' && layer !== undefined) this.#deps.stream.packets.requestKeyFrame(packets, layer)
  }
}

function aacOf({ id }: PacketTrack): AudioTrack {
  return aacTrack({ id, timescale: AAC_RATE }, writeAacConfig(AAC_LC, AAC_RATE, AAC_CHANNELS))
}
