import type { PacketTrack } from '@millrace/media'
import { readExtensionText, type RtpHeader } from '@millrace/rtp'

import { IncomingStream } from './incoming-stream.ts'

/** SSRCs that one publisher may use: more are no encodings. */
const MAX_SOURCES = 32

/** A track as it was agreed on with a publisher. */
export interface PublishedTrack {
  readonly track: PacketTrack
  /** Of its `m=` section; empty without. */
  readonly mid: string
  readonly payloadType: number
  /** Of retransmissions. */
  readonly rtxPayloadType: number | undefined
  /** Whether the publisher sends again what it is asked for. */
  readonly nack: boolean
  /** SSRCs that the offer tells, in the order of the track's layers. */
  readonly sources: readonly { readonly ssrc: number; readonly rtxSsrc: number | undefined }[]
}

/** Ids of header extensions, as agreed on; undefined for those that are not used. */
export interface ExtensionIds {
  readonly mid: number | undefined
  readonly rid: number | undefined
  readonly repairedRid: number | undefined
  readonly transportCc: number | undefined
}

/** What an SSRC is. */
export interface Source {
  readonly published: PublishedTrack
  readonly stream: IncomingStream
  /** Whether its packets are retransmissions of the stream's. */
  readonly repairs: boolean
}

/** Which track and encoding an SSRC belongs to: by the offer, by header extensions, or by payload type. @see RFC 8843 §9.2 */
export class SourceMap {
  readonly #tracks: readonly PublishedTrack[]
  readonly #ids: ExtensionIds
  readonly #sources = new Map<number, Source>()
  readonly #streams: IncomingStream[] = []
  /** SSRCs of encoders that have begun anew under another: what still comes is of no use. */
  readonly #retired = new Set<number>()

  constructor(tracks: readonly PublishedTrack[], ids: ExtensionIds) {
    this.#tracks = tracks
    this.#ids = ids
    for (const published of tracks) {
      for (const [layer, { ssrc, rtxSsrc }] of published.sources.entries()) {
        this.#add(ssrc, published, layer, false)
        if (rtxSsrc !== undefined) this.#add(rtxSsrc, published, layer, true)
      }
    }
  }

  get streams(): readonly IncomingStream[] {
    return this.#streams
  }

  bySsrc(ssrc: number): Source | undefined {
    return this.#sources.get(ssrc)
  }

  /** What a packet is of; undefined for what was not agreed on. */
  find(packet: Uint8Array, header: RtpHeader): Source | undefined {
    const source = this.#sources.get(header.ssrc)
    return source || this.#retired.has(header.ssrc) ? source : this.#learn(packet, header)
  }

  #learn(packet: Uint8Array, header: RtpHeader): Source | undefined {
    const text = (id: number | undefined): string =>
      (id === undefined ? '' : readExtensionText(packet, header, id)) ?? ''
    const { payloadType } = header
    const mid = text(this.#ids.mid)
    const repairs = this.#tracks.some(({ rtxPayloadType }) => rtxPayloadType === payloadType)
    const published = this.#tracks.find((track) => {
      const ofType = (repairs ? track.rtxPayloadType : track.payloadType) === payloadType
      return ofType && (mid === '' || track.mid === mid)
    })
    if (!published) return undefined
    const rid = repairs ? text(this.#ids.repairedRid) : text(this.#ids.rid)
    const { layers } = published.track
    const layer = layers.length === 1 ? 0 : layers.findIndex((each) => each.rid !== '' && each.rid === rid)
    return layer < 0 ? undefined : this.#add(header.ssrc, published, layer, repairs)
  }

  #add(ssrc: number, published: PublishedTrack, layer: number, repairs: boolean): Source | undefined {
    if (this.#sources.size + this.#retired.size >= MAX_SOURCES) return undefined
    const { track } = published
    let stream = this.#streams.find((other) => other.track === track && other.layer === layer)
    if (!stream || (!repairs && stream.ssrc !== ssrc)) {
      if (repairs) return undefined
      if (stream) this.#retire(stream)
      stream = new IncomingStream({ track, layer, ssrc, before: stream })
      this.#streams.push(stream)
    }
    const source: Source = { published, stream, repairs }
    this.#sources.set(ssrc, source)
    return source
  }

  /** An encoder that begins anew takes another SSRC, with numbers that have nothing to do with those before. */
  #retire(stream: IncomingStream): void {
    this.#streams.splice(this.#streams.indexOf(stream), 1)
    for (const [ssrc, source] of this.#sources) {
      if (source.stream !== stream) continue
      this.#sources.delete(ssrc)
      this.#retired.add(ssrc)
    }
  }
}
