import { bufferedAhead, httpFailure } from './engine.ts'
import type { Engine, EngineEvent, EngineOptions } from './engine.ts'
import type { EngineStats, Failure } from './state.ts'

const MIME = 'application/vnd.apple.mpegurl'

/** Whether to leave HLS to the browser: on Apple's, or where Media Source Extensions are missing. */
export function prefersNativeHls(video: HTMLVideoElement, hasMediaSource: boolean): boolean {
  if (video.canPlayType(MIME) === '') return false
  return !hasMediaSource || 'webkitSetPresentationMode' in video
}

/** Engine for HLS by the browser itself (Safari). */
export function openNativeHls(options: EngineOptions): Promise<Engine> {
  return Promise.resolve(new NativeHlsEngine(options))
}

class NativeHlsEngine implements Engine {
  readonly stallTimeoutMs = 15_000
  readonly #video: HTMLVideoElement
  readonly #url: string
  readonly #onEvent: (event: EngineEvent) => void
  readonly #listeners = new AbortController()

  constructor({ video, url, onEvent }: EngineOptions) {
    this.#video = video
    this.#url = url
    this.#onEvent = onEvent
    const { signal } = this.#listeners
    video.addEventListener('error', () => void this.#onError(), { signal })
    video.addEventListener('ended', () => this.#onEvent({ type: 'ended' }), { signal })
    video.addEventListener('loadedmetadata', () => this.#onMetadata(), { signal })
    video.src = url
    video.load()
  }

  stats(): EngineStats {
    const { seekable, currentTime } = this.#video
    const edge = seekable.length > 0 ? seekable.end(seekable.length - 1) : currentTime + bufferedAhead(this.#video)
    return edge > 0 ? { delayMs: Math.round(Math.max(0, edge - currentTime) * 1000) } : {}
  }

  seekToLive(): void {
    const { seekable } = this.#video
    if (seekable.length > 0) this.#video.currentTime = seekable.end(seekable.length - 1)
  }

  close(): void {
    if (this.#listeners.signal.aborted) return
    this.#listeners.abort()
    this.#video.removeAttribute('src')
    this.#video.load()
  }

  /** A playlist that has an end is what is left of a stream. */
  #onMetadata(): void {
    if (Number.isFinite(this.#video.duration)) this.#onEvent({ type: 'failed', failure: { reason: 'not-found' } })
  }

  /** The element says only that it failed: the playlist is asked for once more to learn why. */
  async #onError(): Promise<void> {
    const { signal } = this.#listeners
    const status = await fetch(this.#url, { signal }).then(
      (response) => response.status,
      () => undefined,
    )
    if (signal.aborted) return
    const failure: Failure = status === 200 ? { reason: 'media' } : httpFailure(status)
    this.#onEvent({ type: 'failed', failure })
  }
}
