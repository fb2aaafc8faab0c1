import type { Engine, EngineEvent, EngineFactory } from './engine.ts'
import type { EngineStats, Failure, PlayerState } from './state.ts'

export interface SessionOptions {
  video: HTMLVideoElement
  url: string
  /** Playback token. */
  token?: string | undefined
  open: EngineFactory
  onState(state: PlayerState): void
}

/** How long to wait for the first picture before asking again. */
const START_TIMEOUT_MS = 20_000
/** Playing this long makes the next interruption count as the first. */
const SETTLED_MS = 5_000
/** A paused player keeps its connection this long. */
const PAUSE_RELEASE_MS = 20_000
const TICK_MS = 500

/**
 * Plays one URL until closed: connects, waits for a stream that isn't live, reconnects with back-off, and notices
 * when media stops coming. It owns the engine, not the video element.
 */
export class PlaybackSession {
  readonly #options: SessionOptions
  readonly #listeners = new AbortController()
  readonly #ticker: ReturnType<typeof setInterval>
  #state: PlayerState = { type: 'idle' }
  #engine: Engine | undefined
  /** Tells a late event or library of an earlier attempt from the present one's. */
  #attemptId = 0
  #failures = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #progress = { position: 0, atMs: 0, sinceMs: 0 }
  #hasPlayed = false
  #pausedAtMs: number | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    const { video } = options
    const { signal } = this.#listeners
    video.addEventListener('timeupdate', () => this.#onProgress(), { signal })
    video.addEventListener('waiting', () => this.#onWaiting(), { signal })
    video.addEventListener('canplay', () => this.#play(), { signal })
    video.addEventListener('pause', () => this.#onPause(), { signal })
    video.addEventListener('play', () => this.#pausedAtMs !== undefined && this.resume(), { signal })
    globalThis.addEventListener('online', () => this.nudge(), { signal })
    this.#ticker = setInterval(() => this.#tick(), TICK_MS)
    this.#connect()
  }

  get state(): PlayerState {
    return this.#state
  }

  /** What the engine knows; empty between attempts. */
  engineStats(): EngineStats {
    return this.#engine?.stats() ?? {}
  }

  pause(): void {
    if (this.#pausedAtMs !== undefined) return
    this.#pausedAtMs = performance.now()
    this.#options.video.pause()
    // Waiting or connecting: nothing may start behind the pause.
    if (!this.#engine) this.#disconnect()
    this.#setState({ type: 'paused', released: this.#engine === undefined })
  }

  /** Plays on from the live edge. */
  resume(): void {
    this.#pausedAtMs = undefined
    if (!this.#engine) return this.retryNow()
    this.#engine.seekToLive()
    this.#restartClock()
    this.#setState({ type: 'connecting' })
    this.#play()
  }

  /** Jumps to the live edge. */
  goLive(): void {
    if (this.#pausedAtMs === undefined) this.#engine?.seekToLive()
    else this.resume()
  }

  /** Tries again at once, whatever the state. */
  retryNow(): void {
    this.#failures = 0
    this.#connect()
  }

  /** Tries again at once if it is waiting to: something hints that it may work now. */
  nudge(): void {
    if (this.#state.type === 'waiting' || this.#state.type === 'reconnecting') this.#connect()
  }

  close(): void {
    this.#listeners.abort()
    clearInterval(this.#ticker)
    this.#disconnect()
    this.#setState({ type: 'idle' })
  }

  #connect(): void {
    this.#disconnect()
    const id = this.#attemptId
    this.#pausedAtMs = undefined
    this.#restartClock()
    this.#setState({ type: 'connecting' })
    const { open, video, url, token } = this.#options
    open({ video, url, token, onEvent: (event) => id === this.#attemptId && this.#onEvent(event) }).then(
      (engine) => {
        if (id !== this.#attemptId) return engine.close()
        this.#engine = engine
        this.#play()
      },
      () => id === this.#attemptId && this.#fail({ reason: 'network' }),
    )
  }

  #disconnect(): void {
    this.#attemptId++
    clearTimeout(this.#retry)
    const engine = this.#engine
    this.#engine = undefined
    engine?.close()
  }

  #onEvent(event: EngineEvent): void {
    if (event.type === 'failed') return this.#fail(event.failure)
    if (event.type === 'absent') return this.#setState({ type: 'waiting', ended: this.#hasPlayed })
    this.#disconnect()
    this.#wait()
  }

  #fail(failure: Failure): void {
    this.#disconnect()
    switch (failure.reason) {
      case 'not-found':
        return this.#wait()
      case 'forbidden':
      case 'codec':
      case 'unsupported':
        return this.#setState({ type: 'failed', failure })
      case 'network':
      case 'ice':
      case 'stalled':
      case 'media': {
        this.#retryIn(backoffMs(this.#failures++, 500, 15_000))
        this.#setState({ type: 'reconnecting', attempt: this.#failures, failure })
      }
    }
  }

  /** An absent stream is cheap to ask for and may start at any moment, so the longest delay is short. */
  #wait(): void {
    this.#retryIn(backoffMs(this.#failures++, 1_000, 4_000))
    this.#setState({ type: 'waiting', ended: this.#hasPlayed })
  }

  #retryIn(delayMs: number): void {
    this.#retry = setTimeout(() => this.#connect(), delayMs)
  }

  #play(): void {
    const { video } = this.#options
    if (!this.#engine || this.#pausedAtMs !== undefined || !video.paused) return
    const id = this.#attemptId
    video.play().catch((error: unknown) => {
      const blocked = error instanceof DOMException && error.name === 'NotAllowedError'
      if (!blocked || id !== this.#attemptId) return
      this.#pausedAtMs = performance.now()
      this.#setState({ type: 'blocked' })
    })
  }

  /** A pause that is neither ours nor the engine's: media keys, picture-in-picture, a headset taken off. */
  #onPause(): void {
    const { video } = this.#options
    if (this.#engine && video.paused && !video.ended) this.pause()
  }

  #onProgress(): void {
    const { currentTime } = this.#options.video
    if (!this.#engine || this.#pausedAtMs !== undefined || currentTime === this.#progress.position) return
    const nowMs = performance.now()
    this.#progress.position = currentTime
    this.#progress.atMs = nowMs
    if (this.#state.type !== 'playing') {
      this.#progress.sinceMs = nowMs
      this.#hasPlayed = true
      this.#setState({ type: 'playing' })
    } else if (nowMs - this.#progress.sinceMs > SETTLED_MS) this.#failures = 0
  }

  #onWaiting(): void {
    if (this.#state.type === 'playing') this.#setState({ type: 'buffering' })
  }

  #tick(): void {
    const nowMs = performance.now()
    if (this.#pausedAtMs !== undefined) {
      if (!this.#engine || nowMs - this.#pausedAtMs < PAUSE_RELEASE_MS) return
      this.#disconnect()
      this.#setState({ type: 'paused', released: true })
      return
    }
    // an engine that is connected waits by itself
    if (!this.#engine || this.#state.type === 'waiting') return
    const starting = this.#state.type === 'connecting'
    const limitMs = starting ? START_TIMEOUT_MS : this.#engine.stallTimeoutMs
    if (nowMs - this.#progress.atMs < limitMs) return
    this.#fail({ reason: starting ? 'not-found' : 'stalled' })
  }

  #restartClock(): void {
    const nowMs = performance.now()
    this.#progress = { position: this.#options.video.currentTime, atMs: nowMs, sinceMs: nowMs }
  }

  #setState(state: PlayerState): void {
    this.#state = state
    this.#options.onState(state)
  }
}

/** Exponential back-off with ±20 % of jitter; `attempt` 0 is the first retry. */
function backoffMs(attempt: number, baseMs: number, maxMs: number): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 20)) * (0.8 + Math.random() * 0.4)
}
