import { randomInt } from 'node:crypto'

import type { HealthCode } from '@millrace/contracts'
import { errorMessage, FormatError, rescale, type Logger } from '@millrace/core'
import type { LiveStream, PacketClock, PacketFeed, PacketSource, StreamListener } from '@millrace/hub'
import type { AudioTrack, Frame, MediaPacket, PacketTrack, StreamInfo, Track } from '@millrace/media'
import { createPacketizer, type Packetizer } from '@millrace/rtp'

import type { BridgePolicy } from '../admission/vhost-policy.ts'
import type { AudioTranscoder, AudioTranscoding } from './audio-transcoding.ts'
import { packetTrackOf, opusOf } from './packet-tracks.ts'

export interface FramesToPacketsDeps {
  readonly policy: Pick<BridgePolicy, 'keepBFrames' | 'opusBps'>
  readonly transcoding: AudioTranscoding
  /** Something of the stream does not reach players of WebRTC. May be told again and again. */
  readonly unhealthy: (stream: LiveStream, code: HealthCode, message: string) => void
  readonly logger: Logger
}

/** Unwrapped sequence numbers and timestamps begin where they can't fall below a cycle. */
const FIRST_SEQUENCE = 0x2_0000

/** One track on its way into packets. */
interface Lane {
  readonly frames: Track
  readonly packets: PacketTrack
  readonly packetizer: Packetizer
  sequence: number
  clock: PacketClock | undefined
  /** The latest time of presentation so far, in ticks of the frames. */
  newestTicks: number
}

/**
 * Makes packets of a stream's frames, from its last key frame on, while somebody plays them. Browsers know no B-frames:
 * what is shown before a picture that has come already is left out.
 */
export class FramesToPackets implements StreamListener, PacketSource {
  readonly bridged = true
  readonly #stream: LiveStream
  readonly #deps: FramesToPacketsDeps
  #unlisten: (() => void) | undefined
  #lanes: readonly Lane[] = []
  #feed: PacketFeed | undefined
  #sound: { readonly from: AudioTrack; readonly transcoder: AudioTranscoder } | undefined
  #droppedBFrames = 0
  #badFrames = 0
  #closed = false

  constructor(stream: LiveStream, deps: FramesToPacketsDeps) {
    this.#stream = stream
    this.#deps = deps
  }

  get tracks(): readonly PacketTrack[] {
    return this.#lanes.map(({ packets }) => packets)
  }

  /** Pictures that were left out, because no browser shows them in their order. */
  get droppedBFrames(): number {
    return this.#droppedBFrames
  }

  /** The encoder is out of reach. */
  requestKeyFrame(): void {}

  clockOf(track: PacketTrack): PacketClock | undefined {
    return this.#lanes.find(({ packets }) => packets === track)?.clock
  }

  /** Begins with what the stream has kept since its last key frame. */
  open(): void {
    const unlisten = this.#stream.listen(this)
    // whoever wanted the packets may have left at the sight of them
    if (this.#closed) unlisten()
    else this.#unlisten = unlisten
  }

  close(): void {
    this.#closed = true
    this.#unlisten?.()
    this.#end()
  }

  // --- what the hub says ---

  info({ tracks }: StreamInfo): void {
    const wanted = tracks.flatMap((track) => this.#laneOf(track) ?? [])
    const same = wanted.length === this.#lanes.length && wanted.every((lane, i) => lane === this.#lanes[i])
    if (same && this.#feed) return
    this.#lanes = wanted
    this.#feed?.end()
    this.#feed = undefined
    if (this.#closed || wanted.length === 0) return
    this.#feed = this.#stream.packets.publish(this)
    if (this.#closed) this.#end()
  }

  frame(frame: Frame): void {
    const lane = this.#lanes.find(({ frames }) => frames.id === frame.track.id)
    if (!lane) return
    if (frame.track.kind === 'audio' && frame.track.codec !== lane.packets.codec)
      return this.#transcode(lane, frame.track, frame)
    if (this.#isOutOfOrder(lane, frame)) return
    this.#packetize(lane, frame)
  }

  interrupted(): void {
    this.#end()
  }

  closed(): void {
    this.#end()
  }

  /** The lane that there is, if the track's packets stay what they are; undefined for a track that has no packets. */
  #laneOf(track: Track): Lane | undefined {
    const packets = packetTrackOf(track)
    if (!packets) {
      this.#deps.unhealthy(this.#stream, 'codec_unsupported', `players of WebRTC cannot be given its ${track.codec}`)
      return undefined
    }
    const existing = this.#lanes.find((lane) => lane.packets.codec === packets.codec && lane.frames.id === track.id)
    if (existing) return Object.assign(existing, { frames: track })
    const packetizer = createPacketizer(packets.codec)
    return {
      frames: track,
      packets,
      packetizer,
      sequence: FIRST_SEQUENCE + randomInt(0x8000),
      clock: undefined,
      newestTicks: -Infinity,
    }
  }

  #isOutOfOrder(lane: Lane, { ptsTicks, track }: Frame): boolean {
    if (track.kind === 'audio' || this.#deps.policy.keepBFrames) return false
    if (ptsTicks >= lane.newestTicks) {
      lane.newestTicks = ptsTicks
      return false
    }
    if (this.#droppedBFrames++ === 0)
      this.#deps.unhealthy(this.#stream, 'b_frames_for_webrtc', 'players of WebRTC do not get its B-frames')
    return true
  }

  #packetize(lane: Lane, frame: Frame): void {
    let payloads
    try {
      payloads = lane.packetizer.packetize(frame)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      if (this.#badFrames++ === 0)
        this.#deps.logger.warn({ code: error.code, reason: errorMessage(error) }, 'frame without packets')
      return
    }
    const { packets: track } = lane
    const ptsMs = rescale(frame.ptsTicks, frame.track.timescale, 1000)
    // a cycle up, so that what is before the first is never negative
    const timestamp = 2 ** 32 + rescale(frame.ptsTicks, frame.track.timescale, track.clockRate)
    lane.clock = { timestamp, wallMs: ptsMs }
    const arrivedMs = performance.now()
    for (const [i, { payload, marker, offsetTicks }] of payloads.entries()) {
      const packet: MediaPacket = {
        track,
        layer: 0,
        sequence: lane.sequence++,
        timestamp: timestamp + offsetTicks,
        marker,
        key: track.kind === 'audio' || (frame.key && i === 0),
        payload,
        arrivedMs,
      }
      this.#feed?.packet(packet)
    }
  }

  #transcode(lane: Lane, from: AudioTrack, { payload, ptsTicks }: Frame): void {
    if (this.#sound?.from !== from) {
      this.#sound?.transcoder.close()
      this.#sound = { from, transcoder: this.#openTranscoder(lane, from) }
    }
    this.#sound.transcoder.push(payload, ptsTicks)
  }

  #openTranscoder(lane: Lane, from: AudioTrack): AudioTranscoder {
    const { transcoding, policy, unhealthy } = this.#deps
    const track = opusOf(from)
    return transcoding.open({
      from,
      to: { codec: 'opus', bitrateBps: policy.opusBps },
      onFrame: (payload, ptsTicks) => {
        if (ptsTicks >= 0) this.#packetize(lane, { track, dtsTicks: ptsTicks, ptsTicks, key: true, payload })
      },
      onFailed: (error) =>
        unhealthy(
          this.#stream,
          'codec_unsupported',
          `its ${from.codec} cannot become Opus: ${error.message}`.slice(0, 512),
        ),
    })
  }

  #end(): void {
    this.#sound?.transcoder.close()
    this.#sound = undefined
    this.#feed?.end()
    this.#feed = undefined
    this.#lanes = []
  }
}
