import { rescale } from '@millrace/core'
import type { Frame, Track } from '@millrace/media'
import { elementaryOf } from './elementary.ts'
import type { Elementary } from './elementary.ts'
import { PACKET_BYTES, allocatePackets, packetize } from './packet.ts'
import { pesHeaderBytes, wrapTimestamp, writePesHeader } from './pes.ts'
import type { PesTimes } from './pes.ts'
import { PAT_PID, writePat, writePmt, writeSectionPacket } from './psi.ts'

export interface TsMuxerOptions {
  /** Audio frames share a PES packet while they span less than this; default 100 ms, 0 for one each. */
  audioGroupMs?: number
}

const PROGRAM_NUMBER = 1
const PMT_PID = 0x1000
/** The track with id 1 has this PID, the next ids those after it. */
const FIRST_PID = 0x100
/** Their entries fit a PMT of one packet. */
const MAX_STREAMS = 8
/** Added to all times, so that decoders that don't like negative ones see none: 1 s. */
const OFFSET_90K = 90_000
/** The clock runs this far behind the video's decoding times, so that grouped audio still comes before its own: 200 ms. */
const PCR_LEAD_90K = 18_000
/** More audio than this is not put in one PES packet. */
const MAX_GROUP_BYTES = 16_384

interface Stream {
  readonly track: Track
  readonly pid: number
  readonly elementary: Elementary
}

/** Audio frames that wait to become one PES packet. */
interface Group {
  readonly stream: Stream
  readonly start90k: number
  readonly payloads: Uint8Array[]
  sizeBytes: number
}

/** Whether a track has a place in a transport stream: H.264, HEVC, AAC and MP3 that can be described there. */
export function tsCarries(track: Track): boolean {
  return elementaryOf(track) !== undefined
}

/**
 * Makes an MPEG-2 transport stream with one program. Each call returns whole packets in fresh buffers, which the caller
 * owns. Continuity counters go on for as long as the muxer lives, over `setTracks` and over segments.
 *
 * @see ISO/IEC 13818-1
 */
export class TsMuxer {
  readonly #group90k: number
  readonly #continuity = new Uint8Array(0x2000)
  readonly #groups: Group[] = []
  #streams = new Map<number, Stream>()
  #pcrPid = 0
  #pat = writePat(PROGRAM_NUMBER, PMT_PID)
  #pmt: Uint8Array = new Uint8Array(0)
  #version = -1

  constructor(options: TsMuxerOptions = {}) {
    this.#group90k = (options.audioGroupMs ?? 100) * 90
  }

  /** The tracks that are carried. */
  get tracks(): Track[] {
    return Array.from(this.#streams.values(), ({ track }) => track)
  }

  /**
   * Sets what is carried: those of `tracks` that {@link tsCarries} allows, the first 8. Ids are 1 to 3839.
   * Audio that `flush` was not called for is dropped.
   */
  setTracks(tracks: readonly Track[]): void {
    const streams: Stream[] = []
    for (const track of tracks) {
      const elementary = elementaryOf(track)
      if (elementary && streams.length < MAX_STREAMS) streams.push({ track, pid: FIRST_PID + track.id - 1, elementary })
    }
    this.#groups.length = 0
    this.#streams = new Map(streams.map((stream) => [stream.track.id, stream]))
    this.#pcrPid = (streams.find(({ track }) => track.kind === 'video') ?? streams[0])?.pid ?? 0x1fff
    this.#version = (this.#version + 1) & 0x1f
    const entries = streams.map(({ pid, elementary: { streamType, descriptors } }) => ({
      pid,
      streamType,
      descriptors,
    }))
    this.#pmt = writePmt(PROGRAM_NUMBER, { version: this.#version, pcrPid: this.#pcrPid, streams: entries })
  }

  /** PAT and PMT: two packets, for the start of a segment or of a player. */
  tables(): Uint8Array {
    const out = new Uint8Array(2 * PACKET_BYTES)
    writeSectionPacket(out, 0, PAT_PID, this.#pat, this.#nextContinuity(PAT_PID))
    writeSectionPacket(out, PACKET_BYTES, PMT_PID, this.#pmt, this.#nextContinuity(PMT_PID))
    return out
  }

  /**
   * Packets of a frame, after those of grouped audio that is due; none for a frame of a track that is not carried, and for
   * audio that joins a group. Throws FormatError (`NALU_LENGTH`, `TS_EMPTY_FRAME`, `TS_FRAME_TOO_LARGE`) for a frame that
   * can't be carried; the muxer goes on with the next one.
   */
  encode(frame: Frame): Uint8Array[] {
    const stream = this.#streams.get(frame.track.id)
    if (!stream) return []
    const sizeBytes = stream.elementary.measure(frame.payload, frame.key)
    const dts90k = rescale(frame.dtsTicks, stream.track.timescale, 90_000)
    const out: Uint8Array[] = []
    this.#flushBefore(stream, dts90k, sizeBytes, out)
    if (stream.track.kind === 'audio') {
      this.#group(stream, frame.payload, dts90k, sizeBytes)
      return out
    }
    const pts90k = rescale(frame.ptsTicks, stream.track.timescale, 90_000)
    out.push(this.#packets(stream, [frame.payload], sizeBytes, { pts90k, dts90k }, frame.key))
    return out
  }

  /** Packets of the audio that waits for more, for the end of a segment. */
  flush(): Uint8Array[] {
    return this.#groups.splice(0).map((group) => this.#groupPackets(group))
  }

  /** Takes out groups that are old enough, and the stream's own when the frame doesn't fit or doesn't continue it. */
  #flushBefore(stream: Stream, dts90k: number, sizeBytes: number, out: Uint8Array[]): void {
    for (let i = 0; i < this.#groups.length;) {
      const group = this.#groups[i] as Group
      const old = dts90k - group.start90k >= this.#group90k
      if (old || (group.stream === stream && !continues(group, dts90k, sizeBytes))) {
        out.push(this.#groupPackets(group))
        this.#groups.splice(i, 1)
      } else i++
    }
  }

  #group(stream: Stream, payload: Uint8Array, start90k: number, sizeBytes: number): void {
    const group = this.#groups.find((one) => one.stream === stream)
    if (group) {
      group.payloads.push(payload)
      group.sizeBytes += sizeBytes
    } else {
      this.#groups.push({ stream, start90k, payloads: [payload], sizeBytes })
    }
  }

  #groupPackets({ stream, payloads, sizeBytes, start90k }: Group): Uint8Array {
    return this.#packets(stream, payloads, sizeBytes, { pts90k: start90k, dts90k: start90k }, true)
  }

  #packets(stream: Stream, payloads: Uint8Array[], sizeBytes: number, at: PesTimes, key: boolean): Uint8Array {
    const { pid, elementary } = stream
    const times = { pts90k: wrapTimestamp(at.pts90k + OFFSET_90K), dts90k: wrapTimestamp(at.dts90k + OFFSET_90K) }
    const clocked = pid === this.#pcrPid
    const pcr90k = clocked ? wrapTimestamp(times.dts90k - PCR_LEAD_90K) : null
    const options = { pid, pcr90k, randomAccess: key && (clocked || stream.track.kind === 'video') }
    const pesBytes = pesHeaderBytes(times) + sizeBytes
    const out = allocatePackets(pesBytes, options)
    let to = writePesHeader(out, out.length - pesBytes, elementary.streamId, sizeBytes, times)
    for (const payload of payloads) to = elementary.write(out, to, payload)
    this.#continuity[pid] = packetize(out, pesBytes, options, this.#continuity[pid] ?? 0)
    return out
  }

  #nextContinuity(pid: number): number {
    const continuity = this.#continuity[pid] ?? 0
    this.#continuity[pid] = (continuity + 1) & 15
    return continuity
  }
}

function continues(group: Group, dts90k: number, sizeBytes: number): boolean {
  const { frameDuration90k } = group.stream.elementary
  const expected90k = group.start90k + group.payloads.length * frameDuration90k
  const inStep = Math.abs(dts90k - expected90k) <= frameDuration90k / 2
  return inStep && group.sizeBytes + sizeBytes <= MAX_GROUP_BYTES
}
