import { Accumulator } from '@millrace/bytes'
import { FormatError, WrapCounter } from '@millrace/core'
import { PACKET_BYTES, SYNC_BYTE } from './packet.ts'
import { PesAssembler } from './pes-assembler.ts'
import { NULL_PID, PAT_PID, SectionAssembler, readPat, readPmt } from './psi.ts'
import type { ElementaryInfo, ProgramMap } from './psi.ts'

/** Payload of one PES packet: an access unit of video, one or more audio frames. */
export interface PesPacket {
  readonly stream: ElementaryInfo
  /** 90 kHz and unwrapped: goes on past 2^33. Null when the packet has none. */
  readonly pts90k: number | null
  readonly dts90k: number | null
  /** The packet says that decoding may start here. */
  readonly randomAccess: boolean
  /** Packets were lost inside it. */
  readonly damaged: boolean
  /** Payload, owned by the receiver. */
  readonly data: Uint8Array
}

/** What a demuxer finds. */
export interface TsHandler {
  /** The streams of the program; again when they change. Streams that went are over. */
  program(map: ProgramMap): void
  pes(packet: PesPacket): void
}

export interface TsDemuxerOptions {
  /** A larger PES packet is dropped, default 4 MiB. */
  maxPesBytes?: number
  /** Streams of the program that are followed, the first so many, default 16. */
  maxStreams?: number
  /** Bytes without packet synchronisation before the input is given up, default 65 536. */
  maxSkippedBytes?: number
}

/** What went wrong so far. */
export interface TsDemuxerStats {
  packets: number
  /** Gaps in continuity counters. */
  lost: number
  /** Bytes skipped to find synchronisation again. */
  skippedBytes: number
  /** PES packets that were too large or had no readable header. */
  dropped: number
}

interface Stream {
  readonly info: ElementaryInfo
  readonly assembler: PesAssembler
  continuity: number | null
}

/**
 * Reads the first program of an MPEG-2 transport stream. A push parser: bytes come in chunks cut anywhere. What is damaged
 * is skipped and counted; only input that is no transport stream at all throws.
 *
 * @see ISO/IEC 13818-1 §2.4
 */
export class TsDemuxer {
  readonly stats: TsDemuxerStats = { packets: 0, lost: 0, skippedBytes: 0, dropped: 0 }
  readonly #handler: TsHandler
  readonly #maxPesBytes: number
  readonly #maxStreams: number
  readonly #maxSkippedBytes: number
  readonly #input = new Accumulator()
  readonly #clock = new WrapCounter(33)
  readonly #pat = new SectionAssembler((section) => this.#readPat(section))
  readonly #pmt = new SectionAssembler((section) => this.#readPmt(section))
  #streams = new Map<number, Stream>()
  #pmtPid: number | null = null
  #map: ProgramMap | null = null
  #inSync = true
  #skippedInRow = 0

  constructor(handler: TsHandler, options: TsDemuxerOptions = {}) {
    this.#handler = handler
    this.#maxPesBytes = options.maxPesBytes ?? 4 << 20
    this.#maxStreams = options.maxStreams ?? 16
    this.#maxSkippedBytes = options.maxSkippedBytes ?? 65_536
  }

  /** Takes the next bytes; they may be kept until the next call. Throws FormatError `TS_NO_SYNC`, after which the input is worthless. */
  push(chunk: Uint8Array): void {
    this.#input.push(chunk)
    while (this.#synchronize()) {
      this.#skippedInRow = 0
      this.stats.packets++
      this.#packet(this.#input.read(PACKET_BYTES))
    }
  }

  /** The input ended: hands out the PES packets whose end nothing else tells. */
  flush(): void {
    for (const stream of this.#streams.values()) this.#finish(stream)
  }

  /** Whether a whole packet lies at the front of the input. Skips what is none. */
  #synchronize(): boolean {
    while (this.#input.length >= PACKET_BYTES) {
      if (this.#input.at(0) === SYNC_BYTE) {
        if (this.#inSync) return true
        // a sync byte in the middle of a payload is not followed by another at the right distance
        if (this.#input.length === PACKET_BYTES) return false
        if (this.#input.at(PACKET_BYTES) === SYNC_BYTE) {
          this.#inSync = true
          return true
        }
      }
      this.#inSync = false
      this.#input.skip(1)
      this.stats.skippedBytes++
      if (++this.#skippedInRow > this.#maxSkippedBytes) {
        throw new FormatError('TS_NO_SYNC', `no transport stream packets in ${this.#skippedInRow} bytes`)
      }
    }
    return false
  }

  /** @see ISO/IEC 13818-1 §2.4.3.2 */
  #packet(packet: Uint8Array): void {
    const [, b1 = 0, b2 = 0, b3 = 0, adaptationLength = 0, adaptationFlags = 0] = packet.subarray(0, 6)
    const pid = ((b1 & 0x1f) << 8) | b2
    const hasPayload = (b3 & 0x10) !== 0
    const hasAdaptation = (b3 & 0x20) !== 0
    // transport_error_indicator, scrambling: nothing in it can be trusted or read
    if ((b1 & 0x80) !== 0 || (b3 & 0xc0) !== 0 || pid === NULL_PID || !hasPayload) return
    const payloadAt = hasAdaptation ? 5 + adaptationLength : 4
    if (payloadAt >= PACKET_BYTES) return
    const payload = packet.subarray(payloadAt)
    const unitStart = (b1 & 0x40) !== 0
    if (pid === PAT_PID) return this.#pat.push(payload, unitStart)
    if (pid === this.#pmtPid) return this.#pmt.push(payload, unitStart)
    const stream = this.#streams.get(pid)
    if (!stream) return
    const flags = hasAdaptation && adaptationLength > 0 ? adaptationFlags : 0
    if (this.#isContinuous(stream, b3 & 15, (flags & 0x80) !== 0)) {
      this.#payload(stream, payload, unitStart, (flags & 0x40) !== 0)
    }
  }

  /** Follows the continuity counter. False for a packet that was sent twice. */
  #isContinuous(stream: Stream, continuity: number, announced: boolean): boolean {
    const last = stream.continuity
    stream.continuity = continuity
    if (last === null || announced || continuity === ((last + 1) & 15)) return true
    if (continuity === last) return false
    this.stats.lost++
    stream.assembler.damage()
    return true
  }

  #payload(stream: Stream, payload: Uint8Array, unitStart: boolean, randomAccess: boolean): void {
    if (unitStart) {
      this.#finish(stream)
      stream.assembler.start(randomAccess)
    }
    if (!stream.assembler.push(payload)) this.stats.dropped++
    if (stream.assembler.complete) this.#finish(stream)
  }

  #finish(stream: Stream): void {
    if (!stream.assembler.started) return
    const pes = stream.assembler.finish()
    if (!pes) {
      this.stats.dropped++
      return
    }
    const { header, ...rest } = pes
    const dts90k = header.dts90k === null ? null : this.#clock.unwrap(header.dts90k)
    const pts90k = header.pts90k === null ? null : this.#clock.unwrap(header.pts90k)
    this.#handler.pes({ stream: stream.info, pts90k, dts90k, ...rest })
  }

  #readPat(section: Uint8Array): void {
    const pmtPid = readPat(section)
    if (pmtPid === undefined || pmtPid === this.#pmtPid) return
    this.#pmtPid = pmtPid
    this.#pmt.reset()
  }

  #readPmt(section: Uint8Array): void {
    const map = readPmt(section.slice())
    if (!map || (this.#map && sameMap(this.#map, map))) return
    this.flush()
    this.#map = map
    const before = this.#streams
    this.#streams = new Map()
    for (const info of map.streams.slice(0, this.#maxStreams)) {
      const continuity = before.get(info.pid)?.continuity ?? null
      this.#streams.set(info.pid, { info, assembler: new PesAssembler(this.#maxPesBytes), continuity })
    }
    this.#handler.program(map)
  }
}

/** The version alone says nothing: a sender that starts anew may use the same one for other streams. */
function sameMap(a: ProgramMap, b: ProgramMap): boolean {
  const key = (map: ProgramMap): string => {
    return map.streams.map(({ pid, streamType, descriptors }) => `${pid}:${streamType}:${descriptors.join()}`).join(';')
  }
  return a.version === b.version && a.pcrPid === b.pcrPid && key(a) === key(b)
}
