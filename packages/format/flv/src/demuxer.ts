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

/** A track as the publisher numbers it, whatever its codec. */
interface Slot {
  readonly id: number
  /** One for each codec seen, so that a stray tag of another codec doesn't lose the configuration. */
  readonly readers: Map<Codec, ConfiguredReader>
  /** The track told last. */
  track: Track | undefined
}

interface ConfiguredReader {
  readonly reader: TrackReader
  /** The last sequence header as it came. */
  config: Uint8Array | undefined
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
  readonly #slots = { audio: new Map<number, Slot>(), video: new Map<number, Slot>() }
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
    const slot = this.#slotOf(packet)
    if (!slot) this.#counters.otherTracks++
    else if (type === 'config') configure(slot, codec, packet.data, events)
    else if (!frame(slot, codec, packet, timestampMs, body, events)) this.#counters.unconfigured++
  }

  #refuse({ kind, codecName }: FlvPacket, events: FlvEvent[]): void {
    this.#counters.unsupported++
    if (this.#unsupported.has(codecName) || this.#unsupported.size === MAX_UNSUPPORTED_NAMES) return
    this.#unsupported.add(codecName)
    events.push({ type: 'unsupported', kind, codec: codecName })
  }

  #slotOf({ kind, trackId }: FlvPacket): Slot | undefined {
    const slots = this.#slots[kind]
    let slot = slots.get(trackId)
    if (!slot && slots.size < this.#maxTracksPerKind) {
      slot = { id: (kind === 'video' ? 1 : 2) + 2 * slots.size, readers: new Map(), track: undefined }
      slots.set(trackId, slot)
    }
    return slot
  }
}

/** Encoders repeat sequence headers: only a changed one makes a track. */
function configure(slot: Slot, codec: Codec, data: Uint8Array, events: FlvEvent[]): void {
  const configured = readerOf(slot, codec)
  if (configured.config && equalBytes(configured.config, data)) return
  const track = configured.reader.configure(data)
  // not slice(): that of a Buffer shares memory
  configured.config = new Uint8Array(data)
  if (track) announce(slot, track, events)
}

/** Whether the packet could become a frame. */
function frame(
  slot: Slot,
  codec: Codec,
  packet: FlvPacket,
  timestampMs: number,
  body: Uint8Array,
  events: FlvEvent[],
): boolean {
  const unit = readerOf(slot, codec).reader.read(packet)
  if (!unit) return false
  const { track, payload, key } = unit
  announce(slot, track, events)
  const compositionMs = packet.kind === 'video' ? packet.compositionMs : 0
  const agrees = packet.kind === 'audio' || packet.key === key
  const base = { track, dtsTicks: timestampMs, ptsTicks: timestampMs + compositionMs, key, payload }
  const asItIs = packet.canonical && track.codec === codec && agrees && payload === packet.data
  events.push({ type: 'frame', frame: asItIs ? { ...base, flvBody: body } : base })
  return true
}

function readerOf(slot: Slot, codec: Codec): ConfiguredReader {
  let configured = slot.readers.get(codec)
  if (!configured) {
    const identity = { id: slot.id, timescale: TIMESCALE }
    configured = { reader: createTrackReader(codec, identity), config: undefined }
    slot.readers.set(codec, configured)
  }
  return configured
}

function announce(slot: Slot, track: Track, events: FlvEvent[]): void {
  if (slot.track === track) return
  slot.track = track
  events.push({ type: 'track', track })
}
