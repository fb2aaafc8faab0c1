import { httpFailure } from '../engine.ts'
import type { Engine, EngineEvent, EngineOptions } from '../engine.ts'
import type { EngineStats, Failure } from '../state.ts'
import { reportsOf, watchConnection } from './connection.ts'
import { endResource, offerTo, type OfferResult, type RtcResource } from './offer.ts'
import { readReceived, type ReceivedSums } from './received.ts'

const MEASURE_MS = 1_000
/** Nothing has come since the connection stands: nobody publishes. */
const ABSENT_MS = 2_500
/** Nothing comes any more. */
const SILENCE_MS = 5_000

/** Engine for WebRTC by WHEP. @see draft-ietf-wish-whep */
export function openWhep(options: EngineOptions): Promise<Engine> {
  return Promise.resolve(new WhepEngine(options))
}

class WhepEngine implements Engine {
  readonly stallTimeoutMs = 8_000
  readonly #options: EngineOptions
  readonly #closing = new AbortController()
  readonly #stream = new MediaStream()
  #peer: RTCPeerConnection | undefined
  #resource: RtcResource | undefined
  #ticker: ReturnType<typeof setInterval> | undefined
  #absent: ReturnType<typeof setTimeout> | undefined
  #stats: EngineStats = {}
  #sums: ReceivedSums | undefined
  #heardAtMs = 0

  constructor(options: EngineOptions) {
    this.#options = options
    if (typeof RTCPeerConnection === 'undefined') {
      queueMicrotask(() => this.#fail({ reason: 'unsupported' }))
      return
    }
    globalThis.addEventListener('pagehide', () => this.close(), { signal: this.#closing.signal })
    const peer = new RTCPeerConnection()
    this.#peer = peer
    peer.addEventListener('track', ({ track }) => this.#onTrack(track))
    for (const kind of ['video', 'audio']) peer.addTransceiver(kind, { direction: 'recvonly' })
    void this.#offer(peer)
  }

  stats(): EngineStats {
    return this.#stats
  }

  /** What is shown is always the latest. */
  seekToLive(): void {}

  close(): void {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    clearInterval(this.#ticker)
    clearTimeout(this.#absent)
    void this.#leave()
    this.#options.video.srcObject = null
  }

  /** The resource first: without its peer it would soon be gone by itself. */
  async #leave(): Promise<void> {
    if (this.#resource) await endResource(this.#resource)
    this.#peer?.close()
  }

  async #offer(peer: RTCPeerConnection): Promise<void> {
    const { url, token } = this.#options
    const { signal } = this.#closing
    const result = await offerTo(peer, { url, token, signal, edit: inStereo })
    if (result.type !== 'answered') return this.#refused(result)
    const { resource } = result
    this.#resource = resource
    watchConnection(peer, {
      signal,
      connected: () => this.#connected(peer),
      lost: (was) => {
        this.#resource = was ? undefined : resource
        this.#fail(was ? { reason: 'network' } : { reason: 'ice', port: resource.port })
      },
    })
  }

  #refused(result: Exclude<OfferResult, { type: 'answered' }>): void {
    switch (result.type) {
      case 'refused':
        return this.#fail(result.status === 406 ? { reason: 'codec', codec: '' } : httpFailure(result.status))
      case 'unreachable':
        return this.#fail({ reason: 'network' })
      case 'invalid':
        return this.#fail({ reason: 'media' })
      case 'aborted':
    }
  }

  #connected(peer: RTCPeerConnection): void {
    this.#heardAtMs = performance.now()
    this.#ticker = setInterval(() => void this.#measure(peer), MEASURE_MS)
    this.#absent = setTimeout(() => {
      if (this.#stream.getTracks().length === 0) this.#options.onEvent({ type: 'absent' })
    }, ABSENT_MS)
  }

  /** A track is muted until the first of its packets, and some never come: a video element would wait for them. */
  #onTrack(track: MediaStreamTrack): void {
    const add = (): void => {
      const { video } = this.#options
      if (this.#closing.signal.aborted) return
      this.#stream.addTrack(track)
      if (video.srcObject !== this.#stream) video.srcObject = this.#stream
    }
    if (track.muted) track.addEventListener('unmute', add, { once: true })
    else add()
  }

  async #measure(peer: RTCPeerConnection): Promise<void> {
    const reports = await reportsOf(peer).catch(() => [])
    if (this.#closing.signal.aborted) return
    const { stats, sums } = readReceived(reports, this.#sums)
    const nowMs = performance.now()
    if (sums.packets > (this.#sums?.packets ?? 0)) this.#heardAtMs = nowMs
    this.#sums = sums
    this.#stats = stats
    if (sums.packets > 0 && nowMs - this.#heardAtMs > SILENCE_MS) this.#fail({ reason: 'stalled' })
  }

  #fail(failure: Failure): void {
    this.#emit({ type: 'failed', failure })
  }

  #emit(event: EngineEvent): void {
    if (!this.#closing.signal.aborted) this.#options.onEvent(event)
  }
}

/** Opus is decoded to one channel unless two are asked for. @see RFC 7587 §6.1 */
function inStereo(sdp: string): string {
  const payloadType = /^a=rtpmap:(\d+) opus\//im.exec(sdp)?.[1]
  return payloadType === undefined
    ? sdp
    : sdp.replace(new RegExp(`^(a=fmtp:${payloadType} (?!.*\\bstereo=)[^\\r\\n]*)`, 'm'), '$1;stereo=1')
}
