import type Hls from 'hls.js'
import type { ErrorData } from 'hls.js'

import { httpFailure } from './engine.ts'
import type { Engine, EngineEvent, EngineOptions } from './engine.ts'
import type { EngineStats, Failure } from './state.ts'

type Library = typeof import('hls.js')

/** Engine for HLS on Media Source Extensions through hls.js. */
export async function openHls(options: EngineOptions): Promise<Engine> {
  return new HlsEngine(await import('hls.js'), options)
}

class HlsEngine implements Engine {
  readonly stallTimeoutMs = 15_000
  readonly #video: HTMLVideoElement
  readonly #onEvent: (event: EngineEvent) => void
  readonly #stats: EngineStats = {}
  readonly #ErrorTypes: Library['ErrorTypes']
  readonly #ErrorDetails: Library['ErrorDetails']
  #hls: Hls | undefined
  #recovered = false
  #wasLive = false
  #closed = false

  constructor({ default: Hls, Events, ErrorTypes, ErrorDetails }: Library, { video, url, onEvent }: EngineOptions) {
    this.#video = video
    this.#onEvent = onEvent
    this.#ErrorTypes = ErrorTypes
    this.#ErrorDetails = ErrorDetails
    if (!Hls.isSupported()) {
      queueMicrotask(() => this.#emit({ type: 'failed', failure: { reason: 'unsupported' } }))
      return
    }
    const hls = new Hls({
      workerPath: import.meta.resolve('hls.js/worker'),
      liveDurationInfinity: true,
      backBufferLength: 10,
      maxBufferLength: 20,
      maxLiveSyncPlaybackRate: 1.2,
      liveSyncDurationCount: 3,
      liveMaxLatencyDurationCount: 6,
    })
    this.#hls = hls
    hls.on(Events.ERROR, (_, data) => this.#onError(data))
    hls.on(Events.BUFFER_CODECS, (_, { video: picture, audio }) => {
      if (picture?.codec) this.#stats.videoCodec = picture.codec
      if (audio?.codec) this.#stats.audioCodec = audio.codec
    })
    hls.on(Events.FRAG_LOADED, (_, { frag }) => {
      if (frag.duration > 0) this.#stats.bitrateBps = Math.round((frag.stats.loaded * 8) / frag.duration)
    })
    hls.on(Events.LEVEL_LOADED, (_, { details }) => this.#onPlaylist(details.live))
    hls.on(Events.MEDIA_ENDED, () => this.#emit({ type: 'ended' }))
    hls.attachMedia(video)
    hls.loadSource(url)
  }

  stats(): EngineStats {
    const latency = this.#hls?.latency ?? 0
    return latency > 0 ? { ...this.#stats, delayMs: Math.round(latency * 1000) } : { ...this.#stats }
  }

  seekToLive(): void {
    const position = this.#hls?.liveSyncPosition
    if (position) this.#video.currentTime = position
  }

  close(): void {
    this.#closed = true
    const hls = this.#hls
    this.#hls = undefined
    hls?.destroy()
    this.#video.playbackRate = 1
  }

  /** A playlist that had ended before it was opened is what is left of a stream: there is nothing live to play. */
  #onPlaylist(live: boolean): void {
    if (live) this.#wasLive = true
    else if (!this.#wasLive) this.#emit({ type: 'failed', failure: { reason: 'not-found' } })
  }

  #onError(data: ErrorData): void {
    if (!data.fatal || !this.#hls) return
    if (data.type === this.#ErrorTypes.MEDIA_ERROR && !this.#isCodecError(data) && !this.#recovered) {
      this.#recovered = true
      this.#hls.recoverMediaError()
      return
    }
    this.#emit({ type: 'failed', failure: this.#failure(data) })
  }

  #isCodecError({ details }: ErrorData): boolean {
    const { BUFFER_ADD_CODEC_ERROR, BUFFER_INCOMPATIBLE_CODECS_ERROR, MANIFEST_INCOMPATIBLE_CODECS_ERROR } =
      this.#ErrorDetails
    return (
      details === BUFFER_ADD_CODEC_ERROR ||
      details === BUFFER_INCOMPATIBLE_CODECS_ERROR ||
      details === MANIFEST_INCOMPATIBLE_CODECS_ERROR
    )
  }

  #failure(data: ErrorData): Failure {
    if (this.#isCodecError(data)) {
      const inType = /codecs="?([^";]+)/.exec(data.mimeType ?? '')?.[1]
      return { reason: 'codec', codec: inType ?? this.#hls?.levels?.[0]?.videoCodec ?? '' }
    }
    return data.type === this.#ErrorTypes.NETWORK_ERROR ? httpFailure(data.response?.code) : { reason: 'media' }
  }

  #emit(event: EngineEvent): void {
    // The library may be in the middle of its own callback: let it finish before the session destroys it.
    queueMicrotask(() => {
      if (!this.#closed) this.#onEvent(event)
    })
  }
}
