import { Amf0Reader, amfToMetadata } from '@millrace/amf'
import { equalBytes } from '@millrace/bytes'
import type { Codec, Frame, Metadata, Track } from '@millrace/media'

import { readAudioBody } from './audio-body.ts'
import type { FlvPacket } from './packet.ts'
import type { FlvKind } from './tag.ts'
import { createTrackReader } from './tracks/create.ts'
import type { TrackReader } from './tracks/track-reader.ts'
import { readVideoBody } from './video-body.ts'

/** What a tag body brought. */
export type FlvEvent =
  /** A new track, or a new configuration of one: same id, other object. Comes before its frames. */
  | { readonly type: 'track'; readonly track: Track }
  | { readonly type: 'frame'; readonly frame: Frame }
  | { readonly type: 'metadata'; readonly metadata: Metadata }
  /** A codec that can't be carried, told once for each; its packets are dropped and counted. */
  | { readonly type: 'unsupported'; readonly kind: 'audio' | 'video'; readonly codec: string }

/** What was dropped so far, in packets. */
export interface FlvDemuxerCounters {
  /** In a codec that is not supported. */
  unsupported: number
  /** Before the configuration of their codec. */
  unconfigured: number
  /** Of tracks over `maxTracksPerKind`. */
  otherTracks: number
  /** Without a byte of media. */
  empty: number
}

export interface FlvDemuxerOptions {
  /** Tracks of each kind that are read, the first that come; more arrive by multitrack only. Default 1. */
  maxTracksPerKind?: number
  /** Bytes of all strings in one `onMetaData`, default 16 384; it is sent to every player. */
  maxMetadataStringBytes?: number
}

/** Milliseconds, the tick of FLV and RTMP. */
const TIMESCALE = 1000
const MAX_UNSUPPORTED_NAMES = 32

interface TrackState {
  readonly id: number
  /** As the packets call it; the track may know better. */
  codec: Codec
  reader: TrackReader
  /** The last sequence header as it came. */
  config: Uint8Array | undefined
  track: Track | undefined
}

/**
 * Turns the bodies of FLV tags, or of RTMP audio, video and data messages, into tracks and frames. Tracks come from the
 * bitstream alone: `onMetaData` lies too often. Ids are 1 for the first video track and 2 for the first audio track,
 * then 3, 4, 5, 6 likewise; the timescale is 1000.
 *
 * H.264, AAC, MP3 and G.711 in legacy tags, and HEVC, AV1, VP9, VP8 and Opus in Enhanced RTMP's, keep their body as
 * `Frame.flvBody`, unless it disagrees with what is in it.
 */
export class FlvDemuxer {
  readonly #tracks = new Map<string, TrackState>()
  readonly #perKind = { audio: 0, video: 0 }
  readonly #maxTracksPerKind: number
  readonly #maxMetadataStringBytes: number
  readonly #unsupported = new Set<string>()
  readonly #counters: FlvDemuxerCounters = { unsupported: 0, unconfigured: 0, otherTracks: 0, empty: 0 }

  constructor({ maxTracksPerKind = 1, maxMetadataStringBytes = 16_384 }: FlvDemuxerOptions = {}) {
    this.#maxTracksPerKind = maxTracksPerKind
    this.#maxMetadataStringBytes = maxMetadataStringBytes
  }

  get counters(): Readonly<FlvDemuxerCounters> {
    return this.#counters
  }

  /**
   * Reads one body.
   *
   * @param timestampMs decoding time, unwrapped by the caller
   * @param body becomes part of the frames: it must not be written to afterwards
   * Throws FormatError (`FLV_…`, `AMF_…`, or of the codec) for a body that can't be read; the next one can.
   */
  push(kind: FlvKind, timestampMs: number, body: Uint8Array): FlvEvent[] {
    if (kind === 'data') return this.#data(body)
    const events: FlvEvent[] = []
    const packets: FlvPacket[] = kind === 'video' ? readVideoBody(body) : readAudioBody(body)
    for (const packet of packets) this.#packet(packet, timestampMs, body, events)
    return events
  }

  /** `onMetaData`, behind `@setDataFrame` or not. Other data messages are ignored. */
  #data(body: Uint8Array): FlvEvent[] {
    const reader = new Amf0Reader(body, { maxStringBytes: this.#maxMetadataStringBytes })
    if (reader.remaining === 0) return []
    let name = reader.read()
    if (name === '@setDataFrame' && reader.remaining > 0) name = reader.read()
    if (name !== 'onMetaData' || reader.remaining === 0) return []
    const metadata = amfToMetadata(reader.read())
    return metadata ? [{ type: 'metadata', metadata }] : []
  }

  #packet(packet: FlvPacket, timestampMs: number, body: Uint8Array, events: FlvEvent[]): void {
    const { codec, type } = packet
    if (codec === undefined) return this.#refuse(packet, events)
    if (type === 'other') return
    if (packet.data.length === 0) {
      // an empty Opus sequence header is allowed: the packets tell then
      if (type === 'frame') this.#counters.empty++
      return
    }
    const state = this.#stateOf(packet, codec)
    if (!state) this.#counters.otherTracks++
    else if (type === 'config') configure(state, packet.data, events)
    else if (!frame(state, packet, timestampMs, body, events)) this.#counters.unconfigured++
  }

  #refuse({ kind, codecName }: FlvPacket, events: FlvEvent[]): void {
    this.#counters.unsupported++
    if (this.#unsupported.has(codecName) || this.#unsupported.size === MAX_UNSUPPORTED_NAMES) return
    this.#unsupported.add(codecName)
    events.push({ type: 'unsupported', kind, codec: codecName })
  }

  #stateOf({ kind, trackId }: FlvPacket, codec: Codec): TrackState | undefined {
    const key = `${kind}${trackId}`
    let state = this.#tracks.get(key)
    if (state?.codec === codec) return state
    if (!state && this.#perKind[kind] === this.#maxTracksPerKind) return undefined
    const id = state?.id ?? (kind === 'video' ? 1 : 2) + 2 * this.#perKind[kind]++
    state = {
      id,
      codec,
      reader: createTrackReader(codec, { id, timescale: TIMESCALE }),
      config: undefined,
      track: undefined,
    }
    this.#tracks.set(key, state)
    return state
  }
}

/** Encoders repeat sequence headers: only a changed one makes a track. */
function configure(state: TrackState, data: Uint8Array, events: FlvEvent[]): void {
  if (state.config && equalBytes(state.config, data)) return
  const track = state.reader.configure(data)
  // not slice(): that of a Buffer shares memory
  state.config = new Uint8Array(data)
  if (track) announce(state, track, events)
}

/** Whether the packet could become a frame. */
function frame(
  state: TrackState,
  packet: FlvPacket,
  timestampMs: number,
  body: Uint8Array,
  events: FlvEvent[],
): boolean {
  const unit = state.reader.read(packet)
  if (!unit) return false
  const { track, payload, key } = unit
  announce(state, track, events)
  const compositionMs = packet.kind === 'video' ? packet.compositionMs : 0
  const agrees = packet.kind === 'audio' || packet.key === key
  const base = { track, dtsTicks: timestampMs, ptsTicks: timestampMs + compositionMs, key, payload }
  const asItIs = packet.canonical && track.codec === packet.codec && agrees && payload === packet.data
  events.push({ type: 'frame', frame: asItIs ? { ...base, flvBody: body } : base })
  return true
}

function announce(state: TrackState, track: Track, events: FlvEvent[]): void {
  if (state.track === track) return
  state.track = track
  events.push({ type: 'track', track })
}
