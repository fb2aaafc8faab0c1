import type Mpegts from 'mpegts.js'

import { bufferedAhead, canDecode, httpFailure, mediaSource } from './engine.ts'
import type { Engine, EngineEvent, EngineOptions } from './engine.ts'
import { LiveEdge } from './live-edge.ts'
import type { EngineStats, Failure } from './state.ts'

type Library = typeof Mpegts
type MediaInfo = Mpegts.MSEPlayerMediaInfo

const NOT_SUPPORTED_ERR = 9
/** Weight of a new sample of the receive rate: it comes twice a second and in bursts. */
const SMOOTHING = 0.15

/** Engine for FLV by HTTP (`http:`) and WebSocket (`ws:`), on Media Source Extensions through mpegts.js. */
export async function openFlv(options: EngineOptions): Promise<Engine> {
  const library = await loadLibrary()
  return new FlvEngine(library, options)
}

class FlvEngine implements Engine {
  /** Longer than a node waits for a publisher to come back. */
  readonly stallTimeoutMs = 12_000
  readonly #video: HTMLVideoElement
  readonly #onEvent: (event: EngineEvent) => void
  readonly #listeners = new AbortController()
  readonly #edge = new LiveEdge()
  #player: Mpegts.Player | undefined
  #info: MediaInfo | undefined
  #bitrateBps: number | undefined

  constructor(library: Library, { video, url, onEvent }: EngineOptions) {
    this.#video = video
    this.#onEvent = onEvent
    if (!mediaSource()) {
      queueMicrotask(() => this.#fail({ reason: 'unsupported' }))
      return
    }
    // Transmuxing FLV costs the main thread under 1 % at 10 Mbit/s; a worker would only add a copy.
    this.#player = library.createPlayer(
      { type: 'flv', isLive: true, url },
      {
        lazyLoad: false,
        autoCleanupSourceBuffer: true,
        autoCleanupMaxBackwardDuration: 30,
        autoCleanupMinBackwardDuration: 10,
        enableStashBuffer: false,
      },
    )
    this.#listen(library, this.#player)
    this.#player.attachMediaElement(video)
    this.#player.load()
  }

  stats(): EngineStats {
    const { videoCodec, audioCodec } = this.#info ?? {}
    return {
      ...(this.#video.buffered.length > 0 && { delayMs: Math.round(bufferedAhead(this.#video) * 1000) }),
      ...(this.#bitrateBps !== undefined && { bitrateBps: Math.round(this.#bitrateBps) }),
      ...(videoCodec && { videoCodec }),
      ...(audioCodec && { audioCodec }),
    }
  }

  seekToLive(): void {
    const { buffered } = this.#video
    if (buffered.length === 0) return
    const last = buffered.length - 1
    this.#video.currentTime = Math.max(buffered.start(last), buffered.end(last) - this.#edge.targetMs / 1000)
  }

  close(): void {
    this.#listeners.abort()
    const player = this.#player
    this.#player = undefined
    player?.destroy()
    this.#video.playbackRate = 1
  }

  #listen(library: Library, player: Mpegts.Player): void {
    const { Events } = library
    const { signal } = this.#listeners
    player.on(Events.MEDIA_INFO, (info: MediaInfo) => this.#onMediaInfo(info))
    player.on(Events.STATISTICS_INFO, ({ speed }: Mpegts.MSEPlayerStatisticsInfo) => this.#onSpeed(speed))
    player.on(Events.LOADING_COMPLETE, () => {
      // What is buffered is still to be seen.
      setTimeout(() => this.#emit({ type: 'ended' }), bufferedAhead(this.#video) * 1000)
    })
    player.on(Events.ERROR, (type: string, detail: string, info: { code?: number } | undefined) =>
      this.#onError(library, type, detail, info?.code),
    )
    this.#video.addEventListener('timeupdate', () => this.#chase(), { signal })
    this.#video.addEventListener(
      'waiting',
      () => {
        if (!this.#video.seeking && this.#video.currentTime > 0) this.#edge.stalled(performance.now())
      },
      { signal },
    )
  }

  #onError({ ErrorTypes, ErrorDetails }: Library, type: string, detail: string, code: number | undefined): void {
    if (type === ErrorTypes.NETWORK_ERROR) {
      this.#fail(detail === ErrorDetails.NETWORK_STATUS_CODE_INVALID ? httpFailure(code) : { reason: 'network' })
    } else if (detail === ErrorDetails.MEDIA_CODEC_UNSUPPORTED || code === NOT_SUPPORTED_ERR) {
      // The library says which codecs there are in a microtask after it failed to use them.
      setTimeout(() => this.#fail({ reason: 'codec', codec: this.#undecodable() ?? '' }))
    } else this.#fail({ reason: 'media' })
  }

  #onMediaInfo(info: MediaInfo): void {
    this.#info = info
    const codec = this.#undecodable()
    if (codec) this.#fail({ reason: 'codec', codec })
  }

  #undecodable(): string | undefined {
    const { videoCodec, audioCodec } = this.#info ?? {}
    if (!canDecode('video', videoCodec)) return videoCodec
    return canDecode('audio', audioCodec) ? undefined : audioCodec
  }

  #onSpeed(kilobytesPerSecond: number | undefined): void {
    if (!kilobytesPerSecond) return
    const sampleBps = kilobytesPerSecond * 8 * 1024
    this.#bitrateBps =
      this.#bitrateBps === undefined ? sampleBps : this.#bitrateBps + SMOOTHING * (sampleBps - this.#bitrateBps)
  }

  #chase(): void {
    const video = this.#video
    if (video.paused || video.seeking) return
    const step = this.#edge.step(bufferedAhead(video) * 1000, performance.now())
    if (step.type === 'jump') this.seekToLive()
    else if (video.playbackRate !== step.rate) video.playbackRate = step.rate
  }

  #fail(failure: Failure): void {
    this.#emit({ type: 'failed', failure })
  }

  #emit(event: EngineEvent): void {
    if (this.#listeners.signal.aborted) return
    // The library may be in the middle of its own callback: let it finish before the session destroys it.
    queueMicrotask(() => {
      if (!this.#listeners.signal.aborted) this.#onEvent(event)
    })
  }
}

let loading: Promise<Library> | undefined

/** mpegts.js is a UMD script, so it can't be imported as a module: its URL comes from the import map. */
function loadLibrary(): Promise<Library> {
  return (loading ??= new Promise<Library>((resolve, reject) => {
    const script = document.createElement('script')
    script.src = import.meta.resolve('mpegts.js')
    script.onload = () => {
      const library = (globalThis as unknown as { mpegts: Library }).mpegts
      library.LoggingControl.applyConfig({ enableAll: false })
      resolve(library)
    }
    script.onerror = (error) => {
      loading = undefined
      script.remove()
      reject(error)
    }
    document.head.append(script)
  }))
}
