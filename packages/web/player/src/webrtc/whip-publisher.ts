import { reportsOf, watchConnection } from './connection.ts'
import { endResource, offerTo, type OfferResult, type RtcResource } from './offer.ts'
import { readSent, type SentStats, type SentSums } from './sent.ts'

const MEASURE_MS = 1_000
const RETRY_MS = { least: 500, most: 10_000 } as const
/** Of three encodings, each of half the width of the next: part of the bitrate, by what it is divided by. */
const LAYERS = [
  { rid: 'q', scaleResolutionDownBy: 4, share: 0.1 },
  { rid: 'h', scaleResolutionDownBy: 2, share: 0.25 },
  { rid: 'f', scaleResolutionDownBy: 1, share: 0.65 },
] as const

/** Why publishing came to an end. */
export type PublishFailure =
  /** The browser has no WebRTC. */
  | { readonly reason: 'unsupported' }
  /** The server refused the key (HTTP 401 or 403). */
  | { readonly reason: 'forbidden' }
  /** There is no such place to publish to (HTTP 404 or 405). */
  | { readonly reason: 'not-found' }
  /** Somebody else publishes there (HTTP 409). */
  | { readonly reason: 'busy' }
  /** The server takes none of the codecs (HTTP 406). */
  | { readonly reason: 'codec' }
  /** By any other status. */
  | { readonly reason: 'refused'; readonly status: number }
  | { readonly reason: 'network' }
  /** The answer can't be used. */
  | { readonly reason: 'media' }
  /** No media connection came about; `port` of the server, if it told one. */
  | { readonly reason: 'ice'; readonly port: number | undefined }

/** Where a publisher is. */
export type PublishState =
  | { readonly type: 'connecting' }
  | { readonly type: 'live' }
  /** Was live, and tries again by itself. `attempt` counts from 1. */
  | { readonly type: 'reconnecting'; readonly attempt: number; readonly failure: PublishFailure }
  | { readonly type: 'failed'; readonly failure: PublishFailure }

export interface WhipPublisherOptions {
  /** WHIP endpoint, absolute. */
  readonly url: string
  /** Stream key. */
  readonly token: string | undefined
  readonly media: MediaStream
  /** Codec of the picture to be preferred, as its media type names it (`H264`); undefined for the browser's choice. */
  readonly videoCodec: string | undefined
  /** Most for the picture, all encodings together. */
  readonly maxBitrateBps: number
  /** Whether to send the picture in three sizes. */
  readonly simulcast: boolean
  readonly onState: (state: PublishState) => void
  /** Once a second while live. */
  readonly onStats: (stats: SentStats) => void
}

/** Names of the codecs that the browser can send pictures by, in its order. */
export function videoCodecs(): readonly string[] {
  if (typeof RTCRtpSender === 'undefined') return []
  return [...new Set(sendable().map(codecName))].filter((name) => !REPAIR.has(name.toLowerCase()))
}

/** Publishes media by WHIP until it is closed: connects, measures, and connects again when the connection is lost. @see RFC 9725 */
export class WhipPublisher {
  readonly #options: WhipPublisherOptions
  #attempt: Attempt | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  #hasBeenLive = false
  #closed = false

  constructor(options: WhipPublisherOptions) {
    this.#options = options
    if (typeof RTCPeerConnection === 'undefined') {
      queueMicrotask(() => options.onState({ type: 'failed', failure: { reason: 'unsupported' } }))
      return
    }
    this.#connect()
  }

  /** Sends another track in the place of that of the same kind. */
  async replace(track: MediaStreamTrack): Promise<void> {
    await this.#attempt?.replace(track)
  }

  /** Ends the session at the server. Idempotent. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    this.#attempt?.close()
  }

  #connect(): void {
    this.#attempt = new Attempt(this.#options, {
      live: () => {
        this.#hasBeenLive = true
        this.#failures = 0
        this.#options.onState({ type: 'live' })
      },
      failed: (failure) => this.#failed(failure),
    })
    if (!this.#hasBeenLive) this.#options.onState({ type: 'connecting' })
  }

  #failed(failure: PublishFailure): void {
    if (this.#closed) return
    this.#attempt?.close()
    // what has never worked is for the user to look at; what has may be taken still, by the session that was lost
    if (!this.#hasBeenLive || failure.reason === 'forbidden') return this.#options.onState({ type: 'failed', failure })
    const delayMs = Math.min(RETRY_MS.most, RETRY_MS.least * 2 ** Math.min(this.#failures++, 10))
    this.#retry = setTimeout(() => this.#connect(), delayMs * (0.8 + Math.random() * 0.4))
    this.#options.onState({ type: 'reconnecting', attempt: this.#failures, failure })
  }
}

/** One peer connection. */
class Attempt {
  readonly #options: WhipPublisherOptions
  readonly #peer = new RTCPeerConnection()
  readonly #closing = new AbortController()
  #resource: RtcResource | undefined
  #ticker: ReturnType<typeof setInterval> | undefined
  #sums: SentSums | undefined

  constructor(options: WhipPublisherOptions, on: { live: () => void; failed: (failure: PublishFailure) => void }) {
    this.#options = options
    globalThis.addEventListener('pagehide', () => this.close(), { signal: this.#closing.signal })
    for (const track of options.media.getTracks()) addTrack(this.#peer, track, options)
    void this.#offer(on)
  }

  async replace(track: MediaStreamTrack): Promise<void> {
    const transceiver = this.#peer.getTransceivers().find(({ sender }) => sender.track?.kind === track.kind)
    await transceiver?.sender.replaceTrack(track)
  }

  close(): void {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    clearInterval(this.#ticker)
    void this.#leave()
  }

  /** The resource first: without its peer it would soon be gone by itself. */
  async #leave(): Promise<void> {
    if (this.#resource) await endResource(this.#resource)
    this.#peer.close()
  }

  async #offer(on: { live: () => void; failed: (failure: PublishFailure) => void }): Promise<void> {
    const { url, token } = this.#options
    const { signal } = this.#closing
    const result = await offerTo(this.#peer, { url, token, signal })
    if (result.type === 'aborted') return
    if (result.type !== 'answered') return on.failed(failureOf(result))
    const { resource } = result
    this.#resource = resource
    watchConnection(this.#peer, {
      signal,
      connected: () => {
        this.#ticker = setInterval(() => void this.#measure(), MEASURE_MS)
        on.live()
      },
      lost: (was) => on.failed(was ? { reason: 'network' } : { reason: 'ice', port: resource.port }),
    })
  }

  async #measure(): Promise<void> {
    const reports = await reportsOf(this.#peer).catch(() => [])
    if (this.#closing.signal.aborted) return
    const { stats, sums } = readSent(reports, this.#sums)
    this.#sums = sums
    this.#options.onStats(stats)
  }
}

function addTrack(
  peer: RTCPeerConnection,
  track: MediaStreamTrack,
  { media, videoCodec, maxBitrateBps, simulcast }: WhipPublisherOptions,
): void {
  const layers = LAYERS.map(({ rid, scaleResolutionDownBy, share }) => ({
    rid,
    scaleResolutionDownBy,
    maxBitrate: Math.round(maxBitrateBps * share),
  }))
  const video = simulcast ? layers : [{ maxBitrate: maxBitrateBps }]
  const transceiver = peer.addTransceiver(track, {
    direction: 'sendonly',
    streams: [media],
    ...(track.kind === 'video' && { sendEncodings: video }),
  })
  if (track.kind !== 'video' || videoCodec === undefined) return
  const wanted = sendable().filter((codec) => codecName(codec) === videoCodec)
  const repair = sendable().filter((codec) => REPAIR.has(codecName(codec).toLowerCase()))
  if (wanted.length > 0) transceiver.setCodecPreferences([...wanted, ...repair])
}

function failureOf(result: Exclude<OfferResult, { type: 'answered' | 'aborted' }>): PublishFailure {
  if (result.type === 'unreachable') return { reason: 'network' }
  if (result.type === 'invalid') return { reason: 'media' }
  const reason = REASONS.get(result.status)
  return reason === undefined ? { reason: 'refused', status: result.status } : { reason }
}

const REASONS: ReadonlyMap<number, 'forbidden' | 'not-found' | 'busy' | 'codec'> = new Map([
  [401, 'forbidden'],
  [403, 'forbidden'],
  [404, 'not-found'],
  [405, 'not-found'],
  [406, 'codec'],
  [409, 'busy'],
])

/** What repairs other codecs' packets. */
const REPAIR: ReadonlySet<string> = new Set(['rtx', 'red', 'ulpfec', 'flexfec-03'])

const sendable = (): readonly RTCRtpCodec[] => RTCRtpSender.getCapabilities('video')?.codecs ?? []

const codecName = ({ mimeType }: RTCRtpCodec): string => mimeType.split('/')[1] ?? ''
